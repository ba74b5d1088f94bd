"""The one filter language: what `/` takes, `--where` and saved views.

    filter := term (SPACE term)*                 all must hold; "quotes" keep spaces
    term   := ["!"] atom ("|" atom)*             any of the alternatives; ! negates the term
    atom   := field(":"|"="|"!="|">"|">="|"<"|"<=")value | flag | "/"regex"/" | "~"fuzzy | text

Values are described in `filter_values.py`, the fields of each kind of record in
`filters_fields.py`. A bare word after `|` that is no flag repeats the field and operator before it;
after `!=` it names one more value to leave out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Generic, TypeVar

from qsui.domain import filter_values
from qsui.domain.filter_values import OPERATORS, FieldKind
from qsui.domain.states import RunState, execution_state

R = TypeVar("R")
Predicate = Callable[[R, datetime], bool]

_FIELD = re.compile(
    r"([A-Za-z]\w*)(" + "|".join(re.escape(sign) for sign in OPERATORS) + ")", re.ASCII
)
_EXACT_STATES = frozenset({RunState.SUCCESS, RunState.FAILED, RunState.TIMEOUT, RunState.STARTING})
_SERVER_WORDS = frozenset({"SUBMITTED", "IN_PROGRESS", "KILLED"})


class FilterError(ValueError):
    """A filter that cannot be read; `position` is the offset of the fault."""

    def __init__(self, position: int, message: str) -> None:
        super().__init__(message)
        self.position = position
        self.message = message


@dataclass(frozen=True, slots=True)
class Field(Generic[R]):
    """A name that a filter can compare.

    `titles` are other names: column titles and short forms. Case, spaces and underscores do not
    count. `get` returns what `kind` says, or `None`; `unit_s` is what a bare number means in a
    duration.
    """

    name: str
    titles: tuple[str, ...]
    kind: FieldKind
    get: Callable[[R, datetime], object]
    unit_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Fields(Generic[R]):
    """What a filter can say about one kind of record.

    `shown_text` is the text that plain words, regular expressions and fuzzy atoms look at: what the
    row shows, and the id.
    """

    fields: tuple[Field[R], ...]
    flags: Mapping[str, Predicate[R]]
    shown_text: Callable[[R], str]

    def find(self, name: str) -> Field[R] | None:
        """Return the field of that name or title."""
        wanted = _squeezed(name)
        for entry in self.fields:
            if wanted in map(_squeezed, (entry.name, *entry.titles)):
                return entry
        return None

    def nearest(self, name: str) -> str:
        """Return the known name or title most like `name`; empty if none is."""
        from difflib import get_close_matches

        names = {n.lower(): n for f in self.fields for n in (f.name, *f.titles)}
        found = get_close_matches(name.lower(), names, n=1, cutoff=0.5)
        return names[found[0]].lower().replace(" ", "_") if found else ""

    def with_flags(self, more: Mapping[str, Predicate[R]]) -> Fields[R]:
        """Return the same with more flags, such as those that only a dashboard knows."""
        return replace(self, flags={**self.flags, **more})


@dataclass(frozen=True, slots=True)
class Hints:
    """What a server may filter by before the filter is applied here: never less than it admits."""

    raw_state: str | None = None
    created_since: datetime | None = None
    updated_since: datetime | None = None
    schedule_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Comparison:
    """A field, an operator and its value as written."""

    name: str
    sign: str
    value: str


@dataclass(frozen=True, slots=True)
class Filter(Generic[R]):
    """A filter that was read; `text` is how it was written. Made by `parse`."""

    text: str
    terms: tuple[Predicate[R], ...] = ()
    plain: tuple[_Comparison, ...] = field(default=())

    def matches(self, record: R, now: datetime) -> bool:
        """Whether `record` passes at `now` (aware UTC; relative times count from it)."""
        for term in self.terms:  # noqa: SIM110  # half the cost of `all`
            if not term(record, now):
                return False
        return True

    def hints(self, now: datetime) -> Hints:
        """Return what can be asked of the server at `now`; only what must hold for every match."""
        hints = Hints()
        for part in self.plain:
            if part.name == "state" and part.sign in {":", "="}:
                hints = replace(hints, raw_state=_server_word(part.value) or hints.raw_state)
            elif part.name == "schedule_id" and part.sign in {":", "="}:
                hints = replace(hints, schedule_id=part.value)
            elif part.name in {"created_at", "updated_at"} and part.sign in {":", "=", ">", ">="}:
                span = filter_values.time_of(part.value)
                if span is None:
                    continue
                since = span.at(now)[0]
                if part.name == "created_at":
                    hints = replace(hints, created_since=max(since, hints.created_since or since))
                else:
                    hints = replace(hints, updated_since=max(since, hints.updated_since or since))
        return hints


def parse(text: str, fields: Fields[R]) -> Filter[R]:
    """Read a filter; an empty one lets everything through.

    Raises:
        FilterError: Unknown field (with the nearest name), wrong value, open quote, bad regex.
    """
    terms: list[Predicate[R]] = []
    plain: list[_Comparison] = []
    reader = _Reader(text, fields)
    while reader.skip_spaces():
        predicate, comparison = reader.term()
        terms.append(predicate)
        if comparison is not None:
            plain.append(comparison)
    return Filter(text, tuple(terms), tuple(plain))


class _Reader(Generic[R]):
    """Reads one filter from left to right."""

    def __init__(self, text: str, fields: Fields[R]) -> None:
        self._text = text
        self._fields = fields
        self._at = 0

    def skip_spaces(self) -> bool:
        """Go to the next term; false at the end."""
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1
        return self._at < len(self._text)

    def term(self) -> tuple[Predicate[R], _Comparison | None]:
        """Read one term; the comparison is given if the term is nothing else."""
        is_negated = self._text[self._at] == "!"
        self._at += is_negated
        alternatives: list[Predicate[R]] = []
        last: _Comparison | None = None
        while True:
            if self._ends():
                raise FilterError(self._at, "something is missing here")
            predicate, comparison, is_repeat = self._atom(last)
            if is_repeat and comparison is not None and comparison.sign == "!=":
                alternatives[-1] = _both(alternatives[-1], predicate)
            else:
                alternatives.append(predicate)
            last = comparison
            if self._text[self._at : self._at + 1] != "|":
                break
            self._at += 1
        whole = alternatives[0] if len(alternatives) == 1 else _any(alternatives)
        if is_negated:
            return _not(whole), None
        return whole, last if len(alternatives) == 1 else None

    def _atom(self, last: _Comparison | None) -> tuple[Predicate[R], _Comparison | None, bool]:
        """Read one atom; the flag says that it repeats the field and operator of `last`."""
        start = self._at
        if self._text[start] == "/":
            return self._regex(), None, False
        if self._text[start] == "~":
            self._at += 1
            return self._fuzzy(self._word()), None, False
        named = _FIELD.match(self._text, start)
        if named:
            self._at = named.end()
            if self._ends():
                raise FilterError(self._at, f"a value is missing after {named[0]}")
            comparison = _Comparison(named[1], named[2], self._word())
            return *self._compare(comparison, start), False
        is_quoted = self._text[start] == '"'
        word = self._word()
        if not is_quoted and word.lower() in self._fields.flags:
            return self._fields.flags[word.lower()], None, False
        if last is not None:
            return *self._compare(replace(last, value=word), start), True
        return self._plain_text(word), None, False

    def _compare(self, part: _Comparison, start: int) -> tuple[Predicate[R], _Comparison]:
        entry = self._fields.find(part.name)
        if entry is None:
            nearest = self._fields.nearest(part.name)
            hint = f", did you mean {nearest}?" if nearest else ""
            raise FilterError(start, f'unknown field "{part.name}"{hint}')
        try:
            test = filter_values.comparison(entry.kind, part.sign, part.value, unit_s=entry.unit_s)
        except ValueError as fault:
            raise FilterError(start, f"{part.name}: {fault}") from fault
        get = entry.get
        predicate: Predicate[R] = lambda record, now: test(get(record, now), now)  # noqa: E731
        return predicate, replace(part, name=entry.name)

    def _plain_text(self, word: str) -> Predicate[R]:
        wanted, shown = word.lower(), self._fields.shown_text
        return lambda record, _: wanted in shown(record).lower()

    def _fuzzy(self, word: str) -> Predicate[R]:
        if not word:
            raise FilterError(self._at, "something is missing after ~")
        wanted, shown = word.lower(), self._fields.shown_text
        return lambda record, _: _in_order(wanted, shown(record).lower())

    def _regex(self) -> Predicate[R]:
        start = self._at
        end = start + 1
        while True:
            end = self._text.find("/", end)
            if end < 0:
                raise FilterError(start, "the regular expression has no closing /")
            self._at = end + 1
            if self._text[end - 1] != "\\" and (self._ends() or self._text[self._at] == "|"):
                break
            end += 1
        try:
            pattern = re.compile(self._text[start + 1 : end], re.IGNORECASE)
        except re.error as fault:
            raise FilterError(
                start + 1 + (fault.pos or 0), f"bad regular expression: {fault.msg}"
            ) from fault
        shown = self._fields.shown_text
        return lambda record, _: pattern.search(shown(record)) is not None

    def _word(self) -> str:
        """Read up to a space or `|` outside quotes; the quotes are dropped."""
        found: list[str] = []
        opened = -1
        while self._at < len(self._text):
            sign = self._text[self._at]
            if sign == '"':
                opened = self._at if opened < 0 else -1
            elif opened < 0 and (sign.isspace() or sign == "|"):
                break
            else:
                found.append(sign)
            self._at += 1
        if opened >= 0:
            raise FilterError(opened, 'the quote " is not closed')
        return "".join(found)

    def _ends(self) -> bool:
        """Whether an atom cannot begin here."""
        return (
            self._at >= len(self._text)
            or self._text[self._at].isspace()
            or self._text[self._at] == "|"
        )


def _any(alternatives: list[Predicate[R]]) -> Predicate[R]:
    return lambda record, now: any(test(record, now) for test in alternatives)


def _both(one: Predicate[R], other: Predicate[R]) -> Predicate[R]:
    return lambda record, now: one(record, now) and other(record, now)


def _not(test: Predicate[R]) -> Predicate[R]:
    return lambda record, now: not test(record, now)


def _in_order(signs: str, text: str) -> bool:
    """Whether all `signs` occur in `text` one after another, with anything between."""
    at = 0
    for sign in signs:
        at = text.find(sign, at) + 1
        if not at:
            return False
    return True


def _squeezed(name: str) -> str:
    return name.replace("_", "").replace(" ", "").lower()


def _server_word(value: str) -> str | None:
    """The state to ask the server for, if that one word covers all that `value` matches."""
    word = value.upper()
    if word in _SERVER_WORDS:
        return word
    return word if word == execution_state(word) and word in _EXACT_STATES else None
