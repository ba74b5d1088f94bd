"""What a plan says in its dialog: title, button, targets, requests.

Pure: actions and targets in, words and spans out, every server's text harmless. Lines are not
wrapped here, except that a path is cut in its middle to the width it is given.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qsui.domain.actions import CAN_BE_UNDONE, Verb
from qsui.domain.drafts import query_of_draft
from qsui.domain.models import Kind, Query, Schedule, Template
from qsui.present import text
from qsui.present.outcomes import VERB_WORDS
from qsui.present.role import Role, Span, Spans
from qsui.present.target_words import kind_word, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qsui.domain.actions import Action
    from qsui.domain.ports import Outgoing
    from qsui.present.shown_target import ShownTarget
    from qsui.present.signs import SignSet

_RUN = "Run"
"""What a trigger of a workflow is called: no schedule is pulled, it is run by hand."""

NAME_CELLS = 28
"""A target's name takes at most so many cells."""

MOST_BODY_LINES = 4
"""A request is shown in at most so many lines; C copies it whole."""

_CALLS = {
    Verb.TRIGGER: "run",
    Verb.CANCEL: "cancel",
    Verb.ENABLE: "turn-on",
    Verb.DISABLE: "turn-off",
    Verb.SET_CRON: "cadence",
    Verb.DELETE: "delete",
    Verb.CREATE: "create",
    Verb.RERUN: "submit",
}
ADDS_AGAIN = "a second run adds the same rows again"
"""A warning about what is written: it is told once, beside the datasets."""

_INSERTS = re.compile(r"\s*INSERT\s", re.IGNORECASE)
_MAKES = re.compile(r"\s*CREATE\s", re.IGNORECASE)


# Titles and buttons


def target_name(action: Action) -> str:
    """Return what the target is called, harmless, at its whole length; a new one by its draft."""
    return text.printable_name(action.name) or text.id_short(action.target.id)


def plan_title(actions: Sequence[Action], *, sent: int | None = None, marked: int = 0) -> str:
    """Return `Trigger 2 of 3 marked schedules` or, for one, `Turn off daily_profile_merge`.

    `sent` is how many go (`None`: not known yet), `marked` how many rows were marked.
    """
    if not actions:
        return "Nothing to do"
    first = actions[0]
    verb = VERB_WORDS[first.verb]
    if any(action.undoes for action in actions):
        verb = f"Undo: {verb[0].lower()}{verb[1:]}"
    if len(actions) == 1 and marked < 2:
        return _title_of_one(first, verb)
    kind = kind_word(first.target.kind, len(actions))
    now = ""
    if _runs_workflow(first):
        verb, now = _RUN, " now"
    count = f"{sent} of {len(actions)}" if sent not in (None, len(actions)) else f"{len(actions)}"
    return f"{verb} {count} {'marked ' if marked else ''}{kind}{now}"


def _runs_workflow(action: Action) -> bool:
    return action.verb is Verb.TRIGGER and action.target.kind is Kind.WORKFLOW


def _title_of_one(action: Action, verb: str) -> str:
    name, kind = target_name(action), action.target.kind
    match action.verb:
        case Verb.CREATE if kind is Kind.QUERY:
            return f"{verb.replace('Create', 'Submit')} query {name}".rstrip()
        case Verb.CREATE | Verb.DELETE:
            return f"{verb} {kind.value} {name}".rstrip()
        case Verb.CANCEL:
            return f"{verb} {kind.value} {name}"
        case Verb.TRIGGER if kind is Kind.WORKFLOW:
            return f"{_RUN} workflow {name} now"
        case Verb.RERUN:
            return f"{verb} the query of {name}" if kind is Kind.RUN else f"{verb} query {name}"
        case Verb.SET_CRON:
            return f"{verb} of {name}"
        case _:
            return f"{verb} {name}"


def button_words(actions: Sequence[Action], sent: int, *, unrecorded: bool = False) -> str:
    """Return `Trigger 2`, `Turn off`, or `Trigger 2, unrecorded`: never "OK"."""
    first = actions[0]
    words = VERB_WORDS[first.verb]
    if first.verb is Verb.CREATE and first.target.kind is Kind.QUERY:
        words = "Submit"
    if first.verb is Verb.CANCEL:  # a bare "Cancel" would be the name of the other button
        kind = first.target.kind
        words += f" {kind.value}" if len(actions) == 1 else f" {plural(kind, sent)}"
    elif _runs_workflow(first):
        words = f"{_RUN} now" if len(actions) == 1 else f"{_RUN} {sent} now"
    elif len(actions) > 1:
        words += f" {sent}"
    return f"{words}, unrecorded" if unrecorded else words


def deletes(actions: Sequence[Action]) -> bool:
    """Whether the dialog is red."""
    return any(action.verb is Verb.DELETE for action in actions)


