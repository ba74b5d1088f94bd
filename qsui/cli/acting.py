"""Opens what a verb that changes something stands on, and tells how it ended.

All of it goes through `Control`, as the screens do. stdout carries how each action ended, or the
requests of a dry run; everything else goes to stderr.
"""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from qsui.cli.carrying import Carrying, Standing
from qsui.cli.online import note, read_settings
from qsui.domain.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from qsui.cli.act_options import How
    from qsui.cli.common import Common
    from qsui.cli.reading import Reader
    from qsui.config.settings import Settings
    from qsui.domain.actions import Action
    from qsui.domain.ports import Journal, QueryServiceBackend
    from qsui.live.control import Control
    from qsui.live.store import Store

    ActionsOf = Callable[[Reader, Settings], Awaitable[Sequence[Action]]]


def act(common: Common, how: How, actions_of: ActionsOf) -> int:
    """Carry out what `actions_of` finds on the live profile and return the exit code.

    Raises:
        ConfigError: The profile is read-only, or nobody can be asked.
        ApiError: A target could not be found; nothing was sent.
    """
    from qsui.cli.compose import read_only_words
    from qsui.cli.servers import require_query_service
    from qsui.live.store import Store

    settings = read_settings(common)
    require_query_service(settings.profile)
    if settings.profile.read_only:
        raise ConfigError(f"nothing was sent; {read_only_words(settings.profile)}")
    if not (how.yes or how.dry_run or can_ask()):
        raise ConfigError(
            "nothing was sent: there is no terminal to ask on; add --yes to send without asking, "
            "or --dry-run to see what would be sent"
        )
    standing = Standing(Store())
    try:
        return asyncio.run(_online(settings, how, actions_of, standing))
    except KeyboardInterrupt:
        if standing.under_way is None or not standing.has_left():
            raise
        name = standing.under_way.action.name
        note(f"interrupted: the request for {name} has left, what became of it is unknown")
        standing.cut_off(datetime.now(UTC))
        return standing.tell(how, datetime.now(UTC))


def can_ask() -> bool:
    """Whether somebody reads the question and can answer it."""
    return sys.stdin.isatty() and sys.stderr.isatty()


async def _online(settings: Settings, how: How, actions_of: ActionsOf, standing: Standing) -> int:
    from qsui.cli.clocks import SystemClock
    from qsui.cli.compose import open_profile
    from qsui.cli.reading import reader as make_reader

    clock = SystemClock()
    backend = open_profile(settings.profile, os.environ, clock)
    try:
        reader = make_reader(backend, clock, settings.profile.requests_per_min, note)
        actions = await actions_of(reader, settings)
        for sentence in reader.notes:
            note(sentence)
        control = _control(settings, how, reader, standing.store)
        await Carrying(control, how, reader, standing).carry_out(actions)
        return standing.tell(how, reader.now)
    finally:
        await backend.aclose()


def _control(settings: Settings, how: How, reader: Reader, store: Store) -> Control:
    """Open what the dashboard stands on, too, but for an engine that runs by itself."""
    from qsui.cli.compose import account_name, poll_options
    from qsui.live.control import Control
    from qsui.live.engine import Engine

    backend: QueryServiceBackend = reader.backend
    options = poll_options(settings.poll, settings.profile.requests_per_min)
    engine = Engine(
        backend,
        store,
        clock=reader.clock,
        options=replace(options, bucket=max(1, reader.tokens_left), reserve=0),
    )
    journal = None if how.no_journal else _journal(settings)
    return Control(
        engine,
        store,
        backend,
        journal,
        reader.clock,
        actor=account_name(),
        production=settings.profile.production,
    )


def _journal(settings: Settings) -> Journal:
    from qsui.storage.journal import open_journal

    return open_journal(settings.state_folder)
