"""An action on its way, in words: the state cell of its row, the line of panes, the toasts.

"Sent" is said after the server accepted it, "seen" only when its effect was read back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.domain.actions import Verb
from qsui.domain.models import Kind
from qsui.domain.pending import Pending, Stage
from qsui.present import outcomes, text
from qsui.present.outcomes import awaited_words, makes_job
from qsui.present.role import Cell, PaneLine, Role, Span, Spans
from qsui.present.signs import Look, Sign

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from qsui.present.layout import Fitted, LookContext

_WORDS = {
    Stage.SENDING: ("sending", "sent"),
    Stage.SENT: ("sent", "sent"),
    Stage.UNKNOWN: ("unknown", "?"),
    Stage.NO_EFFECT: ("no effect", "none"),
}
_LOOKS = {stage: Look(*outcomes.outcome_look(stage), *words) for stage, words in _WORDS.items()}

VERB_WORDS = outcomes.VERB_WORDS | {Verb.SET_CRON: "New cadence"}
"""What an action is called at the start of a sentence."""

_SEEN = {
    Verb.TRIGGER: "runs",
    Verb.CANCEL: "ended",
    Verb.ENABLE: "is on",
    Verb.DISABLE: "is off",
    Verb.SET_CRON: "has its new cadence",
    Verb.DELETE: "is deleted",
    Verb.CREATE: "is there",
    Verb.RERUN: "runs again as a new query",
}

_LEFT_THE_SERVER = "neither waits nor runs any more"

_MARKS_ITS_ROW = frozenset(
    {Verb.TRIGGER, Verb.CANCEL, Verb.ENABLE, Verb.DISABLE, Verb.SET_CRON, Verb.DELETE}
)
NAME_CELLS = 40


def marks_row(pending: Pending) -> bool:
    """Whether the row of its target shows it: its effect was not seen, and is seen there."""
    return pending.stage in _LOOKS and pending.action.verb in _MARKS_ITS_ROW


def is_unseen_yet(pending: Pending) -> bool:
    """Whether it makes something of which nothing was seen."""
    return (
        pending.action.verb in (Verb.TRIGGER, Verb.CREATE, Verb.RERUN)
        and pending.stage in _LOOKS
        and pending.result is None
    )


def is_counted(pending: Pending) -> bool:
    """Whether it shows an age that moves by the second."""
    return pending.stage is Stage.SENT


def pending_cell(pending: Pending, ctx: LookContext, width: int) -> Cell:
    """Make the state cell of a row that is acted upon: `» sent 20s`, `! unknown`, `! no effect`."""
    look = _LOOKS[pending.stage]
    words = look.word
    if is_counted(pending):
        words += f" {text.duration(_since(pending, ctx.now))}"
    shown = words if width >= len(words) + 2 else look.narrow
    return Cell(((f"{ctx.signs.of(look.sign)} {shown}", look.role),))


def with_pending(
    cells: tuple[Cell, ...], fitted: Sequence[Fitted], pending: Pending, ctx: LookContext
) -> tuple[Cell, ...]:
    """Put an action in the place of the state in a row's cells."""
    return tuple(
        pending_cell(pending, ctx, width) if column.id in ("state", "state_narrow") else cell
        for cell, (column, width) in zip(cells, fitted, strict=False)
    )


def _since(pending: Pending, now: datetime) -> float:
    return max(0.0, (now - (pending.sent_at or pending.begun_at)).total_seconds())


def name_of(pending: Pending) -> str:
    """Return what its target is called, harmless and short."""
    action = pending.action
    return text.elide_middle(text.printable_name(action.name or action.target.id), NAME_CELLS)


def _count_of(targets: Sequence[Pending]) -> str:
    kinds = {pending.action.target.kind for pending in targets}
    kind = kinds.pop() if len(kinds) == 1 else None
    plural = {Kind.QUERY: "queries"}.get(kind, f"{kind.value}s") if kind else "records"
    return f"{len(targets)} {plural}"


def pending_words(pending: Pending, ctx: LookContext) -> Spans:
    """Say how an action stands, for a pane: `» trigger sent 20s ago, waiting for its run`."""
    verb = pending.action.verb
    what = VERB_WORDS[verb].lower()
    ago = text.duration(_since(pending, ctx.now))
    words = text.printable(pending.words, 200)
    spans: list[Span] = []
    match pending.stage:
        case Stage.SENDING:
            spans.append((f"{ctx.signs.of(Sign.SENT)} {what}: sending", Role.FOCUS))
        case Stage.SENT:
            spans.append((f"{ctx.signs.of(Sign.SENT)} {what} sent {ago} ago", Role.FOCUS))
            spans.append((f", {words or awaited_words(pending)}", Role.TEXT))
            words = ""
        case Stage.UNKNOWN:
            spans.append((f"! {what}: outcome unknown", Role.WARN))
            spans.append((f", the answer was lost {ago} ago; do not repeat it", Role.TEXT))
        case Stage.DONE:
            took = f"seen after {_took(pending)}" if pending.took is not None else ""
            spans.append((f"{ctx.signs.of(Sign.OK)} {what} done", Role.OK))
            spans.append((f", {words or took}" if words or took else "", Role.TEXT))
            words = ""
        case Stage.NO_EFFECT:
            spans.append((f"! {what}: no effect seen", Role.WARN))
            spans.append((f" in the {ago} since it was sent", Role.TEXT))
        case Stage.REFUSED:
            spans.append((f"{ctx.signs.of(Sign.FAILED)} {what} refused", Role.ERROR))
        case Stage.NOT_SENT:
            spans.append((f"{ctx.signs.of(Sign.FAILED)} {what} not sent", Role.ERROR))
    if words:
        spans.append((f"  {words}", Role.MUTED))
    if pending.request_id:
        spans.append((f"  request id {text.printable(pending.request_id, 60)}", Role.MUTED))
    return tuple(spans)


