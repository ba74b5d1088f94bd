"""What a create form says beside its fields: pure, texts as typed in, spans out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.domain.cron import due_fire_after, try_parse
from qsui.domain.models import Kind, Ref, Schedule
from qsui.domain.states import ScheduleState
from qsui.domain.when import moment_of
from qsui.present import cadence
from qsui.present.role import Role, Span
from qsui.present.text import moment_long, printable, until

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from qsui.domain.cron import Cron
    from qsui.domain.draft_text import DraftText

_SHOWN_FIRES = 2


def cron_words(text: DraftText, locale: str) -> list[Span]:
    """The cadence in words, an example if nothing is typed, nothing if it cannot be read."""
    if not text.cron.strip():
        return [(" five fields, such as 0 2 * * *", Role.MUTED)]
    if try_parse(text.cron) is None:
        return []
    return [(f" {printable(cadence.long(text.cron, locale))}", Role.TEXT), (" UTC", Role.MUTED)]


def fires(text: DraftText, now: datetime, zone: tzinfo) -> list[Span]:
    """When it will run first, and then."""
    cron = try_parse(text.cron)
    if cron is None:
        return []
    due = _due(text, cron, now)
    if not due:
        return [("It would never run between its start and its end.", Role.WARN)]
    first, *later = (moment_long(at, now, zone) for at in due)
    spans: list[Span] = [("first run ", Role.MUTED), (first, Role.TEXT)]
    spans += [(f", then {', '.join(later)}", Role.MUTED)] if later else []
    return spans


def _due(text: DraftText, cron: Cron, now: datetime) -> list[datetime]:
    schedule = Schedule(
        ref=Ref("", "", Kind.SCHEDULE, "", ""),
        name="",
        state=ScheduleState.ENABLED,
        raw_state="",
        cron=text.cron,
        start_at=moment_of(text.start, now) or now,
        end_at=moment_of(text.end, now),
    )
    due: list[datetime] = []
    after: datetime | None = now
    while after is not None and len(due) < _SHOWN_FIRES:
        after = due_fire_after(schedule, cron, after)
        if after is not None:
            due.append(after)
    return due


def moment_words(typed: str, now: datetime, zone: tzinfo, *, is_end: bool = False) -> list[Span]:
    """A typed moment as it is understood, and how far away it is."""
    at = moment_of(typed, now)
    if at is None:
        if is_end and not typed.strip():
            return [(" no end", Role.MUTED)]
        return []
    away = f", in {until(at, now)}" if at > now and not is_end else ""
    return [(f" {moment_long(at, now, zone)}{away}", Role.MUTED)]


def line_count(sql: str) -> str:
    """How much SQL there is: `3 lines`."""
    count = len(sql.splitlines())
    return "empty" if not count else "1 line" if count == 1 else f"{count:,} lines"
