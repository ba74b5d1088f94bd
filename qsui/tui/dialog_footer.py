"""The footer of a dialog: as many keys as fit; how to leave and what it is about stay longest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.present.role import Role, Span
from qsui.tui.widgets.span_view import line_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qsui.tui.chrome import Hint
    from qsui.tui.widgets.span_view import SpanLine


def dialog_footer(hints: Sequence[Hint], width: int) -> SpanLine:
    """Return the line; what is least needed goes first if it does not fit."""
    shown = list(hints)
    while len(shown) > 1 and line_width(_hint_spans(shown)) + 1 > width:
        shown.pop(_least_needed(shown))
    return _hint_spans(shown)


def _least_needed(hints: Sequence[Hint]) -> int:
    """Return which hint gives way: the last one that neither leaves nor explains."""
    for index in range(len(hints) - 1, -1, -1):
        if hints[index].key not in ("Esc", "F1"):
            return index
    return len(hints) - 1


def _hint_spans(hints: Sequence[Hint]) -> SpanLine:
    spans: list[Span] = [(" ", Role.TEXT)]
    for hint in hints:
        if hint.is_enabled:
            spans += [(hint.key, Role.FOCUS), (f" {hint.words}  ", Role.MUTED)]
        else:
            spans.append((f"({hint.key} {hint.words})  ", Role.MUTED))
    return tuple(spans)
