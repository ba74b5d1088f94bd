"""How a new answer joins what is already known of the same record, and runs learnt from queries.

A list row knows less than a detail: it must not erase tasks, whole SQL or an error. All functions
are pure.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.domain import run_ids
from qsui.domain.models import Kind, Query, Ref, Run, Schedule
from qsui.domain.states import RunState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from qsui.domain.ports import ErrorFound

LIST_LAG = timedelta(minutes=3)
"""How long a list of runs may still call active what a query already showed to be over."""


def merged_schedule(old: Schedule | None, new: Schedule) -> Schedule:
    """Keep the whole SQL of an older answer if the new one is its beginning."""
    if old and new.sql_is_cut and not old.sql_is_cut and old.sql.startswith(_start(new.sql)):
        return replace(new, sql=old.sql, sql_is_cut=False)
    return new


def merged_query(old: Query | None, new: Query) -> Query:
    """Keep whole and effective SQL; `effective_sql` is never in a list."""
    if old is None:
        return new
    if new.sql_is_cut and not old.sql_is_cut and old.sql.startswith(_start(new.sql)):
        new = replace(new, sql=old.sql, sql_is_cut=False)
    if old.effective_sql and not new.effective_sql:
        new = replace(new, effective_sql=old.effective_sql)
    return new


def merged_run(old: Run | None, new: Run, now: datetime) -> Run:
    """Keep tasks, error and seen times; a list that lags behind a query does not undo its state.

    `now` is the server's time.
    """
    if old is None:
        return new
    state, raw_state, from_query = new.state, new.raw_state, new.from_query
    is_recent = old.seen_ended_at is not None and now - old.seen_ended_at < LIST_LAG
    if old.from_query and old.state.is_final and new.state.is_active and is_recent:
        state, raw_state, from_query = old.state, old.raw_state, True
    may_err = not state.is_active and state is not RunState.SUCCESS
    return replace(
        new,
        state=state,
        raw_state=raw_state,
        from_query=from_query,
        slot_at=new.slot_at or old.slot_at,
        decoded_id=new.decoded_id or old.decoded_id,
        is_manual=old.is_manual if new.is_manual is None else new.is_manual,
        tasks=old.tasks if new.tasks is None else new.tasks,
        seen_started_at=new.seen_started_at or old.seen_started_at,
        seen_ended_at=new.seen_ended_at or old.seen_ended_at,
        error=(new.error or old.error) if may_err else None,
        error_is_likely=new.error_is_likely if new.error else old.error_is_likely and may_err,
        query_id=new.query_id or old.query_id,
    )


def run_of_queries(queries: Sequence[Query], known: Run | None) -> Run | None:
    """Make or update the run that these queries link to; `None` if nothing follows.

    All must carry the same schedule and run id; a block of several statements has several. A run
    whose own record is final keeps its state.
    """
    if not queries or not queries[0].schedule_id or not queries[0].run_id:
        return None
    decisive = _decisive(queries)
    started = min((q.created_at for q in queries if q.created_at), default=None)
    is_over = all(q.state.is_final for q in queries)
    ended = max((q.updated_at for q in queries if q.updated_at), default=None) if is_over else None
    run = known or _new_run(queries[0])
    if known is None or known.from_query or not known.state.is_final:
        run = replace(run, state=decisive.state, raw_state=decisive.raw_state, from_query=True)
    error = decisive.errors[0] if decisive.errors and run.state.is_bad else None
    return replace(
        run,
        seen_started_at=started or run.seen_started_at,
        seen_ended_at=ended or run.seen_ended_at,
        query_id=decisive.id,
        error=error or (run.error if run.state.is_bad else None),
        error_is_likely=run.error_is_likely and error is None and run.state.is_bad,
    )


def explained_run(run: Run, found: ErrorFound) -> Run:
    """Return a failed run with the error that was found for it."""
    return replace(run, error=found.error, error_is_likely=found.is_likely, query_id=found.query.id)


def _new_run(query: Query) -> Run:
    decoded = run_ids.decoded(query.run_id)
    ref = query.ref
    return Run(
        ref=Ref(
            ref.profile, ref.sandbox, Kind.RUN, query.schedule_id, run_ids.encoded(query.run_id)
        ),
        state=query.state,
        raw_state=query.raw_state,
        slot_at=run_ids.slot_of(decoded),
        decoded_id=decoded,
        is_manual=decoded.startswith("manual__") if decoded else None,
        from_query=True,
    )


def _decisive(queries: Iterable[Query]) -> Query:
    """The query whose state is that of the run: a bad one, else an active one, else the last."""
    return min(queries, key=lambda query: (_RANKS[query.state], _age(query)))


def _age(query: Query) -> float:
    return -query.created_at.timestamp() if query.created_at else 0.0


_RANKS = {
    RunState.FAILED: 0,
    RunState.TIMEOUT: 1,
    RunState.RUNNING: 2,
    RunState.STARTING: 3,
    RunState.QUEUED: 4,
    RunState.CANCELLED: 5,
    RunState.ENDED: 6,
    RunState.UNKNOWN: 7,
    RunState.WARNING: 8,
    RunState.SUCCESS: 9,
}


def _start(cut: str) -> str:
    """The part of a cut text that surely is its beginning (a sign of the cut may end it)."""
    return cut[:-3]
