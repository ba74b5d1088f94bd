"""What stands beside and under the field of a cron expression while it is typed.

Pure spans. The tree names the five fields, last one first, each on a line that leads to its place
in the text; what cannot be read gets a caret at the fault and the reason instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qsui.domain.cron_edit import EVEN_STEPS, LIMITS, FieldSpan, is_alias, spans
from qsui.domain.cron_grammar import FIELD_NAMES, Cron, CronError, expand, parse, read_field
from qsui.present import cadence, text
from qsui.present.role import Role, Span, Spans
from qsui.present.signs import Sign

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qsui.present.layout import LookContext

TREE_LINES = 5
TREE_NAMES = ("minute", "hour", "day", "month", "weekday")
NAMES_FROM = 20
"""The column of the tree's names, further right only for a long expression."""

_NAME_WIDTH = 9
_DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NEVER = "never fires: no such date"


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the field: its value if it can be read, else the fault."""

    text: str
    cron: Cron | None = None
    fault: CronError | None = None


def typed(words: str) -> Typed:
    """Read what stands in the field; of several faults a field's own comes before a missing one."""
    try:
        return Typed(words, parse(words))
    except CronError as fault:
        found = spans(words)
        own = None
        if not fault.field and not is_alias(words) and len(found) < len(FIELD_NAMES):
            own = next(filter(None, map(_fault_of, found)), None)
        return Typed(words, None, own or fault)


def _fault_of(span: FieldSpan) -> CronError | None:
    try:
        read_field(span.index, span.text)
    except CronError as fault:
        return CronError(fault.field, span.start + fault.position, fault.reason)
    return None


def sentence(value: Typed, ctx: LookContext, width: int, *, is_changed: bool) -> Spans:
    """Return the expression in plain words and whether it is valid, cut to `width`."""
    if value.fault is not None:
        return ((text.elide_end(f"{ctx.signs.of(Sign.FAILED)} not valid", width), Role.ERROR),)
    cron = value.cron
    if cron is not None and cron.is_never and not cron.is_once:
        words = f"{ctx.signs.of(Sign.ALARM)} {_NEVER}"
        return ((text.elide_end(words, width, ctx.signs.ellipsis), Role.WARN),)
    mark = f"{ctx.signs.of(Sign.OK)} valid"
    room = width - len(mark) - 3
    words = cadence.long(value.text, ctx.locale)
    zone = "" if cron is not None and cron.is_once else " UTC"
    kept = text.elide_end(words, max(1, room - len(zone)), ctx.signs.ellipsis)
    if room < 8:
        return ((text.elide_end(words, width, ctx.signs.ellipsis), Role.STRONG),)
    tail: Span = (f"   {mark}", Role.OK) if is_changed else ("   as now", Role.MUTED)
    return ((kept, Role.STRONG), (zone, Role.MUTED), tail)


def now_line(
    cron: str, indent: int, words_at: int, width: int, ctx: LookContext, *, server_words: str = ""
) -> Spans:
    """Return the present expression over the field, and its words over those of the new one.

    `server_words` are a server's own words for a cadence that it gives no expression of.
    """
    raw = text.printable(cron.strip(), 200) or ctx.signs.nothing
    said = cadence.long(cron, ctx.locale)
    lead: Span = (f"{'Now':<{indent}}", Role.MUTED)
    room = words_at - indent - 2
    if width - words_at < 20 or len(raw) > room:
        return (lead, (_short(raw, width - indent, ctx), Role.TEXT))
    known = typed(cron)
    zone = " UTC" if known.cron is not None and not known.cron.is_once else ""
    if known.fault is not None:
        own = text.printable(server_words.strip(), 200)
        said, zone = own or "not an expression we can read", ""
    beside = _short(said, width - words_at - len(zone), ctx)
    return (
        lead,
        (text.pad(raw, words_at - indent), Role.TEXT),
        (beside, Role.TEXT),
        (zone, Role.MUTED),
    )


def fault_lines(fault: CronError, indent: int, width: int, ctx: LookContext) -> list[Spans]:
    """Return a caret under the place of the fault, the reason, and what the field takes."""
    column = max(0, min(indent + fault.position, width - 1))
    lines: list[Spans] = [((" " * column + "^", Role.ERROR),)]
    left = min(indent, max(0, width - 20))
    room = max(1, width - left)
    said = [(line, Role.ERROR) for line in _wrapped(str(fault), room)]
    said += [(ctx.signs.words(line), Role.MUTED) for line in _wrapped(_takes(fault), room)]
    lines.extend(((" " * left, Role.TEXT), span) for span in said)
    return lines


def _takes(fault: CronError) -> str:
    if fault.field not in FIELD_NAMES:
        return ""
    index = FIELD_NAMES.index(fault.field)
    low, high = LIMITS[index]
    names = {3: ", names jan-dec", 4: " (7 is Sunday too), names sun-sat"}.get(index, "")
    some = EVEN_STEPS[index][0]
    return f"It takes *, {low}-{high}{names}, lists 1,3, ranges 1-3, steps */{some}."


