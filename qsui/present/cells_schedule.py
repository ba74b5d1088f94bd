"""The cells of a schedule's row, and the keys its list is sorted by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from qsui.domain.facts import Verdict
from qsui.domain.states import RunState
from qsui.present import cadence, text
from qsui.present.role import BLANK, Cell, Role
from qsui.present.scopes import scope_cell
from qsui.present.signs import Look, run_look, strip, verdict_look

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, timedelta

    from qsui.domain.facts import ScheduleFacts
    from qsui.domain.models import Schedule
    from qsui.present.layout import Fitted, LookContext


class SeenSchedule(Protocol):
    """A schedule with what follows from it."""

    @property
    def schedule(self) -> Schedule:
        """The record."""
        ...

    @property
    def facts(self) -> ScheduleFacts:
        """Its verdict, history and forecast."""
        ...


_QUIET = (Verdict.OFF, Verdict.ENDED, Verdict.DELETED, Verdict.NOT_BEGUN, Verdict.UNKNOWN)
_STATE_WIDTH = 12


def state_of(schedule: Schedule, facts: ScheduleFacts, ctx: LookContext) -> tuple[Look, str]:
    """Return the look of a verdict and its words, for example `failed 6` or `late 14m`."""
    look, words = _verdict(schedule, facts, ctx)
    return look, words if len(words) + 2 <= _STATE_WIDTH else _shorter(look, words)


def _shorter(look: Look, words: str) -> str:
    return words.replace(look.word, look.narrow, 1)


def _verdict(schedule: Schedule, facts: ScheduleFacts, ctx: LookContext) -> tuple[Look, str]:
    verdict, look = facts.verdict, verdict_look(facts.verdict)
    if ctx.stale and verdict in (Verdict.LATE, Verdict.RUNNING, Verdict.QUEUED, Verdict.HELD):
        return verdict_look(Verdict.UNKNOWN), _when_stale(facts, ctx)
    if verdict is Verdict.FAILED:
        if facts.last_final is not None and facts.last_final.state is RunState.TIMEOUT:
            return run_look(RunState.TIMEOUT), "timed out"
        return look, _counted(look.word, facts.streak)
    if verdict is Verdict.MISSED:
        return look, _counted(look.word, facts.missed)
    begins_at = facts.since or schedule.start_at
    if verdict is Verdict.NOT_BEGUN and begins_at is not None:
        return look, _begin_words(begins_at, ctx)
    if verdict is Verdict.UNKNOWN:
        return look, _due_words(facts, ctx) if facts.due_at else look.word
    if verdict is Verdict.OK and facts.last_final is not None:
        last = run_look(facts.last_final.state)
        return (last, last.word) if facts.last_final.state is RunState.WARNING else (look, "ok")
    return look, _aged(look.word, facts.since, ctx)


def _begin_words(at: datetime, ctx: LookContext) -> str:
    day = text.day(at, ctx.now, ctx.zone)[4:10].lstrip("0")
    return f"from {day}" if len(day) <= 5 else day


def _when_stale(facts: ScheduleFacts, ctx: LookContext) -> str:
    if facts.verdict is Verdict.LATE:
        return _due_words(facts, ctx)
    started = facts.active.started_at if facts.active else None
    at = started or facts.since
    return f"ran {at.astimezone(ctx.zone):%H:%M}" if at else "unknown"


def _due_words(facts: ScheduleFacts, ctx: LookContext) -> str:
    at = facts.due_at or facts.since
    return f"due {at.astimezone(ctx.zone):%H:%M}" if at else "unknown"


def _counted(word: str, times: int) -> str:
    return f"{word} {min(times, 99)}" if times > 1 else word


_AGED = frozenset({"late", "held", "slow", "runs", "queued", "new", "off"})


def _aged(word: str, since: datetime | None, ctx: LookContext) -> str:
    if since is None or word not in _AGED:
        return word
    if word in ("runs", "slow", "queued", "late", "held"):
        seconds = (ctx.now - since).total_seconds()
        if seconds >= 60:
            return f"{word} {text.duration(seconds)}"
    return f"{word} {text.age(since, ctx.now)}"


def _state(seen: SeenSchedule, ctx: LookContext, width: int) -> Cell:
    look, words = state_of(seen.schedule, seen.facts, ctx)
    shown = words if width >= len(words) + 2 else look.narrow
    return Cell(((f"{ctx.signs.of(look.sign)} {shown}", look.role),))


def _name(seen: SeenSchedule, ctx: LookContext, width: int) -> Cell:  # noqa: ARG001
    schedule = seen.schedule
    role = Role.MUTED if seen.facts.verdict in _QUIET else Role.TEXT
    name = text.printable_name(schedule.name or schedule.id)
    return Cell(((name, role),), elide="middle")


def _history(seen: SeenSchedule, ctx: LookContext, width: int) -> Cell:
    facts = seen.facts
    if not facts.history:
        return _muted(ctx.signs.nothing if facts.history_read else "", right=True)
    spans = strip(
        facts.history[-width:] if width > 0 else (),
        ctx.signs,
        missed=facts.verdict is Verdict.MISSED,
    )
    return Cell(spans, "right", "oldest")


def _next(seen: SeenSchedule, ctx: LookContext, width: int) -> Cell:  # noqa: ARG001
    at = seen.facts.next_fire_at
    return _muted(text.until(at, ctx.now) if at else ctx.signs.nothing, right=True)


def _cadence(seen: SeenSchedule, ctx: LookContext, width: int) -> Cell:
    if seen.facts.verdict is Verdict.REGISTERING:
        return _muted("registering")
    words = _cadence_words(seen.schedule, ctx, width)
    return _muted(ctx.signs.words(words) if words else ctx.signs.nothing)


def _cadence_words(schedule: Schedule, ctx: LookContext, width: int) -> str:
    if not schedule.runs_workflow:
        return cadence.short(schedule.cron, width)
    from qsui.present.cadence_zone import cadence_cell_words

    return cadence_cell_words(schedule, ctx, width)


def _spell(value: timedelta | None, seen: SeenSchedule, ctx: LookContext) -> Cell:
    return _muted(text.duration(value) if value is not None else _none(seen, ctx), right=True)


def _none(seen: SeenSchedule, ctx: LookContext) -> str:
    return ctx.signs.nothing if seen.facts.history_read else ""


def _median(seen: SeenSchedule, ctx: LookContext, width: int) -> Cell:  # noqa: ARG001
    return _spell(seen.facts.median, seen, ctx)


def _lag(seen: SeenSchedule, ctx: LookContext, width: int) -> Cell:  # noqa: ARG001
    return _spell(seen.facts.start_lag, seen, ctx)


def _ok(seen: SeenSchedule, ctx: LookContext, width: int) -> Cell:  # noqa: ARG001
    share = seen.facts.ok_ratio
    return _muted(text.percent(share) if share is not None else _none(seen, ctx), right=True)


def _owner(seen: SeenSchedule, ctx: LookContext, width: int) -> Cell:  # noqa: ARG001
    owner = text.printable_name(seen.schedule.owner.partition("@")[0])
    return Cell(((owner or ctx.signs.nothing, Role.MUTED),), elide="middle")


def _id(seen: SeenSchedule, ctx: LookContext, width: int) -> Cell:  # noqa: ARG001
    return _muted(text.id_short(seen.schedule.id, ctx.signs.ellipsis))


def _max_active(seen: SeenSchedule, ctx: LookContext, width: int) -> Cell:  # noqa: ARG001
    if seen.schedule.runs_workflow:  # its server has no such limit
        return _muted(ctx.signs.nothing, right=True)
    return _muted(text.count(seen.schedule.max_active_runs), right=True)


def _time(at: datetime | None, ctx: LookContext) -> Cell:
    return _muted(text.moment(at, ctx.now, ctx.zone) if at else ctx.signs.nothing, right=True)


def _why(seen: SeenSchedule, ctx: LookContext, width: int) -> Cell:
    """Give the reason of trouble, else the next fire; for a screen under 60 columns."""
    last = seen.facts.last_final
    if seen.facts.verdict is Verdict.FAILED and last is not None and last.error is not None:
        return Cell(((text.printable(last.error.message, 200), Role.TEXT),))
    if seen.facts.verdict is Verdict.FAILED and seen.schedule.last_error:
        return Cell(((text.printable(seen.schedule.last_error, 200), Role.TEXT),))
    return _next(seen, ctx, width)


def _muted(words: str, *, right: bool = False) -> Cell:
    return Cell(((words, Role.MUTED),), "right" if right else "left") if words else BLANK


_MAKERS: Mapping[str, Callable[[SeenSchedule, LookContext, int], Cell]] = {
    "state": _state,
    "name": _name,
    "history": _history,
    "next": _next,
    "cadence": _cadence,
    "median": _median,
    "lag": _lag,
    "ok": _ok,
    "owner": _owner,
    "id": _id,
    "created": lambda seen, ctx, _: _time(seen.schedule.created_at, ctx),
    "updated": lambda seen, ctx, _: _time(seen.schedule.updated_at, ctx),
    "max_active": _max_active,
    "start": lambda seen, ctx, _: _time(seen.schedule.start_at, ctx),
    "end": lambda seen, ctx, _: _time(seen.schedule.end_at, ctx),
    "state_narrow": _state,
    "why": _why,
    "scope": lambda seen, ctx, _: scope_cell(seen.schedule.ref, ctx),
}


def schedule_cells(
    seen: SeenSchedule, ctx: LookContext, fitted: Sequence[Fitted]
) -> tuple[Cell, ...]:
    """Make the cells of a schedule's row for the columns that fit."""
    return tuple(_MAKERS[column.id](seen, ctx, width) for column, width in fitted)


SortKey = tuple[object, ...]


def _known(value: timedelta | datetime | float | None) -> SortKey:
    return (value is None, value) if value is not None else (True,)


SCHEDULE_SORTS: Mapping[str, Callable[[SeenSchedule], SortKey]] = {
    "name": lambda seen: (seen.schedule.name.casefold(),),
    "next": lambda seen: _known(seen.facts.next_fire_at),
    "cadence": lambda seen: (seen.schedule.cron or seen.schedule.cadence_words.casefold(),),
    "median": lambda seen: _known(seen.facts.median),
    "lag": lambda seen: _known(seen.facts.start_lag),
    "ok": lambda seen: _known(seen.facts.ok_ratio),
    "owner": lambda seen: (seen.schedule.owner.casefold(),),
    "created": lambda seen: _known(seen.schedule.created_at),
    "updated": lambda seen: _known(seen.schedule.updated_at),
    "start": lambda seen: _known(seen.schedule.start_at),
    "end": lambda seen: _known(seen.schedule.end_at),
    "max_active": lambda seen: (seen.schedule.max_active_runs,),
}
"""What each column sorts by, ascending; what is not known comes last. The order by risk (`state`)
is the domain's."""
