"""What was done from this machine, as lines of the handoff page; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.cli.handoff_words import at, markdown, name, words
from qsui.domain.actions import Verb
from qsui.domain.models import Kind
from qsui.domain.pending import Stage
from qsui.domain.run_ids import decoded
from qsui.present.text import duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from qsui.cli.gather_schedules import JudgedSchedule
    from qsui.domain.journal import Deed

UNTOLD = (Stage.SENDING, Stage.UNKNOWN, Stage.NO_EFFECT)
_BEFORE_THE_DELETE = ("disable", "wait")


def is_untold(deed: Deed) -> bool:
    """Whether somebody must look what became of it: nobody knows, or it was left half done."""
    return deed.stage in UNTOLD or _is_half_done(deed)


def states_now(schedules: Iterable[JudgedSchedule]) -> dict[str, str]:
    """Return how each schedule stands, by its id; for lists that were read to their end."""
    return {
        one.schedule.id: f"{one.schedule.state.value.lower()}, "
        f"{name(one.schedule.cron or one.schedule.cadence_words)}"
        for one in schedules
    }


def deed_lines(deed: Deed, now: Mapping[str, str] | None) -> str:
    """Return the lines of one action; `now` is how schedules stand, `None` if that is not known."""
    intent = deed.intent
    line = f"- {at(intent.at)} {markdown(intent.verb)} {name(_target(deed))}"
    if intent.before or intent.after:
        line += f" ({name(intent.before or '-')} to {name(intent.after or '-')})"
    if intent.actor:
        line += f", by {markdown(intent.actor)}"
    line += f": **{_stage(deed)}**"
    if deed.effect is not None and deed.effect.result_id:
        made = deed.effect.result_id
        line += f", made {name(decoded(made) or made)}"
    if deed.undone_by:
        line += ", undone since"
    if intent.reason:
        line += f"; why: {words(intent.reason)}"
    if deed.stage is Stage.DONE:
        return line
    return "\n  - ".join((line, *_more(deed, now)))


def _target(deed: Deed) -> str:
    ref = deed.intent.ref
    return deed.intent.name or (ref.id if ref else "")


def _more(deed: Deed, now: Mapping[str, str] | None) -> Iterable[str]:
    """Yield what helps to find out: the words of the end, how it stands now, the request's id."""
    last = deed.effect or deed.outcome
    if last is not None and last.words and deed.stage is not Stage.SENT:
        yield words(last.words)
    ref = deed.intent.ref
    if now is not None and ref is not None and ref.kind is Kind.SCHEDULE and ref.id:
        yield f"now: {now.get(ref.id, 'no longer listed')}"
    if deed.outcome is not None and deed.outcome.request_id:
        yield f"request id: {name(deed.outcome.request_id)}"


def _is_half_done(deed: Deed) -> bool:
    """Whether it is a delete of which only turning it off was accepted so far."""
    step = deed.outcome.step if deed.outcome is not None else ""
    is_delete = deed.intent.verb == Verb.DELETE
    return deed.stage is Stage.SENT and is_delete and step in _BEFORE_THE_DELETE


def _stage(deed: Deed) -> str:
    if _is_half_done(deed):
        return "half done: it was turned off, the delete itself was not sent"
    match deed.stage:
        case Stage.SENDING:
            return "being sent when last heard of, no answer was written down"
        case Stage.SENT:
            return "accepted, its effect was not looked for or not seen yet"
        case Stage.UNKNOWN:
            return "unknown, the answer was lost; do not repeat it blindly"
        case Stage.NO_EFFECT:
            return "no effect was seen"
        case Stage.DONE if deed.took is not None:
            return f"done after {duration(deed.took)}"
        case _:
            return deed.stage.value
