"""What dialogs and pending rows say about actions, in words: clauses, never server text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.domain.actions import CAN_BE_UNDONE, Verb
from qsui.domain.models import Kind

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from qsui.domain.actions import Action

_MINUTE_S = 60
_MINUTES_FROM_S = 120
_HOURS_FROM_S = 7200

_DONE = {
    Verb.TRIGGER: "when a new run is seen, not when the API says 202",
    Verb.CANCEL: "when it is read back as ended, not when the API says 202",
    Verb.ENABLE: "when it is read back as on, not when the API says 202",
    Verb.DISABLE: "when it is read back as off, not when the API says 202",
    Verb.SET_CRON: "when the new cadence is read back, not when the API says 202",
    Verb.DELETE: "when the API no longer has it",
    Verb.CREATE: "when it is read back",
    Verb.RERUN: "when the new query is read back",
}

_EARLIER = {
    Verb.TRIGGER: "triggered it at {at}, no run seen yet",
    Verb.CANCEL: "cancelled it at {at}, it was not seen to end yet",
    Verb.ENABLE: "turned it on at {at}, not seen yet",
    Verb.DISABLE: "turned it off at {at}, not seen yet",
    Verb.SET_CRON: "changed its cadence at {at}, not seen yet",
    Verb.DELETE: "deleted it at {at}, it was not seen to go yet",
    Verb.CREATE: "created the same at {at}, not seen yet",
    Verb.RERUN: "re-ran it at {at}, the new query was not seen yet",
}

_WAITING = {
    Verb.TRIGGER: "accepted, waiting for its run",
    Verb.CANCEL: "accepted, waiting for it to end",
    Verb.ENABLE: "accepted, waiting to see it on",
    Verb.DISABLE: "accepted, waiting to see it off",
    Verb.SET_CRON: "accepted, waiting to see the new cadence",
    Verb.DELETE: "accepted, waiting to see it gone",
    Verb.CREATE: "accepted, waiting to see it",
    Verb.RERUN: "accepted, waiting to see the new query",
}

_NOTHING_SEEN = {
    Verb.TRIGGER: "no run was seen",
    Verb.CANCEL: "it still runs",
    Verb.ENABLE: "it is still off",
    Verb.DISABLE: "it is still on",
    Verb.SET_CRON: "it still has the old cadence",
    Verb.DELETE: "it is still there",
    Verb.CREATE: "nothing new was seen",
    Verb.RERUN: "no new query was seen",
}

_ONE_RUN = "run (u) while it runs"

_DONE_BY_JOBS = {
    Verb.TRIGGER: "when the new job is read back, not when the API says 200",
    Verb.CANCEL: "when it is read back as ended, or the queue no longer has it",
}
_WAITING_BY_JOBS = {
    Verb.TRIGGER: "accepted, waiting to see its job",
    Verb.CANCEL: "accepted, waiting for it to end",
}

UNRECORDED = "it could not be recorded"
LOST = "the answer was lost, it may have happened: looking whether it did"


def done_when(verb: Verb, *, has_jobs: bool = False) -> str:
    """Return when an action counts as done, as a clause; `has_jobs` for a server of workflows."""
    if has_jobs:
        return _DONE_BY_JOBS.get(verb, _DONE[verb].replace(" 202", " 200"))
    return _DONE[verb]


def undo_by(
    action: Action,
    before: str,
    *,
    many: bool = False,
    is_recorded: bool = True,
    has_jobs: bool = False,
) -> str:
    """Return how an action can be put back, as a clause; `before` is what it replaces."""
    verb = action.verb
    if verb is Verb.TRIGGER and has_jobs:
        return f"cancel the new {'jobs (u) until they end' if many else 'job (u) until it ends'}"
    if verb is Verb.CANCEL and has_jobs:
        return "none: its workflow would have to be triggered anew"
    if verb in CAN_BE_UNDONE and not is_recorded:
        return "not with u, since nothing is recorded"
    if verb is Verb.CREATE:
        is_schedule = action.target.kind is Kind.SCHEDULE
        return "delete it (v)" if is_schedule else "cancel it while it runs"
    if verb is Verb.SET_CRON:
        what = "the old cadences" if many else f'"{before}"' if before else "the old cadence"
        return f"u puts {what} back, if nobody changed it in between"
    return {
        Verb.TRIGGER: f"cancel the new {'runs (u) while they run' if many else _ONE_RUN}",
        Verb.CANCEL: "none: what was cancelled starts only anew",
        Verb.ENABLE: "u turns it off again, if nobody changed it in between",
        Verb.DISABLE: "u turns it on again, if nobody changed it in between",
        Verb.DELETE: "none: it would have to be created anew",
        Verb.RERUN: "cancel the new query while it runs",
    }[verb]


def earlier(verb: Verb, at: datetime, who: str = "you", *, has_jobs: bool = False) -> str:
    """Return the warning that an action on the same target is still open."""
    words = _EARLIER[verb].format(at=f"{at:%H:%M}Z")
    return f"{who} " + (words.replace("no run seen", "no job seen") if has_jobs else words)


def waiting(verb: Verb, *, has_jobs: bool = False) -> str:
    """Say that the server accepted it."""
    return _WAITING_BY_JOBS.get(verb, _WAITING[verb]) if has_jobs else _WAITING[verb]


def seen(took: timedelta, *, was_lost: bool, is_late: bool) -> str:
    """Say that the effect was seen."""
    when = f"seen after {span(took)}"
    if was_lost:
        return f"the answer was lost, the effect was {when}"
    return f"{when}, long after it was accepted" if is_late else when


def no_effect(verb: Verb, after: timedelta, *, was_lost: bool, has_jobs: bool = False) -> str:
    """Say that nothing was seen for so long."""
    begin = "the answer was lost" if was_lost else "accepted"
    seen = _NOTHING_SEEN[verb].replace("no run", "no job") if has_jobs else _NOTHING_SEEN[verb]
    return f"{begin}, and {seen} after {span(after)}"


CANNOT_TELL = (
    "accepted; it can still be read by its id, and too many queries were sent since for the list to"
    " tell whether it is gone"
)
"""Of the deletion of an old query."""


def span(time: timedelta) -> str:
    """Return a short duration: `22 s`, `5 min`, `2 h`."""
    seconds = max(0.0, time.total_seconds())
    if seconds < _MINUTES_FROM_S:
        return f"{seconds:.0f} s"
    minutes = seconds / _MINUTE_S
    return f"{minutes:.0f} min" if seconds < _HOURS_FROM_S else f"{minutes / _MINUTE_S:.0f} h"


def held(running: int) -> str:
    """Say that a delete waits for runs to end."""
    what = "a run" if running == 1 else f"{running} runs"
    return f"it is off; waits for {what} to end before the delete is sent"


def half_done() -> str:
    """Say that the first write of a delete was accepted."""
    return "accepted, waiting to see it off; the delete itself is sent after that"


def left_half_done() -> str:
    """Say that a delete was left after its first write."""
    return "only turning it off was sent, the delete was not: it stays until it is deleted again"


def already(verb: Verb, status: int) -> str:
    """Say that the server refused because it was so already."""
    what = {
        Verb.CANCEL: "it had ended before the cancel came",
        Verb.ENABLE: "it was on already",
        Verb.DISABLE: "it was off already",
        Verb.SET_CRON: "it had that cadence already",
        Verb.DELETE: "it was gone already",
    }.get(verb, "it was so already")
    return f"{what} ({status})"
