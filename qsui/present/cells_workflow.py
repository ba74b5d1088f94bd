"""The cells of a workflow's row, and the keys its list is sorted by."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.domain.states import RunState
from qsui.present import text
from qsui.present.cells_run import state_cell, state_rank
from qsui.present.job_view import JobView, WorkflowView
from qsui.present.job_words import result_span
from qsui.present.plain_cells import (
    SortKey,
    id_cell,
    known,
    moment_cell,
    muted,
    name_cell,
    span_cell,
)
from qsui.present.role import BLANK, Cell, Role
from qsui.present.scopes import scope_cell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from qsui.present.layout import Fitted, LookContext

__all__ = ["WORKFLOW_SORTS", "WorkflowView", "workflow_cells", "workflow_name"]


_PAST = timedelta(minutes=2)
"""A run that was announced for so long ago did not come, or was not read yet."""


def workflow_name(view: WorkflowView, ctx: LookContext) -> str:
    """Return what a workflow is called, harmless; its id in short if it has no name."""
    name = text.printable_name(view.workflow.name.strip())
    return name or text.id_short(view.workflow.id, ctx.signs.ellipsis)


def last_ran(view: WorkflowView) -> datetime | None:
    """Return when its newest job started, else when it came."""
    job = view.last_job
    return (job.started_at or job.queued_at) if job is not None else None


def _state(view: WorkflowView, ctx: LookContext, width: int) -> Cell:
    job = view.last_job
    if job is None:
        if not view.jobs_read:
            return BLANK
        return muted(f"{ctx.signs.nothing} not run" if width >= 9 else ctx.signs.nothing)
    waits = job.state is RunState.QUEUED
    elapsed = job.waited(ctx.now) if waits else job.took(ctx.now)
    return state_cell(job.state, job.raw_state, elapsed, ctx, width)


def _ran(view: WorkflowView, ctx: LookContext, width: int) -> Cell:  # noqa: ARG001
    if view.last_job is None and not view.jobs_read:
        return BLANK
    return moment_cell(last_ran(view), ctx)


def _median(view: WorkflowView, ctx: LookContext, width: int) -> Cell:  # noqa: ARG001
    if view.median is None and not view.jobs_read:
        return BLANK
    return span_cell(view.median, ctx)


def _result(view: WorkflowView, ctx: LookContext, width: int) -> Cell:  # noqa: ARG001
    if view.last_job is None:
        return muted(ctx.signs.nothing) if view.jobs_read else BLANK
    if view.last_job.state is RunState.QUEUED:
        return muted("waits in the queue")
    return Cell((result_span(JobView(view.last_job, median=view.median), ctx),))


def _schedules(view: WorkflowView, ctx: LookContext, width: int) -> Cell:  # noqa: ARG001
    if view.schedules is None:
        return BLANK
    return muted(text.count(view.schedules) if view.schedules else ctx.signs.nothing, right=True)


def _active(view: WorkflowView, ctx: LookContext, width: int) -> Cell:  # noqa: ARG001
    return muted(text.count(view.active) if view.active else ctx.signs.nothing, right=True)


def _next(view: WorkflowView, ctx: LookContext, width: int) -> Cell:  # noqa: ARG001
    at = view.next_at
    if at is not None and ctx.now - at > _PAST:
        return muted("past", right=True)
    return muted(text.until(at, ctx.now) if at else ctx.signs.nothing, right=True)


def _name(view: WorkflowView, ctx: LookContext, width: int) -> Cell:  # noqa: ARG001
    role = Role.TEXT if view.workflow.can_run else Role.MUTED
    return Cell(((workflow_name(view, ctx), role),), elide="middle")


def _owner_of(view: WorkflowView) -> str:
    workflow = view.workflow
    return (workflow.owner or workflow.owner_id).partition("@")[0]


_MAKERS: Mapping[str, Callable[[WorkflowView, LookContext, int], Cell]] = {
    "state": _state,
    "state_narrow": _state,
    "name": _name,
    "why": _result,
    "ran": _ran,
    "median": _median,
    "result": _result,
    "schedules": _schedules,
    "next": _next,
    "scope": lambda view, ctx, _: scope_cell(view.ref, ctx),
    "owner": lambda view, ctx, _: name_cell(_owner_of(view), ctx),
    "worker": lambda view, ctx, _: name_cell(view.workflow.worker_tag, ctx),
    "active": _active,
    "kind": lambda view, ctx, _: name_cell(view.workflow.package, ctx),
    "created": lambda view, ctx, _: moment_cell(view.workflow.created_at, ctx),
    "id": lambda view, ctx, _: id_cell(view.workflow.id, ctx),
}


def workflow_cells(
    view: WorkflowView, ctx: LookContext, fitted: Sequence[Fitted]
) -> tuple[Cell, ...]:
    """Make the cells of a workflow's row for the columns that fit."""
    return tuple(_MAKERS[column.id](view, ctx, width) for column, width in fitted)


def _by_state(view: WorkflowView) -> SortKey:
    return (False, state_rank(view.last_job.state)) if view.last_job else (True,)


WORKFLOW_SORTS: Mapping[str, Callable[[WorkflowView], SortKey]] = {
    "name": lambda view: (view.workflow.name.casefold(),),
    "state": _by_state,
    "ran": lambda view: known(last_ran(view)),
    "median": lambda view: known(view.median),
    "schedules": lambda view: known(view.schedules),
    "next": lambda view: known(view.next_at),
    "owner": lambda view: (_owner_of(view).casefold(),),
    "worker": lambda view: (view.workflow.worker_tag.casefold(),),
    "active": lambda view: (view.active,),
    "kind": lambda view: (view.workflow.package.casefold(),),
    "created": lambda view: known(view.workflow.created_at),
}
"""What each column sorts by, ascending; what is not known comes last."""