def cancels(actions: Sequence[Action]) -> bool:
    """Whether something that runs is ended: the other button says what happens without it."""
    return any(action.verb is Verb.CANCEL for action in actions)


def lasts(actions: Sequence[Action]) -> bool:
    """Whether `u` cannot put it back: the dialog is amber."""
    return any(action.verb not in CAN_BE_UNDONE for action in actions)


# Targets


def change_words(target: ShownTarget) -> Spans:
    """Return what is replaced by what, `0 2 * * * -> 30 6 * * *`; empty if that says nothing."""
    if not target.before or not target.after or target.action.verb is not Verb.SET_CRON:
        return ()
    return (
        (f"{text.printable(target.before, 80)}", Role.MUTED),
        (" -> ", Role.MUTED),
        (text.printable(target.after, 80), Role.STRONG),
    )


def warnings_of(target: ShownTarget, *, is_hidden: bool) -> tuple[str, ...]:
    """Return what a person should know before, each a clause, harmless; of one that stays, less."""
    said = () if target.refusal else target.warnings
    told_beside = ADDS_AGAIN if target.writes else ""
    words = [text.printable(words, 200) for words in said if words != told_beside]
    return (*words, HIDDEN) if is_hidden else tuple(words)


HIDDEN = "hidden by the filter"


def left_out_words(target: ShownTarget) -> str:
    """Return `left out: it is off, the API would refuse`; empty if it goes."""
    return f"left out: {text.printable(target.refusal, 300)}" if target.refusal else ""


# What is sent, written, undone


def sends_lines(targets: Sequence[ShownTarget], width: int, signs: SignSet) -> list[Spans]:
    """Return the requests: one is shown with its path and body, several by their number."""
    outgoing = [(target.action.verb, each) for target in targets for each in target.outgoing]
    if not outgoing:
        return [(("nothing", Role.MUTED),)]
    if len(targets) == 1:
        return [line for _, each in outgoing for line in _request_lines(each, width, signs)]
    counts: dict[tuple[str, str], int] = {}
    for verb, each in outgoing:
        counts[each.method, _call_word(verb, each)] = (
            counts.get((each.method, _call_word(verb, each)), 0) + 1
        )
    return [
        ((f"{count} {method} {word} {'calls' if count > 1 else 'call'}", Role.TEXT),)
        for (method, word), count in counts.items()
    ]


def _call_word(verb: Verb, outgoing: Outgoing) -> str:
    if verb is Verb.DELETE and outgoing.method != "DELETE" and '"disable"' in outgoing.body:
        return "turn-off"
    return _CALLS[verb]


def _request_lines(outgoing: Outgoing, width: int, signs: SignSet) -> list[Spans]:
    path = text.printable_name(outgoing.path)
    room = max(8, width - len(outgoing.method) - 1)
    lines: list[Spans] = [
        (
            (f"{text.printable(outgoing.method, 10)} ", Role.TEXT),
            (text.elide_middle(path, room, signs.ellipsis), Role.TEXT),
        )
    ]
    if outgoing.method in ("PATCH", "PUT") and outgoing.body:
        lines += [
            ((part, Role.MUTED),) for part in _body_lines(outgoing.body, max(8, width), signs)
        ]
    return lines


def _body_lines(body: str, width: int, signs: SignSet) -> list[str]:
    """Break a body behind its commas where they are, else where the line ends."""
    rest = text.printable(body)
    parts: list[str] = []
    while text.width_of(rest) > width and len(parts) < MOST_BODY_LINES - 1:
        part = text.take_cells(rest, width)
        part = part[: part.rfind(",") + 1] or part
        parts.append(part)
        rest = rest[len(part) :]
    return [*parts, text.elide_end(rest, width, signs.ellipsis)]


def writes_spans(targets: Sequence[ShownTarget]) -> Spans:
    """Return the datasets written and how, `loyalty_out, audience_out by INSERT`; may be empty."""
    names = list(dict.fromkeys(name for target in targets for name in target.writes))
    if not names:
        return ()
    spans: list[Span] = [(", ".join(text.printable_name(name) for name in names), Role.TEXT)]
    ways = {_way(_sql_of(target)) for target in targets if target.writes}
    if len(ways) == 1 and (way := ways.pop()):
        spans.append((f" by {way}", Role.MUTED))
    return tuple(spans)


def adds_again(targets: Sequence[ShownTarget]) -> bool:
    """Whether a second run of one adds the rows that a first one added."""
    return any(target.writes and ADDS_AGAIN in target.warnings for target in targets)


def _sql_of(target: ShownTarget) -> str:
    if target.action.draft is not None:
        return query_of_draft(target.action.draft).sql
    return target.record.sql if isinstance(target.record, Schedule | Query | Template) else ""


def _way(sql: str) -> str:
    if _INSERTS.match(sql):
        return "INSERT"
    return "CREATE" if _MAKES.match(sql) else ""
