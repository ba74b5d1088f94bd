"""The cells of runs and tasks, and the keys their lists are sorted by."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from qsui.domain.states import RunState
from qsui.present import gantt, text
from qsui.present.role import BLANK, Cell, Role
from qsui.present.scopes import scope_cell
from qsui.present.signs import run_look

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from qsui.domain.models import Run, Schedule, Task
    from qsui.present.cells_schedule import SortKey
    from qsui.present.layout import Fitted, LookContext


class SeenRun(Protocol):
    """A run with what follows from its schedule."""

    @property
    def run(self) -> Run:
        """The record."""
        ...

    @property
    def schedule(self) -> Schedule | None:
        """Its schedule, if known."""
        ...

    @property
    def due_at(self) -> datetime | None:
        """When its slot should have started."""
        ...


def run_words(state: RunState, raw_state: str, elapsed: timedelta | None) -> str:
    """Return the words beside the sign: `runs 4m`, `failed`; a state we do not know as sent."""
    look = run_look(state)
    if state is RunState.UNKNOWN and raw_state:
        return text.printable(raw_state, 40).lower()
    if state.is_active and elapsed is not None and state is not RunState.STARTING:
        return f"{look.word} {text.duration(elapsed)}"
    return look.word


def state_cell(
    state: RunState, raw_state: str, elapsed: timedelta | None, ctx: LookContext, width: int
) -> Cell:
    """Make the state cell of a run, task or query; the narrow word if the full one does not fit."""
    look, words = run_look(state), run_words(state, raw_state, elapsed)
    if len(words) + 2 > width:
        words = words.replace(look.word, look.narrow, 1)
        words = words if len(words) + 2 <= width else look.narrow
    return Cell(((f"{ctx.signs.of(look.sign)} {words}", look.role),))


def _state(seen: SeenRun, ctx: LookContext, width: int) -> Cell:
    run = seen.run
    return state_cell(run.state, run.raw_state, run.took(ctx.now), ctx, width)


def due_words(seen: SeenRun, ctx: LookContext) -> str:
    """Return when a run was due, in at most 13 cells; its slot's time if that is not known."""
    at = seen.due_at or seen.run.slot_at
    if at is None:
        return ctx.signs.nothing
    local, words = at.astimezone(ctx.zone), text.moment(at, ctx.now, ctx.zone)
    return words if ":" in words or "-" in words else f"{words} {local:%H:%M}"


def _due(seen: SeenRun, ctx: LookContext, width: int) -> Cell:  # noqa: ARG001
    return Cell(((due_words(seen, ctx), Role.TEXT),))


def _schedule(seen: SeenRun, ctx: LookContext, width: int) -> Cell:  # noqa: ARG001
    known = seen.schedule.name if seen.schedule else ""
    name = text.printable_name(known) or text.id_short(seen.run.schedule_id, ctx.signs.ellipsis)
    return Cell(((name, Role.TEXT),), elide="middle")


def _took(seen: SeenRun, ctx: LookContext, width: int) -> Cell:  # noqa: ARG001
    took = seen.run.took(ctx.now)
    return _muted(text.duration(took) if took is not None else _none(seen.run, ctx))


def _start(seen: SeenRun, ctx: LookContext, width: int) -> Cell:  # noqa: ARG001
    at = seen.run.started_at
    return _muted(f"{at.astimezone(ctx.zone):%H:%M:%S}" if at else _none(seen.run, ctx))


def _none(run: Run, ctx: LookContext) -> str:
    """Blank if the run's detail was not read yet, a dash if there is nothing to know."""
    return "" if run.tasks is None else ctx.signs.nothing


def _x_median(seen: SeenRun, ctx: LookContext, width: int) -> Cell:  # noqa: ARG001
    median = ctx.median_of(seen.run.schedule_id)
    took = seen.run.took(ctx.now)
    if median and took is not None:
        return _muted(text.ratio(took / median))
    return _muted(_none(seen.run, ctx))


def _by(seen: SeenRun, ctx: LookContext, width: int) -> Cell:  # noqa: ARG001
    manual = seen.run.is_manual
    words = "" if manual is None else "manual" if manual else "sched"
    return Cell(((words, Role.MUTED),)) if words else BLANK


def _tasks(seen: SeenRun, ctx: LookContext, width: int) -> Cell:  # noqa: ARG001
    tasks = seen.run.tasks
    if tasks is None:
        return BLANK
    done = sum(task.state in (RunState.SUCCESS, RunState.WARNING) for task in tasks)
    return _muted(f"{done}/{len(tasks)}" if tasks else ctx.signs.nothing)


def reason_of(run: Run) -> str:
    """Return the shortest reason for a run's failure, on one line; empty if none is known."""
    if run.error is not None:
        likely = "likely: " if run.error_is_likely else ""
        return likely + text.printable(run.error.message, 400)
    bad = (task.message for task in run.tasks or () if task.state.is_bad and task.message)
    return text.printable(next(bad, ""), 400)


