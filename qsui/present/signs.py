"""The signs of states, verdicts and history, each with its ASCII stand-in, role and words.

Both sets are one cell for one cell, so the layout never depends on the choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from qsui.domain.facts import Mark, Verdict
from qsui.domain.states import RunState
from qsui.present.role import Role, Span, Spans, merged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qsui.domain.facts import HistoryCell


class Sign(Enum):
    """A sign: its glyph and its ASCII stand-in."""

    OK = ("✓", ".")
    WARNED = ("✓", "w")
    FAILED = ("✗", "x")
    TIMED_OUT = ("∙", "t")
    CANCELLED = ("∙", "c")
    ALARM = ("!", "!")
    RUNNING = ("▸", ">")
    QUEUED = ("⋯", "q")
    REGISTERING = ("◊", "?")
    OFF = ("◦", "=")
    NONE = ("–", "-")
    UNKNOWN = ("?", "?")
    SENT = ("»", "~")
    CURSOR = ("▌", ">")
    MARKED = ("*", "*")
    CHANGED = ("∙", "+")
    ELLIPSIS = ("…", "~")
    PATH = ("›", ">")
    DOWN = ("▼", "v")
    UP = ("▲", "^")
    MORE = ("↓", "v")
    BAR = ("━", "=")
    DOT = ("·", ".")
    RULE = ("─", "-")


_TO_ASCII = str.maketrans(
    dict(sign.value for sign in Sign)
    | dict.fromkeys("▁▂▃▄▅▆▇█✓∙", ".")
    | {"—": "-", "×": "x", "■": "#", "□": "."}
)


@dataclass(frozen=True, slots=True)
class SignSet:
    """Which of the two sets is in use."""

    ascii: bool = False

    def of(self, sign: Sign) -> str:
        """Return the one cell that stands for a sign."""
        return sign.value[1] if self.ascii else sign.value[0]

    @property
    def ellipsis(self) -> str:
        """What stands for text left out."""
        return self.of(Sign.ELLIPSIS)

    @property
    def nothing(self) -> str:
        """What stands for "there is none"."""
        return self.of(Sign.NONE)

    def words(self, text: str) -> str:
        """Return our own words with their signs replaced if only ASCII may be used."""
        return text.translate(_TO_ASCII) if self.ascii else text


UNICODE = SignSet()
ASCII = SignSet(ascii=True)


@dataclass(frozen=True, slots=True)
class Look:
    """How a state is shown: sign, role, its word, and a word of at most four letters."""

    sign: Sign
    role: Role
    word: str
    narrow: str


_RUN_LOOKS = {
    RunState.QUEUED: Look(Sign.QUEUED, Role.WAIT, "queued", "wait"),
    RunState.STARTING: Look(Sign.RUNNING, Role.RUN, "starts", "runs"),
    RunState.RUNNING: Look(Sign.RUNNING, Role.RUN, "runs", "runs"),
    RunState.SUCCESS: Look(Sign.OK, Role.OK, "ok", "ok"),
    RunState.WARNING: Look(Sign.WARNED, Role.WARN, "warned", "warn"),
    RunState.FAILED: Look(Sign.FAILED, Role.ERROR, "failed", "fail"),
    RunState.CANCELLED: Look(Sign.CANCELLED, Role.MUTED, "cancelled", "canc"),
    RunState.TIMEOUT: Look(Sign.TIMED_OUT, Role.ERROR, "timed out", "time"),
    RunState.ENDED: Look(Sign.UNKNOWN, Role.MUTED, "ended", "end"),
    RunState.UNKNOWN: Look(Sign.UNKNOWN, Role.MUTED, "unknown", "?"),
}

_VERDICT_LOOKS = {
    Verdict.FAILED: Look(Sign.FAILED, Role.ERROR, "failed", "fail"),
    Verdict.MISSED: Look(Sign.ALARM, Role.ERROR, "missed", "miss"),
    Verdict.LATE: Look(Sign.ALARM, Role.WARN, "late", "late"),
    Verdict.HELD: Look(Sign.ALARM, Role.WARN, "held", "held"),
    Verdict.SLOW: Look(Sign.RUNNING, Role.WARN, "slow", "slow"),
    Verdict.RUNNING: Look(Sign.RUNNING, Role.RUN, "runs", "runs"),
    Verdict.QUEUED: Look(Sign.QUEUED, Role.WAIT, "queued", "wait"),
    Verdict.REGISTERING: Look(Sign.REGISTERING, Role.WAIT, "new", "new"),
    Verdict.UNKNOWN: Look(Sign.UNKNOWN, Role.MUTED, "unknown", "?"),
    Verdict.UNREAD: Look(Sign.UNKNOWN, Role.MUTED, "not read", "?"),
    Verdict.OK: Look(Sign.OK, Role.OK, "ok", "ok"),
    Verdict.NOT_BEGUN: Look(Sign.OFF, Role.MUTED, "from", "off"),
    Verdict.OFF: Look(Sign.OFF, Role.MUTED, "off", "off"),
    Verdict.ENDED: Look(Sign.OFF, Role.MUTED, "ended", "off"),
    Verdict.DELETED: Look(Sign.NONE, Role.MUTED, "deleted", "-"),
}

_MARK_LOOKS = {
    Mark.FAILED: (Sign.FAILED, Role.ERROR),
    Mark.TIMEOUT: (Sign.TIMED_OUT, Role.ERROR),
    Mark.CANCELLED: (Sign.CANCELLED, Role.MUTED),
    Mark.RUNNING: (Sign.RUNNING, Role.RUN),
    Mark.QUEUED: (Sign.QUEUED, Role.WAIT),
    Mark.NO_RUN: (Sign.NONE, Role.MUTED),
    Mark.UNKNOWN: (Sign.UNKNOWN, Role.MUTED),
    Mark.LATE: (Sign.ALARM, Role.WARN),
}

_BARS = ((2.5, "▇"), (1.5, "▅"), (1.2, "▃"), (0.5, "▂"))
STRIP_RUNS = 4
"""A strip is drawn in at most so many pieces: the oldest colours give way, their signs stay."""


def run_look(state: RunState) -> Look:
    """Return how the state of a run, task or query is shown."""
    return _RUN_LOOKS[state]


def verdict_look(verdict: Verdict) -> Look:
    """Return how a schedule's verdict is shown."""
    return _VERDICT_LOOKS[verdict]


