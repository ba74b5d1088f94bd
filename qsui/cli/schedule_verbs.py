"""`qsui trigger`, `enable`, `disable`, `set-cron`: what can be done to schedules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from qsui.cli.act_options import EXIT_CODES, act_options
from qsui.cli.acting import act
from qsui.cli.common import Common
from qsui.cli.flags import common_options
from qsui.cli.targets import all_given, schedule_actions
from qsui.domain.actions import Verb
from qsui.domain.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qsui.cli.act_options import How
    from qsui.cli.acting import ServerActionsOf
    from qsui.cli.reading import AnyReader, ServerReader
    from qsui.config.settings import Settings
    from qsui.domain.actions import Action


@click.command(epilog=EXIT_CODES)
@click.argument("schedules", metavar="SCHEDULE...", nargs=-1, required=True)
@act_options
@common_options
@click.pass_context
def trigger(context: click.Context, schedules: tuple[str, ...], how: How) -> int:
    """Run schedules once, now.

    A schedule is named by its id or by a name that only it has. It is done when the new run is
    seen; --wait waits for that, not for the run's end. A second trigger while the first one's run
    was not seen yet wants --reason. A trigger is never sent twice by itself.

    On an Alteryx Server it takes workflows, too, and is done when the new job is read back. That of
    a schedule runs its workflow with the schedule's settings; the schedule's own runs stay.
    """

    async def there(reader: ServerReader, _: Settings) -> list[Action]:
        from qsui.cli.server_targets import runnable_actions

        return await runnable_actions(reader, schedules)

    return _act(context, how, schedules, Verb.TRIGGER, there=there)


@click.command(epilog=EXIT_CODES)
@click.argument("schedules", metavar="SCHEDULE...", nargs=-1, required=True)
@act_options
@common_options
@click.pass_context
def enable(context: click.Context, schedules: tuple[str, ...], how: How) -> int:
    """Turn schedules on.

    A schedule is named by its id or by a name that only it has. It is done when it is read back as
    on. One that is on already is left out, and the exit code is 1.
    """
    return _act(context, how, schedules, Verb.ENABLE)


@click.command(epilog=EXIT_CODES)
@click.argument("schedules", metavar="SCHEDULE...", nargs=-1, required=True)
@act_options
@common_options
@click.pass_context
def disable(context: click.Context, schedules: tuple[str, ...], how: How) -> int:
    """Turn schedules off; a run in progress is not touched.

    A schedule is named by its id or by a name that only it has. It is done when it is read back as
    off. One that is off already is left out, and the exit code is 1.
    """
    return _act(context, how, schedules, Verb.DISABLE)


@click.command("set-cron", epilog=EXIT_CODES)
@click.argument("schedule", metavar="SCHEDULE")
@click.argument("expression", metavar="'EXPR'")
@act_options
@common_options
@click.pass_context
def set_cron(context: click.Context, schedule: str, expression: str, how: How) -> int:
    """Change when a schedule fires.

    EXPR is five fields or an alias such as @daily, in UTC; `qsui cron 'EXPR'` says what it means.
    It is done when the new expression is read back. A run in progress is not touched.

    On an Alteryx Server it counts in the schedule's own time zone; what a release cannot express is
    refused with the reason.
    """
    from qsui.domain.cron import CronError, parse

    try:
        parse(expression)
    except CronError as error:
        raise ConfigError(f"{expression!r} is not a schedule: {error}") from error
    return _act(context, how, (schedule,), Verb.SET_CRON, cron=" ".join(expression.split()))


def _act(
    context: click.Context,
    how: How,
    words: Sequence[str],
    verb: Verb,
    *,
    cron: str = "",
    there: ServerActionsOf | None = None,
) -> int:
    if wrong := all_given(words):
        raise click.BadParameter(f"{wrong} is no id or name.", param_hint="'SCHEDULE'")

    async def actions(reader: AnyReader, settings: Settings) -> list[Action]:
        del settings
        return await schedule_actions(reader, words, verb, cron=cron)

    async def server_actions(reader: ServerReader, settings: Settings) -> list[Action]:
        await reader.call(reader.backend.probe, cost=2)  # tells whether it takes expressions
        return await actions(reader, settings)

    common = context.ensure_object(Common)
    return act(common, how, actions, there or server_actions, kind="schedule")
