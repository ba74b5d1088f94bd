"""How an action came out, in words: for the confirm dialog, for leaving, for a line of output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.domain.actions import Verb
from qsui.domain.models import Kind
from qsui.domain.pending import Pending, Stage
from qsui.present import text
from qsui.present.role import Role
from qsui.present.signs import Sign

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

VERB_WORDS = {
    Verb.TRIGGER: "Trigger",
    Verb.CANCEL: "Cancel",
    Verb.ENABLE: "Turn on",
    Verb.DISABLE: "Turn off",
    Verb.SET_CRON: "Set cadence",
    Verb.DELETE: "Delete",
    Verb.CREATE: "Create",
    Verb.RERUN: "Re-run",
}
"""What a verb is called on buttons and at the start of a title."""

_HAPPENED = {
    Verb.TRIGGER: "its run was seen",
    Verb.CANCEL: "it has ended",
    Verb.ENABLE: "it is on",
    Verb.DISABLE: "it is off",
    Verb.SET_CRON: "the new cadence was read back",
    Verb.DELETE: "it is gone",
    Verb.CREATE: "it is there",
    Verb.RERUN: "its query was seen",
}
_AWAITED = {
    Verb.TRIGGER: "waiting for its run",
    Verb.CANCEL: "waiting for its end",
    Verb.ENABLE: "waiting to see it on",
    Verb.DISABLE: "waiting to see it off",
    Verb.SET_CRON: "waiting to read it back",
    Verb.DELETE: "waiting to see it gone",
    Verb.CREATE: "waiting to see it",
    Verb.RERUN: "waiting to see its query",
}
_LEFT = "it neither waits nor runs any more"
_MADE_JOB = "its job was seen"
STAGE_LOOKS = {
    Stage.SENDING: (Sign.SENT, Role.FOCUS),
    Stage.SENT: (Sign.SENT, Role.FOCUS),
    Stage.UNKNOWN: (Sign.ALARM, Role.WARN),
    Stage.DONE: (Sign.OK, Role.OK),
    Stage.NO_EFFECT: (Sign.ALARM, Role.WARN),
    Stage.REFUSED: (Sign.FAILED, Role.ERROR),
    Stage.NOT_SENT: (Sign.FAILED, Role.ERROR),
}


def makes_job(pending: Pending) -> bool:
    """Whether it starts a job, not a run; of a lost trigger of a schedule it cannot be told."""
    if pending.action.verb is not Verb.TRIGGER:
        return False
    if pending.action.target.kind is Kind.WORKFLOW:
        return True
    if pending.result is not None:
        return pending.result.kind is Kind.JOB
    return bool(pending.created_id)  # only a server of jobs names what a trigger made


def awaited_words(pending: Pending) -> str:
    """Return what is waited for once the server has accepted it."""
    if makes_job(pending):
        return "waiting to see its job"
    return _AWAITED[pending.action.verb]


def happened_words(pending: Pending) -> str:
    """Return what was read back of an action that is done."""
    if makes_job(pending):
        return _MADE_JOB
    action = pending.action
    if action.verb is Verb.CANCEL and action.target.kind is Kind.JOB:
        return _LEFT
    return _HAPPENED[action.verb]


def outcome_look(stage: Stage) -> tuple[Sign, Role]:
    """Return the sign and role of a stage."""
    return STAGE_LOOKS[stage]


def outcome_words(pending: Pending, now: datetime) -> str:
    """Return how an action stands, without its target's name.

    `sent 20s ago, waiting for its run` · `done, its run was seen after 22s` · `refused: ...`. Only
    what was read back is called done.
    """
    said = _said(pending, text.printable(pending.words, 600), _ago(pending, now))
    return said if pending.is_recorded else f"{said} (not in the journal)"


def _ago(pending: Pending, now: datetime) -> str:
    since = pending.sent_at or pending.begun_at
    return text.duration(max(0.0, (now - since).total_seconds()))


def _said(pending: Pending, words: str, ago: str) -> str:
    match pending.stage:
        case Stage.SENDING:
            return "sending, no answer yet"
        case Stage.SENT:
            return f"sent {ago} ago, {words or awaited_words(pending)}"
        case Stage.UNKNOWN:
            return f"outcome unknown: {words or _LOST}. Do not repeat it"
        case Stage.DONE:
            took = "" if pending.took is None else f" after {text.duration_exact(pending.took)}"
            return f"done, {happened_words(pending)}{took}"
        case Stage.NO_EFFECT:
            return f"no effect seen in the {ago} since it was sent" + (
                f": {words}" if words else ""
            )
        case Stage.REFUSED:
            return f"refused: {words}" if words else "refused"
        case Stage.NOT_SENT:
            return f"not sent: {words}" if words else "not sent"


_LOST = "the answer was lost, it may have happened"


def needs_reading(outcome: Sequence[Pending]) -> bool:
    """Whether an action came out so that a person must read it before the dialog goes."""
    bad = (Stage.UNKNOWN, Stage.REFUSED, Stage.NOT_SENT, Stage.NO_EFFECT)
    return any(pending.stage in bad for pending in outcome)
