"""The cells of a job's row, and the keys its lists are sorted by."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from qsui.domain.queueing import place_key, rank_of
from qsui.domain.states import RunState
from qsui.present import text
from qsui.present.cells_run import state_rank
from qsui.present.job_view import JobView
from qsui.present.job_words import job_state_words, result_span
from qsui.present.plain_cells import (
    SortKey,
    id_cell,
    known,
    moment_cell,
    muted,
    name_cell,
    span_cell,
)
from qsui.present.role import Cell, Role
from qsui.present.scopes import scope_cell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from qsui.present.layout import Fitted, LookContext

__all__ = ["JOB_SORTS", "JobView", "job_cells"]

_QUIET = (RunState.CANCELLED,)
_FAR = datetime.max.replace(tzinfo=UTC)


def _state(view: JobView, ctx: LookContext, width: int) -> Cell:
    look, words = job_state_words(view, ctx)
    if len(words) + 2 > width:
        words = words.replace(look.word, look.narrow, 1)
        words = words if len(words) + 2 <= width else look.narrow
    return Cell(((f"{ctx.signs.of(look.sign)} {words}", look.role),))


def job_name(view: JobView, ctx: LookContext) -> str:
    """Return what a job is called, harmless: its workflow, else its id in short."""
    name = text.printable_name(view.job.workflow_name.strip())
    return name or text.id_short(view.job.id, ctx.signs.ellipsis)


def _name(view: JobView, ctx: LookContext, width: int) -> Cell:  # noqa: ARG001
    role = Role.MUTED if view.job.state in _QUIET else Role.TEXT
    return Cell(((job_name(view, ctx), role),), elide="middle")


def _queued(view: JobView, ctx: LookContext, width: int) -> Cell:  # noqa: ARG001
    at = view.job.queued_at
    if at is None:
        return muted(ctx.signs.nothing)
    words = text.moment(at, ctx.now, ctx.zone)
    local = at.astimezone(ctx.zone)
    shown = words if ":" in words or "-" in words else f"{words} {local:%H:%M}"
    return Cell(((shown, Role.TEXT),))


def _runs(view: JobView, ctx: LookContext, width: int) -> Cell:  # noqa: ARG001
    took = view.job.took(ctx.now)
    if took is not None and view.runs_away:
        return Cell(((f"{text.duration(took)}!", Role.WARN),), "right")
    return span_cell(took, ctx)


def _result(view: JobView, ctx: LookContext, width: int) -> Cell:  # noqa: ARG001
    return Cell((result_span(view, ctx),))


def _priority(view: JobView, ctx: LookContext, width: int) -> Cell:
    full = text.printable_name(view.job.priority.strip())
    word = full if len(full) <= width else full.partition("(")[0].rstrip()
    return muted(word or ctx.signs.nothing)


def _by(view: JobView, ctx: LookContext, width: int) -> Cell:  # noqa: ARG001
    words = {None: ctx.signs.nothing, True: "~hand", False: "~sched"}[view.by_hand]
    return muted(words)


_MAKERS: Mapping[str, Callable[[JobView, LookContext, int], Cell]] = {
    "state": _state,
    "state_narrow": _state,
    "name": _name,
    "why": _result,
    "waits": lambda view, ctx, _: span_cell(view.job.waited(ctx.now), ctx),
    "runs": _runs,
    "result": _result,
    "scope": lambda view, ctx, _: scope_cell(view.ref, ctx),
    "priority": _priority,
    "worker": lambda view, ctx, _: name_cell(view.job.worker_tag, ctx),
    "owner": lambda view, ctx, _: name_cell(view.job.submitted_by.partition("@")[0], ctx),
    "by": _by,
    "queued": _queued,
    "started": lambda view, ctx, _: moment_cell(view.job.started_at, ctx),
    "ended": lambda view, ctx, _: moment_cell(view.job.ended_at, ctx),
    "id": lambda view, ctx, _: id_cell(view.job.id, ctx),
}


def job_cells(view: JobView, ctx: LookContext, fitted: Sequence[Fitted]) -> tuple[Cell, ...]:
    """Make the cells of a job's row for the columns that fit."""
    return tuple(_MAKERS[column.id](view, ctx, width) for column, width in fitted)


def _line(view: JobView) -> SortKey:
    """Order by what goes on: at work since longest, then the queue, then what ended last."""
    job = view.job
    if job.state is RunState.QUEUED:
        return (1, *place_key(job))
    if job.state.is_active:
        return (0, job.started_at or job.queued_at or _FAR, job.id)
    at = job.queued_at or job.started_at
    return (2, -at.timestamp() if at else 0.0, job.id)


def _waits(view: JobView) -> SortKey:
    """Order by the wait; those that still wait come last, the longest of them at the end."""
    job = view.job
    if job.state is RunState.QUEUED and job.queued_at is not None:
        return (1, -job.queued_at.timestamp())
    waited = job.waited(_FAR) if job.state is not RunState.QUEUED else None
    return (0, waited.total_seconds()) if waited is not None else (2,)


def _took(view: JobView) -> SortKey:
    job = view.job
    if job.state.is_active:
        return (1, -job.started_at.timestamp()) if job.started_at else (2,)
    return (0, job.duration.total_seconds()) if job.duration is not None else (2,)


JOB_SORTS: Mapping[str, Callable[[JobView], SortKey]] = {
    "line": _line,
    "queued": lambda view: known(view.job.queued_at),
    "state": lambda view: (state_rank(view.job.state),),
    "name": lambda view: (view.job.name.casefold(),),
    "waits": _waits,
    "took": _took,
    "priority": lambda view: (rank_of(view.job.priority),),
    "worker": lambda view: (view.job.worker_tag.casefold(),),
    "owner": lambda view: (view.job.submitted_by.casefold(),),
    "started": lambda view: known(view.job.started_at),
    "ended": lambda view: known(view.job.ended_at),
}
"""What each column sorts by, ascending; what is not known comes last. `line` has no column: it is
the order of what goes on now."""
