"""What the pane says about a schedule: its title and its labelled lines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qsui.domain.facts import Verdict
from qsui.domain.states import ScheduleState
from qsui.present import cadence, text
from qsui.present.cells_schedule import state_of
from qsui.present.role import PaneLine, Role, Span, Spans
from qsui.present.schedule_lines import last_good, owner_and_id, trouble_lines, window

if TYPE_CHECKING:
    from qsui.domain.facts import ScheduleFacts
    from qsui.domain.models import QueryError, Schedule
    from qsui.present.layout import LookContext

_WRITES = re.compile(
    r"\s*(?:(INSERT)\s+(?:INTO|OVERWRITE)(?:\s+TABLE)?"
    r"|(CREATE)\s+(?:OR\s+REPLACE\s+)?(?:TABLE|VIEW)(?:\s+IF\s+NOT\s+EXISTS)?)\s+([^\s(;]+)",
    re.IGNORECASE,
)


def schedule_title(schedule: Schedule, facts: ScheduleFacts, ctx: LookContext) -> Spans:
    """Return the title: the name, the sign and the verdict, `failed 6 in a row`."""
    look, words = state_of(schedule, facts, ctx)
    if facts.verdict is Verdict.FAILED and facts.streak > 1:
        words += " in a row"
    name = text.printable_name(schedule.name or schedule.id)
    spans: list[Span] = [(name, Role.STRONG), ("  ", Role.TEXT)]
    spans.append((f"{ctx.signs.of(look.sign)} {words}", look.role))
    if facts.verdict is Verdict.FAILED and facts.streak <= 1 and facts.since is not None:
        spans.append((f" {text.age(facts.since, ctx.now)} ago", Role.MUTED))
    return tuple(spans)


def schedule_pane(
    schedule: Schedule,
    facts: ScheduleFacts,
    error: QueryError | None,
    ctx: LookContext,
    *,
    sharing: int = 1,
) -> tuple[PaneLine, ...]:
    """Return all that helps to decide what to do about a schedule, the most urgent first.

    `sharing` is how many schedules run the same workflow, where one does.
    """
    if schedule.runs_workflow:
        from qsui.present.panes_server_schedule import server_schedule_pane

        return server_schedule_pane(schedule, facts, error, ctx, sharing=sharing)
    lines: list[PaneLine] = [*trouble_lines(facts, error, ctx)]
    lines.append(("Cadence", _cadence(schedule, ctx)))
    lines.append(("Next", _next(facts, ctx)))
    if facts.start_lag is not None:
        lines.append(("Start lag", _lag(facts)))
    if facts.last_good is not None:
        lines.append(("Last good", last_good(facts, ctx)))
    if writes := _writes(schedule):
        lines.append(("Writes", writes))
    lines.append(("Runs", _runs(schedule, facts, ctx)))
    if schedule.template_id:
        short = text.id_short(schedule.template_id, ctx.signs.ellipsis)
        lines.append(("Template", ((short, Role.TEXT),)))
    lines.append(("Owner", owner_and_id(schedule, ctx)))
    if span := window(schedule, ctx):
        lines.append(("Window", span))
    if schedule.description.strip():
        lines.append(("About", ((text.printable(schedule.description.strip(), 400), Role.TEXT),)))
    return tuple(lines)


def evidence_lines(facts: ScheduleFacts) -> tuple[PaneLine, ...]:
    """Return what a verdict rests on, a sentence a line."""
    sentences = facts.evidence or ("no evidence yet: nothing was read",)
    return tuple(
        ("" if index else "Why", ((text.printable(line, 400), Role.TEXT),))
        for index, line in enumerate(sentences)
    )


def _cadence(schedule: Schedule, ctx: LookContext) -> Spans:
    sentence = cadence.long(schedule.cron, ctx.locale)
    raw = text.printable(schedule.cron, 200)
    if not raw:
        return ((ctx.signs.nothing, Role.MUTED),)
    if sentence == raw:
        return ((raw, Role.TEXT), ("  not an expression we can read", Role.MUTED))
    if schedule.state is ScheduleState.REGISTERING:
        return ((sentence, Role.TEXT), (", registering", Role.MUTED), (f"   {raw}", Role.MUTED))
    return ((f"{sentence} UTC", Role.TEXT), (f"   {raw}", Role.MUTED))


def _next(facts: ScheduleFacts, ctx: LookContext) -> Spans:
    at = facts.next_fire_at
    if at is None:
        return ((f"{ctx.signs.nothing} no fire ahead", Role.MUTED),)
    spans: list[Span] = [(text.moment_long(at, ctx.now, ctx.zone), Role.TEXT)]
    left = text.until(at, ctx.now)
    spans.append((" now" if left == "now" else f" in {left}", Role.MUTED))
    if facts.then_fires:
        then = ", ".join(text.moment(fire, at, ctx.zone) for fire in facts.then_fires[:2])
        spans.append((f", then {then}", Role.MUTED))
    return tuple(spans)


def _lag(facts: ScheduleFacts) -> Spans:
    lag, p95 = facts.start_lag, facts.start_lag_p95
    words = text.duration_exact(lag) if lag is not None else ""
    rest = f" median of {facts.known_runs}"
    if p95 is not None:
        rest += f", p95 {text.duration_exact(p95)}"
    return ((words, Role.TEXT), (rest, Role.MUTED))


def _writes(schedule: Schedule) -> Spans:
    found = _WRITES.match(schedule.sql)
    if found is None:
        return ()
    how = "INSERT" if found[1] else "CREATE"
    return ((text.printable(found[3], 120), Role.TEXT), (f" by {how}", Role.MUTED))


def _runs(schedule: Schedule, facts: ScheduleFacts, ctx: LookContext) -> Spans:
    at_most = schedule.max_active_runs
    rule = "1 run at a time" if at_most == 1 else f"{text.count_exact(at_most)} runs at a time"
    if not facts.history_read:
        return ((rule, Role.TEXT), ("   history not read yet", Role.MUTED))
    known = f"   {text.count_exact(facts.known_runs)} known"
    if facts.ok_ratio is not None:
        known += f", {text.percent(facts.ok_ratio)} ok in 30 days"
    if facts.median is not None:
        known += f", median {text.duration_exact(facts.median)}"
    return ((rule, Role.TEXT), (ctx.signs.words(known), Role.MUTED))
