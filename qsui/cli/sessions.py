"""Opens the session that one scope of the dashboard stands on.

Everything slow is imported inside functions, which run in a thread.
"""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING, TypeAlias, cast

from qsui.cli.compose import (
    account_name,
    open_history,
    open_profile,
    open_server,
    poll_options,
    read_only_words,
)
from qsui.cli.servers import is_workflow_server

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

    from qsui.cli.recall import Past
    from qsui.config.settings import Settings
    from qsui.domain.models import Scope
    from qsui.domain.ports import Clock, History, Journal, QueryServiceBackend
    from qsui.domain.ports_workflows import WorkflowServerBackend
    from qsui.live.control import Control
    from qsui.live.engine import Engine
    from qsui.live.jobs.book import JobBook
    from qsui.live.jobs.engine import JobEngine
    from qsui.live.store import Store
    from qsui.live.verdicts import Verdicts
    from qsui.tui.early import Late
    from qsui.tui.options import Session

    AnyBackend: TypeAlias = QueryServiceBackend | WorkflowServerBackend


async def open_session(
    settings: Settings,
    environ: Mapping[str, str],
    clock: Clock,
    *,
    close_also: Callable[[], None] | None = None,
    past: Past | None = None,
) -> Session:
    """Open everything that one live scope of the dashboard stands on, but for its control.

    `past` is completed if it is of this scope. `close_also` is called in a thread as the last step
    of closing. What acts comes with the session's `open_control`, once rows are there.

    Raises:
        ConfigError: The secret cannot be had, or the backend refuses the options.
    """
    profile = settings.profile
    has_jobs = is_workflow_server(profile)

    def blocking() -> tuple[AnyBackend, History]:
        backend: AnyBackend
        if has_jobs:
            import_module("qsui.live.jobs.engine")  # here: off the loop
            import_module("qsui.live.jobs.verdicts")
            backend = open_server(profile, environ, clock)
        else:
            import_module("qsui.live.engine")
            import_module("qsui.live.verdicts")
            backend = open_profile(profile, environ, clock)
        return backend, past.history if past else open_history(settings.state_folder)

    backend, history = await asyncio.to_thread(blocking)
    from qsui.live.store import Store
    from qsui.tui.early import Late
    from qsui.tui.options import Session

    known = past if past is not None and past.session.scope == backend.scope else None
    store = known.session.store if known else Store()
    engine = _engine(backend, store, settings, clock, history)
    late: Late[Control] = known.control if known else Late()
    if known:
        session = known.complete(backend, engine)
    else:
        verdicts, book = judges(store, backend.scope, clock, has_jobs=has_jobs)
        session = Session(
            scope=backend.scope,
            clock=clock,
            backend=backend,
            store=store,
            engine=engine,
            verdicts=verdicts,
            control=early_control(late, settings.state_folder, read_only_words(profile)),
            aclose=backend.aclose,
            book=book,
        )
    session.aclose = _closing(backend, history, close_also)

    async def open_control() -> None:
        session.control = await asyncio.to_thread(_control, session, settings)
        late.set(session.control)

    session.open_control = open_control
    return session


def judges(
    store: Store, scope: Scope, clock: Clock, *, has_jobs: bool
) -> tuple[Verdicts, JobBook | None]:
    """Return what judges the schedules of a scope, and the book of its jobs if it has any."""
    if not has_jobs:
        from qsui.live.verdicts import Verdicts

        return Verdicts(store, scope, clock), None
    from qsui.live.jobs.book import JobBook
    from qsui.live.jobs.verdicts import JobVerdicts

    book = JobBook(store, scope)  # first: it knows of a change before the verdicts ask for it
    return JobVerdicts(store, scope, clock, book), book


def _engine(
    backend: AnyBackend, store: Store, settings: Settings, clock: Clock, history: History
) -> Engine | JobEngine:
    per_min = settings.profile.requests_per_min
    if is_workflow_server(settings.profile):
        from qsui.live.jobs.engine import JobEngine
        from qsui.live.jobs.options import JobPollOptions

        return JobEngine(
            cast("WorkflowServerBackend", backend),
            store,
            clock=clock,
            history=history,
            options=JobPollOptions(requests_per_min=per_min),
        )
    from qsui.live.engine import Engine

    return Engine(
        cast("QueryServiceBackend", backend),
        store,
        clock=clock,
        history=history,
        options=poll_options(settings.poll, per_min),
    )


def early_control(late: Late[Control], state_folder: Path, read_only: str) -> Control:
    """Return what stands for the control until that is imported."""
    from qsui.tui.early import EarlyControl

    def journal() -> Journal:
        from qsui.storage.journal import open_journal

        return open_journal(state_folder)

    return cast("Control", EarlyControl(late, journal, read_only))


def _control(session: Session, settings: Settings) -> Control:
    """Build what acts; imports it, so call it in a thread."""
    from qsui.live.control import Control
    from qsui.storage.journal import open_journal

    return Control(
        session.engine,
        session.store,
        session.backend,
        open_journal(settings.state_folder),
        session.clock,
        actor=account_name(),
        read_only=read_only_words(settings.profile),
        production=settings.profile.production,
    )


def _closing(
    backend: AnyBackend, history: History, close_also: Callable[[], None] | None
) -> Callable[[], Awaitable[None]]:
    """Return what closes a session, once."""
    closed = False

    async def aclose() -> None:
        nonlocal closed
        if closed:
            return
        closed = True
        try:
            await backend.aclose()
        finally:
            await asyncio.to_thread(_close_all, history, close_also)

    return aclose


def _close_all(history: History, close_also: Callable[[], None] | None) -> None:
    try:
        history.close()
    finally:
        if close_also is not None:
            close_also()
