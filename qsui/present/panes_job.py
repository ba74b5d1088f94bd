"""What panes and details say about a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.domain.states import RunState
from qsui.present import text
from qsui.present.cells_job import job_name
from qsui.present.job_messages import count_words, counts_of
from qsui.present.job_words import (
    NOT_READ,
    job_state_words,
    lacks_log,
    reason_of_job,
    warning_words,
)
from qsui.present.panes_run import state_chip
from qsui.present.queue_lines import likely_start, place_words, waits_for
from qsui.present.role import PaneLine, Role, Span, Spans
from qsui.present.times import both_zones

if TYPE_CHECKING:
    from datetime import datetime

    from qsui.domain.jobs import Job
    from qsui.domain.queueing import QueueView
    from qsui.present.job_view import JobView
    from qsui.present.layout import LookContext

OUTPUTS_SHOWN = 8
TITLE_CELLS = 48


def job_title(view: JobView, ctx: LookContext) -> Spans:
    """Return the title of a job's pane: its workflow, when it came, its state."""
    look, words = job_state_words(view, ctx)
    name = text.elide_middle(job_name(view, ctx), TITLE_CELLS, ctx.signs.ellipsis)
    spans: list[Span] = [(name, Role.STRONG), ("  ", Role.TEXT)]
    if view.job.queued_at is not None:
        at = text.moment_long(view.job.queued_at, ctx.now, ctx.zone)
        spans.append((f"queued {at}  ", Role.MUTED))
    spans.append((f"{ctx.signs.of(look.sign)} {words}", look.role))
    return tuple(spans)


def job_head(view: JobView, ctx: LookContext) -> tuple[tuple[Spans, ...], tuple[PaneLine, ...]]:
    """Return what a job's detail begins with: facts for one line, then how it came out.

    A fact is not to be broken; a line that has no room for all goes on with the next of them.
    """
    job = view.job
    facts: list[Spans] = [(_chip(view, ctx),)]
    waits = job.state is RunState.QUEUED
    at, what = (job.started_at, "started ") if job.started_at else (job.queued_at, "queued ")
    if at is not None:
        facts.append((("since " if waits else what, Role.MUTED), (_when(at, ctx), Role.TEXT)))
    waited, took = job.waited(ctx.now), job.took(ctx.now)
    if waited is not None:
        word = "waits " if waits else "waited "
        facts.append(((word, Role.MUTED), (text.duration_exact(waited), Role.TEXT)))
    if took is not None:
        word = "runs for " if job.state.is_active else "ran "
        role = Role.WARN if view.runs_away else Role.TEXT
        usual = f" {text.ratio(took / view.median)} median" if view.median else ""
        spans: Spans = ((word, Role.MUTED), (text.duration_exact(took), role))
        facts.append((*spans, (usual, Role.MUTED)) if usual else spans)
    if job.submitted_by:
        who = text.printable_name(job.submitted_by.partition("@")[0] or job.submitted_by)
        facts.append((("by ", Role.MUTED), (who, Role.TEXT)))
    lines = list(outcome_lines(view))
    if job.state in _RAW_TELLS:
        lines.append(("Server says", ((_server_words(job), Role.TEXT),)))
    return tuple(facts), tuple(lines)


def _when(at: datetime, ctx: LookContext) -> str:
    """Return a time to the second, or with its date if that is not today's."""
    is_today = at.astimezone(ctx.zone).date() == ctx.now.astimezone(ctx.zone).date()
    return text.clock(at, ctx.zone) if is_today else text.moment_long(at, ctx.now, ctx.zone)


_RAW_TELLS = (RunState.FAILED, RunState.WARNING, RunState.ENDED, RunState.CANCELLED)
"""States in which the server's own word may mislead: a failed job reads `Completed`."""


def _chip(view: JobView, ctx: LookContext) -> Span:
    if not view.runs_away:
        return state_chip(view.job.state, view.job.raw_state, ctx)
    look, _ = job_state_words(view, ctx)
    return f" {ctx.signs.of(look.sign)} {look.word} ", Role.CHIP_WARN


def outcome_lines(view: JobView) -> tuple[PaneLine, ...]:
    """Return how a job came out, or that it is not known; empty while it is active."""
    job = view.job
    lines: list[PaneLine] = []
    if job.state.is_bad:
        reason = reason_of_job(job)
        read = "reason not read yet" if lacks_log(job) else "no error in its log"
        role = Role.TEXT if reason else Role.MUTED
        lines.append(("What failed", ((text.printable(reason, None) or read, role),)))
    elif job.state is RunState.WARNING:
        unread = ", log not read yet" if job.messages is None else ""
        words = warning_words(job) or f"with warnings{unread}"
        lines.append(("Outcome", ((f"ok, {words}", Role.TEXT),)))
    elif job.state is RunState.ENDED:
        words = f"{NOT_READ}: a failed job reads {_raw(job)} too"
        lines.append(("Outcome", ((words, Role.TEXT),)))
    return tuple(lines)


def _raw(job: Job) -> str:
    return text.printable(job.raw_state, 40) or "the same"


def _server_words(job: Job) -> str:
    said = f"status {_raw(job)}" if job.raw_state else "no status"
    if job.disposition:
        return f"{said}, outcome {text.printable(job.disposition, 40)}"
    return f"{said}, no outcome"


