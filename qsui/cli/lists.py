"""`qsui list`: records of one kind, for people and scripts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from qsui.cli.choosing import having
from qsui.cli.common import Common
from qsui.cli.flags import common_options
from qsui.cli.online import note, on_each, read_settings, worst_of
from qsui.cli.servers import is_workflow_server
from qsui.domain.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from qsui.cli.gather import Wanted
    from qsui.cli.online import Told
    from qsui.cli.reading import AnyReader, Reader, ServerReader
    from qsui.cli.records import Fields
    from qsui.config.settings import Settings
    from qsui.domain import filters

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
) -> int:
    """List queries, schedules, runs or templates; on an Alteryx Server workflows, jobs, schedules.

    Jobs are those of the server where its release lists them for this key, else the last one of
    each workflow. --schedule and --workflow take an id or a name that only one has.

    With several live profiles the records of all that have such are listed, --limit of each. One
    that fails is told on stderr, and its exit code is that of the verb.
    """
    live = having(read_settings(context.ensure_object(Common)), KINDS[kind])
    if schedule and kind in _NO_SCHEDULE:
        raise click.UsageError(f"--schedule does not apply to {kind}.{_NO_SCHEDULE[kind]}")
    if workflow:
        live = _with_workflows(kind, live)

    def wanted_at(now: datetime) -> Wanted:
        from qsui.cli.gather import Wanted
        from qsui.cli.times import parse_since

        start = parse_since(since, now) if since else None
        return Wanted(where, start, schedule, limit, full, workflow)

    async def verb(reader: Reader, _: Settings) -> Listed:
        if since or where:
            await reader.learn_time()
        return _listed(reader, await _gather(kind, reader, wanted_at(reader.now)))

    async def server_verb(reader: ServerReader, _: Settings) -> Listed:
        await reader.call(reader.backend.probe, cost=2)
        return _listed(reader, await _gather_there(kind, reader, wanted_at(reader.now)))

    if len(live) > 1:
        _refuse_nonsense(kind, wanted_at)
    told = on_each(live, verb, server_verb)
    if schedule or workflow:
        told = _without_strangers(told)
    return _write(kind, form, told)


_NO_SCHEDULE = {
    "templates": "",
    "workflows": "",
    "jobs": " No server tells which schedule started a job: use --workflow.",
}


@dataclass(frozen=True, slots=True)
class Listed:
    """What one profile listed; `complete` is whether that is all, `as_of` its server's time."""

    records: list[Fields]
    complete: bool
    as_of: datetime
    notes: tuple[str, ...]


def _with_workflows(kind: str, live: Sequence[Settings]) -> tuple[Settings, ...]:
    """Return the profiles where a list can be narrowed to a workflow."""
    servers = tuple(one for one in live if is_workflow_server(one.profile))
    if kind == "workflows" or not servers:
        raise click.UsageError(
            f"--workflow does not apply to {kind}" + ("." if servers else " of Query Service.")
        )
    return servers


def _refuse_nonsense(kind: str, wanted_at: Callable[[datetime], Wanted]) -> None:
    """Refuse once what every profile would."""
    from qsui.cli.gather import compile_where
    from qsui.domain import filters_fields, filters_jobs

    fields: dict[str, Callable[[], filters.Fields[Any]]] = {
        "queries": filters_fields.query_fields,
        "schedules": filters_fields.schedule_fields,
        "runs": filters_fields.run_fields,
        "templates": filters_fields.template_fields,
        "workflows": filters_jobs.workflow_fields,
        "jobs": filters_jobs.job_fields,
    }
    compile_where(wanted_at(datetime.now(UTC)).where, fields[kind]())


def _without_strangers(told: Sequence[Told[Listed]]) -> tuple[Told[Listed], ...]:
    """Leave out the profiles that do not know the named schedule or workflow, if another does."""
    known = tuple(one for one in told if not isinstance(one.error, NotFound))
    return known if any(one.found for one in known) else tuple(told)


def _listed(reader: AnyReader, found: tuple[list[Fields], bool]) -> Listed:
    records, complete = found
    bad = [f"{reader.bad_records} records could not be read"] if reader.bad_records else []
    return Listed(records, complete, _as_of(reader), (*bad, *reader.notes))


def _write(kind: str, form: str, told: Sequence[Told[Listed]]) -> int:
    """Write what was found, one profile after the other; return the exit code."""
    from qsui.cli.output import write_list

    several = len(told) > 1
    code = worst_of(told)
    found = [one.found for one in told if one.found]
    for one in told:
        for sentence in one.found.notes if one.found else ():
            note(sentence, who=one.settings.profile.name if several else "")
    if not found:
        return code
    write_list(
        kind,
        [record for one in found for record in one.records],
        form=form,
        as_of=min(one.as_of for one in found),
        complete=not code and all(one.complete for one in found),
        several=several,
    )
    return code


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
