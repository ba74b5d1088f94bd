"""`qsui demo`: the dashboard on both emulated servers, with nothing of the user's involved."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from qsui.cli.common import Common
from qsui.cli.flags import common_options

if TYPE_CHECKING:
    from qsui.cli.demo_server import DemoServer
    from qsui.tui.options import DashboardOptions

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
@click.option(
    "--alteryx",
    metavar="RELEASE",
    default="current",
    show_default=True,
    help="The Alteryx Server's release: 2024.2, 2025.1 or current.",
)
@common_options
@click.pass_context
def demo(context: click.Context, scene: str, speed: float, alteryx: str) -> int:
    """Watch servers of its own: real queries, real failures, nothing to set up.

    It opens two profiles: demo, a Query Service, and ayx, an Alteryx Server.
    """
    from qsui.cli.dashboard import prepare_terminal, require_terminal
    from qsui.cli.demo_server import DemoServer, check_installed
    from qsui.cli.signals import deaf, unwinding_signals

    check_installed()
    require_terminal()
    with unwinding_signals():
        # First: it starts while we import.
        server = DemoServer.start(scene, speed, os.environ, alteryx=alteryx)
        try:
            prepare_terminal(os.environ)
            from qsui.tui.run import run

            return run(demo_options(context.ensure_object(Common), server, speed))
        finally:
            with deaf():
                server.close()


def demo_options(common: Common, server: DemoServer, speed: float) -> DashboardOptions:
    """Return what the dashboard needs to paint at once and to find the server later."""
    from qsui.cli.demo_scopes import DemoScopes
    from qsui.config.peek import read_only_because
    from qsui.tui.options import DashboardOptions

    scopes = DemoScopes(server, speed, read_only_because(common.arguments, os.environ))
    return DashboardOptions(
        scopes=scopes.live,
        starting_words=STARTING,
        is_demo=True,
        ascii=common.wants_ascii,
        no_color=common.wants_no_color,
        known_profiles=scopes.known,
        open_scope=scopes.open_scope,
    )