def job_pane(view: JobView, queue: QueueView | None, ctx: LookContext) -> tuple[PaneLine, ...]:
    """Return a job in short: its outcome or what it waits for first; `queue` is of its server."""
    job = view.job
    lines: list[PaneLine] = list(outcome_lines(view))
    if job.queued_at is not None:
        lines.append(("Queued", _queued(job, ctx)))
    if job.state is RunState.QUEUED:
        lines += _in_line(view, queue, ctx)
    else:
        lines.append(("Ran", _ran(view, ctx)))
    lines.append(("Priority", _server_side(job, ctx)))
    lines.append(("By", _by(view, ctx)))
    lines.append(("Log", ((log_words(job), Role.TEXT if job.messages else Role.MUTED),)))
    if job.outputs:
        lines += output_lines(job, ctx)
    if job.state.is_final or job.state is RunState.ENDED:
        lines.append(("Server says", ((_server_words(job), Role.MUTED),)))
    lines.append(("Job id", ((text.printable_name(job.id), Role.MUTED),)))
    return tuple(lines)


def _queued(job: Job, ctx: LookContext) -> Spans:
    if job.queued_at is None:
        return ((ctx.signs.nothing, Role.MUTED),)
    spans: list[Span] = [(both_zones(job.queued_at, ctx), Role.TEXT)]
    waited = job.waited(ctx.now)
    if waited is not None:
        word = "waits for" if job.state is RunState.QUEUED else "waited"
        spans.append((f"  {word} {text.duration_exact(waited)}", Role.MUTED))
    return tuple(spans)


def _in_line(view: JobView, queue: QueueView | None, ctx: LookContext) -> list[PaneLine]:
    place = queue.place(view.job.id) if queue is not None else None
    if queue is None or place is None:
        return [("Waits for", (("a slot, its place is not known", Role.MUTED),))]
    return [
        ("Waits for", waits_for(view.job, queue, ctx)),
        ("Place", place_words(place, queue)),
        ("Likely", likely_start(view.starts_at, place.position - 1, ctx)),
    ]


def _ran(view: JobView, ctx: LookContext) -> Spans:
    job = view.job
    seen = "seen " if job.times_are_seen else ""
    spans: list[Span] = []
    if job.started_at is not None:
        at = text.moment_long(job.started_at, ctx.now, ctx.zone)
        spans += [(f"{seen}from ", Role.MUTED), (at, Role.TEXT)]
    if job.ended_at is not None and not job.state.is_active:
        spans += [(" to ", Role.MUTED), (text.clock(job.ended_at, ctx.zone), Role.TEXT)]
    took = job.took(ctx.now)
    if took is not None:
        word = "for" if job.state.is_active else "took"
        comma = ", " if spans else ""
        role = Role.WARN if view.runs_away else Role.TEXT
        spans += [(f"{comma}{word} ", Role.MUTED), (text.duration_exact(took), role)]
    if not spans:
        spans.append((_untold(job, ctx), Role.MUTED))
    spans.append((_usual(view, ctx), Role.MUTED))
    return tuple(spans)


def _untold(job: Job, ctx: LookContext) -> str:
    if not job.state.is_active:
        return "the server does not say when"
    if job.queued_at is None:
        return "the server does not say since when"
    return (
        f"the server does not say since when, at most {text.duration(ctx.now - job.queued_at)} ago"
    )


def _usual(view: JobView, ctx: LookContext) -> str:
    if view.median is None:
        return ""
    ends = view.expected_end
    if ends is not None and not view.runs_away and ends > ctx.now:
        return f", likely until ~{text.clock_short(ends, ctx.zone)}"
    return f", median {text.duration_exact(view.median)}"


def _server_side(job: Job, ctx: LookContext) -> Spans:
    priority = text.printable_name(job.priority) or ctx.signs.nothing
    worker = text.printable_name(job.worker_tag)
    tag = ("   worker ", Role.MUTED), (worker, Role.TEXT)
    engine = {None: "", True: "   engine AMP", False: "   engine E1"}[job.is_amp]
    return (
        (priority, Role.TEXT),
        *(tag if worker else (("   no worker named", Role.MUTED),)),
        (engine, Role.MUTED),
    )


def _by(view: JobView, ctx: LookContext) -> Spans:
    who = text.printable_name(view.job.submitted_by) or ctx.signs.nothing
    how = {
        None: "   by hand or by a schedule: not known",
        True: "   likely by hand",
        False: "   likely by a schedule",
    }[view.by_hand]
    return ((who, Role.TEXT), (how, Role.MUTED))


def log_words(job: Job) -> str:
    """Return how much a job's log holds: `2 errors, 1 warning, 214 infos`."""
    if job.messages is None or (job.log_is_cut and not job.messages):
        return "not read yet"
    if job.messages:
        more = ", more not read yet" if job.log_is_cut else ""
        return count_words(counts_of(job.messages)) + more
    return "empty so far" if job.state.is_active else "no messages"


def output_lines(job: Job, ctx: LookContext) -> tuple[PaneLine, ...]:
    """Return the files that a job left; says so if there are none or they were not read."""
    if not job.outputs:
        words = "not read yet" if job.outputs is None else f"{ctx.signs.nothing} none"
        return (("Outputs", ((words, Role.MUTED),)),)
    lines: list[PaneLine] = []
    for index, output in enumerate(job.outputs[:OUTPUTS_SHOWN]):
        formats = ", ".join(text.printable_name(one) for one in output.formats[:6])
        name = text.printable_name(output.name or output.id) or ctx.signs.nothing
        spans: Spans = ((name, Role.TEXT), (f"  {formats}" if formats else "", Role.MUTED))
        lines.append(("" if index else "Outputs", spans))
    if (rest := len(job.outputs) - OUTPUTS_SHOWN) > 0:
        lines.append(("", ((f"and {rest} more", Role.MUTED),)))
    return tuple(lines)
