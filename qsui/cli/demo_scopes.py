"""The demo's two scopes: a Query Service and an Alteryx Server of one child, on one clock."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from qsui.cli.scopes import in_sandbox
from qsui.cli.servers import ALTERYX
from qsui.domain.errors import ConfigError

if TYPE_CHECKING:
    from qsui.cli.demo_server import DemoServer
    from qsui.config.settings import Profile, Settings
    from qsui.domain.ports import Clock
    from qsui.tui.options import KnownProfile, LiveScope, Session

DEMO = "demo"
AYX = "ayx"
SANDBOX = "prod"
_KEY = "qsui-demo"
_SECRET = "qsui-demo-secret"  # noqa: S105  # of the emulator, and printed by it


class DemoScopes:
    """Makes live scopes on the demo's child; that is closed with the last session."""

    def __init__(self, server: DemoServer, speed: float, read_only_because: str) -> None:
        self._server = server
        self._speed = speed
        self._because = read_only_because
        self._starting: asyncio.Task[tuple[str, Clock]] | None = None
        self._open = 0
        self._counting = threading.Lock()

    @property
    def live(self) -> tuple[LiveScope, ...]:
        """Both, the Query Service first."""
        return self._scope(DEMO, SANDBOX), self._scope(AYX, "")

    @property
    def known(self) -> tuple[KnownProfile, ...]:
        """Both as profiles."""
        from qsui.tui.options import KnownProfile

        return KnownProfile(DEMO, SANDBOX), KnownProfile(AYX, has_jobs=True)

    def open_scope(self, name: str, sandbox: str) -> LiveScope:
        """Return one of them, the Query Service in any sandbox, as a live scope.

        Raises:
            ConfigError: It is neither, or has no sandboxes.
        """
        if name not in (DEMO, AYX):
            raise ConfigError(f"the demo has no profile {name}")
        if name == AYX and sandbox:
            raise ConfigError(f"{name} is an Alteryx Server, which has no sandboxes")
        return self._scope(name, "" if name == AYX else sandbox or SANDBOX)

    def _scope(self, name: str, sandbox: str) -> LiveScope:
        from qsui.tui.options import LiveScope

        async def open_session() -> Session:
            from qsui.cli.sessions import open_session as compose_session

            base_url, clock = await self._started()
            settings = in_sandbox(
                demo_settings(self._server, base_url, self._because, name=name), sandbox
            )
            session = await compose_session(settings, {}, clock, close_also=self._left)
            with self._counting:
                self._open += 1
            return session

        return LiveScope(
            profile=name,
            sandbox=sandbox,
            open_session=open_session,
            has_jobs=name == AYX,
            read_only=bool(self._because),
        )

    async def _started(self) -> tuple[str, Clock]:
        """Wait until the child answers; all scopes read the same clock."""
        if self._starting is None:
            self._starting = asyncio.create_task(asyncio.to_thread(self._start))
        return await asyncio.shield(self._starting)

    def _start(self) -> tuple[str, Clock]:
        from qsui.cli.clocks import ScaledClock, SystemClock

        base_url = self._server.base_url()
        start = self._server.virtual_now(base_url)
        return base_url, SystemClock() if self._speed == 1 else ScaledClock(start, self._speed)

    def _left(self) -> None:
        """Count a session that was closed, in whatever thread."""
        with self._counting:
            self._open -= 1
            is_last = self._open <= 0
        if is_last:
            self._server.close()


def demo_settings(
    server: DemoServer, base_url: str, read_only_because: str = "", *, name: str = DEMO
) -> Settings:
    """Return settings that come from the demo alone; an option may forbid writes to it."""
    from qsui.config.settings import Settings

    profile = (
        _server(base_url, read_only_because)
        if name == AYX
        else _query_service(base_url, read_only_because)
    )
    return Settings(
        profile=profile,
        file=server.folder / "config.toml",
        file_exists=False,
        state_folder=server.folder,
    )


def _query_service(base_url: str, read_only_because: str) -> Profile:
    from qsui.config.settings import Profile, SecretSource
    from qsui.domain.secret import NO_SECRET, Secret

    return Profile(
        name=DEMO,
        origin="the demo",
        backend="adobe",
        base_url=base_url,
        token_url=f"{base_url}/ims/token/v3",
        org_id="DE3000000000000000000001@AdobeOrg",
        client_id=_KEY,
        client_secret=SecretSource(value=Secret(_SECRET)),
        access_token=NO_SECRET,
        sandbox=SANDBOX,
        read_only=bool(read_only_because),
        read_only_because=read_only_because,
    )


def _server(base_url: str, read_only_because: str) -> Profile:
    from qsui.config.settings import ALTERYX_REQUESTS_PER_MIN, Profile, SecretSource
    from qsui.domain.addresses import ALTERYX_TOKEN_PATH, web_api_url
    from qsui.domain.secret import NO_SECRET, Secret

    web_api = web_api_url(f"{base_url}/webapi")
    return Profile(
        name=AYX,
        origin="the demo",
        backend=ALTERYX,
        base_url=web_api,
        token_url=web_api + ALTERYX_TOKEN_PATH,
        org_id="",
        client_id=_KEY,
        client_secret=SecretSource(value=Secret(_SECRET)),
        access_token=NO_SECRET,
        sandbox="",
        scopes="",
        production=True,
        read_only=bool(read_only_because),
        read_only_because=read_only_because,
        requests_per_min=ALTERYX_REQUESTS_PER_MIN,
    )
