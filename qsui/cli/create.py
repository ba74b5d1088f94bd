"""`qsui create` and `qsui rerun`: what makes a query or a schedule that was not there."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qsui.cli.act_options import EXIT_CODES, act_options
from qsui.cli.acting import act
from qsui.cli.common import Common
from qsui.cli.flags import common_options
from qsui.domain.drafts import FIXED_LATER, QueryDraft, ScheduleDraft
from qsui.domain.models import Kind
from qsui.domain.when import EXAMPLES, moment_of

if TYPE_CHECKING:
    from qsui.cli.act_options import How
    from qsui.cli.reading import Reader
    from qsui.config.settings import Settings
    from qsui.domain.actions import Action
    from qsui.domain.draft_of import Prefill
    from qsui.domain.drafts import Draft
    from qsui.domain.models import Run, Schedule

MOST_SQL_BYTES = 4_000_000
_OPTION_OF = {
    "sql": "--sql",
    "ctas": "--ctas",
    "parameters": "--param",
    "cron": "--cron",
    "start": "--start",
    "end": "--end",
    "max_active_runs": "--max-active",
}


@click.command(epilog=EXIT_CODES)
@click.argument("kind", type=click.Choice(("schedule", "query")))
@click.option("--sql", metavar="FILE", default="", help="Read the SQL from FILE; - is stdin.")
@click.option("--template", metavar="ID", default="", help="Run this template instead of SQL.")
@click.option("--name", metavar="NAME", default="", help="What it is called.")
@click.option("--description", metavar="TEXT", default="", help="What it is for.")
@click.option("--param", metavar="K=V", multiple=True, help="The value of $K in the SQL.")
@click.option("--insert-into", metavar="DATASET", default="", help="Add its rows to DATASET.")
@click.option("--ctas", metavar="DATASET", default="", help="Make DATASET of its rows.")
@click.option("--cron", metavar="EXPR", default="", help="When it fires: five fields, in UTC.")
@click.option("--start", metavar="TIME", default="", help=f"From when on: {EXAMPLES}.")
@click.option("--end", metavar="TIME", default="", help="Until when; the newest API wants it.")
@click.option("--max-active", metavar="N", type=int, default=1, help="Runs at once; default 1.")
@act_options
@common_options
@click.pass_context
def create(
    context: click.Context,
    kind: str,
    sql: str,
    template: str,
    name: str,
    description: str,
    param: tuple[str, ...],
    insert_into: str,
    ctas: str,
    cron: str,
    start: str,
    end: str,
    max_active: int,
    how: How,
) -> int:
    """Submit a query, or create a schedule, which also wants --cron and --start.

    Times without a zone are UTC. A schedule is done when it is read back as on, a query when it is
    read back (not when it ends); --wait waits for that. A creation is never sent twice by itself.
    Of a schedule only the cadence and on/off can be changed later.
    """
    query = QueryDraft(
        sql=_read_sql(sql),
        template_id=template,
        name=name,
        description=description,
        parameters=tuple(_pair(text) for text in param),
        insert_into=insert_into,
        ctas=ctas,
    )
    draft: Draft = query
    if kind == "schedule":
        draft = ScheduleDraft(
            query, cron.strip(), _moment("--start", start), _moment("--end", end), max_active
        )
    elif stray := [n for n, v in (("--cron", cron), ("--start", start), ("--end", end)) if v]:
        raise click.UsageError(f"{stray[0]} does not apply to queries.")
    _refuse_faults(draft)

    async def actions(reader: Reader, settings: Settings) -> list[Action]:
        del settings
        from qsui.cli.targets import creation

        if kind == "schedule":
            reader.notes.append(FIXED_LATER)
        return [creation(reader.backend.scope, Kind(kind), draft, name)]

    return act(context.ensure_object(Common), how, actions, kind=kind)


@click.command(epilog=EXIT_CODES)
@click.argument("run", metavar="RUN")
@click.option("--schedule", metavar="ID", default="", help="The schedule the run belongs to.")
@act_options
@common_options
@click.pass_context
def rerun(context: click.Context, run: str, schedule: str, how: How) -> int:
    """Submit the SQL of a run again, once, as a query of its own.

    RUN wants --schedule (an id or a unique name), or is written SCHEDULE/RUN. The SQL is that of
    the run's query as it ran; if that query is not known, the whole SQL of the schedule as it is
    now, and so it is said. It is done when the new query is read back, not when it ends.
    """
    if run.strip() in ("", ".", ".."):
        raise click.BadParameter(f"{run!r} is no id.", param_hint="'RUN'")

    async def actions(reader: Reader, settings: Settings) -> list[Action]:
        from qsui.cli.find import Finder
        from qsui.cli.targets import find_run, run_name
        from qsui.domain.actions import Action, Verb

        of, found = await find_run(reader, settings, Finder(reader), run, schedule)
        made = await _prefill(reader, of, found)
        reader.notes.extend(made.notes)
        return [Action(Verb.RERUN, found.ref, run_name(of, found), draft=made.draft)]

    return act(context.ensure_object(Common), how, actions, kind="run")


async def _prefill(reader: Reader, schedule: Schedule, run: Run) -> Prefill:
    """Find what the run ran: its own query, read whole, else the SQL of its schedule."""
    from qsui.cli.reading import REFUSALS
    from qsui.domain.draft_of import rerun_of_run, rerun_of_schedule
    from qsui.domain.ports import QueryFilter
    from qsui.domain.run_ids import encoded
    from qsui.live.merge import explained_run

    query_id = ""
    try:
        if run.state.is_bad:
            found = await reader.call(lambda: reader.backend.run_error(run, schedule.sql), cost=3)
            if found is not None:
                run, query_id = explained_run(run, found), found.query.id
        if not query_id:
            asked = QueryFilter(schedule_id=schedule.id, run_id=run.id)
            mine = [
                query
                for query in await reader.all(reader.backend.queries(asked, cap=100))
                if query.schedule_id == schedule.id and encoded(query.run_id) == encoded(run.id)
            ]
            query_id = mine[0].id if mine else ""
        if query_id:
            return rerun_of_run(run, await reader.call(lambda: reader.backend.query(query_id)))
    except REFUSALS as error:
        reader.notes.append(str(error))
    return rerun_of_schedule(schedule)


def _read_sql(file: str) -> str:
    """Read SQL as it is, but for the line end at its end.

    Raises:
        BadParameter: It cannot be read, is no UTF-8 text, or far too long.
    """
    if not file:
        return ""
    hint = "'--sql'"
    try:
        if file == "-":
            raw = sys.stdin.buffer.read(MOST_SQL_BYTES + 1)
        else:
            with Path(os.path.expanduser(file)).open("rb") as opened:  # noqa: PTH111  # as typed
                raw = opened.read(MOST_SQL_BYTES + 1)
        text = raw.decode("utf-8-sig")
    except OSError as error:
        words = f"{file} cannot be read: {error.strerror or error}"
        raise click.BadParameter(words, param_hint=hint) from error
    except UnicodeDecodeError as error:
        words = f"{file} is not UTF-8 text (byte {error.start})."
        raise click.BadParameter(words, param_hint=hint) from error
    if len(raw) > MOST_SQL_BYTES:
        raise click.BadParameter(f"{file} is larger than 4 MB.", param_hint=hint)
    return text.removesuffix("\n").removesuffix("\r")


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.BadParameter(f"{text!r} is not NAME=VALUE.", param_hint="'--param'")
    return name, value


def _moment(option: str, text: str) -> datetime | None:
    if not text:
        return None
    found = moment_of(text, datetime.now(UTC))
    if found is None:
        raise click.BadParameter(f"{text!r} is not a time; say {EXAMPLES}.", param_hint=option)
    return found


def _refuse_faults(draft: Draft) -> None:
    faults = draft.faults()
    if faults:
        words = [f"{_OPTION_OF.get(f.field, f.field)}: {f.words}" for f in faults]
        raise click.UsageError("\n  ".join(words))
