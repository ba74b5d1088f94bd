"""Lines about a schedule that the panes of either sort share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.domain.error_key import short_reason
from qsui.domain.facts import Verdict
from qsui.present import text
from qsui.present.role import PaneLine, Role, Span, Spans

if TYPE_CHECKING:
    from datetime import datetime

    from qsui.domain.facts import ScheduleFacts
    from qsui.domain.models import QueryError, Schedule
    from qsui.present.layout import LookContext


def trouble_lines(
    facts: ScheduleFacts, error: QueryError | None, ctx: LookContext
) -> tuple[PaneLine, ...]:
    """Return why it needs somebody: the error of its last run, else the first of the evidence."""
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


def last_good_at(facts: ScheduleFacts) -> datetime | None:
    """Return when the last good run was due, else when it started, else its slot."""
    last = facts.last_good
    if last is None:
        return None
    dues = (cell.due_at for cell in facts.history if cell.run_id == last.id)
    return next(dues, None) or last.started_at or last.slot_at


def last_good(facts: ScheduleFacts, ctx: LookContext) -> Spans:
    """Return when the last good run was due, and how long it took."""
    run = facts.last_good
    at = last_good_at(facts)
    if run is None or at is None:
        return ((ctx.signs.nothing, Role.MUTED),)
    took = f", {text.duration_exact(run.duration)}" if run.duration is not None else ""
    ago = f" {text.age(at, ctx.now)} ago"
    return ((text.moment_long(at, ctx.now, ctx.zone) + took, Role.TEXT), (ago, Role.MUTED))


def owner_and_id(schedule: Schedule, ctx: LookContext) -> Spans:
    """Return who owns it, who changed it last and when, and its id."""
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


def window(schedule: Schedule, ctx: LookContext) -> Spans:
    """Return from when and to when it fires; empty without limits."""
    parts = [
        f"{word} {text.moment_long(at, ctx.now, ctx.zone)}"
        for word, at in (("from", schedule.start_at), ("to", schedule.end_at))
        if at is not None
    ]
    return ((" ".join(parts), Role.TEXT),) if parts else ()
