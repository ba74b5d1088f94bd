"""The fields, flags and shown text by which each kind of record can be filtered.

Names are those of the JSON output; titles are those of the columns.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, TypeVar

from qsui.domain.facts import Verdict
from qsui.domain.filter_values import FieldKind
from qsui.domain.filters import Field, Fields
from qsui.domain.states import RunState, ScheduleState

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from qsui.domain.models import Query, QueryError, Ref, Run, Template
    from qsui.domain.views import RunView, ScheduleView

R = TypeVar("R")

TEXT = FieldKind.TEXT
WORD = FieldKind.WORD
NUMBER = FieldKind.NUMBER
DURATION = FieldKind.DURATION
TIME = FieldKind.TIME
BOOL = FieldKind.BOOL

_RUNNING = frozenset({Verdict.RUNNING, Verdict.SLOW, Verdict.HELD})


@cache
def schedule_fields() -> Fields[ScheduleView]:
    """Return what a filter of schedules can say; `state` also matches the verdict's word."""
    return Fields(
        fields=(
            *_scope_fields(lambda v: v.schedule.ref),
            _f("name", lambda v: v.schedule.name),
            _f("state", _schedule_states, WORD),
            _f("raw_state", lambda v: v.schedule.raw_state, WORD),
            _f("verdict", lambda v: v.facts.verdict.value, WORD),
            _f("cron", lambda v: v.schedule.cron),
            _f("cadence", lambda v: f"{v.cadence} {v.schedule.cron}"),
            _f("start_at", lambda v: v.schedule.start_at, TIME, "start"),
            _f("end_at", lambda v: v.schedule.end_at, TIME, "end"),
            _f(
                "max_active_runs", lambda v: v.schedule.max_active_runs, NUMBER, "max active", "max"
            ),
            _f("next_fire_at", lambda v: v.facts.next_fire_at, TIME),
            Field("next", (), DURATION, _until_next),
            _f("sql", lambda v: v.schedule.sql),
            _f("owner", lambda v: v.schedule.owner),
            _f("updated_by", lambda v: v.schedule.updated_by),
            _f("description", lambda v: v.schedule.description),
            _f("template_id", lambda v: v.schedule.template_id),
            _f("workflow_id", lambda v: v.schedule.workflow_id, WORD),
            _f("workflow_name", lambda v: v.schedule.workflow_name, TEXT, "workflow"),
            _f("time_zone", lambda v: v.schedule.time_zone, TEXT, "zone"),
            _f("last_error", lambda v: v.schedule.last_error),
            _f("created_at", lambda v: v.schedule.created_at, TIME, "created"),
            _f("updated_at", lambda v: v.schedule.updated_at, TIME, "updated"),
            _f("last_run_state", lambda v: _states(v.facts.last_run), WORD, "last run"),
            _f("last_run_at", lambda v: _started(v.facts.last_run), TIME),
            _f("last_run_id", lambda v: v.facts.last_run and v.facts.last_run.id),
            _f("streak", lambda v: v.facts.streak, NUMBER, "fails"),
            _f("missed_runs", lambda v: v.facts.missed, NUMBER, "missed"),
            _f("history", _history, TEXT, "last 20", "last 12", "last"),
            _f("median_s", lambda v: v.facts.median, DURATION, "median"),
            _f("start_lag_s", lambda v: v.facts.start_lag, DURATION, "lag"),
            _f("ok_30d", lambda v: _percent(v.facts.ok_ratio), NUMBER, "ok"),
        ),
        flags={
            "failed": lambda v, _: v.facts.verdict is Verdict.FAILED or v.facts.streak > 0,
            "late": lambda v, _: v.facts.verdict is Verdict.LATE,
            "missed": lambda v, _: v.facts.verdict is Verdict.MISSED or v.facts.missed > 0,
            "running": lambda v, _: v.facts.verdict in _RUNNING or _works(v.facts.active),
            "off": lambda v, _: v.schedule.state is ScheduleState.DISABLED,
        },
        shown_text=_schedule_text,
    )


@cache
def run_fields() -> Fields[RunView]:
    """Return what a filter of runs can say; the name is that of the schedule."""
    return Fields(
        fields=(
            *_scope_fields(lambda v: v.run.ref),
            _f("name", _run_name, TEXT, "schedule"),
            _f("state", lambda v: _states(v.run), WORD),
            _f("raw_state", lambda v: v.run.raw_state, WORD),
            _f("schedule_id", lambda v: v.run.schedule_id, WORD),
            _f("slot_at", lambda v: v.run.slot_at, TIME, "slot"),
            _f("due_at", lambda v: v.due_at, TIME, "due"),
            _f("start_lag_s", lambda v: v.start_lag, DURATION, "lag"),
            _f("created_at", lambda v: v.run.slot_at, TIME, "created"),
            _f("started_at", lambda v: v.run.started_at, TIME, "start"),
            _f("ended_at", lambda v: v.run.ended_at, TIME, "end"),
            Field("duration_s", ("took", "duration"), DURATION, lambda v, now: v.run.took(now)),
            Field("ratio", ("xmedian", "xmed"), NUMBER, _run_ratio),
            _f("triggered_by", _trigger, WORD, "by"),
            _f("decoded_id", lambda v: v.run.decoded_id),
            _f("tasks", lambda v: None if v.run.tasks is None else len(v.run.tasks), NUMBER),
            _f("query_id", lambda v: v.run.query_id, WORD),
            *_error_fields(lambda v: (v.run.error,) if v.run.error else ()),
        ),
        flags={
            "failed": lambda v, _: v.run.state.is_bad,
            "running": lambda v, _: _works(v.run),
        },
        shown_text=_run_text,
    )


