"""`qsui list schedules`: the records, and what can be said of their runs at what cost."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.cli.gather import SKIPPED, Gathered, compile_where
from qsui.cli.reading import REFUSALS
from qsui.cli.runs_of import by_run, learnt, timed
from qsui.domain.cron import next_fire_of
from qsui.domain.filters_fields import schedule_fields
from qsui.domain.ports import QueryFilter
from qsui.domain.states import ScheduleState
from qsui.domain.verdict import RUNS_JUDGED, judge
from qsui.domain.views import ScheduleView
from qsui.present.cadence import short

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from qsui.cli.gather import Wanted
    from qsui.cli.reading import Reader
    from qsui.cli.runs_of import RunKey
    from qsui.domain.facts import ScheduleFacts
    from qsui.domain.models import Query, Run, Schedule

DAY = timedelta(hours=24)
# Fields, flags and words of state that only the runs can answer for.
_ABOUT_RUNS = re.compile(
    r"\b(failed|late|missed|missed_runs|held|slow|running|runs|queued|verdict|fails|streak|history"
    r"|last|last_run_\w+|last_(12|20)|median(_s)?|(start_)?lag(_s)?|ok(_30d)?)\b",
    re.IGNORECASE,
)


def asks_about_runs(where: str) -> bool:
    """Whether a filter asks for what only the runs can answer for."""
    return bool(_ABOUT_RUNS.search(where))


@dataclass(frozen=True, slots=True)
class JudgedSchedule:
    """A schedule and what is known of its runs.

    With `runs_read` false the facts rest on queries of the last 24 h alone.
    """

    schedule: Schedule
    facts: ScheduleFacts
    runs_read: bool
    next_fire_at: datetime | None
    last_run_at: datetime | None

    @property
    def view(self) -> ScheduleView:
        """What filters look at."""
        schedule = self.schedule
        words = short(schedule.cron, 32) or schedule.cadence_words
        return ScheduleView(schedule, self.facts, words)


async def gather_schedules(reader: Reader, wanted: Wanted) -> Gathered[JudgedSchedule]:
    """Read all schedules and one page of recent queries; with `full`, the runs of each.

    A filter that asks about runs has them read, too: of as many schedules as the allowance lets.
    """
    test = compile_where(wanted.where, schedule_fields())
    everything, is_whole = await reader.whole(reader.backend.schedules())
    if not is_whole:
        reader.notes.append(SKIPPED)
    schedules = [
        schedule
        for schedule in everything
        if (not wanted.schedule or wanted.schedule in (schedule.id, schedule.name))
        and wanted.is_recent(schedule.created_at, schedule.updated_at)
    ]
    asks = asks_about_runs(wanted.where)
    few = schedules if wanted.where else schedules[: wanted.limit]
    if wanted.full:
        judged = await _from_runs(reader, few)
    elif asks:
        judged = await _as_many_as_allowed(reader, schedules)
    else:
        judged = await _from_queries(reader, few)
    now = reader.now
    rows = [one for one in judged if test.matches(one.view, now)]
    unsure = asks and not all(one.runs_read for one in judged)
    is_cut = len(rows) > wanted.limit or len(judged) < len(schedules)
    return Gathered(tuple(rows[: wanted.limit]), complete=is_whole and not is_cut and not unsure)


async def _as_many_as_allowed(reader: Reader, schedules: list[Schedule]) -> list[JudgedSchedule]:
    enabled_first = sorted(schedules, key=lambda s: s.state is not ScheduleState.ENABLED)
    ids = {schedule.id for schedule in enabled_first[: reader.tokens_left]}
    if len(ids) == len(schedules):
        return await _from_runs(reader, schedules)
    read = {one.schedule.id: one for one in await _from_runs(reader, enabled_first[: len(ids)])}
    reader.notes.append(
        f"the filter asks about runs, and those of {len(schedules) - len(ids)} of "
        f"{len(schedules)} schedules were not read; --full reads them all"
    )
    now = reader.now
    return [read.get(s.id) or judged_by(s, (), now, runs_read=False) for s in schedules]


def judged_by(
    schedule: Schedule, runs: Sequence[Run], now: datetime, *, runs_read: bool
) -> JudgedSchedule:
    """Judge a schedule by the runs that are known.

    A last run whose start is not known counts from when it was due.
    """
    facts = judge(schedule, runs, now=now, read_at=now if runs_read else None)
    next_fire_at = facts.next_fire_at or next_fire_of(schedule, now)
    last = facts.last_run
    last_run_at = last.started_at if last else None
    if last is not None and last_run_at is None:
        last_run_at = next(
            (row.due_at for row in timed(runs, {schedule.id: schedule}, now) if row.run is last),
            None,
        )
    return JudgedSchedule(schedule, facts, runs_read, next_fire_at, last_run_at)


async def newest_runs(reader: Reader, schedule_id: str) -> tuple[Run, ...]:
    """Read the first page of a schedule's runs: as many as a verdict looks at."""
    pages = reader.backend.runs(schedule_id, cap=RUNS_JUDGED, limit=RUNS_JUDGED)
    page = await anext(pages, None)
    return page.records if page is not None else ()


async def queried_runs(reader: Reader, asked: QueryFilter) -> dict[RunKey, list[Query]]:
    """Read one page of queries and group them by run; a refusal leaves a note."""
    try:
        return by_run(await reader.all(reader.backend.queries(asked, cap=100)))
    except REFUSALS as error:
        reader.notes.append(f"{error} So times of the last runs may be missing.")
        return {}


async def _from_queries(reader: Reader, schedules: list[Schedule]) -> list[JudgedSchedule]:
    if not schedules:
        return []
    groups = await queried_runs(reader, QueryFilter(created_since=reader.now - DAY))
    runs: dict[str, list[Run]] = defaultdict(list)
    for run in learnt(groups, ()).values():
        runs[run.schedule_id].append(run)
    reader.notes.append(
        "runs were not read: last_run_* come from the newest queries of the last 24 h, "
        f"streak and history are unknown; --full reads the runs of {len(schedules)} schedules"
    )
    now = reader.now
    return [judged_by(s, runs.get(s.id, ()), now, runs_read=False) for s in schedules]


async def _from_runs(reader: Reader, schedules: list[Schedule]) -> list[JudgedSchedule]:
    if not schedules:
        return []
    groups = await queried_runs(reader, QueryFilter(created_since=reader.now - DAY))
    say_how_long(reader, len(schedules))
    lists = await reader.each(schedules, lambda schedule: newest_runs(reader, schedule.id))
    now = reader.now
    judged: list[JudgedSchedule] = []
    for schedule, runs in zip(schedules, lists, strict=True):
        told = told_runs(schedule.id, runs or (), groups)
        judged.append(judged_by(schedule, told, now, runs_read=runs is not None))
    return judged


def told_runs(
    schedule_id: str, runs: Sequence[Run], groups: Mapping[RunKey, list[Query]]
) -> tuple[Run, ...]:
    """Return the runs of one schedule, told what queries know of them."""
    mine = {key: some for key, some in groups.items() if key[0] == schedule_id}
    return tuple(learnt(mine, runs).values())


def say_how_long(reader: Reader, reads: int) -> None:
    """Tell the user before a long wait for the budget begins."""
    waiting = reads - reader.tokens_left
    if waiting > 0:
        minutes = -(-waiting // reader.budget.per_min)
        reader.say(f"reading the runs of {reads} schedules takes about {minutes} min")
