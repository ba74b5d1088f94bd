"""Which query stands behind a run: matching ids are a fact, same SQL at the right time is likely.

Pure: the calls that bring the rows are made by `run_errors.py`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.backends.adobe.convert import linked_id, schedule_in_run_link
from qsui.backends.times import parse_time
from qsui.domain import run_ids
from qsui.domain.states import execution_state

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from qsui.backends.adobe.wire import QueryWire
    from qsui.domain.models import Run

BEFORE_START = timedelta(minutes=2)


def window_of(run: Run) -> tuple[datetime, datetime | None] | None:
    """Return when the run's queries must have been made: from two minutes before its first task.

    The end is `None` while a task has none. `None` if no task has started.
    """
    starts = [task.started_at for task in run.tasks or () if task.started_at]
    if not starts:
        return None
    ends = [task.ended_at for task in run.tasks or ()]
    last = None if None in ends else max(end for end in ends if end is not None)
    return min(starts) - BEFORE_START, last


def carries_run(query: QueryWire, run: Run) -> bool:
    """Whether a query's links name a run with this run's id, of whatever schedule."""
    return query.links is not None and run_ids.is_same(linked_id(query.links.schedule_run), run.id)


def belongs(query: QueryWire, run: Run, *, may_be_unnamed: bool = False) -> bool:
    """Whether a query's own links say that it ran for this run of this schedule.

    Runs of several schedules share an id, so the schedule must be named too; `may_be_unnamed`
    accepts links that leave it out, for rows that the server picked by schedule.
    """
    links = query.links
    if links is None or not carries_run(query, run):
        return False
    schedule_id = linked_id(links.schedule) or schedule_in_run_link(links.schedule_run)
    return schedule_id == run.schedule_id or (may_be_unnamed and not schedule_id)


def belongs_to_schedule(query: QueryWire, schedule_id: str) -> bool:
    """Whether a query's own links name this schedule."""
    return query.links is not None and linked_id(query.links.schedule) == schedule_id


def is_likely(query: QueryWire, run: Run, sql: str) -> bool:
    """Whether a query has the schedule's SQL, was made in the run's window, and is no other's."""
    window = window_of(run)
    created = parse_time(query.created)
    if window is None or created is None or created < window[0]:
        return False
    if window[1] is not None and created > window[1]:
        return False
    if query.links is not None and linked_id(query.links.schedule_run):
        return False  # its links name another run, else it had been found by them
    statement = normalised(sql)
    own = query.request.sql if query.request else None
    return bool(statement) and statement in (
        normalised(own or ""),
        normalised(query.effective_sql or ""),
    )


def best_of(queries: Iterable[QueryWire]) -> QueryWire | None:
    """Return the query that tells most about a failure; the earliest of equals.

    A failed query with errors, else a failed one, else any with errors; others tell nothing.
    """
    ranked = [(rank, query) for query in queries if (rank := _rank(query)) < _TELLS_NOTHING]
    if not ranked:
        return None
    return min(ranked, key=lambda pair: (pair[0], _created_s(pair[1])))[1]


_TELLS_NOTHING = 4


def _rank(query: QueryWire) -> int:
    state = execution_state(query.state or "")
    has_errors = bool(query.errors)
    if state.is_bad:
        return 0 if has_errors else 1
    if has_errors:
        return 2
    return 3 if state.value == "CANCELLED" else _TELLS_NOTHING


def _created_s(query: QueryWire) -> float:
    created = parse_time(query.created)
    return created.timestamp() if created else float("inf")


def normalised(sql: str) -> str:
    """Return a statement without what does not matter: white space and a final semicolon."""
    return " ".join(sql.split()).rstrip("; ")
