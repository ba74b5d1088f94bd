"""The story of an action on its way: when it was sent, what was answered, what is waited for.

A pane shows it where the evidence of a verdict is shown. "Sent" is said after the server accepted
it, "seen" only when its effect was read back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qsui.domain.actions import Verb
from qsui.domain.models import Kind
from qsui.domain.pending import Pending, Stage
from qsui.present import text
from qsui.present.outcomes import makes_job
from qsui.present.pending import pending_words
from qsui.present.role import PaneLine, Role, Span, Spans

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from qsui.domain.watch import Watch
    from qsui.present.layout import LookContext

_WAITS_FOR = {
    Verb.TRIGGER: "a new run of it that was started by hand",
    Verb.CANCEL: "the same record, read back as ended",
    Verb.ENABLE: "the schedule, read back as on",
    Verb.DISABLE: "the schedule, read back as off",
    Verb.SET_CRON: "the schedule, read back with the new cadence",
    Verb.DELETE: "the API to know it no longer",
    Verb.CREATE: "the new record, read back with what was sent",
    Verb.RERUN: "a new query with the SQL that was sent",
}
_WAITS_FOR_JOB = {
    Verb.TRIGGER: "the job that the answer named, read back",
    Verb.CANCEL: "the job, read back as ended, or gone from the server if it waited",
}
_TAKEN = frozenset({Stage.SENT, Stage.DONE, Stage.NO_EFFECT})


def story_lines(
    pending: Sequence[Pending], watch_of: Callable[[str], Watch | None], ctx: LookContext
) -> tuple[PaneLine, ...]:
    """Return all that is known of actions, newest first; `ctx.now` is this machine's time."""
    lines: list[PaneLine] = []
    for each in reversed(pending):
        lines += _story(each, watch_of(each.id), ctx)
    return tuple(lines)


def _story(pending: Pending, watch: Watch | None, ctx: LookContext) -> list[PaneLine]:
    short = replace(pending, request_id="")  # it has its own place here
    lines: list[PaneLine] = [
        ("Pending", pending_words(short, ctx)),
        ("Sent", _sent(pending, ctx)),
        ("Answer", _answer(pending)),
    ]
    if pending.stage.is_open or pending.stage is Stage.NO_EFFECT:
        lines.append(("Waits for", ((_waits_for(pending), Role.TEXT),)))
        lines.append(("Looks", _looks(pending, watch, ctx)))
    if pending.seen_at is not None:
        lines.append(("Seen", ((text.clock(pending.seen_at, ctx.zone), Role.TEXT),)))
    if pending.reason:
        lines.append(("Reason", ((text.printable(pending.reason, 400), Role.TEXT),)))
    return lines


def _waits_for(pending: Pending) -> str:
    action = pending.action
    if makes_job(pending) and not pending.created_id:
        return "a new job of its workflow, since the answer named none"
    if makes_job(pending) or action.target.kind is Kind.JOB:
        return _WAITS_FOR_JOB[action.verb]
    return _WAITS_FOR[action.verb]


def _sent(pending: Pending, ctx: LookContext) -> Spans:
    at = text.clock(pending.sent_at or pending.begun_at, ctx.zone)
    if pending.stage is Stage.NOT_SENT:
        return (("nothing left this machine", Role.TEXT),)
    words = at if pending.sent_at is not None else f"begun {at}"
    noted = "in the journal" if pending.is_recorded else "not in the journal"
    return ((words, Role.TEXT), (f", {noted}", Role.MUTED if pending.is_recorded else Role.WARN))


def _answer(pending: Pending) -> Spans:
    if pending.status:
        taken = " accepted" if pending.stage in _TAKEN else ""
        spans: list[Span] = [(f"HTTP {pending.status}{taken}", Role.TEXT)]
    elif pending.stage is Stage.SENDING:
        spans = [("none yet", Role.MUTED)]
    elif pending.stage is Stage.NOT_SENT:
        spans = [("none, nothing was asked", Role.MUTED)]
    else:
        spans = [("none is known", Role.WARN)]
    if pending.request_id:
        spans.append((f", request id {text.printable(pending.request_id, 80)}", Role.MUTED))
    return tuple(spans)


def _looks(pending: Pending, watch: Watch | None, ctx: LookContext) -> Spans:
    if watch is None:
        over = pending.stage is Stage.NO_EFFECT
        return (("looked for no more" if over else "not begun yet", Role.MUTED),)
    times = {0: "none yet", 1: "one so far"}.get(watch.looks, f"{watch.looks} so far")
    spans: list[Span] = [(f"{times}, next {_in(watch.next_at, ctx.now)}", Role.TEXT)]
    if pending.stage is Stage.NO_EFFECT:
        spans.append((f", until {text.clock(watch.until, ctx.zone)}", Role.MUTED))
    else:
        at = text.clock(watch.no_effect_at, ctx.zone)
        spans.append((f'; from {at} it counts as "no effect"', Role.MUTED))
    return tuple(spans)


def _in(at: datetime, now: datetime) -> str:
    seconds = (at - now).total_seconds()
    return f"in {text.duration(seconds)}" if seconds >= 1 else "now"
