"""The log of a job by tool: the engine first, then tools in the order in which they first spoke.

A log is put in order once (`JobLog`) and laid out for a width and a least severity
(`LogLines`), which then makes the lines of any window of it: a view draws what it shows only.
Server order is kept within a tool; a log carries no times.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from qsui.domain.jobs import ENGINE_TOOL, JobMessage, Severity
from qsui.present import text
from qsui.present.job_words import counted, tool_words
from qsui.present.role import Role, Spans
from qsui.present.signs import UNICODE, Sign, SignSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Counts = dict[Severity, int]
"""How many messages of each severity; those without any are left out."""

INDENT: Final = 2
WORD_CELLS: Final = 7
MOST_ROWS: Final = 60
"""A message takes at most so many lines; the raw text has the rest."""

_MOST_CHARS: Final = 16_384
_LEAST_ROOM: Final = 12


class Least(StrEnum):
    """What of a log is shown: what is at least so bad."""

    ERRORS = "errors"
    WARNINGS = "warnings"
    INFOS = "infos"
    ALL = "all"

    def lets(self, severity: Severity) -> bool:
        """Whether a message is shown; what only helps to debug is with `ALL` alone."""
        return severity.rank <= _LEAST_RANK[self]

    @property
    def more(self) -> Least:
        """The next that shows more; from `ALL` back to the fewest."""
        order = list(Least)
        return order[(order.index(self) + 1) % len(order)]


_LEAST_RANK = {
    Least.ERRORS: Severity.ERROR.rank,
    Least.WARNINGS: Severity.WARNING.rank,
    Least.INFOS: Severity.INFO.rank,
    Least.ALL: Severity.HIDDEN.rank,
}
_LOOKS = {
    Severity.ERROR: (Sign.FAILED, Role.ERROR, "error"),
    Severity.WARNING: (Sign.ALARM, Role.WARN, "warning"),
    Severity.UNKNOWN: (Sign.UNKNOWN, Role.MUTED, "unknown"),
    Severity.INFO: (Sign.DOT, Role.MUTED, "info"),
    Severity.DEBUG: (Sign.DOT, Role.MUTED, "debug"),
    Severity.HIDDEN: (Sign.DOT, Role.MUTED, "hidden"),
}
_READ = (Severity.ERROR, Severity.WARNING, Severity.UNKNOWN)


@dataclass(frozen=True, slots=True)
class ToolLog:
    """What one tool said, in the server's order; `tool_id` is `None` where none is named."""

    tool_id: int | None
    messages: tuple[JobMessage, ...]
    counts: Mapping[Severity, int]

    @property
    def worst(self) -> Severity:
        """The worst severity of it."""
        return min(self.counts, key=lambda severity: severity.rank)


@dataclass(frozen=True, slots=True)
class JobLog:
    """A log put in order; one that goes on keeps the order of its tools."""

    tools: tuple[ToolLog, ...]
    counts: Mapping[Severity, int]

    @property
    def worst(self) -> Severity | None:
        """The worst severity of all; `None` of an empty log."""
        return min(self.counts, key=lambda severity: severity.rank, default=None)


def job_log(messages: Iterable[JobMessage]) -> JobLog:
    """Put messages in order: by tool, the engine's own first."""
    by_tool: dict[int | None, list[JobMessage]] = {ENGINE_TOOL: []}
    for message in messages:
        by_tool.setdefault(message.tool_id, []).append(message)
    tools = tuple(
        ToolLog(tool_id, tuple(said), counts_of(said)) for tool_id, said in by_tool.items() if said
    )
    counts: Counts = {}
    for tool in tools:
        for severity, count in tool.counts.items():
            counts[severity] = counts.get(severity, 0) + count
    return JobLog(tools, counts)


def counts_of(messages: Iterable[JobMessage]) -> Counts:
    """Count messages by severity."""
    counts: Counts = {}
    for message in messages:
        counts[message.severity] = counts.get(message.severity, 0) + 1
    return counts


def count_words(counts: Mapping[Severity, int]) -> str:
    """Return `2 errors, 1 warning, 214 infos, 30 hidden`; empty if there are none."""
    parts = [
        counted(counts[severity], word)
        for severity, word in (
            (Severity.ERROR, "error"),
            (Severity.WARNING, "warning"),
            (Severity.INFO, "info"),
        )
        if counts.get(severity)
    ]
    if unknown := counts.get(Severity.UNKNOWN):
        parts.append(f"{text.count_exact(unknown)} of unknown kind")
    if hidden := counts.get(Severity.DEBUG, 0) + counts.get(Severity.HIDDEN, 0):
        parts.append(f"{text.count_exact(hidden)} hidden")
    return ", ".join(parts)


def count_spans(counts: Mapping[Severity, int], signs: SignSet = UNICODE) -> Spans:
    """Return the counts with what is bad in its colour: `✗ 2 errors  ! 1 warning  214 infos`."""
    bad: list[tuple[str, Role]] = []
    for severity, noun in ((Severity.ERROR, "error"), (Severity.WARNING, "warning")):
        if number := counts.get(severity):
            sign, role, _ = _LOOKS[severity]
            bad.append((f"{signs.of(sign)} {counted(number, noun)}  ", role))
    rest = count_words(
        {one: n for one, n in counts.items() if one not in (Severity.ERROR, Severity.WARNING)}
    )
    return (*bad, (rest, Role.MUTED)) if rest or bad else (("no messages", Role.MUTED),)


