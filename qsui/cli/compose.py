"""Puts the layers together: settings become a backend, a store, an engine and a history.

Everything slow is imported inside functions, which run in a thread when a dashboard waits.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

    from qsui.backends.options import ConnectionOptions
    from qsui.cli.recall import Past
    from qsui.config.peek import Arguments, Peek
    from qsui.config.settings import Poll, Profile, Settings
    from qsui.domain.ports import Clock, History, Journal, QueryServiceBackend
    from qsui.domain.secret import Secret
    from qsui.live.control import Control
    from qsui.live.demands import PollOptions
    from qsui.tui.early import Late
    from qsui.tui.options import Session


def load_settings(peeked: Peek, arguments: Arguments, environ: Mapping[str, str]) -> Settings:
    """Validate what was chosen; imports pydantic.

    Raises:
        ConfigError: A setting is wrong or missing.
    """
    from qsui.config.load import load

    return load(peeked, arguments, environ)


def connection_options(profile: Profile, secret: Secret) -> ConnectionOptions:
    """Turn a complete profile and its fetched secret into what a backend is opened with."""
    from qsui.backends.options import ConnectionOptions

    return ConnectionOptions(
        profile=profile.name,
        backend=profile.backend,
        base_url=profile.base_url,
        token_url=profile.token_url,
        org_id=profile.org_id,
        client_id=profile.client_id,
        client_secret=secret,
        access_token=profile.access_token,
        sandbox=profile.sandbox,
        scopes=profile.scopes,
        ca_bundle=str(profile.ca_bundle or ""),
        allow_http=profile.allow_http,
        read_only=profile.read_only,
    )


def read_only_words(profile: Profile) -> str:
    """Say why nothing may be changed, as a clause for dialogs and messages; empty if it may."""
    return f"read-only: {profile.read_only_because}" if profile.read_only else ""


def open_profile(profile: Profile, environ: Mapping[str, str], clock: Clock) -> QueryServiceBackend:
    """Fetch the secret and open the backend; nothing is sent yet. Blocks: call it in a thread.

    Raises:
        ConfigError: The secret cannot be had.
    """
    import_httpx()
    from qsui.backends import open_query_service
    from qsui.config.secret import client_secret

    return open_query_service(connection_options(profile, client_secret(profile, environ)), clock)


def import_httpx() -> None:
    """Import httpx without its own command line, which nothing here needs.

    Where rich and click are installed it brings progress bars, a Markdown parser and a highlighter
    along: a third of the time that httpx takes. It can do without them, and says so if asked. What
    it would import on the event loop with the first connection is imported here, too.
    """
    name = "httpx._main"
    if name in sys.modules:
        return
    sys.modules[name] = None  # type: ignore[assignment]  # the import system's word for "no"
    try:
        import httpx  # noqa: F401
    finally:
        del sys.modules[name]
    with suppress(ImportError):  # only sooner
        import anyio._backends._asyncio  # noqa: F401


def account_name() -> str:
    """Return the account's name on this machine, for the journal; empty if it has none."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def open_history(folder: Path | None) -> History:
    """Open `history.db` in a state folder; it never fails, it only says what it cannot do."""
    from qsui.storage.history import open_history as open_in

    return open_in(folder)


def poll_options(poll: Poll, requests_per_min: int) -> PollOptions:
    """Turn the settings into the engine's options."""
    from qsui.live.demands import PollOptions

    return PollOptions(
        change_s=poll.change_s,
        runs_on_screen_s=poll.runs_on_screen_s,
        run_detail_s=poll.run_detail_s,
        schedules_s=poll.schedules_s,
        schedules_full_s=poll.schedules_full_s,
        requests_per_min=requests_per_min,
    )


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

    def blocking() -> tuple[QueryServiceBackend, History]:
        from qsui.live import engine, store, verdicts  # noqa: F401  # imported off the loop

        backend = open_profile(settings.profile, environ, clock)
        return backend, past.history if past else open_history(settings.state_folder)

    backend, history = await asyncio.to_thread(blocking)
    from qsui.live.engine import Engine
    from qsui.live.store import Store
    from qsui.live.verdicts import Verdicts
    from qsui.tui.early import Late
    from qsui.tui.options import Session

    known = past if past is not None and past.session.scope == backend.scope else None
    store = known.session.store if known else Store()
    engine = Engine(
        backend,
        store,
        clock=clock,
        history=history,
        options=poll_options(settings.poll, settings.profile.requests_per_min),
    )
    late: Late[Control] = known.control if known else Late()
    session = (
        known.complete(backend, engine)
        if known
        else Session(
            scope=backend.scope,
            clock=clock,
            backend=backend,
            store=store,
            engine=engine,
            verdicts=Verdicts(store, backend.scope, clock),
            control=early_control(late, settings.state_folder, read_only_words(settings.profile)),
            aclose=backend.aclose,
        )
    )
    session.aclose = _closing(backend, history, close_also)

    async def open_control() -> None:
        session.control = await asyncio.to_thread(_control, session, settings)
        late.set(session.control)

    session.open_control = open_control
    return session


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
    backend: QueryServiceBackend, history: History, close_also: Callable[[], None] | None
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
