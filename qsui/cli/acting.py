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
from typing import TYPE_CHECKING, TypeVar

from qsui.cli.carrying import Carrying, Standing
from qsui.cli.choosing import only_one
from qsui.cli.online import note, read_settings
from qsui.cli.servers import is_workflow_server
from qsui.domain.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from qsui.cli.act_options import How
    from qsui.cli.common import Common
    from qsui.cli.reading import Reader, Reads, ServerReader
    from qsui.config.settings import Settings
    from qsui.domain.actions import Action
    from qsui.domain.ports import Clock, Journal, QueryServiceBackend
    from qsui.domain.ports_workflows import WorkflowServerBackend
    from qsui.live.control import Control
    from qsui.live.engine import Engine
    from qsui.live.jobs.engine import JobEngine
    from qsui.live.store import Store

    ServerActionsOf = Callable[[ServerReader, Settings], Awaitable[Sequence[Action]]]
    ActionsOf = Callable[[Reader, Settings], Awaitable[Sequence[Action]]]


B = TypeVar("B", "QueryServiceBackend", "WorkflowServerBackend")


def act(
    common: Common,
    how: How,
    actions_of: ActionsOf,
    there: ServerActionsOf | None = None,
    *,
    kind: str,
) -> int:
    """Carry out what `actions_of` finds on the live profile and return the exit code.

    `there` finds it on an Alteryx Server; `None` if such a server knows no such verb. Of several
    live profiles the only one is taken whose server has records of that `kind`.

    Raises:
        ConfigError: No profile or several can be meant, it is read-only, or nobody can be asked.
        ApiError: A target could not be found; nothing was sent.
    """
    from qsui.cli.compose import read_only_words
    from qsui.live.store import Store

    settings = only_one(read_settings(common), kind, on_query_service=there is None)
    if settings.profile.read_only:
        raise ConfigError(f"nothing was sent; {read_only_words(settings.profile)}")
    if not (how.yes or how.dry_run or can_ask()):
        raise ConfigError(
            "nothing was sent: there is no terminal to ask on; add --yes to send without asking, "
            "or --dry-run to see what would be sent"
        )
    standing = Standing(Store())
    try:
        return asyncio.run(_online(settings, how, standing, actions_of, there))
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


async def _online(
    settings: Settings,
    how: How,
    standing: Standing,
    actions_of: ActionsOf,
    there: ServerActionsOf | None,
) -> int:
    from qsui.cli.clocks import SystemClock
    from qsui.cli.compose import open_profile, open_server

    clock = SystemClock()
    if there is not None and is_workflow_server(settings.profile):
        server = open_server(settings.profile, os.environ, clock)
        return await _carry_out(settings, how, standing, server, clock, there, _job_engine)
    backend = open_profile(settings.profile, os.environ, clock)
    return await _carry_out(settings, how, standing, backend, clock, actions_of, _engine)


async def _carry_out(
    settings: Settings,
    how: How,
    standing: Standing,
    backend: B,
    clock: Clock,
    actions_of: Callable[[Reads[B], Settings], Awaitable[Sequence[Action]]],
    engine_of: Callable[[Reads[B], Settings, Store], Engine | JobEngine],
) -> int:
    from qsui.cli.reading import reader as make_reader

    try:
        reader = make_reader(backend, clock, settings.profile.requests_per_min, note)
        actions = await actions_of(reader, settings)
        for sentence in reader.notes:
            note(sentence)
        engine = engine_of(reader, settings, standing.store)
        control = _control(settings, how, engine, standing.store, backend, clock)
        await Carrying(control, how, reader, standing).carry_out(actions)
        return standing.tell(how, reader.now)
    finally:
        await backend.aclose()


def _engine(reader: Reader, settings: Settings, store: Store) -> Engine:
    """Open what the dashboard stands on, too, but it does not run by itself."""
    from qsui.cli.compose import poll_options
    from qsui.live.engine import Engine

    options = poll_options(settings.poll, settings.profile.requests_per_min)
    options = replace(options, bucket=max(1, reader.tokens_left), reserve=0)
    return Engine(reader.backend, store, clock=reader.clock, options=options)


def _job_engine(reader: ServerReader, settings: Settings, store: Store) -> JobEngine:
    """Do the same for an Alteryx Server."""
    from qsui.live.jobs.engine import JobEngine
    from qsui.live.jobs.options import JobPollOptions

    options = JobPollOptions(
        requests_per_min=settings.profile.requests_per_min,
        bucket=max(1, reader.tokens_left),
        reserve=0,
    )
    return JobEngine(reader.backend, store, clock=reader.clock, options=options)


def _control(
    settings: Settings,
    how: How,
    engine: Engine | JobEngine,
    store: Store,
    backend: QueryServiceBackend | WorkflowServerBackend,
    clock: Clock,
) -> Control:
    from qsui.cli.compose import account_name
    from qsui.live.control import Control

    return Control(
        engine,
        store,
        backend,
        None if how.no_journal else _journal(settings),
        clock,
        actor=account_name(),
        production=settings.profile.production,
    )


def _journal(settings: Settings) -> Journal:
    from qsui.storage.journal import open_journal

    return open_journal(settings.state_folder)