class RowCounts:
    """How many lines messages take in a room of so many cells, measured once."""

    def __init__(self, room: int) -> None:
        self.room = room
        self._counts: dict[str, int] = {}

    def of(self, said: str) -> int:
        """Return the number of lines, at least one."""
        if _is_short(said, self.room):
            return 1
        count = self._counts.get(said)
        if count is None:
            count = self._counts[said] = len(_rows(said, self.room))
        return count


class LogLines:
    """The lines of a log at a width: a head for each tool, under it what it said.

    Immutable. `len` is how many lines there are, `window` makes some of them. With `words` only
    messages that hold them (case does not count) are shown. `measured` of the lines that these
    take the place of saves measuring the same messages again.
    """

    def __init__(
        self,
        log: JobLog,
        width: int,
        *,
        least: Least = Least.INFOS,
        signs: SignSet = UNICODE,
        words: str = "",
        measured: RowCounts | None = None,
    ) -> None:
        self._signs = signs
        self._room = max(_LEAST_ROOM, width - INDENT - 2 - WORD_CELLS - 1)
        self._width = max(_LEAST_ROOM, width)
        self._entries: list[tuple[ToolLog, JobMessage | None]] = []
        self._starts: list[int] = []
        self._length = 0
        fits = measured is not None and measured.room == self._room
        self.measured = measured if measured and fits else RowCounts(self._room)
        wanted = words.casefold()
        for tool in log.tools:
            shown = [
                one
                for one in tool.messages
                if least.lets(one.severity) and (not wanted or wanted in one.text.casefold())
            ]
            if shown:
                self._add(tool, shown)

    def _add(self, tool: ToolLog, shown: Sequence[JobMessage]) -> None:
        self._starts.append(self._length)
        self._entries.append((tool, None))
        self._length += 1
        for message in shown:
            self._starts.append(self._length)
            self._entries.append((tool, message))
            self._length += self.measured.of(message.text)

    def __len__(self) -> int:
        """How many lines there are."""
        return self._length

    @property
    def heads(self) -> tuple[int, ...]:
        """The lines at which tools begin, by which a person jumps from one to the next."""
        return tuple(
            start
            for start, (_, message) in zip(self._starts, self._entries, strict=True)
            if message is None
        )

    def message_at(self, line: int) -> JobMessage | None:
        """Return the message that a line is of; `None` for a head or beyond the end."""
        if not 0 <= line < self._length:
            return None
        return self._entries[bisect_right(self._starts, line) - 1][1]

    def line_of(self, message: JobMessage, tool_id: int | None) -> int | None:
        """Return the first line of a message of a tool; `None` if it is not shown."""
        for start, (tool, one) in zip(self._starts, self._entries, strict=True):
            if one is message or (one == message and tool.tool_id == tool_id):
                return start
        return None

    def window(self, first: int, count: int) -> list[Spans]:
        """Return at most `count` lines from line `first` on."""
        first = max(0, first)
        last = min(self._length, first + max(0, count))
        lines: list[Spans] = []
        at = bisect_right(self._starts, first) - 1
        while first < last:
            made = self._lines_of(at)
            skipped = first - self._starts[at]
            taken = made[skipped : skipped + last - first]
            lines += taken
            first += len(taken)
            at += 1
        return lines

    def _lines_of(self, at: int) -> list[Spans]:
        tool, message = self._entries[at]
        if message is None:
            return [self._head(tool)]
        sign, role, word = _LOOKS[message.severity]
        if message.severity is Severity.UNKNOWN and message.raw_status is not None:
            word = f"code {message.raw_status}"[:WORD_CELLS]
        said = Role.TEXT if message.severity in _READ else Role.MUTED
        rows = _rows(message.text, self._room)
        indent = " " * INDENT
        begin = f"{indent}{self._signs.of(sign)} {word:<{WORD_CELLS}} "
        return [
            ((begin, role), (rows[0], said)),
            *(((" " * len(begin), Role.TEXT), (row, said)) for row in rows[1:]),
        ]

    def _head(self, tool: ToolLog) -> Spans:
        sign, role, _ = _LOOKS[tool.worst]
        name = tool_words(tool.tool_id) or "no tool named"
        room = self._width - len(name) - 4
        counts = text.elide_end(count_words(tool.counts), room, self._signs.ellipsis)
        return (
            (f"{self._signs.of(sign)} ", role),
            (name, Role.STRONG),
            (f"  {counts}", Role.MUTED),
        )


def _is_short(said: str, room: int) -> bool:
    return len(said) <= room and said.isascii() and said.isprintable()


def _rows(said: str, room: int) -> list[str]:
    """Return a message as lines of at most `room` cells, at least one."""
    if _is_short(said, room):
        return [said]
    rows: list[str] = []
    for line in text.printable_lines(said.strip(), _MOST_CHARS):
        rows += text.wrapped(line, room)
        if len(rows) > MOST_ROWS:
            return [*rows[: MOST_ROWS - 1], "and more: y shows the whole"]
    return rows or [""]
