"""`qsui demo`: the dashboard on the emulator, with nothing of the user's involved."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import click

from qsui.cli.common import Common
from qsui.cli.flags import common_options

if TYPE_CHECKING:
    from qsui.cli.demo_server import DemoServer
    from qsui.config.settings import Settings
    from qsui.domain.ports import Clock
    from qsui.tui.options import DashboardOptions, Session

SANDBOX = "prod"
STARTING = "Starting the demo server"


@click.command()
@click.option("--scene", metavar="NAME", default="demo", show_default=True)
@click.option(
    "--speed",
    type=click.FloatRange(0.1, 1000),
    default=1.0,
    show_default=True,
    help="How many times faster than real time its hours pass.",
)
@common_options
@click.pass_context
def demo(context: click.Context, scene: str, speed: float) -> int:
    """Watch a server of its own: real queries, real failures, nothing to set up."""
    from qsui.cli.dashboard import prepare_terminal, require_terminal
    from qsui.cli.demo_server import DemoServer, check_installed
    from qsui.cli.signals import deaf, unwinding_signals

    check_installed()
    require_terminal()
    with unwinding_signals():
        server = DemoServer.start(scene, speed, os.environ)  # first: it starts while we import
        try:
            prepare_terminal(os.environ)
            from qsui.tui.run import run

            return run(demo_options(context.ensure_object(Common), server, speed))
        finally:
            with deaf():
                server.close()


def demo_options(common: Common, server: DemoServer, speed: float) -> DashboardOptions:
    """Return what the dashboard needs to paint at once and to find the server later."""
    from qsui.config.peek import read_only_because
    from qsui.tui.options import DashboardOptions

    because = read_only_because(common.arguments, os.environ)

    async def open_session() -> Session:
        from qsui.cli.compose import open_session as compose_session

        base_url = await asyncio.to_thread(server.base_url)
        clock = await asyncio.to_thread(_clock, server, base_url, speed)
        settings = demo_settings(server, base_url, because)
        return await compose_session(settings, {}, clock, close_also=server.close)

    return DashboardOptions(
        profile="demo",
        sandbox=SANDBOX,
        open_session=open_session,
        starting_words=STARTING,
        read_only=bool(because),
        is_demo=True,
        ascii=common.wants_ascii,
        no_color=common.wants_no_color,
    )


def demo_settings(server: DemoServer, base_url: str, read_only_because: str = "") -> Settings:
    """Return settings that come from the demo alone; an option may forbid writes to it."""
    from qsui.config.settings import Profile, SecretSource, Settings
    from qsui.domain.secret import NO_SECRET, Secret

    profile = Profile(
        name="demo",
        origin="the demo",
        backend="adobe",
        base_url=base_url,
        token_url=f"{base_url}/ims/token/v3",
        org_id="DE3000000000000000000001@AdobeOrg",
        client_id="qsui-demo",
        client_secret=SecretSource(value=Secret("qsui-demo-secret")),
        access_token=NO_SECRET,
        sandbox=SANDBOX,
        read_only=bool(read_only_because),
        read_only_because=read_only_because,
    )
    return Settings(
        profile=profile,
        file=server.folder / "config.toml",
        file_exists=False,
        state_folder=server.folder,
    )


def _clock(server: DemoServer, base_url: str, speed: float) -> Clock:
    from qsui.cli.clocks import ScaledClock, SystemClock

    start = server.virtual_now(base_url)
    return SystemClock() if speed == 1 else ScaledClock(start, speed)
