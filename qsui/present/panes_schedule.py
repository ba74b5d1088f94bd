"""What the pane says about a schedule: its title and its labelled lines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qsui.domain.error_key import short_reason
from qsui.domain.facts import Verdict
from qsui.domain.states import ScheduleState
from qsui.present import cadence, text
from qsui.present.cells_schedule import state_of
from qsui.present.role import PaneLine, Role, Span, Spans

if TYPE_CHECKING:
    from datetime import datetime

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
    schedule: Schedule, facts: ScheduleFacts, error: QueryError | None, ctx: LookContext
) -> tuple[PaneLine, ...]:
    """Return all that helps to decide what to do about a schedule, the most urgent first."""
    lines: list[PaneLine] = [*_trouble(facts, error, ctx)]
    lines.append(("Cadence", _cadence(schedule, ctx)))
    lines.append(("Next", _next(facts, ctx)))
    if facts.start_lag is not None:
        lines.append(("Start lag", _lag(facts)))
    if facts.last_good is not None:
        lines.append(("Last good", _last_good(facts, ctx)))
    if writes := _writes(schedule):
        lines.append(("Writes", writes))
    lines.append(("Runs", _runs(schedule, facts, ctx)))
    if schedule.template_id:
        short = text.id_short(schedule.template_id, ctx.signs.ellipsis)
        lines.append(("Template", ((short, Role.TEXT),)))
    lines.append(("Owner", _owner(schedule, ctx)))
    if span := _span(schedule, ctx):
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


def _trouble(
    facts: ScheduleFacts, error: QueryError | None, ctx: LookContext
) -> tuple[PaneLine, ...]:
    lines: list[PaneLine] = []
    if error is not None:
        lines.append(("Error", ((text.printable(short_reason(error), 400), Role.TEXT),)))
        about = [text.printable(part, 60) for part in (error.type, error.code) if part]
        if facts.since is not None:
            about.append(f"since {text.moment_long(facts.since, ctx.now, ctx.zone)}")
        if about:
            lines.append(("", ((", ".join(about), Role.MUTED),)))
        if error.remedy:
            lines.append(("Do", ((text.printable(error.remedy, 400), Role.TEXT),)))
    elif facts.verdict is Verdict.FAILED:
        lines.append(("Error", (("its reason was not found or not read yet", Role.MUTED),)))
    elif facts.evidence and facts.verdict in (
        Verdict.MISSED,
        Verdict.LATE,
        Verdict.HELD,
        Verdict.SLOW,
        Verdict.UNKNOWN,
    ):
        lines.append(("Why", ((text.printable(facts.evidence[0], 400), Role.TEXT),)))
    return tuple(lines)


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


def last_good_at(facts: ScheduleFacts) -> datetime | None:
    """Return when the last good run was due, else when it started, else its slot."""
    last = facts.last_good
    if last is None:
        return None
    dues = (cell.due_at for cell in facts.history if cell.run_id == last.id)
    return next(dues, None) or last.started_at or last.slot_at


def _last_good(facts: ScheduleFacts, ctx: LookContext) -> Spans:
    run = facts.last_good
    at = last_good_at(facts)
    if run is None or at is None:
        return ((ctx.signs.nothing, Role.MUTED),)
    took = f", {text.duration_exact(run.duration)}" if run.duration is not None else ""
    ago = f" {text.age(at, ctx.now)} ago"
    return ((text.moment_long(at, ctx.now, ctx.zone) + took, Role.TEXT), (ago, Role.MUTED))


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


def _owner(schedule: Schedule, ctx: LookContext) -> Spans:
    owner = text.printable_name(schedule.owner) or ctx.signs.nothing
    spans: list[Span] = [(owner, Role.TEXT)]
    if schedule.updated_at is not None:
        by = text.printable_name(schedule.updated_by)
        who = f" by {by}" if by and by != owner else ""
        spans.append(
            (f"   changed {text.moment(schedule.updated_at, ctx.now, ctx.zone)}{who}", Role.MUTED)
        )
    spans.append((f"   id {text.id_short(schedule.id, ctx.signs.ellipsis)}", Role.MUTED))
    return tuple(spans)


def _span(schedule: Schedule, ctx: LookContext) -> Spans:
    parts = [
        f"{word} {text.moment_long(at, ctx.now, ctx.zone)}"
        for word, at in (("from", schedule.start_at), ("to", schedule.end_at))
        if at is not None
    ]
    return ((" ".join(parts), Role.TEXT),) if parts else ()
