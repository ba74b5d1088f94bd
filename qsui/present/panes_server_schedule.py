"""What the pane says about a schedule that runs a workflow: in the words of its server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.present import cadence, text
from qsui.present.cadence_zone import plain_words, zone_of_cadence
from qsui.present.job_words import counted
from qsui.present.role import PaneLine, Role, Span, Spans
from qsui.present.schedule_lines import last_good, owner_and_id, trouble_lines, window
from qsui.present.times import both_zones

if TYPE_CHECKING:
    from qsui.domain.facts import ScheduleFacts
    from qsui.domain.models import QueryError, Schedule
    from qsui.present.layout import LookContext


def server_schedule_pane(
    schedule: Schedule,
    facts: ScheduleFacts,
    error: QueryError | None,
    ctx: LookContext,
    *,
    sharing: int = 1,
) -> tuple[PaneLine, ...]:
    """Return all that helps to decide what to do about it, the most urgent first.

    `sharing` is how many schedules run its workflow, itself among them: the jobs are of all.
    """
    lines: list[PaneLine] = list(_trouble(schedule, facts, error, ctx))
    lines.append(("Workflow", _workflow(schedule, ctx)))
    lines.append(("Cadence", _cadence(schedule, ctx)))
    lines.append(("Next", _next(schedule, facts, ctx)))
    if schedule.last_run_at is not None:
        lines.append(("Last ran", ((both_zones(schedule.last_run_at, ctx), Role.TEXT),)))
    if facts.last_good is not None:
        lines.append(("Last good", last_good(facts, ctx)))
    lines.append(("Jobs", _jobs(facts, ctx)))
    if sharing > 1 and facts.known_runs:
        words = f"{sharing} schedules run this workflow: its jobs may be those of another"
        lines.append(("", ((words, Role.MUTED),)))
    lines.append(("Priority", _priority(schedule, ctx)))
    lines.append(("Owner", owner_and_id(schedule, ctx)))
    if schedule.can_edit is False:
        lines.append(("Changes", (("this key may not change it", Role.TEXT),)))
    if span := window(schedule, ctx):
        lines.append(("Window", span))
    if about := schedule.description.strip():
        lines.append(("About", ((text.printable(about, 400), Role.TEXT),)))
    return tuple(lines)


def _trouble(
    schedule: Schedule, facts: ScheduleFacts, error: QueryError | None, ctx: LookContext
) -> tuple[PaneLine, ...]:
    """Return the error of its last job, else what the server keeps, else why it stands so."""
    kept = " ".join(text.printable(schedule.last_error.strip(), 400).split())
    if error is not None or not kept:
        return trouble_lines(facts, error, ctx)
    since = f" at {both_zones(schedule.last_run_at, ctx)}" if schedule.last_run_at else ""
    return (
        ("Error", ((kept, Role.TEXT),)),
        ("", ((f"kept by the server of its last run{since}", Role.MUTED),)),
    )


def _workflow(schedule: Schedule, ctx: LookContext) -> Spans:
    if not schedule.workflow_id:
        return (("deleted: there is nothing that it could run", Role.WARN),)
    short = text.id_short(schedule.workflow_id, ctx.signs.ellipsis)
    name = text.printable_name(schedule.workflow_name)
    return ((name, Role.TEXT), (f"   id {short}", Role.MUTED)) if name else ((short, Role.TEXT),)


def _cadence(schedule: Schedule, ctx: LookContext) -> Spans:
    """Return it as a sentence if it is known as one, with its zone, beside the server's words."""
    words = plain_words(schedule)
    zone = zone_of_cadence(schedule, ctx)
    cron = text.printable(schedule.cron.strip(), 200)
    if not cron:
        if not words:
            return ((f"{ctx.signs.nothing} not told by the server", Role.MUTED),)
        return ((words, Role.TEXT), (f"  {zone}   in the server's words", Role.MUTED))
    sentence = cadence.long(schedule.cron, ctx.locale)
    spans: list[Span] = [(f"{sentence} {zone}", Role.TEXT)]
    if sentence != cron:
        spans.append((f"   {cron}", Role.MUTED))
    if words and words.casefold() != sentence.casefold() and words != cron:
        spans.append((f"   the server: {words}", Role.MUTED))
    return tuple(spans)


def _next(schedule: Schedule, facts: ScheduleFacts, ctx: LookContext) -> Spans:
    at = facts.next_fire_at
    if at is None:
        return ((f"{ctx.signs.nothing} no run ahead", Role.MUTED),)
    left = text.until(at, ctx.now)
    source = "" if at == schedule.next_run_at else ", likely by its cadence"
    spans: list[Span] = [
        (both_zones(at, ctx), Role.TEXT),
        (" now" if left == "now" else f", in {left}", Role.MUTED),
        (source, Role.MUTED),
    ]
    if facts.then_fires:
        then = ", ".join(text.moment(fire, at, ctx.zone) for fire in facts.then_fires[:2])
        spans.append((f", then likely {then}", Role.MUTED))
    return tuple(spans)


def _jobs(facts: ScheduleFacts, ctx: LookContext) -> Spans:
    if not facts.history_read:
        return (("not read yet", Role.MUTED),)
    if not facts.known_runs:
        return (("no job of its workflow is known", Role.MUTED),)
    spans: list[Span] = [(f"{counted(facts.known_runs, 'job')} of its workflow known", Role.TEXT)]
    rest = ""
    if facts.ok_ratio is not None:
        rest += f", {text.percent(facts.ok_ratio)} ok in 30 days"
    if facts.median is not None:
        rest += f", median {text.duration_exact(facts.median)}"
    return (*spans, (ctx.signs.words(rest), Role.MUTED))


def _priority(schedule: Schedule, ctx: LookContext) -> Spans:
    word = text.printable_name(schedule.priority) or ctx.signs.nothing
    worker = text.printable_name(schedule.worker or schedule.worker_tag)
    return ((word, Role.TEXT), (f"   worker {worker}" if worker else "", Role.MUTED))
