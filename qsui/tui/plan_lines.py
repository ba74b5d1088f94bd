"""The text of a confirm dialog, laid out for a width: targets, facts, outcomes.

The words come from `qsui.present.plan_words`; here they are put into columns and wrapped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.domain.actions import Verb
from qsui.domain.drafts import FIXED_LATER
from qsui.domain.models import Kind
from qsui.present import outcomes, plan_words, target_words
from qsui.present.role import Role, Span
from qsui.present.text import elide_end, elide_middle, pad, printable, width_of
from qsui.tui.widgets.lines import wrap
from qsui.tui.widgets.span_view import line_width, spread

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from qsui.domain.models import Ref
    from qsui.domain.pending import Pending
    from qsui.live.plans import Plan, Target
    from qsui.present.signs import SignSet
    from qsui.tui.widgets.span_view import SpanLine

LABEL_CELLS = 8
GAP = "   "
MOST_WRITES = 2
NARROW = 44
"""Under so many cells a target's state goes below its name."""


def target_lines(
    plan: Plan, hidden: frozenset[Ref], width: int, signs: SignSet
) -> list[tuple[SpanLine, ...]]:
    """Return the lines of each target: name, state, warnings; left-out ones muted, with why."""
    names = [plan_words.target_name(target.action) for target in plan.targets]
    longest = max((width_of(name) for name in names), default=0)
    name_width = min(longest, plan_words.NAME_CELLS, max(8, width // 3))
    blocks: list[tuple[SpanLine, ...]] = []
    for name, target in zip(names, plan.targets, strict=True):
        is_hidden = target.action.target in hidden
        said = _said(target, is_hidden=is_hidden)
        role = Role.STRONG if target.is_sent else Role.MUTED
        if width < NARROW:
            head: SpanLine = ((elide_middle(name, width, signs.ellipsis), role),)
            body = [line for spans in said for line in wrap(spans, max(8, width - 2))]
            blocks.append((head, *((("  ", Role.TEXT), *line) for line in body)))
        else:
            shown = pad(elide_middle(name, name_width, signs.ellipsis), name_width)
            room = max(8, width - name_width - len(GAP))
            blocks.append(_beside_name((shown, role), _joined(said, room), room))
    return blocks


def _said(target: Target, *, is_hidden: bool) -> list[SpanLine]:
    """Return what is said of a target, one thing a line: its state first."""
    said: list[SpanLine] = []
    left_out = plan_words.left_out_words(target)
    if left_out:
        said.append(((left_out, Role.MUTED),))
    else:
        said.append(((target_words.state_words(target), Role.MUTED),))
        change = plan_words.change_words(target)
        if change:
            said.append(change)
    warned = plan_words.warnings_of(target, is_hidden=is_hidden)
    return [*said, *(((f"! {words}", Role.WARN),) for words in warned)]


def _joined(said: list[SpanLine], room: int) -> list[SpanLine]:
    """Put the first short warning beside the state if both fit."""
    if len(said) < 2:
        return said
    for index in range(1, len(said)):
        if line_width(said[0]) + 4 + line_width(said[index]) <= room:
            beside = (*said[0], ("    ", Role.TEXT), *said[index])
            return [beside, *said[1:index], *said[index + 1 :]]
    return said


def _beside_name(name: Span, said: Sequence[SpanLine], room: int) -> tuple[SpanLine, ...]:
    lines: list[SpanLine] = []
    indent = " " * (width_of(name[0]) + len(GAP))
    for spans in said:
        for piece in wrap(spans, room):
            if not lines:
                lines.append((name, (GAP, Role.TEXT), *piece))
            else:
                lines.append(((indent, Role.TEXT), *piece))
    return tuple(lines)


def window(
    blocks: Sequence[tuple[SpanLine, ...]], top: int, room: int, signs: SignSet
) -> tuple[list[SpanLine], int]:
    """Return the lines of the targets from `top` on that fit into `room`, and how many remain.

    If some do not fit, the last line says how many and how to see them. One is always shown.
    """
    lines: list[SpanLine] = []
    index = top
    while index < len(blocks):
        needed = len(lines) + len(blocks[index]) + (0 if index == len(blocks) - 1 else 1)
        if lines and needed > room:
            break
        lines.extend(blocks[index])
        index += 1
    below = len(blocks) - index
    if below:
        lines.append(((f"{signs.ellipsis} {below} more, Down shows them", Role.WARN),))
    elif top:
        lines.append(((f"{signs.ellipsis} {top} above, Up shows them", Role.MUTED),))
    return lines, below


def fact_lines(plan: Plan, width: int, signs: SignSet) -> list[SpanLine]:
    """Return what is sent and written, how it is undone, when it is done."""
    to_send = plan.to_send
    room = max(8, width - LABEL_CELLS)
    sends = plan_words.sends_lines(to_send, room, signs)
    them = "them" if sum(len(target.outgoing) for target in to_send) > 1 else "it"
    copies = (("C", Role.FOCUS), (f" copies {them} as curl, no secrets", Role.MUTED))
    if line_width(sends[0]) + line_width(copies) + 2 <= room:
        sends[0] = spread(sends[0], copies, room)
    elif line_width(copies) <= room:
        sends.append(copies)
    lines = _labelled("Sends", sends)
    writes = plan_words.writes_spans(to_send)
    if writes:
        again = plan_words.adds_again(to_send)
        tail: list[SpanLine] = [((f"! {plan_words.ADDS_AGAIN}", Role.WARN),)] if again else []
        kept = _capped(wrap(writes, room), room, signs)
        lines += _labelled("Writes", [*kept, *_wrapped(tail, room)])
    lines += _labelled("Undo", wrap(((printable(plan.undo), Role.TEXT),), room))
    lines += _labelled("Done", wrap(((printable(plan.done), Role.MUTED),), room))
    if _makes_schedule(plan):
        lines += _labelled("Later", wrap(((FIXED_LATER, Role.MUTED),), room))
    return lines


def _capped(lines: Sequence[SpanLine], room: int, signs: SignSet) -> list[SpanLine]:
    """Keep the targets in sight: many datasets take no more than two lines."""
    if len(lines) <= MOST_WRITES:
        return list(lines)
    texts = ["".join(text for text, _ in line) for line in lines]
    space = max(0, room - len(" and 99999 more"))
    last = texts[MOST_WRITES - 1][:space].rpartition(",")[0]
    shown = sum(text.count(",") for text in (*texts[: MOST_WRITES - 1], last))
    rest = sum(text.count(",") for text in texts) - shown - (1 if last else 0)
    words = f"{last} and {rest + 1} more"
    return [*lines[: MOST_WRITES - 1], ((elide_end(words, room, signs.ellipsis), Role.TEXT),)]


def _makes_schedule(plan: Plan) -> bool:
    return any(
        target.action.verb is Verb.CREATE and target.action.target.kind is Kind.SCHEDULE
        for target in plan.to_send
    )


def _wrapped(lines: Sequence[SpanLine], room: int) -> list[SpanLine]:
    return [piece for line in lines for piece in wrap(line, room)]


def _labelled(label: str, lines: Sequence[SpanLine]) -> list[SpanLine]:
    return [
        ((pad(label if index == 0 else "", LABEL_CELLS), Role.MUTED), *line)
        for index, line in enumerate(lines)
    ]


def outcome_lines(
    outcome: Sequence[Pending], now: datetime, width: int, signs: SignSet
) -> list[SpanLine]:
    """Return how each action came out, in words; those in trouble first."""
    lines: list[SpanLine] = []
    order = sorted(outcome, key=lambda pending: not outcomes.needs_reading((pending,)))
    for pending in order:
        sign, role = outcomes.outcome_look(pending.stage)
        name = elide_middle(plan_words.target_name(pending.action), width - 2, signs.ellipsis)
        lines.append(((f"{signs.of(sign)} ", role), (name, Role.STRONG)))
        words = ((outcomes.outcome_words(pending, now), role),)
        lines += [(("  ", Role.TEXT), *line) for line in wrap(words, max(8, width - 2))]
        if pending.request_id:
            support = f"request id {printable(pending.request_id, 80)}"
            lines += [
                (("  ", Role.TEXT), *line)
                for line in wrap(((support, Role.MUTED),), max(8, width - 2))
            ]
    return lines


def sending_words(begun: int, count: int, signs: SignSet) -> str:
    """Return `Sending 1 of 3 …`."""
    shown = min(max(1, begun), count)
    return (
        f"Sending {shown:,} of {count:,} {signs.ellipsis}"
        if count > 1
        else f"Sending {signs.ellipsis}"
    )


# Fields


NO_RECALL = "What has left cannot be called back. It goes on until every answer is there."
STOPPING = "It stops after the one under way; what has left cannot be called back."


def stopped_line(begun: int, count: int) -> SpanLine:
    """Return what is said of targets that were not begun because a person stopped it."""
    return ((f"Stopped: {count - begun:,} of {count:,} were not sent.", Role.STRONG),)


def reason_note(plan: Plan | None, reason: str, width: int) -> list[SpanLine]:
    """Return the lines below the reason's field: that it must be given, what is not recorded."""
    if plan is None:
        return []
    lines: list[SpanLine] = []
    if plan.must_argue and not reason.strip():
        words = "! needed here: an earlier action is still open, so say why once more"
        lines += wrap(((words, Role.WARN),), width)
    if plan.journal_trouble:
        words = f"! {printable(plan.journal_trouble, 300)}"
        lines += wrap(((words, Role.WARN),), width)
    return lines if lines and plan.is_production else [*lines, ()]


def arm_label(plan: Plan | None, *, has_sandbox: bool) -> Sequence[Span]:
    """Return what stands before the field that arms."""
    typed = printable(plan.typed, 60) if plan else ""
    what = "sandbox" if has_sandbox else "profile"
    return (
        (f"Type the {what} name, ", Role.TEXT),
        (typed, Role.STRONG),
        (", to arm", Role.TEXT),
    )


def arm_note(plan: Plan | None, value: str, width: int) -> list[SpanLine]:
    """Return the line below that field: what is wrong with what was typed."""
    typed = value.strip()
    if plan is None or not typed or plan.typed.startswith(typed):
        return [()]
    words = f"{printable(typed, 40)!r} is not {printable(plan.typed, 60)}"
    return [((elide_end(words, width), Role.ERROR),)]
