"""`qsui` without a verb: the dashboard on the live profiles."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from qsui.domain.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qsui.cli.common import Common
    from qsui.config.peek import Peek
    from qsui.tui.options import DashboardOptions


def show_dashboard(common: Common) -> int:
    """Run the dashboard and return the process's exit code.

    Raises:
        ConfigError: No usable profile, or no terminal to draw on.
    """
    from qsui.config.peek import peek

    peeked = peek(common.arguments, os.environ)
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
    """Return what the first paint needs; the rest is validated when sessions are opened."""
    from qsui.cli.clocks import SystemClock
    from qsui.cli.scopes import Scopes
    from qsui.tui.options import DashboardOptions

    ui = peeked.document.get("ui")
    ui = ui if isinstance(ui, dict) else {}
    keymap = peeked.document.get("keymap")
    keymap = keymap if isinstance(keymap, dict) else {}
    scopes = Scopes(peeked, common.arguments, os.environ, SystemClock())
    return DashboardOptions(
        scopes=scopes.live,
        starting_words="",
        ascii=common.wants_ascii or ui.get("signs") == "ascii",
        no_color=common.wants_no_color,
        theme=_text(ui.get("theme")),
        timezone=_text(ui.get("timezone")) or "UTC",
        keymap={str(action): keys for action, keys in keymap.items() if isinstance(keys, str)},
        known_profiles=scopes.known,
        open_scope=scopes.open_scope,
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
