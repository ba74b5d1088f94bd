"""Runs as one-shot verbs see them: from queries that link to a run, and from the run lists."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qsui.domain import run_ids
from qsui.domain.lateness import timetable
from qsui.live.merge import run_of_queries

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime, timedelta

    from qsui.domain.models import Query, Run, Schedule

RunKey = tuple[str, str]
"""Schedule id and encoded run id."""


@dataclass(frozen=True, slots=True)
class TimedRun:
    """A run with the schedule it belongs to (`None`: not known), when it was due, and its lag."""

    run: Run
    schedule: Schedule | None
    due_at: datetime | None
    start_lag: timedelta | None


def by_run(queries: Iterable[Query]) -> dict[RunKey, list[Query]]:
    """Group queries by the run that they link to; those without a link are left out."""
    groups: dict[RunKey, list[Query]] = defaultdict(list)
    for query in queries:
        if query.schedule_id and query.run_id:
            groups[query.schedule_id, run_ids.encoded(query.run_id)].append(query)
    return dict(groups)


def learnt(groups: Mapping[RunKey, Sequence[Query]], runs: Iterable[Run]) -> dict[RunKey, Run]:
    """Return the known runs, told more by their queries, and the runs only queries tell of."""
    found = {(run.schedule_id, run_ids.encoded(run.id)): run for run in runs}
    for key, queries in groups.items():
        run = run_of_queries(queries, found.get(key))
        if run is not None:
            found[key] = run
    return found


def timed(runs: Iterable[Run], schedules: Mapping[str, Schedule], now: datetime) -> list[TimedRun]:
    """Say of each run when it was due and how late it began; newest first."""
    of_schedule: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        of_schedule[run.schedule_id].append(run)
    found: list[TimedRun] = []
    for id, some in of_schedule.items():
        schedule = schedules.get(id)
        if schedule is None:
            found += [TimedRun(run, None, None, None) for run in some]
            continue
        for due_at, run in timetable(schedule, some, now).runs:
            lag = run.started_at - due_at if run.started_at and due_at else None
            found.append(TimedRun(run, schedule, due_at, lag))
    return sorted(found, key=_newest_first, reverse=True)


def _newest_first(timed_run: TimedRun) -> tuple[float, float, str]:
    run = timed_run.run
    due = timed_run.due_at or run.slot_at or run.started_at
    start = run.started_at or due
    return (
        due.timestamp() if due else 0.0,
        start.timestamp() if start else 0.0,
        run.schedule_id,
    )