def bar(ratio: float | None, signs: SignSet) -> str:
    """Return the bar of a good run; its height is its duration over the schedule's median."""
    if signs.ascii:
        return "."
    if ratio is None:
        return "▂"
    return next((glyph for least, glyph in _BARS if ratio > least), "▁" if ratio < 0.5 else "▂")


def strip(
    history: Sequence[HistoryCell], signs: SignSet, *, missed: bool = False, runs: int = STRIP_RUNS
) -> Spans:
    """Return the history strip, oldest left, one cell a slot.

    With `missed` the gaps at its end are shown as errors: those slots should have run.
    """
    cells = [_strip_cell(cell, signs) for cell in history]
    if missed:
        for position in range(len(cells) - 1, -1, -1):
            if history[position].mark is not Mark.NO_RUN:
                break
            cells[position] = (cells[position][0], Role.ERROR)
    pieces = list(merged(tuple(cells)))
    if len(pieces) > runs:
        old = "".join(text for text, _ in pieces[: len(pieces) - runs + 1])
        pieces[: len(pieces) - runs + 1] = [(old, Role.MUTED)]
    return merged(tuple(pieces))


def _strip_cell(cell: HistoryCell, signs: SignSet) -> Span:
    if cell.mark is Mark.OK:
        return bar(cell.ratio, signs), Role.MUTED
    sign, role = _MARK_LOOKS[cell.mark]
    return signs.of(sign), role
