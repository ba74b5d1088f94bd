"""`qsui list`: records of one kind, for people and scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from qsui.cli.common import Common
from qsui.cli.flags import common_options
from qsui.cli.online import note, online

if TYPE_CHECKING:
    from datetime import datetime

    from qsui.cli.gather import Wanted
    from qsui.cli.reading import Reader
    from qsui.cli.records import Fields
    from qsui.config.settings import Settings

KINDS = ("queries", "schedules", "runs", "templates")
FORMS = ("table", "json", "jsonl", "csv")


@click.command("list")
@click.argument("kind", type=click.Choice(KINDS))
@click.option("--schedule", metavar="ID", default="", help="Only what belongs to this schedule.")
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
    where: str,
    since: str,
    limit: int,
    full: bool,
    form: str,
) -> None:
    """List queries, schedules, runs or templates."""
    if schedule and kind == "templates":
        raise click.UsageError("--schedule does not apply to templates.")

    async def verb(reader: Reader, settings: Settings) -> None:
        del settings
        from qsui.cli.gather import Wanted
        from qsui.cli.output import write_list
        from qsui.cli.times import parse_since

        if since or where:
            await reader.learn_time()
        start = parse_since(since, reader.now) if since else None
        wanted = Wanted(where, start, schedule, limit, full)
        records, complete = await _gather(kind, reader, wanted)
        if reader.bad_records:
            note(f"{reader.bad_records} records could not be read")
        for sentence in reader.notes:
            note(sentence)
        write_list(kind, records, form=form, as_of=_as_of(reader), complete=complete)

    online(context.ensure_object(Common), verb)


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


def _as_of(reader: Reader) -> datetime:
    return reader.now.replace(microsecond=0)
