"""`qsui cancel` and `qsui delete`: what ends a run or a query, and what removes a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from qsui.cli.act_options import EXIT_CODES, act_options
from qsui.cli.acting import act
from qsui.cli.common import Common
from qsui.cli.flags import common_options
from qsui.cli.servers import plural
from qsui.cli.targets import (
    all_given,
    query_actions,
    run_actions,
    schedule_actions,
    template_actions,
)
from qsui.domain.actions import Verb

if TYPE_CHECKING:
    from qsui.cli.act_options import How
    from qsui.cli.reading import Reader, ServerReader
    from qsui.config.settings import Settings
    from qsui.domain.actions import Action


@click.command(epilog=EXIT_CODES)
@click.argument("kind", type=click.Choice(("query", "run", "job")))
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.option("--schedule", metavar="ID", default="", help="The schedule that runs belong to.")
@act_options
@common_options
@click.pass_context
def cancel(context: click.Context, kind: str, ids: tuple[str, ...], schedule: str, how: How) -> int:
    """Cancel queries or runs, on an Alteryx Server jobs, that have not ended.

    A run wants --schedule (an id or a unique name), or is written SCHEDULE/RUN; its id may be given
    encoded or decoded. It is done when it is read back as ended; --wait waits for that.

    A job that waits is deleted from the queue and leaves no row behind; one that runs is cancelled
    and its row stays. The preview says which of the two will happen.
    """
    _check(ids)
    if schedule and kind != "run":
        raise click.UsageError(f"--schedule does not apply to {plural(kind)}.")

    async def actions(reader: Reader, settings: Settings) -> list[Action]:
        if kind == "run":
            return await run_actions(reader, settings, ids, schedule)
        return await query_actions(reader, ids, Verb.CANCEL)

    async def there(reader: ServerReader, _: Settings) -> list[Action]:
        from qsui.cli.server_targets import job_actions

        return await job_actions(reader, ids)

    return act(context.ensure_object(Common), how, actions, there, kind=kind)


@click.command(epilog=EXIT_CODES)
@click.argument("kind", type=click.Choice(("schedule", "query", "template")))
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@act_options
@common_options
@click.pass_context
def delete(context: click.Context, kind: str, ids: tuple[str, ...], how: How) -> int:
    """Delete schedules, queries or templates; this cannot be undone.

    A schedule is named by its id or by a name that only it has. One that is on is turned off first,
    its runs are waited for, then it is deleted: that is always waited for, as if --wait was given.
    A query is hidden from lists (soft delete). It is done when it is gone.

    On an Alteryx Server only schedules can be deleted, by one request, whether on or off.
    """
    _check(ids)

    async def actions(reader: Reader, settings: Settings) -> list[Action]:
        del settings
        match kind:
            case "schedule":
                return await schedule_actions(reader, ids, Verb.DELETE)
            case "query":
                return await query_actions(reader, ids, Verb.DELETE)
            case _:
                return await template_actions(reader, ids)

    async def there(reader: ServerReader, _: Settings) -> list[Action]:
        return await schedule_actions(reader, ids, Verb.DELETE)

    return act(context.ensure_object(Common), how, actions, there, kind=kind)


def _check(ids: tuple[str, ...]) -> None:
    if wrong := all_given(ids):
        raise click.BadParameter(f"{wrong} is no id.", param_hint="'ID'")