def tree(
    value: Typed, indent: int, width: int, ctx: LookContext, *, active: int = -1
) -> list[Spans]:
    """Return five lines: weekday, month, day, hour, minute, each with the values it names.

    `indent` is where the text begins; lines lead to the fields unless it is an alias, or too long.
    `active` is the field under the text cursor.
    """
    if value.cron is None or value.cron.is_once:
        return [()] * TREE_LINES
    places = [] if is_alias(value.text) else [indent + span.start for span in spans(value.text)]
    names_from = max([NAMES_FROM, *(place + 4 for place in places)])
    if names_from + _NAME_WIDTH + 4 > width:
        places, names_from = [], indent
    fields = expand(value.text).split()
    lines: list[Spans] = []
    for index in range(TREE_LINES - 1, -1, -1):
        lead = _lead(places, index, names_from, plain=ctx.signs.ascii)
        room = width - names_from - _NAME_WIDTH
        values = values_of(index, fields[index], room, ctx)
        role = Role.MUTED if values == "any" else Role.TEXT
        name: Span = (
            f"{TREE_NAMES[index]:<{_NAME_WIDTH}}",
            Role.STRONG if index == active else Role.MUTED,
        )
        lines.append(((lead, Role.RULE), name, (values, role)))
    return lines


def _lead(places: Sequence[int], index: int, width: int, *, plain: bool) -> str:
    """The lines from the fields down to the names: one ends here, those left of it go on."""
    if not places:
        return " " * width
    down, turn, right = "|+-" if plain else "│└─"
    cells = [" "] * width
    for place in places[:index]:
        cells[place] = down
    cells[places[index]] = turn
    for column in range(places[index] + 1, width - 1):
        cells[column] = right
    return "".join(cells)


def values_of(index: int, field: str, width: int, ctx: LookContext) -> str:
    """Return what one valid field stands for: `any`, `0, 6, 12, 18`, `Mon-Fri`."""
    values = read_field(index, field)
    low, high = LIMITS[index]
    names: Sequence[str]
    if len(values) > high - low:
        return "any"
    if index == 4:
        order = sorted(values, key=lambda day: (day - 1) % 7)
        numbers, names = [(day - 1) % 7 for day in order], (*_DAYS[1:], _DAYS[0])
    elif index == 3:
        numbers, names = [month - 1 for month in sorted(values)], _MONTHS
    else:
        numbers, names = sorted(values), tuple(str(value) for value in range(high + 1))
    parts = [
        names[first] if first == last else f"{names[first]}-{names[last]}"
        for first, last in _stretches(numbers)
    ]
    return _fitting(parts, width, ctx.signs.ellipsis)


def _stretches(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Return ascending numbers as stretches; two neighbours are no stretch."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    split: list[tuple[int, int]] = []
    for first, last in found:
        split += [(first, first), (last, last)] if last == first + 1 else [(first, last)]
    return split


def _fitting(parts: Sequence[str], width: int, ellipsis: str) -> str:
    """Join parts; if they do not fit, the first ones and the last."""
    joined = ", ".join(parts)
    for count in range(len(parts) - 2, -1, -1):
        if len(joined) <= width:
            break
        joined = f"{', '.join(parts[:count])} {ellipsis} {parts[-1]}".lstrip()
    return text.elide_end(joined, width, ellipsis)


def _wrapped(words: str, width: int) -> list[str]:
    lines: list[str] = []
    for word in text.printable(words).split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(text.elide_end(word, width))
    return lines


def outcome_lines(
    old: str,
    value: Typed,
    label: int,
    width: int,
    ctx: LookContext,
    *,
    runs_workflow: bool = False,
    server_words: str = "",
) -> list[Spans]:
    """Return what will be sent and how it is put back, each in one line.

    A schedule that `runs_workflow` gets a recurrence as its server can say it; `server_words` are
    what it has now.
    """
    before = text.printable(old.strip(), 200)
    after = " ".join(value.text.split()) if value.fault is None else ctx.signs.ellipsis
    arrow = ">" if ctx.signs.ascii else "→"
    sends = f'PATCH replace /schedule/schedule "{before}" {arrow} "{after}"'
    undo = f"u puts {before} back, if nobody changed it since"
    if runs_workflow:
        now = before or text.printable(server_words.strip(), 200) or "what it has now"
        sends = f"a new recurrence: {now} {arrow} {after}, as this release can say it"
        undo = "u puts the old recurrence back, if nobody changed it since"
    if value.fault is None and value.text.split() == old.split():
        sends, undo = "nothing: New is the same as now", "nothing to put back"
    return [
        ((f"{head:<{label}}", Role.MUTED), (_short(words, width - label, ctx), Role.TEXT))
        for head, words in (("Sends", sends), ("Undo", undo))
    ]


def _short(words: str, width: int, ctx: LookContext) -> str:
    return text.elide_end(words, max(1, width), ctx.signs.ellipsis)
