"""`qsui cron`: what an expression means and when it fires next."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

import click

from qsui.cli.flags import common_options
from qsui.cli.times import parse_zone
from qsui.domain.errors import ConfigError

if TYPE_CHECKING:
    from qsui.domain.cron import Cron

_YEARS = (1900, 8999)


@click.command()
@click.argument("expression", metavar="'EXPR'")
@click.option("-n", "count", type=click.IntRange(1, 1000), default=5, show_default=True)
@click.option("--tz", "zone", metavar="ZONE", default="UTC", show_default=True)
@click.option("--from", "start", metavar="ISO", default="", help="Fires after this; default: now.")
@common_options
def cron(expression: str, count: int, zone: str, start: str) -> None:
    """Say what a cron expression means, and its next fires.

    Schedules are read in UTC, as the server does; --tz only changes how the times are shown.
    """
    from qsui.domain.cron import CronError, parse
    from qsui.present.cadence import long

    shown_in = parse_zone(zone, "--tz")
    after = _start(start)
    try:
        parsed = parse(expression)
    except CronError as error:
        raise ConfigError(f"{expression!r} is not a schedule: {error}") from error
    click.echo(long(parsed.raw))
    for line in _fires(parsed, after, count, shown_in):
        click.echo(line)


def _start(text: str) -> datetime:
    if not text:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
        if not _YEARS[0] <= found.year <= _YEARS[1]:
            raise ConfigError(
                f"--from {text!r} is not between the years {_YEARS[0]} and {_YEARS[1]}"
            )
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except ValueError:
        raise ConfigError(f"--from {text!r} is not a time such as 2026-06-04T02:00:00Z") from None


def _fires(cron: Cron, after: datetime, count: int, zone: tzinfo) -> list[str]:
    from qsui.domain.cron import next_fires

    if cron.is_once:
        return ["fires once, when it is created"]
    if cron.is_never:
        return ["never fires: no such date exists"]
    fires = next_fires(cron, after, count)
    return [fire.astimezone(zone).strftime("%a %Y-%m-%d %H:%M %Z") for fire in fires]
