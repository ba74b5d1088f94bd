"""What a piece of text means on the screen: roles, spans and cells.

Nothing here knows a colour; `tui/themes.py` turns roles into styles.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Role(StrEnum):
    """Why a piece of text looks as it does.

    `WARN` and `ERROR` are bold as well as coloured; `STRONG` and `TITLE` are bold `TEXT` and
    `FOCUS`. The chips are drawn on a filled ground.
    """

    TEXT = "text"
    MUTED = "muted"
    OK = "ok"
    WARN = "warn"
    ERROR = "error"
    RUN = "run"
    WAIT = "wait"
    FOCUS = "focus"
    RULE = "rule"
    STRONG = "strong"
    TITLE = "title"
    HEAD = "head"  # column heads: muted, underlined where there is no colour
    CHIP_FOCUS = "chip-focus"
    CHIP_WARN = "chip-warn"
    CHIP_ERROR = "chip-error"
    CHIP_FILTER = "chip-filter"


Span = tuple[str, Role]
"""A piece of text in one role."""

Spans = tuple[Span, ...]
"""A line, or a part of one."""

PaneLine = tuple[str, Spans]
"""A label (empty: goes on from the line above) and what stands beside it."""

Elide = Literal["end", "middle", "oldest"]
"""What is left out of a text that is too long: `oldest` drops cells at the left without a sign."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What one column says about one row, at its natural length; the table cuts and pads it."""

    spans: Spans
    align: Literal["left", "right"] = "left"
    elide: Elide = "end"

    @property
    def text(self) -> str:
        """The text without its roles."""
        return "".join(text for text, _ in self.spans)


BLANK = Cell(())


def plain(spans: Spans) -> str:
    """Return the text of spans without their roles."""
    return "".join(text for text, _ in spans)


def merged(spans: Spans) -> Spans:
    """Join neighbours of the same role and drop empty pieces."""
    joined: list[Span] = []
    for text, role in spans:
        if not text:
            continue
        if joined and joined[-1][1] is role:
            joined[-1] = (joined[-1][0] + text, role)
        else:
            joined.append((text, role))
    return tuple(joined)
