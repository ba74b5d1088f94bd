"""The grammar of cron expressions: what Query Service takes, read into sets.

Narrow on purpose: five fields (minute, hour, day of month, month, day of week) of `*`, `n`, `a-b`,
lists and `/step`, names of months and days, 0-7 for days of the week, and the aliases. Everything
else is refused with the field and the reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

ONCE = "@once"
ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
FIELD_NAMES = ("minute", "hour", "day of month", "month", "day of week")

_LONGEST_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_LIMITS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
MONTH_WORDS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAY_WORDS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_WORDS: tuple[dict[str, int], ...] = (
    {},
    {},
    {},
    {word: number for number, word in enumerate(MONTH_WORDS, 1)},
    {word: number for number, word in enumerate(WEEKDAY_WORDS)},
)


class CronError(ValueError):
    """An expression outside our grammar.

    `field` is one of `FIELD_NAMES` or empty if the whole is wrong, `position` the offset of the
    fault in the text as given, `reason` a sentence without the field's name.
    """

    def __init__(self, field: str, position: int, reason: str) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field = field
        self.position = position
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Cron:
    """A parsed expression; `raw` is the text as given and alone decides equality.

    `weekdays` counts from 0 (Sunday) to 6. `every_day` and `every_weekday` say that the field is
    `*`, which is not the same as naming all its values: two fields that name values are
    alternatives. `is_never` says that no date that exists is named, as in 30 February. `@once` has
    no sets and no fires.
    """

    raw: str
    minutes: tuple[int, ...] = field(compare=False, default=())
    hours: tuple[int, ...] = field(compare=False, default=())
    days: frozenset[int] = field(compare=False, default=frozenset())
    months: frozenset[int] = field(compare=False, default=frozenset())
    weekdays: frozenset[int] = field(compare=False, default=frozenset())
    every_day: bool = field(compare=False, default=True)
    every_weekday: bool = field(compare=False, default=True)
    is_once: bool = field(compare=False, default=False)
    is_never: bool = field(compare=False, default=False)


def expand(text: str) -> str:
    """Return the five fields behind an alias; any other text, `@once` too, as it is, trimmed."""
    return ALIASES.get(text.strip().lower(), text.strip())


@lru_cache(maxsize=4096)
def parse(text: str) -> Cron:
    """Read an expression or alias.

    Raises:
        CronError: It is outside our grammar.
    """
    word = text.strip().lower()
    if word == ONCE:
        return Cron(text, is_once=True, is_never=True)
    if word.startswith("@") and word not in ALIASES:
        known = ", ".join([ONCE, *ALIASES])
        raise CronError("", text.index("@"), f"{text.strip()} is no alias; known are {known}.")
    source = ALIASES.get(word, text)
    places = _split(source)
    if len(places) != len(FIELD_NAMES):
        raise CronError("", places[5][0] if len(places) > 5 else len(text), _why_not_five(places))
    sets: list[frozenset[int]] = []
    wild: list[bool] = []
    for index, (position, part) in enumerate(places):
        values, is_wild = _field(index, part, position)
        sets.append(values)
        wild.append(is_wild)
    return Cron(
        raw=text,
        minutes=tuple(sorted(sets[0])),
        hours=tuple(sorted(sets[1])),
        days=sets[2],
        months=sets[3],
        weekdays=frozenset(day % 7 for day in sets[4]),
        every_day=wild[2],
        every_weekday=wild[4],
        is_never=wild[4] and all(min(sets[2]) > _LONGEST_MONTH[month - 1] for month in sets[3]),
    )


@lru_cache(maxsize=4096)
def try_parse(text: str) -> Cron | None:
    """Read what a server sent; `None` if it is outside our grammar. Never raises."""
    try:
        return parse(text)
    except CronError:
        return None


def read_field(index: int, text: str) -> frozenset[int]:
    """Read one field by itself, for example while the others are being typed.

    `index` is its place in `FIELD_NAMES`; days of the week count from 0 (Sunday) to 6.

    Raises:
        CronError: It is outside our grammar; the position counts from the start of the field.
    """
    values, _ = _field(index, text, 0)
    return frozenset(value % 7 for value in values) if index == 4 else values


def _split(text: str) -> list[tuple[int, str]]:
    """Return the fields with their offsets."""
    found: list[tuple[int, str]] = []
    at = 0
    for part in text.split():
        at = text.index(part, at)
        found.append((at, part))
        at += len(part)
    return found


def _why_not_five(places: list[tuple[int, str]]) -> str:
    count = len(places)
    if count in {6, 7}:
        return (
            f"It has {count} fields, as Quartz writes it; Query Service takes five, from minute "
            "to day of week. Leave out the seconds in front and the year at the end."
        )
    return (
        f"It has {count} field{'' if count == 1 else 's'}; it takes five: {', '.join(FIELD_NAMES)}."
    )


def _field(index: int, text: str, position: int) -> tuple[frozenset[int], bool]:
    """Read one field: its values, and whether it is `*`."""
    values: set[int] = set()
    is_wild = False
    for part in text.split(","):
        values |= _part(index, part, position)
        is_wild = is_wild or part in {"*", "*/1"}
        position += len(part) + 1
    return frozenset(values), is_wild


def _part(index: int, text: str, position: int) -> set[int]:
    """Read `*`, `n` or `a-b` with or without a step."""
    name = FIELD_NAMES[index]
    low, high = _LIMITS[index]
    span, slash, step_text = text.partition("/")
    first_text, dash, last_text = span.partition("-")
    if span == "*":
        first, last = low, high if index != 4 else 6
    else:
        first = _number(index, first_text, position)
        last = first
        if dash:
            last = _number(index, last_text, position + len(first_text) + 1, is_end=True)
        elif slash:
            last = high if index != 4 else max(first, 6)
    if first > last:
        raise CronError(name, position, f"{span} runs backwards.")
    if not slash:
        return set(range(first, last + 1))
    at = position + len(span) + 1
    if not _is_number(step_text) or int(step_text) == 0:
        raise CronError(name, at, f"{step_text or 'nothing'} is no step; write a number from 1 on.")
    step = int(step_text)
    if step > max(last - first, 1):
        raise CronError(name, at, f"a step of {step} is longer than the range {first}-{last}.")
    return set(range(first, last + 1, step))


def _number(index: int, text: str, position: int, *, is_end: bool = False) -> int:
    name = FIELD_NAMES[index]
    low, high = _LIMITS[index]
    word = _WORDS[index].get(text.lower())
    if word is not None:
        return 7 if index == 4 and word == 0 and is_end else word
    if not text:
        raise CronError(name, position, "a number is missing here.")
    if not _is_number(text):
        hint = " L, W, # and ? are Quartz signs." if any(sign in text for sign in "LW#?") else ""
        raise CronError(name, position, f"{text} is neither a number nor a name.{hint}")
    if not low <= int(text) <= high:
        raise CronError(name, position, f"{text} is outside {low}-{high}.")
    return int(text)


def _is_number(text: str) -> bool:
    return len(text) <= 4 and text.isascii() and text.isdigit()
