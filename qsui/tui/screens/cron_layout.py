"""How the cadence editor divides the room it has, and where its presets stand. Pure.

In a small terminal the load ruler goes first, then the air, then fires down to three; the presets
go under 62 cells of width. What is still too high is scrolled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qsui.present.cron_preview import BESIDE_FROM
from qsui.present.cron_words import TREE_LINES, fault_lines, tree
from qsui.present.role import Role, Span, Spans, plain
from qsui.present.text import pad, width_of
from qsui.tui.widgets.cron_field import TEXT_AT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qsui.domain.cron_edit import Preset
    from qsui.present.cron_words import Typed
    from qsui.present.layout import LookContext

ROOMY = 26
"""Lines of body from which on there is air around the parts."""

PRESETS_FROM = 62
HINT = "Up, Down steps the field under the cursor"

MOST_FIRES = 8
_LEAST_FIRES, _WANTED_FIRES = 3, 6
_FIXED = 12  # now, new, five of the tree, rule, heads, sends, undo, reason
_RULER = 5
_BELOW = 3  # numbers and a remark under the fires
_GAPS = 3


@dataclass(frozen=True, slots=True)
class Fit:
    """What is shown at a size; `block` counts the lines of the fires, their head and numbers."""

    block: int = 1 + _WANTED_FIRES
    has_ruler: bool = True
    has_gaps: bool = True
    has_presets: bool = True
    is_beside: bool = True


def fit(room: int, width: int) -> Fit:
    """Divide `room` lines of `width` cells."""
    is_beside = width >= BESIDE_FROM
    has_ruler = is_beside and room >= _FIXED + _RULER + _WANTED_FIRES
    block = room - _FIXED - (_RULER if has_ruler else 0)
    has_gaps = block >= _WANTED_FIRES + _GAPS + (0 if has_ruler else 1 if is_beside else _BELOW)
    block += 1 - (_GAPS if has_gaps else 0)
    return Fit(block, has_ruler, has_gaps, width >= PRESETS_FROM, is_beside)


def rows_of(block: int, others: int) -> int:
    """Return how many fires are shown where a block also holds a head and `others` lines."""
    return min(MOST_FIRES, max(_LEAST_FIRES, block - 1 - others))


def hints_at(width: int) -> int:
    """Return the column from which on hints and presets stand beside the tree."""
    return 39 if width >= BESIDE_FROM else max(0, width - 34)


def preset_lines(presets: Sequence[Preset], chosen: int, width: int) -> list[Spans]:
    """Return the presets in one line, or in two if they must; `chosen` -1: none has the key."""
    words = [
        (f" {preset.words} ", Role.CHIP_FOCUS if index == chosen else Role.TEXT)
        for index, preset in enumerate(presets)
    ]
    lines: list[list[Span]] = [[("Presets ", Role.MUTED)]]
    used = 8
    for span in words:
        if used + width_of(span[0]) > width + 1 and used > 8:
            lines.append([(" " * 8, Role.TEXT)])
            used = 8
        lines[-1].append(span)
        used += width_of(span[0])
    return [tuple(line) for line in lines]


def beside_tree(tree: Sequence[Spans], right: Sequence[Spans], column: int) -> list[Spans]:
    """Return the lines of the tree with others at a column; the tree's lines must leave room."""
    lines: list[Spans] = []
    for index in range(max(len(tree), len(right))):
        left = tree[index] if index < len(tree) else ()
        more = right[index] if index < len(right) else ()
        gap = pad("", max(0, column - width_of(plain(left))))
        lines.append((*left, (gap, Role.TEXT), *more) if more else left)
    return lines


def tree_lines(
    value: Typed,
    presets: Sequence[Preset],
    width: int,
    ctx: LookContext,
    *,
    chosen: int = -1,
    active: int = -1,
) -> list[Spans]:
    """Return what stands under the field: the tree or the fault, hint and presets beside it.

    `chosen` is the preset and `active` the field that has the cursor; -1: none.
    """
    if value.fault is not None:
        lines = fault_lines(value.fault, TEXT_AT, width, ctx)
        more = [_indented(line) for line in preset_lines(presets, chosen, width - TEXT_AT)]
        empty: list[Spans] = [()] * (TREE_LINES - len(lines) - len(more))
        return [*lines, *empty, *(more if presets else [])]
    if not presets:
        return tree(value, TEXT_AT, width, ctx, active=active)
    column = hints_at(width)
    right = preset_lines(presets, chosen, width - column)
    if width >= BESIDE_FROM:
        right = [((HINT, Role.MUTED),), *right]
    short, whole = (tree(value, TEXT_AT, size, ctx, active=active) for size in (column - 1, width))
    return beside_tree([*short[: len(right)], *whole[len(right) :]], right, column)


def _indented(line: Spans) -> Spans:
    return ((" " * TEXT_AT, Role.TEXT), *line)


def joined(said: Sequence[Span], width: int) -> list[Spans]:
    """Return remarks in as few lines as hold them."""
    lines: list[Spans] = []
    used = 0
    for words, role in said:
        if lines and used + 3 + width_of(words) <= width:
            lines[-1] = (*lines[-1], ("   ", Role.TEXT), (words, role))
            used += 3 + width_of(words)
        else:
            lines.append(((words, role),))
            used = width_of(words)
    return lines
