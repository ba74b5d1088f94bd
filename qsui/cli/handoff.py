"""`qsui handoff`: what the next shift must know, gathered from the server and the journal."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from qsui.cli.common import Common
from qsui.cli.flags import common_options
from qsui.cli.online import note, online
from qsui.domain.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from qsui.cli.gather_schedules import JudgedSchedule
    from qsui.cli.reading import Reader
    from qsui.config.settings import Settings
    from qsui.domain.journal import Deed
    from qsui.domain.models import Query, Run

SHIFT = timedelta(hours=12)
MOST_EXPLAINED = 10


@dataclass(frozen=True, slots=True)
class Handoff:
    """All that the page is made of.

    `now` is the server's time, `since` when the shift began, both aware UTC. `deeds` are the
    scope's actions since then and older ones that are still open. `trouble` says why the server
    could not be asked (then schedules and queries are empty), `notes` what was not read. `is_whole`
    is true if every schedule was read.
    """

    where: str
    now: datetime
    since: datetime
    deeds: tuple[Deed, ...]
    schedules: tuple[JudgedSchedule, ...] = ()
    running_queries: tuple[Query, ...] = ()
    trouble: str = ""
    notes: tuple[str, ...] = ()
    is_whole: bool = False


@click.command()
@click.option(
    "--since",
    metavar="TIME",
    default="",
    help="Begin of the shift: 12h ago unless given; 8h, 2026-06-04T22:00Z.",
)
@common_options
@click.pass_context
def handoff(context: click.Context, since: str) -> int:
    """Print a Markdown page for the next shift.

    What needs someone now, what runs, what was done from this machine since TIME (who, why and what
    came of it; unknown outcomes first), and the next fires of what is in trouble. Times are UTC.
    Nothing is sent but reads; runs of at most about 100 schedules are read. If the server is away
    the page still tells what was done, and the exit code is that of the failure (1, 3 or 4).
    """

    async def verb(reader: Reader, settings: Settings) -> int:
        from qsui.cli.handoff_text import page
        from qsui.cli.output import write_text

        found, code = await _gather(reader, settings, since)
        write_text(page(found))
        sys.stdout.flush()
        return code

    return online(context.ensure_object(Common), verb)


def _start(since: str, now: datetime) -> datetime:
    from qsui.cli.times import parse_since

    return parse_since(since, now) if since else now - SHIFT


async def _gather(reader: Reader, settings: Settings, since: str) -> tuple[Handoff, int]:
    from qsui.cli.gather import SKIPPED
    from qsui.storage.journal import open_journal

    _start(since, reader.now)  # a wrong word is refused before anything is read
    journal = open_journal(settings.state_folder)
    scope = reader.backend.scope
    judged: list[JudgedSchedule] = []
    running: list[Query] = []
    trouble, code = "", 0
    try:
        judged, running = await _read_state(reader, since)
    except ApiError as error:
        trouble, code = str(error), error.exit_code
        note(trouble)
    now = reader.now
    begin = _start(since, now)
    deeds = tuple(
        deed for deed in journal.deeds(scope.key) if deed.intent.at >= begin or deed.stage.is_open
    )
    notes = (*reader.notes, *((journal.trouble,) if journal.trouble else ()))
    found = Handoff(
        where=scope.label,
        now=now.replace(microsecond=0),
        since=begin.replace(microsecond=0),
        deeds=deeds,
        schedules=tuple(judged),
        running_queries=tuple(running),
        trouble=trouble,
        notes=notes,
        is_whole=SKIPPED not in notes,
    )
    return found, code


async def _read_state(reader: Reader, since: str) -> tuple[list[JudgedSchedule], list[Query]]:
    """Read the schedules, one page of recent queries, and the runs of as many as allowed."""
    from qsui.cli.gather import SKIPPED
    from qsui.cli.gather_schedules import judged_by, newest_runs, told_runs
    from qsui.cli.reading import REFUSALS
    from qsui.cli.runs_of import by_run
    from qsui.domain.ports import QueryFilter
    from qsui.domain.states import ScheduleState

    schedules, is_whole = await reader.whole(reader.backend.schedules())
    if not is_whole:
        reader.notes.append(SKIPPED)
    queries: list[Query] = []
    try:
        asked = QueryFilter(created_since=_start(since, reader.now))
        queries = await reader.all(reader.backend.queries(asked, cap=100))
    except REFUSALS as error:
        reader.notes.append(f"{error} So errors and running queries may be missing.")
    groups = by_run(queries)
    enabled = [s for s in schedules if s.state is ScheduleState.ENABLED]
    enabled.sort(key=lambda s: not any(key[0] == s.id for key in groups))
    few = enabled[: max(0, reader.tokens_left - MOST_EXPLAINED)]
    if len(few) < len(enabled):
        reader.notes.append(
            f"the runs of {len(enabled) - len(few)} of {len(enabled)} enabled schedules were not "
            "read; what is said of those rests on recent queries alone"
        )
    lists = await reader.each(few, lambda schedule: newest_runs(reader, schedule.id))
    read = {schedule.id: runs for schedule, runs in zip(few, lists, strict=True)}
    now = reader.now
    judged = []
    for schedule in schedules:
        runs = read.get(schedule.id)
        told = told_runs(schedule.id, runs or (), groups)
        judged.append(judged_by(schedule, told, now, runs_read=runs is not None))
    return await _explained(reader, judged), [
        query for query in queries if query.state.is_active and not query.schedule_id
    ]


async def _explained(reader: Reader, judged: Sequence[JudgedSchedule]) -> list[JudgedSchedule]:
    """Find the cause of last runs that failed, where no query told of it and the allowance lets."""
    from dataclasses import replace

    from qsui.live.merge import explained_run

    silent = [one for one in judged if (last := _last_failed(one)) and last.error is None]
    silent = silent[: min(MOST_EXPLAINED, reader.tokens_left // 3)]

    async def find(one: JudgedSchedule) -> JudgedSchedule:
        run = _last_failed(one)
        if run is None:
            return one
        found = await reader.backend.run_error(run, one.schedule.sql)
        if found is None:
            return one
        return replace(one, facts=replace(one.facts, last_final=explained_run(run, found)))

    told = await reader.each(silent, find)
    by_id = {one.schedule.id: one for one in told if one is not None}
    return [by_id.get(one.schedule.id, one) for one in judged]


def _last_failed(one: JudgedSchedule) -> Run | None:
    last = one.facts.last_final
    return last if last is not None and last.state.is_bad else None
