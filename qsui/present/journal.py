"""The journal on screen: the cells of an action's row, and all that is known of one action."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING

from qsui.domain.actions import Verb
from qsui.domain.models import Kind, Ref
from qsui.domain.pending import Stage
from qsui.present import text
from qsui.present.layout import Column
from qsui.present.outcomes import STAGE_LOOKS
from qsui.present.role import Cell, PaneLine, Role, Span, Spans
from qsui.present.scopes import scope_cell
from qsui.present.signs import Sign

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from qsui.domain.journal import Deed, Entry
    from qsui.present.cells_schedule import SortKey
    from qsui.present.layout import Fitted, LookContext

JOURNAL_COLUMNS: tuple[Column, ...] = (
    Column("time", "Time", 9, sort_key="time"),
    Column("what", "What", 12, when="always", sort_key="what"),
    Column("on", "On", 12, flex=True, when="always", sort_key="on"),
    Column("result_narrow", "", 6, when="narrow"),
    Column("result", "Result", 22, drop=1, sort_key="result", ages=True),
    Column("who", "Who", 11, drop=3, sort_key="who"),
    Column("undo", "Undo", 6, drop=2),
)

_WHAT = {
    Verb.TRIGGER: "trigger",
    Verb.ENABLE: "turn on",
    Verb.DISABLE: "turn off",
    Verb.SET_CRON: "cadence",
    Verb.RERUN: "re-run",
}
_LINE = 400
_BODY_LINE = 4_000


def what_words(deed: Deed) -> str:
    """Return what was done: `trigger`, `cancel run`, `delete query`; an unknown word as it is."""
    verb, ref = deed.intent.verb, deed.intent.ref
    if verb == Verb.TRIGGER and ref is not None and ref.kind is Kind.WORKFLOW:
        return "run now"
    try:
        known = _WHAT.get(Verb(verb))
    except ValueError:
        return text.printable(verb, 40)
    kind = ref.kind if ref is not None else ""
    return known or f"{verb} {'sched' if kind is Kind.SCHEDULE else kind}".strip()


def name_of(deed: Deed) -> str:
    """Return what the target was called, else its id."""
    intent = deed.intent
    return text.printable_name(intent.name or (intent.ref.id if intent.ref is not None else ""))


_RESULT_WORDS = {
    Stage.SENDING: ("no answer noted", "sent"),
    Stage.SENT: ("sent, not seen", "sent"),
    Stage.UNKNOWN: ("unknown", "?"),
    Stage.DONE: ("done", "done"),
    Stage.NO_EFFECT: ("no effect in 5 min", "none"),
    Stage.REFUSED: ("refused", "no"),
    Stage.NOT_SENT: ("not sent", "no"),
}
_LOOKS = STAGE_LOOKS | {Stage.SENDING: (Sign.ALARM, Role.WARN)}
"""Here an action without an answer is one that ended with its program."""

_RESULTS = {stage: (*_LOOKS[stage], *words) for stage, words in _RESULT_WORDS.items()}


def result_words(deed: Deed, ctx: LookContext) -> str:
    """Return how it ended without its sign: `done, seen after 22s`, `refused (409)`."""
    words = _RESULTS[deed.stage][2]
    outcome = deed.outcome
    if deed.stage is Stage.DONE and deed.took is not None:
        return f"{words}, seen +{text.duration(deed.took)}"
    if deed.stage.is_open:
        return f"{words} {text.age(deed.intent.at, ctx.now)}"
    if deed.stage is Stage.REFUSED and outcome is not None and outcome.status:
        return f"{words} ({outcome.status})"
    return words


def _result(deed: Deed, ctx: LookContext, width: int) -> Cell:
    sign, role, _, narrow = _RESULTS[deed.stage]
    words = result_words(deed, ctx)
    shown = words if len(words) + 2 <= width else narrow
    return Cell(((f"{ctx.signs.of(sign)} {shown}", role),))


def undo_words(deed: Deed, *, may_undo: bool) -> str:
    """Return what the last column says; empty if it cannot be undone."""
    if deed.undone_by:
        return "undone"
    if deed.intent.undoes:
        return "undoes"
    return "u undo" if may_undo else ""


def journal_cells(
    deed: Deed, ctx: LookContext, fitted: Sequence[Fitted], *, may_undo: bool
) -> tuple[Cell, ...]:
    """Make the cells of an action's row for the columns that fit."""
    return tuple(_cell(column.id, deed, ctx, width, may_undo=may_undo) for column, width in fitted)


def _cell(id: str, deed: Deed, ctx: LookContext, width: int, *, may_undo: bool) -> Cell:
    nothing = ctx.signs.nothing
    match id:
        case "time":
            return Cell(((text.moment(deed.intent.at, ctx.now, ctx.zone), Role.MUTED),))
        case "what":
            return Cell(((what_words(deed), Role.TEXT),))
        case "on":
            return Cell(((name_of(deed) or nothing, Role.TEXT),), elide="middle")
        case "who":
            who = text.printable_name(deed.intent.actor) or nothing
            return Cell(((who, Role.MUTED),), elide="middle")
        case "scope" if deed.intent.ref is not None:
            return scope_cell(deed.intent.ref, ctx)
        case "scope":
            return Cell(((nothing, Role.MUTED),))
        case "undo":
            words = undo_words(deed, may_undo=may_undo)
            role = Role.FOCUS if words.startswith("u ") else Role.MUTED
            return Cell(((words or nothing, role),))
        case _:
            return _result(deed, ctx, width)


