"""`qsui` without a verb: the dashboard on the live profile."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING

from qsui.domain.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qsui.cli.common import Common
    from qsui.cli.recall import Past
    from qsui.config.peek import Peek
    from qsui.tui.options import DashboardOptions, Session


def show_dashboard(common: Common) -> int:
    """Run the dashboard and return the process's exit code.

    Raises:
        ConfigError: No usable profile, or no terminal to draw on.
    """
    from qsui.config.peek import peek

    peeked = peek(common.arguments, os.environ)
    if peeked.backend == "alteryx":
        from qsui.cli.servers import only_query_service

        raise ConfigError(only_query_service(peeked.profile, "the dashboard"))
    require_terminal()
    prepare_terminal(os.environ)
    if peeked.warning:
        sys.stderr.write(f"qsui: {peeked.warning}\n")
    from qsui.cli.signals import unwinding_signals

    with unwinding_signals():
        from qsui.tui.run import run

        return run(dashboard_options(common, peeked))


def require_terminal() -> None:
    """Refuse to draw where nobody can see it.

    Raises:
        ConfigError: Standard input or output is not a terminal.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigError(
            "the dashboard needs a terminal; in a script use `qsui list` or `qsui show`"
        )


def prepare_terminal(environ: Mapping[str, str]) -> None:
    """Set how long a lone Escape waits; read once, when Textual is imported."""
    os.environ.setdefault("ESCDELAY", "100" if environ.get("SSH_CONNECTION") else "25")


def dashboard_options(common: Common, peeked: Peek) -> DashboardOptions:
    """Return what the first paint needs; the rest is validated when the session is opened."""
    from qsui.tui.options import DashboardOptions

    ui = peeked.document.get("ui")
    ui = ui if isinstance(ui, dict) else {}
    keymap = peeked.document.get("keymap")
    keymap = keymap if isinstance(keymap, dict) else {}

    past: Past | None = None

    async def recall() -> Session | None:
        from qsui.cli.recall import recall_live

        nonlocal past
        past = await recall_live(peeked, common.arguments, os.environ)
        return past.session if past else None

    async def open_session() -> Session:
        from qsui.cli.clocks import SystemClock
        from qsui.cli.compose import load_settings
        from qsui.cli.compose import open_session as compose_session

        settings = await asyncio.to_thread(load_settings, peeked, common.arguments, os.environ)
        return await compose_session(settings, os.environ, SystemClock(), past=past)

    return DashboardOptions(
        profile=peeked.profile,
        sandbox=peeked.sandbox,
        open_session=open_session,
        starting_words="",
        read_only=peeked.read_only,
        ascii=common.wants_ascii or ui.get("signs") == "ascii",
        no_color=common.wants_no_color,
        theme=_text(ui.get("theme")),
        timezone=_text(ui.get("timezone")) or "UTC",
        keymap={str(action): keys for action, keys in keymap.items() if isinstance(keys, str)},
        web_url=peeked.web_url,
        recall=recall,
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
