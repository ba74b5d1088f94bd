"""Puts the layers together: settings become a backend, a store, an engine and a history.

Everything slow is imported inside functions, which run in a thread when a dashboard waits.
"""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from qsui.backends.options import ConnectionOptions
    from qsui.config.peek import Arguments, Peek
    from qsui.config.settings import Poll, Profile, Settings
    from qsui.domain.ports import Clock, History, QueryServiceBackend
    from qsui.domain.ports_workflows import WorkflowServerBackend
    from qsui.domain.secret import Secret
    from qsui.live.demands import PollOptions


_IMPORTING = threading.Lock()
"""Several scopes may be opened at once, each in a thread."""


def load_settings(
    peeked: Peek, arguments: Arguments, environ: Mapping[str, str]
) -> tuple[Settings, ...]:
    """Validate what was chosen, each live profile; imports pydantic.

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
        ConfigError: The secret cannot be had, or an option cannot work.
    """
    import_httpx()
    from qsui.backends import open_query_service
    from qsui.config.secret import client_secret

    return open_query_service(connection_options(profile, client_secret(profile, environ)), clock)


def open_server(
    profile: Profile, environ: Mapping[str, str], clock: Clock
) -> WorkflowServerBackend:
    """Do the same for the profile of an Alteryx Server."""
    import_httpx()
    from qsui.backends import open_workflow_server
    from qsui.config.secret import client_secret

    return open_workflow_server(connection_options(profile, client_secret(profile, environ)), clock)


def import_httpx() -> None:
    """Import httpx without its own command line, which nothing here needs.

    Where rich and click are installed it brings progress bars, a Markdown parser and a highlighter
    along: a third of the time that httpx takes. It can do without them, and says so if asked. What
    it would import on the event loop with the first connection is imported here, too.
    """
    name = "httpx._main"
    with _IMPORTING:
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