@cache
def query_fields() -> Fields[Query]:
    """Return what a filter of queries can say."""
    return Fields(
        fields=(
            *_scope_fields(lambda q: q.ref),
            _f("name", lambda q: q.name or q.template_name, TEXT, "template", "template_name"),
            _f("state", lambda q: (q.state.value, q.raw_state), WORD),
            _f("raw_state", lambda q: q.raw_state, WORD),
            _f("sql", lambda q: q.sql),
            _f("effective_sql", lambda q: q.effective_sql),
            _f("description", lambda q: q.description),
            _f("template_id", lambda q: q.template_id, WORD),
            Field("elapsed_ms", ("took", "elapsed"), DURATION, lambda q, now: q.took(now), 0.001),
            _f("row_count", lambda q: q.row_count, NUMBER, "rows"),
            _f("client", lambda q: q.client),
            _f("user", lambda q: q.user, TEXT, "owner"),
            _f("schedule_id", lambda q: q.schedule_id, WORD),
            _f("run_id", lambda q: q.run_id, WORD),
            _f("datasets", lambda q: q.datasets, TEXT, "dataset"),
            _f("is_ctas", lambda q: q.is_ctas, BOOL, "ctas"),
            _f("is_insert", lambda q: q.is_insert, BOOL, "insert"),
            _f("created_at", lambda q: q.created_at, TIME, "created"),
            _f("updated_at", lambda q: q.updated_at, TIME, "updated"),
            *_error_fields(lambda q: q.errors),
        ),
        flags={
            "failed": lambda q, _: q.state.is_bad,
            "running": lambda q, _: q.state in (RunState.RUNNING, RunState.STARTING),
        },
        shown_text=_query_text,
    )


@cache
def template_fields() -> Fields[Template]:
    """Return what a filter of query templates can say."""
    return Fields(
        fields=(
            *_scope_fields(lambda t: t.ref),
            _f("name", lambda t: t.name),
            _f("sql", lambda t: t.sql),
            _f("parameters", lambda t: tuple(f"{key}={value}" for key, value in t.parameters)),
            _f("owner", lambda t: t.owner),
            _f("updated_by", lambda t: t.updated_by),
            _f("created_at", lambda t: t.created_at, TIME, "created"),
            _f("updated_at", lambda t: t.updated_at, TIME, "updated"),
        ),
        flags={},
        shown_text=lambda t: f"{t.name}\n{t.sql}\n{t.owner}\n{t.ref.id}",
    )


def _f(name: str, get: Callable[[R], object], kind: FieldKind = TEXT, *titles: str) -> Field[R]:
    """A field whose value does not depend on the time."""
    return Field(name, titles, kind, lambda record, _: get(record))


def _scope_fields(ref: Callable[[R], Ref]) -> tuple[Field[R], ...]:
    return (
        _f("id", lambda r: ref(r).id),
        _f("profile", lambda r: ref(r).profile, WORD),
        _f("sandbox", lambda r: ref(r).sandbox, WORD),
        _f("scope", lambda r: f"{ref(r).profile}/{ref(r).sandbox}"),
    )


def _error_fields(errors: Callable[[R], tuple[QueryError, ...]]) -> tuple[Field[R], ...]:
    return (
        _f("error", lambda r: tuple(_error_text(e) for e in errors(r)), TEXT, "errors"),
        _f("error_code", lambda r: tuple(e.code for e in errors(r)), WORD, "code"),
        _f("error_type", lambda r: tuple(e.type for e in errors(r)), WORD),
    )


def _error_text(error: QueryError) -> str:
    return f"{error.code} {error.type} {error.message}"


def _schedule_states(view: ScheduleView) -> tuple[str, ...]:
    return view.schedule.state.value, view.schedule.raw_state, view.facts.verdict.value


def _states(run: Run | None) -> tuple[str, ...] | None:
    return (run.state.value, run.raw_state) if run else None


def _works(run: Run | None) -> bool:
    return run is not None and run.state in (RunState.RUNNING, RunState.STARTING)


def _started(run: Run | None) -> datetime | None:
    return (run.started_at or run.slot_at) if run else None


def _until_next(view: ScheduleView, now: datetime) -> timedelta | None:
    return view.facts.next_fire_at - now if view.facts.next_fire_at else None


def _history(view: ScheduleView) -> tuple[str, ...]:
    return tuple(cell.mark.value for cell in view.facts.history)


def _percent(ratio: float | None) -> float | None:
    return None if ratio is None else 100 * ratio


def _run_ratio(view: RunView, now: datetime) -> float | None:
    took = view.run.took(now)
    return took / view.median if took is not None and view.median else None


def _trigger(view: RunView) -> str | None:
    if view.run.is_manual is None:
        return None
    return "manual" if view.run.is_manual else "schedule"


def _run_name(view: RunView) -> str:
    return view.schedule.name if view.schedule else ""


def _schedule_text(view: ScheduleView) -> str:
    schedule, verdict = view.schedule, view.facts.verdict.value
    return (
        f"{verdict}\n{schedule.name}\n{view.cadence}\n{schedule.cron}\n{schedule.owner}\n"
        f"{schedule.ref.id}"
    )


def _run_text(view: RunView) -> str:
    run = view.run
    error = _error_text(run.error) if run.error else ""
    name = view.schedule.name if view.schedule else ""
    return f"{run.state.value}\n{name}\n{error}\n{run.decoded_id}\n{run.ref.parent}\n{run.ref.id}"


def _query_text(query: Query) -> str:
    errors = "\n".join(map(_error_text, query.errors)) if query.errors else ""
    return (
        f"{query.state.value}\n{query.name}\n{query.template_name}\n{query.sql}\n{query.client}\n"
        f"{query.user}\n{errors}\n{query.ref.id}"
    )
