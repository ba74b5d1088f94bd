"""Editing a cron expression as text: where its fields are, what a step makes of one, presets.

Nothing here fires. `cron_grammar.py` says what is valid, `cron_effect.py` what an edit changes.

A step (Up or Down) changes the piece of the expression under the text cursor and never makes a
valid expression invalid:

- a number or name goes to the next or previous one and wraps within its field; in a list it skips
  the other numbers of the list; the end of a range stays beyond its start, and the other way round
- `*` becomes the lowest (Up) or highest (Down) value
- the step of `*/n` goes to the next n that divides the field evenly: every 2, 3, 4, 5, 6, 10 …
  minutes; that of a range by one
- an alias goes to the next one in the order of the lengths of their intervals
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from qsui.domain.cron_grammar import (
    ALIASES,
    FIELD_NAMES,
    MONTH_WORDS,
    WEEKDAY_WORDS,
    CronError,
    read_field,
)

LIMITS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
"""The lowest and highest value of each field, Sunday being 0."""

EVEN_STEPS = (
    (2, 3, 4, 5, 6, 10, 12, 15, 20, 30),
    (2, 3, 4, 6, 8, 12),
    (2, 3, 4, 5, 6, 7, 10, 14, 15),
    (2, 3, 4, 6),
    (2, 3),
)
"""What `*/n` steps through, by field."""

ALIAS_RING = ("@hourly", "@daily", "@weekly", "@monthly", "@yearly")

_PART = re.compile(r"(\*|[0-9A-Za-z]+)(?:-([0-9A-Za-z]+))?(?:/([0-9]+))?")
_WEEKDAY = 4


@dataclass(frozen=True, slots=True)
class FieldSpan:
    """One word of an expression; `start` and `end` are offsets in the text as given."""

    index: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Edited:
    """A text and where its cursor stands then."""

    text: str
    cursor: int


@dataclass(frozen=True, slots=True)
class Preset:
    """A ready expression; `words` is what it is called (`daily`)."""

    words: str
    cron: str


def spans(text: str) -> tuple[FieldSpan, ...]:
    """Return the words of an expression from left to right, more than five if there are."""
    words = re.finditer(r"\S+", text)
    return tuple(FieldSpan(i, m.start(), m.end(), m.group()) for i, m in enumerate(words))


def span_at(text: str, cursor: int) -> FieldSpan | None:
    """Return the word under the cursor; on blanks the one before; `None` if there is no word."""
    found = spans(text)
    before = [span for span in found if span.start <= cursor]
    return before[-1] if before else next(iter(found), None)


def is_alias(text: str) -> bool:
    """Whether what is typed begins as an alias does."""
    return text.lstrip().startswith("@")


def step(text: str, cursor: int, direction: int) -> Edited | None:
    """Step what is under the cursor, `direction` 1 (Up) or -1; `None` if it cannot be stepped."""
    span = span_at(text, cursor)
    if span is None:
        return None
    if is_alias(text):
        return _step_alias(text, direction)
    if span.index >= len(FIELD_NAMES) or not _is_valid(span.index, span.text):
        return None
    offset = min(max(cursor - span.start, 0), len(span.text))
    stepped = _step_field(span, offset, direction)
    if stepped is None:
        return None
    return Edited(text[: span.start] + stepped.text + text[span.end :], span.start + stepped.cursor)


def presets(text: str, fallback: str) -> tuple[Preset, ...]:
    """Return hourly, daily, weekly and monthly at the time of day that the expression names.

    The time is the first one of `text`, of `fallback` if that cannot be read; weekly keeps the day
    of the week, monthly that of the month, if there is just one.
    """
    fields = _five(text) or _five(fallback) or ("0", "0", "*", "*", "*")
    low = [min(read_field(index, field)) for index, field in enumerate(fields)]
    minute = low[0]
    hour = low[1] if len(read_field(1, fields[1])) < 24 else 0
    day = low[2] if len(read_field(2, fields[2])) == 1 else 1
    weekday = low[4] % 7 if len(read_field(4, fields[4])) == 1 else 1
    return (
        Preset("hourly", f"{minute} * * * *"),
        Preset("daily", f"{minute} {hour} * * *"),
        Preset("weekly", f"{minute} {hour} * * {weekday}"),
        Preset("monthly", f"{minute} {hour} {day} * *"),
    )


def from_quartz(text: str) -> str:
    """Return the five fields that a Quartz expression means; empty if that is not certain.

    Certain is one that fires at second 0 of every year, without L, W and #, whose days of the week
    are names: Quartz counts them from 1 (Sunday), others from 0.
    """
    words = text.split()
    if len(words) not in (6, 7) or words[0] != "0" or (len(words) == 7 and words[6] != "*"):
        return ""
    five = ["*" if word == "?" else word for word in words[1:6]]
    if any(char.isdigit() for char in five[_WEEKDAY]):
        return ""
    return " ".join(five) if all(_is_valid(i, word) for i, word in enumerate(five)) else ""


def _five(text: str) -> tuple[str, ...] | None:
    words = tuple(ALIASES.get(text.strip().lower(), text).split())
    if len(words) != len(FIELD_NAMES):
        return None
    return words if all(_is_valid(index, word) for index, word in enumerate(words)) else None


def _is_valid(index: int, text: str) -> bool:
    try:
        read_field(index, text)
    except CronError:
        return False
    return True


def _step_alias(text: str, direction: int) -> Edited | None:
    word = text.strip().lower()
    same = [alias for alias in ALIAS_RING if ALIASES[alias] == ALIASES.get(word)]
    if not same and word != "@once":
        return None
    if same:
        chosen = ALIAS_RING[(ALIAS_RING.index(same[0]) + direction) % len(ALIAS_RING)]
    else:
        chosen = ALIAS_RING[0 if direction > 0 else -1]
    start = len(text) - len(text.lstrip())
    return Edited(text[:start] + chosen, start + len(chosen))


def _step_field(span: FieldSpan, offset: int, direction: int) -> Edited | None:
    """Step one part of a list; the cursor is relative to the field, before and after."""
    parts = span.text.split(",")
    at = span.text.count(",", 0, offset)
    start = sum(len(part) + 1 for part in parts[:at])
    match = _PART.fullmatch(parts[at])
    if match is None:
        return None
    piece = _piece_at(match, offset - start)
    for new in _candidates(span.index, match, piece, direction):
        changed = parts[at][: match.start(piece)] + new + parts[at][match.end(piece) :]
        field = ",".join([*parts[:at], changed, *parts[at + 1 :]])
        is_new = changed not in parts[:at] + parts[at + 1 :]
        if changed != parts[at] and is_new and _is_valid(span.index, field):
            inside = min(max(offset - start - match.start(piece), 0), len(new))
            was_behind = offset - start >= match.end(piece)
            return Edited(field, start + match.start(piece) + (len(new) if was_behind else inside))
    return None


def _piece_at(match: re.Match[str], offset: int) -> int:
    """Which of first (1), last (2) and step (3) the cursor is on; `*/n` has only a step."""
    if match[3] is not None and (match[1] == "*" or offset >= match.start(3)):
        return 3
    return 2 if match[2] is not None and offset >= match.start(2) else 1


def _candidates(index: int, match: re.Match[str], piece: int, direction: int) -> list[str]:
    """Return all that a piece can become, nearest first, round the whole ring."""
    low, high = LIMITS[index]
    text = match[piece]
    if piece == 3:
        ring = EVEN_STEPS[index] if match[1] == "*" else tuple(range(1, high + 1))
        return [str(value) for value in _round(ring, int(text), direction)]
    if text == "*":
        return [str(low if direction > 0 else high)]
    is_end = piece == 2
    value = _value(index, text, is_end=is_end)
    if index == _WEEKDAY and is_end:
        high = 7
    elif index == _WEEKDAY and value == 7:
        value = 0
    ring = tuple(range(low, high + 1))
    return [_spelt(index, number, text) for number in _round(ring, value, direction)]


def _round(ring: tuple[int, ...], value: int, direction: int) -> list[int]:
    """Return the ring from the neighbour of `value` on, in one direction."""
    if direction > 0:
        at = next((i for i, member in enumerate(ring) if member > value), 0)
        return [*ring[at:], *ring[:at]]
    at = next((i for i in range(len(ring) - 1, -1, -1) if ring[i] < value), len(ring) - 1)
    return [*reversed(ring[: at + 1]), *reversed(ring[at + 1 :])]


def _value(index: int, text: str, *, is_end: bool) -> int:
    if text.isdigit():
        return int(text)
    if index == _WEEKDAY:
        number = WEEKDAY_WORDS.index(text.lower())
        return 7 if number == 0 and is_end else number
    return MONTH_WORDS.index(text.lower()) + 1


def _spelt(index: int, value: int, like: str) -> str:
    """Spell a value as its neighbour is: a name in its case, a number with its leading zero."""
    if like.isdigit():
        width = len(like) if like[0] == "0" else 1
        return f"{value:0{width}d}"
    word = WEEKDAY_WORDS[value % 7] if index == _WEEKDAY else MONTH_WORDS[value - 1]
    if like.isupper():
        return word.upper()
    return word.capitalize() if like[0].isupper() else word


def at_slot(text: str, minute: int, hour: int | None) -> str:
    """Return the expression at another minute (and hour, unless `None`); as it is if not valid."""
    fields = _five(text)
    if fields is None:
        return text
    return " ".join((str(minute), fields[1] if hour is None else str(hour), *fields[2:]))