def pending_lines(pending: Sequence[Pending], ctx: LookContext) -> tuple[PaneLine, ...]:
    """Return a line `Pending` for each action that is still shown, newest first."""
    return tuple(("Pending", pending_words(each, ctx)) for each in reversed(pending))


def _took(pending: Pending) -> str:
    """Return how long the effect took, as `22 s` or `1m20`."""
    seconds = int(pending.took.total_seconds()) if pending.took is not None else 0
    return f"{seconds} s" if seconds < 60 else text.duration_exact(seconds)


def sent_toast(sent: Sequence[Pending], ctx: LookContext) -> str:
    """Say that actions of one verb left; empty if none did."""
    left = [pending for pending in sent if pending.stage is Stage.SENT]
    if not left:
        return ""
    verb = left[0].action.verb
    who = name_of(left[0]) if len(left) == 1 else _count_of(left)
    waits = f", {awaited_words(left[0])}" if len(left) == 1 else ", waiting to see it"
    return f"{ctx.signs.of(Sign.SENT)} {VERB_WORDS[verb]} sent to {who}{waits}"


def news_toast(news: Sequence[Pending], ctx: LookContext) -> tuple[str, bool]:
    """Say what became of actions, and whether it is trouble, which stays until a key.

    Empty words if there is nothing to say. Several of one kind are told by their number.
    """
    trouble = [pending for pending in news if pending.stage in _TROUBLE]
    told = trouble or [pending for pending in news if pending.stage is Stage.DONE]
    if not told:
        return "", False
    if len(told) > 1:
        stages = {pending.stage for pending in told}
        stage = stages.pop().value if len(stages) == 1 else "not done"
        sign = "!" if trouble else ctx.signs.of(Sign.OK)
        verb = VERB_WORDS[told[0].action.verb]
        tail = ". 7 Journal shows each" if trouble else ""
        return f"{sign} {verb}: {_count_of(told)} {stage}{tail}", bool(trouble)
    return _one_toast(told[0], ctx), bool(trouble)


def _seen_words(pending: Pending) -> str:
    action = pending.action
    if action.verb is Verb.CANCEL and action.target.kind is Kind.JOB:
        return _LEFT_THE_SERVER  # which of the two a job did is told by its row
    return "has a new job" if makes_job(pending) else _SEEN[action.verb]


_TROUBLE = (Stage.UNKNOWN, Stage.NO_EFFECT, Stage.REFUSED, Stage.NOT_SENT)


def _one_toast(pending: Pending, ctx: LookContext) -> str:
    verb, name = pending.action.verb, name_of(pending)
    words = text.printable(pending.words, 120)
    match pending.stage:
        case Stage.DONE:
            took = f", seen after {_took(pending)}" if pending.took is not None else ""
            return f"{ctx.signs.of(Sign.OK)} {name} {_seen_words(pending)}{took}"
        case Stage.NO_EFFECT if verb is Verb.TRIGGER:
            made = "job" if makes_job(pending) else "run"
            return f"! No {made} of {name} seen 5 min after the trigger. X shows why"
        case Stage.NO_EFFECT:
            return f"! {VERB_WORDS[verb]} of {name}: no effect seen after 5 min. 7 Journal has it"
        case Stage.UNKNOWN:
            return f"! {VERB_WORDS[verb]} of {name}: the answer was lost. Looking; do not repeat it"
        case Stage.NOT_SENT:
            return f"{ctx.signs.of(Sign.FAILED)} {VERB_WORDS[verb]} of {name} not sent: {words}"
        case _:
            return f"{ctx.signs.of(Sign.FAILED)} {VERB_WORDS[verb]} of {name} refused: {words}"


def recovered_toast(taken: Sequence[Pending]) -> str:
    """Say that actions of an earlier session are looked for again; empty if there are none."""
    if not taken:
        return ""
    are_accepted = all(pending.stage is Stage.SENT for pending in taken)
    if len(taken) == 1:
        verb = VERB_WORDS[taken[0].action.verb]
        known = "accepted, its effect not seen yet" if are_accepted else "its outcome is not known"
        return f"! {verb} of {name_of(taken[0])}: begun earlier, {known}. Looking for it. 7 Journal"
    known = "accepted, effects not seen yet" if are_accepted else "outcome not known"
    return f"! {len(taken)} actions begun earlier, {known}. Looking. 7 Journal"
