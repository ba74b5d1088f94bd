"""Bars of tasks on the time scale of their run: dots for the start lag, then the bar."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from qsui.present.role import Role, Spans, merged
from qsui.present.signs import Sign, run_look

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qsui.domain.models import Run, Task
    from qsui.present.layout import LookContext

TASKS_SHOWN = 200
"""How many tasks are drawn: each bar looks at all of them."""


def tasks_shown(tasks: Sequence[Task]) -> tuple[Task, ...]:
    """Return at most `TASKS_SHOWN` tasks in their order, those in trouble before the rest."""
    if len(tasks) <= TASKS_SHOWN:
        return tuple(tasks)
    by_need = sorted(range(len(tasks)), key=lambda at: (not tasks[at].state.is_bad, at))
    return tuple(tasks[at] for at in sorted(by_need[:TASKS_SHOWN]))


def scale(run: Run, due_at: datetime | None, now: datetime) -> tuple[datetime, datetime] | None:
    """Return the first and last moment to draw; `None` if no task has started."""
    starts = [task.started_at for task in run.tasks or () if task.started_at]
    if not starts:
        return None
    ends = [task.ended_at for task in run.tasks or () if task.ended_at]
    first = min([*starts, due_at] if due_at else starts)
    if min(starts) - first > max([*ends, now] if run.state.is_active else ends or starts) - min(
        starts
    ):
        first = min(starts)  # a start long after it was due would leave no room for the tasks
    last = max([*ends, *starts, now] if run.state.is_active else [*ends, *starts])
    return first, max(last, first + timedelta(seconds=1))


def task_bar(task: Task, run: Run, due_at: datetime | None, ctx: LookContext, width: int) -> Spans:
    """Draw one task in `width` cells; words instead of a bar if it never started."""
    reach = scale(run, due_at, ctx.now)
    if width <= 0:
        return ()
    if reach is None or task.started_at is None:
        return ((_why_no_bar(run), Role.MUTED),)
    first, last = reach
    is_open = task.state.is_active
    end = task.ended_at or (ctx.now if is_open else task.started_at)
    left = _cell(task.started_at, first, last, width)
    right = max(left, _cell(end, first, last, width))
    starts = [other.started_at for other in run.tasks or () if other.started_at]
    dots = ctx.signs.of(Sign.DOT) if task.started_at == min(starts) else " "
    look = run_look(task.state)
    bar = ctx.signs.of(Sign.BAR) * (right - left)
    tail = ctx.signs.of(look.sign) if task.state.is_bad or is_open else ctx.signs.of(Sign.BAR)
    return merged(((dots * left, Role.MUTED), (bar + tail, look.role)))


def _cell(at: datetime, first: datetime, last: datetime, width: int) -> int:
    share = (at - first) / (last - first)
    return max(0, min(width - 1, int(share * (width - 1))))


def _why_no_bar(run: Run) -> str:
    if run.state.is_active:
        return "waits"
    if run.state.is_bad:
        return "never started, an earlier task failed"
    return "never started"