JOURNAL_SORTS: Mapping[str, Callable[[Deed], SortKey]] = {
    "time": lambda deed: (deed.intent.at,),
    "what": lambda deed: (what_words(deed),),
    "on": lambda deed: (deed.intent.name.casefold(),),
    "result": lambda deed: (list(Stage).index(deed.stage),),
    "who": lambda deed: (deed.intent.actor.casefold(),),
}


def journal_title(deed: Deed, ctx: LookContext) -> Spans:
    """Return the title of one action: time, what, on which, result."""
    sign, role, _, _ = _RESULTS[deed.stage]
    return (
        (f"{text.moment_long(deed.intent.at, ctx.now, ctx.zone)}  ", Role.MUTED),
        (f"{what_words(deed)}  ", Role.STRONG),
        (f"{text.elide_middle(name_of(deed), 60)}  ", Role.TEXT),
        (f"{ctx.signs.of(sign)} {result_words(deed, ctx)}", role),
    )


def journal_lines(deed: Deed, ctx: LookContext, *, may_undo: bool) -> tuple[PaneLine, ...]:
    """Return all that the journal knows of an action, labelled."""
    intent, outcome, effect = deed.intent, deed.outcome, deed.effect
    lines: list[PaneLine] = []
    if intent.before or intent.after:
        lines.append(("Before", _plain(intent.before, ctx)))
        lines.append(("After", _plain(intent.after, ctx)))
    if intent.reason:
        lines.append(("Reason", _plain(intent.reason, ctx)))
    lines.append(("Who", _plain(intent.actor, ctx)))
    lines.append(("Begun", _plain(text.clock(intent.at, ctx.zone), ctx)))
    lines.append(("Answer", _answer(outcome, intent)))
    lines.append(("Effect", _effect(deed, effect, ctx)))
    lines.append(("Undo", ((_undo_sentence(deed, may_undo=may_undo), Role.TEXT),)))
    if intent.request:
        lines.append(("Request", _plain(intent.request, ctx)))
    if intent.body:
        lines.append(("Body", ((text.printable(intent.body, _BODY_LINE), Role.TEXT),)))
    if intent.ref is not None:
        lines.append(("Id", _plain(intent.ref.id or "given by the server", ctx)))
        if intent.ref.parent:
            lines.append(("Schedule", _plain(intent.ref.parent, ctx)))
    return tuple(lines)


def _plain(words: str, ctx: LookContext) -> Spans:
    return ((text.printable(words, _LINE) or ctx.signs.nothing, Role.TEXT),)


def _answer(outcome: Entry | None, intent: Entry) -> Spans:
    if outcome is None:
        return (("none was noted: the program ended before it came", Role.WARN),)
    if not outcome.status:
        return ((text.printable(outcome.words or outcome.stage, _LINE), Role.WARN),)
    seconds = max(0.0, (outcome.at - intent.at).total_seconds())
    spans: list[Span] = [(f"HTTP {outcome.status} in {seconds:.1f} s", Role.TEXT)]
    if outcome.request_id:
        spans.append((f", request id {text.printable(outcome.request_id, 80)}", Role.MUTED))
    if outcome.words:
        spans.append((f"  {text.printable(outcome.words, _LINE)}", Role.MUTED))
    return tuple(spans)


def _effect(deed: Deed, effect: Entry | None, ctx: LookContext) -> Spans:
    if effect is None:
        over = deed.stage in (Stage.REFUSED, Stage.NOT_SENT)
        return (("none: it was not taken" if over else "not seen yet", Role.MUTED),)
    spans: list[Span] = []
    if deed.stage is Stage.DONE:
        took = f" (+{text.duration(deed.took)})" if deed.took is not None else ""
        spans.append((f"seen at {text.clock(effect.at, ctx.zone)}{took}", Role.TEXT))
    else:
        spans.append((_RESULTS[deed.stage][2], Role.WARN))
    if effect.result_id:
        spans.append((f", made {text.printable(effect.result_id, 80)}", Role.MUTED))
    if effect.words and not effect.words.startswith("seen after"):
        spans.append((f"  {text.printable(effect.words, _LINE)}", Role.MUTED))
    return tuple(spans)


def _undo_sentence(deed: Deed, *, may_undo: bool) -> str:
    if deed.undone_by:
        return "undone since"
    if deed.intent.undoes:
        return "this was an undo itself"
    if not may_undo:
        return "not from here"
    if deed.intent.verb == Verb.TRIGGER:
        if deed.intent.request.endswith("/jobs"):
            return "u offers to cancel its job until it has ended"
        return "u offers to cancel its run while it runs"
    before = text.printable(deed.intent.before, 80)
    return f"u puts {before or 'the old state'} back, if nobody changed it since"


def journal_json(deed: Deed) -> bytes:
    """Return an action's lines as JSON, one a line; nothing in them is secret."""
    entries = [entry for entry in (deed.intent, deed.outcome, deed.effect) if entry is not None]
    return "\n".join(json.dumps(_plain_values(entry)) for entry in entries).encode()


def _plain_values(entry: Entry) -> dict[str, object]:
    shown: dict[str, object] = {}
    for each in fields(entry):
        value = getattr(entry, each.name)
        if isinstance(value, datetime):
            shown[each.name] = value.isoformat()
        elif isinstance(value, Ref):
            shown |= {"ref_kind": value.kind.value, "id": value.id, "parent": value.parent}
        elif value not in ("", 0, None):
            shown[each.name] = value
    return shown
