"""What the last session knew, for the first rows: read before anything of the server's side is.

Standard library, store and rules only: neither httpx nor pydantic is imported for it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from qsui.domain.models import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from qsui.config.peek import Arguments, Peek
    from qsui.domain.ports import Clock, History, QueryServiceBackend
    from qsui.live.control import Control
    from qsui.live.engine import Engine
    from qsui.live.store import Store
    from qsui.tui.early import EarlyEngine, Late
    from qsui.tui.options import Session


@dataclass(frozen=True, slots=True)
class Past:
    """A session of old rows, and what it takes to complete it."""

    session: Session
    history: History
    engine: EarlyEngine
    backend: Late[QueryServiceBackend]
    control: Late[Control]

    def complete(self, backend: QueryServiceBackend, engine: Engine) -> Session:
        """Put the server's side into the session; whoever waited for it goes on."""
        session = self.session
        session.backend, session.engine = backend, engine
        self.engine.hand_over(engine)
        self.backend.set(backend)
        return session


def early_scope(peeked: Peek, environ: Mapping[str, str]) -> Scope | None:
    """Return the live scope as far as it can be told before validation.

    `None` if something is missing or odd: then the settings are at fault, or say it otherwise.
    """
    from qsui.backends.options import scope_key
    from qsui.config.peek import env_table
    from qsui.domain.addresses import ADOBE_BASE_URL

    if peeked.profile_source == "environment":
        table: Mapping[str, object] = env_table(environ)
    else:
        table = peeked.document.get("profiles", {}).get(peeked.profile, {})
    words = [table.get(key) or "" for key in ("base_url", "org_id", "sandbox")]
    base_url, org_id, sandbox = (w.strip() if isinstance(w, str) else "" for w in words)
    if peeked.backend != "adobe" or not (org_id and sandbox):
        return None
    try:
        key = scope_key(peeked.backend, base_url or ADOBE_BASE_URL, org_id, sandbox)
    except ValueError:
        return None
    return Scope(peeked.profile, sandbox, key)


async def recall_live(
    peeked: Peek, arguments: Arguments, environ: Mapping[str, str]
) -> Past | None:
    """Return a session of what is remembered of the live scope; `None` if that is nothing."""
    from qsui.cli.clocks import SystemClock
    from qsui.config.folders import state_folder

    scope = early_scope(peeked, environ)
    if scope is None:
        return None
    return await recall(
        scope, state_folder(environ), SystemClock(), why_read_only(peeked, arguments, environ)
    )


def why_read_only(peeked: Peek, arguments: Arguments, environ: Mapping[str, str]) -> str:
    """Return the clause that keys are greyed with until the settings were validated."""
    from qsui.config.peek import read_only_because

    because = read_only_because(arguments, environ)
    if not because and peeked.read_only:
        because = "read_only = true in the profile"
    return f"read-only: {because}" if because else ""


async def recall(scope: Scope, folder: Path, clock: Clock, read_only: str) -> Past | None:
    """Return a session of what is remembered of a scope; `None` if that is nothing."""
    found = await asyncio.to_thread(_read, scope, folder, clock)
    if found is None:
        return None
    history, store = found
    from qsui.cli.compose import early_control
    from qsui.live.verdicts import Verdicts
    from qsui.tui.early import EarlyBackend, EarlyEngine, Late
    from qsui.tui.options import Session

    backend: Late[QueryServiceBackend] = Late()
    control: Late[Control] = Late()
    engine = EarlyEngine(Late())

    async def aclose() -> None:
        await asyncio.to_thread(history.close)

    session = Session(
        scope=scope,
        clock=clock,
        backend=cast("QueryServiceBackend", EarlyBackend(backend)),
        store=store,
        engine=cast("Engine", engine),
        verdicts=Verdicts(store, scope, clock),
        control=early_control(control, folder, read_only),
        aclose=aclose,
    )
    return Past(session, history, engine, backend, control)


def _read(scope: Scope, folder: Path, clock: Clock) -> tuple[History, Store] | None:
    from qsui.live.memory import recall as recall_into
    from qsui.live.store import Store
    from qsui.storage.history import FILE_NAME, open_history

    if not (folder / FILE_NAME).is_file():
        return None
    history, store = open_history(folder), Store()
    if recall_into(history, scope, store, clock.now()):
        return history, store
    history.close()
    return None
