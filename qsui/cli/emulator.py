"""`qsui emulator`: a server that speaks Query Service and Alteryx, for trying things offline."""

from __future__ import annotations

from pathlib import Path

import click

from qsui.cli.flags import common_options
from qsui.domain.errors import ConfigError, Unreachable

DEFAULT_PORT = 8765


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=DEFAULT_PORT, help="8765; 0: a free one."
)
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Keep state in DIR.")
@click.option("--scene", metavar="NAME", default="demo", show_default=True)
@click.option("--manner", type=click.Choice(("docs", "oas", "2020")), default="docs")
@click.option(
    "--alteryx",
    type=click.Choice(("2024.2", "2025.1", "current")),
    default="current",
    help="Release of the Alteryx Server beside it.",
)
@click.option("--quirk", "quirks", metavar="Q11=string", multiple=True, help="Repeatable.")
@click.option("--speed", type=click.FloatRange(0, min_open=True), default=1.0, show_default=True)
@click.option("--fault", "faults", metavar="NAME[:ARG]", multiple=True, help="Repeatable.")
@click.option("--schedules", type=click.IntRange(min=0), help="Size of --scene scale.")
@click.option("--runs", type=click.IntRange(min=0), help="Past runs per schedule, at most.")
@click.option("--queries", type=click.IntRange(min=0), help="Size of --scene scale.")
@click.option("--token-life", metavar="SECONDS", type=click.IntRange(min=1), default=86_399)
@click.option("--no-control", is_flag=True, help="Offer no /_emulator addresses.")
@common_options
def emulator(
    host: str,
    port: int,
    data: Path | None,
    scene: str,
    manner: str,
    alteryx: str,
    quirks: tuple[str, ...],
    speed: float,
    faults: tuple[str, ...],
    schedules: int | None,
    runs: int | None,
    queries: int | None,
    token_life: int,
    no_control: bool,
) -> None:
    """Serve until interrupted; the first line of stdout is the base URL."""
    from qsui.cli.demo_server import check_installed

    check_installed()
    from qsui.emulator.serve import ServeOptions, serve

    if speed != 1:
        click.echo(
            f"qsui: its clock runs {speed:g} times as fast as this machine's: for scripts, not "
            "for a dashboard",
            err=True,
        )
    options = ServeOptions(
        host=host,
        port=port,
        data=data,
        scene=scene,
        manner=manner,
        alteryx=alteryx,
        quirks=quirks,
        speed=speed,
        faults=faults,
        schedules=schedules,
        runs=runs,
        queries=queries,
        control=not no_control,
        token_life_s=token_life,
    )
    try:
        serve(options)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    except OSError as error:
        raise Unreachable(f"cannot serve on {host} port {port}: {error}") from error
