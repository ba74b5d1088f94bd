"""`qsui list`: records of one kind, for people and scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from qsui.cli.common import Common
from qsui.cli.flags import common_options
from qsui.cli.online import note, on_query_service, on_workflow_server, read_settings
from qsui.cli.servers import is_workflow_server, require_kind

if TYPE_CHECKING:
    from datetime import datetime

    from qsui.cli.gather import Wanted
    from qsui.cli.reading import AnyReader, Reader, ServerReader
    from qsui.cli.records import Fields
    from qsui.config.settings import Settings

KINDS = {
    "queries": "query",
    "schedules": "schedule",
    "runs": "run",
    "templates": "template",
    "workflows": "workflow",
    "jobs": "job",
}
FORMS = ("table", "json", "jsonl", "csv")


@click.command("list")
@click.argument("kind", type=click.Choice(tuple(KINDS)))
@click.option("--schedule", metavar="ID", default="", help="Only what belongs to this schedule.")
@click.option("--workflow", metavar="ID", default="", help="Only what belongs to this workflow.")
@click.option("--where", metavar="FILTER", default="", help="Only rows that match (README).")
@click.option("--since", metavar="24h", default="", help="Only what is newer; runs: 24h.")
@click.option("--limit", metavar="N", type=click.IntRange(min=1), default=100, show_default=True)
@click.option("--full", is_flag=True, help="Read what else costs many requests, too.")
@click.option("-o", "form", type=click.Choice(FORMS), default="table", show_default=True)
@common_options
@click.pass_context
def list_verb(
    context: click.Context,
    kind: str,
    schedule: str,
    workflow: str,
    where: str,
    since: str,
    limit: int,
    full: bool,
    form: str,
) -> None:
    """List queries, schedules, runs or templates; on an Alteryx Server workflows, jobs, schedules.

    Jobs are those of the server where its release lists them for this key, else the last one of
    each workflow. --schedule and --workflow take an id or a name that only one has.
    """
    settings = read_settings(context.ensure_object(Common))
    profile = settings.profile
    require_kind(profile, KINDS[kind])
    on_server = is_workflow_server(profile)
    if schedule and kind in _NO_SCHEDULE:
        raise click.UsageError(f"--schedule does not apply to {kind}.{_NO_SCHEDULE[kind]}")
    if workflow and (kind == "workflows" or not on_server):
        raise click.UsageError(
            f"--workflow does not apply to {kind}" + ("." if on_server else " of Query Service.")
        )

    def wanted_at(now: datetime) -> Wanted:
        from qsui.cli.gather import Wanted
        from qsui.cli.times import parse_since

        start = parse_since(since, now) if since else None
        return Wanted(where, start, schedule, limit, full, workflow)

    async def verb(reader: Reader, _: Settings) -> None:
        if since or where:
            await reader.learn_time()
        _write(kind, reader, form, await _gather(kind, reader, wanted_at(reader.now)))

    async def server_verb(reader: ServerReader, _: Settings) -> None:
        await reader.call(reader.backend.probe, cost=2)
        found = await _gather_there(kind, reader, wanted_at(reader.now))
        _write(kind, reader, form, found)

    if on_server:
        on_workflow_server(settings, server_verb)
    else:
        on_query_service(settings, verb)


_NO_SCHEDULE = {
    "templates": "",
    "workflows": "",
    "jobs": " No server tells which schedule started a job: use --workflow.",
}


def _write(kind: str, reader: AnyReader, form: str, found: tuple[list[Fields], bool]) -> None:
    from qsui.cli.output import write_list

    records, complete = found
    if reader.bad_records:
        note(f"{reader.bad_records} records could not be read")
    for sentence in reader.notes:
        note(sentence)
    write_list(kind, records, form=form, as_of=_as_of(reader), complete=complete)


async def _gather(kind: str, reader: Reader, wanted: Wanted) -> tuple[list[Fields], bool]:
    from qsui.cli import records
    from qsui.cli.gather import gather_queries, gather_templates
    from qsui.cli.gather_runs import gather_runs
    from qsui.cli.gather_schedules import gather_schedules

    match kind:
        case "queries":
            queries = await gather_queries(reader, wanted)
            return [records.query_record(query) for query in queries.rows], queries.complete
        case "templates":
            some = await gather_templates(reader, wanted)
            return [records.template_record(template) for template in some.rows], some.complete
        case "runs":
            runs = await gather_runs(reader, wanted)
            return [records.run_record_of(row) for row in runs.rows], runs.complete
        case _:
            judged = await gather_schedules(reader, wanted)
            return [records.schedule_record_of(row) for row in judged.rows], judged.complete


async def _gather_there(
    kind: str, reader: ServerReader, wanted: Wanted
) -> tuple[list[Fields], bool]:
    from qsui.cli import records, server_records
    from qsui.cli.gather_jobs import gather_jobs, gather_workflows
    from qsui.cli.gather_server_schedules import gather_server_schedules

    match kind:
        case "workflows":
            workflows = await gather_workflows(reader, wanted)
            rows = [server_records.workflow_record(view) for view in workflows.rows]
            return rows, workflows.complete
        case "jobs":
            jobs = await gather_jobs(reader, wanted)
            return [server_records.job_record(job) for job in jobs.rows], jobs.complete
        case _:
            judged = await gather_server_schedules(reader, wanted)
            return [records.schedule_record_of(row) for row in judged.rows], judged.complete


def _as_of(reader: AnyReader) -> datetime:
    return reader.now.replace(microsecond=0)
