"""`qsui list schedules`: the records, and what can be said of their runs at what cost."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.cli.gather import Gathered, compile_where
from qsui.cli.reading import REFUSALS
from qsui.cli.runs_of import by_run, learnt
from qsui.domain.cron import next_fire_of
from qsui.domain.filters_fields import ScheduleView, schedule_fields
from qsui.domain.ports import QueryFilter
from qsui.domain.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from qsui.cli.gather import Wanted
    from qsui.cli.reading import Reader
    from qsui.domain.facts import ScheduleFacts
    from qsui.domain.models import Run, Schedule

DAY = timedelta(hours=24)
RUNS_JUDGED = 60


@dataclass(frozen=True, slots=True)
class JudgedSchedule:
    """A schedule and what is known of its runs.

    With `runs_read` false the facts rest on queries of the last 24 h alone.
    """

    schedule: Schedule
    facts: ScheduleFacts
    runs_read: bool
    next_fire_at: datetime | None

    @property
    def view(self) -> ScheduleView:
        """What filters look at."""
        return ScheduleView(self.schedule, self.facts)


async def gather_schedules(reader: Reader, wanted: Wanted) -> Gathered[JudgedSchedule]:
    """Read all schedules and one page of recent queries; with `full`, the runs of each."""
    test = compile_where(wanted.where, schedule_fields())
    schedules = [
        schedule
        for schedule in await reader.all(reader.backend.schedules())
        if (not wanted.schedule or wanted.schedule in (schedule.id, schedule.name))
        and wanted.is_recent(schedule.created_at, schedule.updated_at)
    ]
    if wanted.full:
        few = schedules if wanted.where else schedules[: wanted.limit]
        judged = await _from_runs(reader, few)
    else:
        judged = await _from_queries(reader, schedules)
    now = reader.now
    rows = [one for one in judged if test.matches(one.view, now)]
    is_cut = len(rows) > wanted.limit or len(judged) < len(schedules)
    return Gathered(tuple(rows[: wanted.limit]), complete=not is_cut)


def judged_by(
    schedule: Schedule, runs: Sequence[Run], now: datetime, *, runs_read: bool
) -> JudgedSchedule:
    """Judge a schedule by the runs that are known."""
    facts = judge(schedule, runs, now=now, read_at=now if runs_read else None)
    next_fire_at = facts.next_fire_at or next_fire_of(schedule, now)
    return JudgedSchedule(schedule, facts, runs_read, next_fire_at)


async def newest_runs(reader: Reader, schedule_id: str) -> tuple[Run, ...]:
    """Read the first page of a schedule's runs: as many as a verdict looks at."""
    pages = reader.backend.runs(schedule_id, cap=RUNS_JUDGED, limit=RUNS_JUDGED)
    page = await anext(pages, None)
    return page.records if page is not None else ()


async def _from_queries(reader: Reader, schedules: list[Schedule]) -> list[JudgedSchedule]:
    since = reader.now - DAY
    runs: dict[str, list[Run]] = defaultdict(list)
    if schedules:
        try:
            queries = await reader.all(
                reader.backend.queries(QueryFilter(created_since=since), cap=100)
            )
        except REFUSALS as error:
            reader.notes.append(f"{error} So nothing is known of the last runs.")
            queries = []
        for run in learnt(by_run(queries), ()).values():
            runs[run.schedule_id].append(run)
        reader.notes.append(
            "runs were not read: last_run_* come from the newest queries of the last 24 h, "
            f"streak and history are unknown; --full reads the runs of {len(schedules)} schedules"
        )
    now = reader.now
    return [judged_by(s, runs.get(s.id, ()), now, runs_read=False) for s in schedules]


async def _from_runs(reader: Reader, schedules: list[Schedule]) -> list[JudgedSchedule]:
    say_how_long(reader, len(schedules))
    lists = await reader.each(schedules, lambda schedule: newest_runs(reader, schedule.id))
    now = reader.now
    return [
        judged_by(schedule, runs or (), now, runs_read=runs is not None)
        for schedule, runs in zip(schedules, lists, strict=True)
    ]


def say_how_long(reader: Reader, reads: int) -> None:
    """Tell the user before a long wait for the budget begins."""
    waiting = reads - reader.tokens_left
    if waiting > 0:
        minutes = -(-waiting // reader.budget.per_min)
        reader.say(f"reading the runs of {reads} schedules takes about {minutes} min")
