"""What the dashboard is given by the command line: plain values and one factory.

The dashboard reads no settings and opens no connection itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from qsui.domain.models import Scope
    from qsui.domain.ports import Clock, QueryServiceBackend
    from qsui.live.control import Control
    from qsui.live.engine import Engine
    from qsui.live.store import Store
    from qsui.live.verdicts import Verdicts


@dataclass(slots=True)
class Session:
    """One live scope: what `open_session` returns, owned by the app until it calls `aclose`.

    `aclose` closes the backend, the history and, in the demo, the server; it may be called twice.
    If there is `open_control`, `control` only stands for what it brings: call it, once, when there
    are rows. A session from `recall` has an engine and a backend that only stand for others, too.
    """

    scope: Scope
    clock: Clock
    backend: QueryServiceBackend
    store: Store
    engine: Engine
    verdicts: Verdicts
    control: Control
    aclose: Callable[[], Awaitable[None]]
    open_control: Callable[[], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True)
class DashboardOptions:
    """Everything the first paint needs, and how to get the rest.

    `recall` is awaited after the first paint, on the app's loop: a session of what the last one
    knew, `None` if that is nothing. `open_session` is awaited then; it must do its slow imports in
    a thread, and completes the session that `recall` found or returns another. A `QsuiError` from
    it closes the screen, and `run` prints its sentence on stderr and returns its exit code.
    `starting_words` is what the body says until then, for example `Starting the demo server`.
    `read_only` is what the header says: whether nothing that changes the server can leave.
    `timezone` is `UTC`, `local` or an IANA name. `keymap` maps binding ids to keys. `web_url` is
    what `o` opens. `wants_poll` is false in tests that drive `engine.poll_once()` themselves.
    """

    profile: str
    sandbox: str
    open_session: Callable[[], Awaitable[Session]]
    starting_words: str = ""
    read_only: bool = False
    is_demo: bool = False
    ascii: bool = False
    no_color: bool = False
    theme: str = ""
    timezone: str = "UTC"
    locale: str = "en"
    keymap: Mapping[str, str] = field(default_factory=dict)
    web_url: str = ""
    wants_poll: bool = True
    recall: Callable[[], Awaitable[Session | None]] | None = None
