"""`qsui show`: one record, whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from qsui.cli.choosing import only_one
from qsui.cli.common import Common
from qsui.cli.flags import common_options
from qsui.cli.online import note, on_profile, read_settings

if TYPE_CHECKING:
    from qsui.cli.reading import AnyReader, Reader, ServerReader
    from qsui.cli.records import Fields
    from qsui.config.settings import Settings

KINDS = ("query", "schedule", "run", "template", "workflow", "job")


@click.command()
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("id", metavar="ID")
@click.option("--schedule", metavar="ID", default="", help="The schedule a run belongs to.")
@click.option("-o", "form", type=click.Choice(("text", "json")), default="text", show_default=True)
@common_options
@click.pass_context
def show(context: click.Context, kind: str, id: str, schedule: str, form: str) -> None:
    """Show one query, schedule, run or template; on an Alteryx Server a workflow, job, schedule.

    A schedule or workflow is named by its id or by a name that only it has. A run wants
    --schedule, or is written SCHEDULE/RUN; its id may be given encoded or decoded. With several
    live profiles only one of them may have such records.
    """
    if id.strip() in ("", ".", ".."):
        raise click.BadParameter(f"{id!r} is no id.", param_hint="'ID'")

    settings = only_one(read_settings(context.ensure_object(Common)), kind)

    async def verb(reader: Reader, settings: Settings) -> None:
        _write(kind, reader, form, await _read(kind, id, schedule, reader, settings))

    async def server_verb(reader: ServerReader, _: Settings) -> None:
        from qsui.cli.show_there import read_there

        _write(kind, reader, form, await read_there(kind, id, reader))

    on_profile(settings, verb, server_verb)


def _write(kind: str, reader: AnyReader, form: str, record: Fields) -> None:
    from qsui.cli.output import write_record

    for sentence in reader.notes:
        note(sentence)
    write_record(kind, record, form=form, as_of=reader.now.replace(microsecond=0))


async def _read(kind: str, id: str, schedule: str, reader: Reader, settings: Settings) -> Fields:
    from qsui.cli import records

    match kind:
        case "query":
            return records.query_record(await reader.call(lambda: reader.backend.query(id)))
        case "template":
            return records.template_record(await reader.call(lambda: reader.backend.template(id)))
        case "run":
            return await _run(id, schedule, reader, settings)
        case _:
            return await _schedule(id, reader)


async def _schedule(word: str, reader: Reader) -> Fields:
    from qsui.cli.find import find_schedule
    from qsui.cli.gather_schedules import judged_by, newest_runs, queried_runs, told_runs
    from qsui.cli.reading import REFUSALS
    from qsui.cli.records import schedule_record_of
    from qsui.domain.ports import QueryFilter

    schedule = await find_schedule(reader, word)
    try:
        runs = await reader.call(lambda: newest_runs(reader, schedule.id))
    except REFUSALS as error:
        reader.notes.append(f"{error} So its runs are unknown.")
        return schedule_record_of(judged_by(schedule, (), reader.now, runs_read=False))
    groups = await queried_runs(reader, QueryFilter(schedule_id=schedule.id))
    told = told_runs(schedule.id, runs, groups)
    return schedule_record_of(judged_by(schedule, told, reader.now, runs_read=True))


async def _run(text: str, given: str, reader: Reader, settings: Settings) -> Fields:
    from qsui.cli.find import find_schedule, remembered_run, split_run
    from qsui.cli.records import run_record_of
    from qsui.cli.runs_of import timed

    word, run_id = split_run(text, given) or remembered_run(
        text, settings.state_folder, reader.backend.scope
    )
    schedule = await find_schedule(reader, word)
    run = await reader.call(lambda: reader.backend.run(schedule.id, run_id))
    if run.state.is_bad and run.error is None:
        from qsui.cli.reading import REFUSALS
        from qsui.live.merge import explained_run

        try:
            found = await reader.call(lambda: reader.backend.run_error(run, schedule.sql), cost=3)
        except REFUSALS as error:
            reader.notes.append(f"{error} So the cause of the failure is unknown.")
            found = None
        run = explained_run(run, found) if found else run
    return run_record_of(timed([run], {schedule.id: schedule}, reader.now)[0])