def _error(seen: SeenRun, ctx: LookContext, width: int) -> Cell:  # noqa: ARG001
    run = seen.run
    if reason := reason_of(run):
        return Cell(((reason, Role.TEXT),))
    if run.from_query:
        return Cell((("from its query", Role.MUTED),))
    return Cell((("reason not read yet", Role.MUTED),)) if run.state.is_bad else BLANK


def _why(seen: SeenRun, ctx: LookContext, width: int) -> Cell:
    return _error(seen, ctx, width) if seen.run.state.is_bad else _took(seen, ctx, width)


def _id(seen: SeenRun, ctx: LookContext, width: int) -> Cell:  # noqa: ARG001
    return Cell(((text.printable_name(seen.run.id), Role.MUTED),), elide="middle")


def _slot(seen: SeenRun, ctx: LookContext, width: int) -> Cell:  # noqa: ARG001
    at = seen.run.slot_at
    words = f"{at.astimezone(ctx.zone):%Y-%m-%d %H:%M}" if at else ctx.signs.nothing
    return Cell(((words, Role.MUTED),))


def _muted(words: str) -> Cell:
    return Cell(((words, Role.MUTED),), "right") if words else BLANK


_MAKERS: Mapping[str, Callable[[SeenRun, LookContext, int], Cell]] = {
    "state": _state,
    "state_narrow": _state,
    "schedule": _schedule,
    "due": _due,
    "start": _start,
    "took": _took,
    "x_median": _x_median,
    "by": _by,
    "tasks": _tasks,
    "error": _error,
    "why": _why,
    "slot": _slot,
    "id": _id,
    "scope": lambda seen, ctx, _: scope_cell(seen.run.ref, ctx),
}


def run_cells(seen: SeenRun, ctx: LookContext, fitted: Sequence[Fitted]) -> tuple[Cell, ...]:
    """Make the cells of a run's row for the columns that fit."""
    return tuple(_MAKERS[column.id](seen, ctx, width) for column, width in fitted)


def _known(value: datetime | timedelta | None) -> SortKey:
    return (False, value) if value is not None else (True,)


_STATE_RANK: Mapping[RunState, int] = {
    state: rank
    for rank, state in enumerate(
        (
            RunState.FAILED,
            RunState.TIMEOUT,
            RunState.RUNNING,
            RunState.STARTING,
            RunState.QUEUED,
            RunState.WARNING,
            RunState.UNKNOWN,
            RunState.ENDED,
            RunState.CANCELLED,
            RunState.SUCCESS,
        )
    )
}

RUN_SORTS: Mapping[str, Callable[[SeenRun], SortKey]] = {
    "schedule": lambda seen: ((seen.schedule.name if seen.schedule else "").casefold(),),
    "due": lambda seen: _known(seen.due_at or seen.run.slot_at),
    "start": lambda seen: _known(seen.run.started_at),
    "took": lambda seen: _known(seen.run.duration),
    "state": lambda seen: (_STATE_RANK[seen.run.state],),
    "error": lambda seen: (not reason_of(seen.run), reason_of(seen.run).casefold()),
}
"""What each column sorts by, ascending; what is not known comes last."""


def state_rank(state: RunState) -> int:
    """Return where a state stands in a list by trouble: failed first, success last."""
    return _STATE_RANK[state]


def task_cells(
    task: Task, run: Run, due_at: datetime | None, ctx: LookContext, fitted: Sequence[Fitted]
) -> tuple[Cell, ...]:
    """Make the cells of a task's row; its bar stands on the scale of the whole run."""
    return tuple(_task_cell(task, run, due_at, ctx, column.id, width) for column, width in fitted)


def _task_cell(
    task: Task, run: Run, due_at: datetime | None, ctx: LookContext, id: str, width: int
) -> Cell:
    if id in ("state", "state_narrow"):
        if task.started_at is None and run.state.is_final:
            return Cell(((f"{ctx.signs.nothing} not run", Role.MUTED),))
        return state_cell(task.state, task.raw_state, task_took(task, ctx.now), ctx, width)
    if id == "task":
        return Cell(((text.printable_name(task.id), Role.TEXT),), elide="middle")
    if id == "took":
        took = task_took(task, ctx.now)
        words = text.duration_exact(took) if took is not None else ctx.signs.nothing
        return Cell(((words, Role.TEXT),), "right")
    if id == "gantt":
        return Cell(gantt.task_bar(task, run, due_at, ctx, width))
    at = task.started_at if id == "start" else task.ended_at
    return _muted(f"{at.astimezone(ctx.zone):%H:%M:%S}" if at else ctx.signs.nothing)


def task_took(task: Task, now: datetime) -> timedelta | None:
    """Return how long a task took, or works by now; `None` if it never started."""
    if task.duration is not None and not task.state.is_active:
        return task.duration
    if task.started_at is None:
        return None
    end = task.ended_at or (now if task.state.is_active else None)
    return max(timedelta(0), end - task.started_at) if end else None
