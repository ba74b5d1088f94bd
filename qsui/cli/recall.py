"""What the last session knew, for the first rows: read before anything of the server's side is.

Standard library, store and rules only: neither httpx nor pydantic is imported for it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, TypeAlias, cast

from qsui.cli.servers import ALTERYX
from qsui.domain.models import Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from qsui.config.peek import Arguments, ProfilePeek
    from qsui.domain.ports import Clock, History, QueryServiceBackend
    from qsui.domain.ports_workflows import WorkflowServerBackend
    from qsui.live.control import Control
    from qsui.live.engine import Engine
    from qsui.live.jobs.engine import JobEngine
    from qsui.live.store import Store
    from qsui.tui.early import Late
    from qsui.tui.options import Session

    AnyBackend: TypeAlias = QueryServiceBackend | WorkflowServerBackend
    AnyEngine: TypeAlias = Engine | JobEngine


@dataclass(frozen=True, slots=True)
class Past:
    """A session of old rows, and what it takes to complete it."""

    session: Session
    history: History
    control: Late[Control]
    hand_over: Callable[[AnyBackend, AnyEngine], None]

    def complete(self, backend: AnyBackend, engine: AnyEngine) -> Session:
        """Put the server's side into the session; whoever waited for it goes on."""
        session = self.session
        session.backend, session.engine = backend, engine
        self.hand_over(backend, engine)
        return session


def early_scope(one: ProfilePeek, sandbox: str = "") -> Scope | None:
    """Return the scope of a profile as far as it can be told before validation.

    `sandbox` is another than that of the profile. `None` if something is missing or odd: then the
    settings are at fault, or say it otherwise.
    """
    from qsui.backends.options import scope_key
    from qsui.domain.addresses import ADOBE_BASE_URL

    base_url, org_id = _word(one, "base_url"), _word(one, "org_id")
    if one.backend == ALTERYX:
        sandbox, is_whole = "", bool(base_url and not org_id and not one.sandbox)
    else:
        sandbox = sandbox or one.sandbox
        base_url = base_url or ADOBE_BASE_URL
        is_whole = one.backend == "adobe" and bool(org_id and sandbox)
    if not is_whole:
        return None
    try:
        return Scope(one.name, sandbox, scope_key(one.backend, base_url, org_id, sandbox))
    except ValueError:
        return None


def _word(one: ProfilePeek, key: str) -> str:
    found = one.table.get(key)
    return found.strip() if isinstance(found, str) else ""


async def recall_profile(
    one: ProfilePeek,
    arguments: Arguments,
    environ: Mapping[str, str],
    clock: Clock,
    sandbox: str = "",
) -> Past | None:
    """Return a session of what is remembered of a profile's scope; `None` if that is nothing."""
    from qsui.config.folders import state_folder

    scope = early_scope(one, sandbox)
    if scope is None:
        return None
    return await recall(
        scope,
        state_folder(environ),
        clock,
        why_read_only(one, arguments, environ),
        has_jobs=one.backend == ALTERYX,
    )


def why_read_only(one: ProfilePeek, arguments: Arguments, environ: Mapping[str, str]) -> str:
    """Return the clause that keys are greyed with until the settings were validated."""
    from qsui.config.peek import read_only_because

    because = read_only_because(arguments, environ)
    if not because and one.read_only:
        because = "read_only = true in the profile"
    return f"read-only: {because}" if because else ""


async def recall(
    scope: Scope, folder: Path, clock: Clock, read_only: str, *, has_jobs: bool = False
) -> Past | None:
    """Return a session of what is remembered of a scope; `None` if that is nothing."""
    found = await asyncio.to_thread(_read, scope, folder, clock, has_jobs)
    if found is None:
        return None
    history, store = found
    from qsui.cli.sessions import early_control, judges
    from qsui.tui.early import Late
    from qsui.tui.options import Session

    async def aclose() -> None:
        await asyncio.to_thread(history.close)

    control: Late[Control] = Late()
    backend, engine, hand_over = _job_stand_ins() if has_jobs else _stand_ins()
    verdicts, book = judges(store, scope, clock, has_jobs=has_jobs)
    session = Session(
        scope=scope,
        clock=clock,
        backend=backend,
        store=store,
        engine=engine,
        verdicts=verdicts,
        control=early_control(control, folder, read_only),
        aclose=aclose,
        book=book,
    )
    return Past(session, history, control, hand_over)


StandIns: TypeAlias = "tuple[AnyBackend, AnyEngine, Callable[[AnyBackend, AnyEngine], None]]"


def _stand_ins() -> StandIns:
    """Return what stands for a Query Service, and what replaces it."""
    from qsui.tui.early import EarlyEngine, EarlyQueryService, Late

    backend: Late[QueryServiceBackend] = Late()
    engine = EarlyEngine(Late())

    def hand_over(real: AnyBackend, reading: AnyEngine) -> None:
        engine.hand_over(cast("Engine", reading))
        backend.set(cast("QueryServiceBackend", real))

    stand_in = EarlyQueryService(backend)
    return cast("QueryServiceBackend", stand_in), cast("Engine", engine), hand_over


def _job_stand_ins() -> StandIns:
    """Return what stands for an Alteryx Server, and what replaces it."""
    from qsui.tui.early import EarlyJobEngine, EarlyServer, Late

    backend: Late[WorkflowServerBackend] = Late()
    engine = EarlyJobEngine(Late())

    def hand_over(real: AnyBackend, reading: AnyEngine) -> None:
        engine.hand_over(cast("JobEngine", reading))
        backend.set(cast("WorkflowServerBackend", real))

    stand_in = EarlyServer(backend)
    return cast("WorkflowServerBackend", stand_in), cast("JobEngine", engine), hand_over


def _read(scope: Scope, folder: Path, clock: Clock, has_jobs: bool) -> tuple[History, Store] | None:
    from qsui.live.memory import recall as recall_into
    from qsui.live.store import Store
    from qsui.storage.history import FILE_NAME, open_history

    if not (folder / FILE_NAME).is_file():
        return None
    if has_jobs:
        import_module("qsui.live.jobs.verdicts")  # here: off the loop
    history, store = open_history(folder), Store()
    if recall_into(history, scope, store, clock.now(), has_jobs=has_jobs):
        return history, store
    history.close()
    return None
