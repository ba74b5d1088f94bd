"""What panes say about a workflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.present import text
from qsui.present.cells_workflow import last_ran, workflow_name
from qsui.present.job_words import counted, reason_of_job
from qsui.present.panes_job import TITLE_CELLS
from qsui.present.role import PaneLine, Role, Span, Spans
from qsui.present.signs import run_look
from qsui.present.times import both_zones

if TYPE_CHECKING:
    from qsui.present.job_view import WorkflowView
    from qsui.present.layout import LookContext


def workflow_title(view: WorkflowView, ctx: LookContext) -> Spans:
    """Return the title of a workflow's pane: its name and the state of its newest job."""
    name = text.elide_middle(workflow_name(view, ctx), TITLE_CELLS, ctx.signs.ellipsis)
    spans: list[Span] = [(name, Role.STRONG)]
    if view.last_job is not None:
        look = run_look(view.last_job.state)
        spans.append((f"  {ctx.signs.of(look.sign)} {look.word}", look.role))
    return tuple(spans)


def workflow_pane(view: WorkflowView, ctx: LookContext) -> tuple[PaneLine, ...]:
    """Return a workflow in short: why its newest job failed first."""
    workflow = view.workflow
    lines: list[PaneLine] = []
    if view.last_job is not None and view.last_job.state.is_bad:
        reason = reason_of_job(view.last_job) or "reason not read yet"
        lines.append(("What failed", ((reason, Role.TEXT),)))
    if not workflow.can_run:
        words = "no: its published version may not be run"
        lines.append(("Can run", ((words, Role.TEXT),)))
    lines.append(("Last ran", _last_ran(view, ctx)))
    lines.append(("Schedules", _schedules(view, ctx)))
    lines.append(("Owner", _owner(view, ctx)))
    if about := text.printable((workflow.description or workflow.comments).strip(), 400):
        lines.append(("About", ((about, Role.TEXT),)))
    lines.append(("Id", ((text.printable_name(workflow.id), Role.MUTED),)))
    return tuple(lines)


def _last_ran(view: WorkflowView, ctx: LookContext) -> Spans:
    at = last_ran(view)
    if at is None:
        words = "no job of it is known" if view.jobs_read else "its jobs were not read yet"
        return ((words, Role.MUTED),)
    spans: list[Span] = [(both_zones(at, ctx), Role.TEXT)]
    took = view.last_job.took(ctx.now) if view.last_job else None
    if took is not None:
        spans.append((f", {text.duration_exact(took)}", Role.TEXT))
    if view.median is not None:
        spans.append((f", median {text.duration_exact(view.median)}", Role.MUTED))
    if view.active:
        spans.append((f"   {counted(view.active, 'job')} going", Role.MUTED))
    return tuple(spans)


def _schedules(view: WorkflowView, ctx: LookContext) -> Spans:
    if view.schedules is None:
        return (("not read yet", Role.MUTED),)
    if not view.schedules:
        return ((f"{ctx.signs.nothing} none: it runs by hand only", Role.MUTED),)
    spans: list[Span] = [(text.count_exact(view.schedules), Role.TEXT)]
    if view.next_at is not None:
        spans.append((f", next run {both_zones(view.next_at, ctx)}", Role.MUTED))
    return tuple(spans)


def _owner(view: WorkflowView, ctx: LookContext) -> Spans:
    workflow = view.workflow
    owner = text.printable_name(workflow.owner or workflow.owner_id) or ctx.signs.nothing
    parts = [f"worker {text.printable_name(workflow.worker_tag)}" if workflow.worker_tag else ""]
    parts.append(f"version {workflow.version}" if workflow.version is not None else "")
    parts.append(text.printable_name(workflow.package))
    rest = "   ".join(part for part in parts if part)
    return ((owner, Role.TEXT), (f"   {rest}" if rest else "", Role.MUTED))
