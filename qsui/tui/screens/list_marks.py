"""Marks on the rows of a list: what the keys that act are about when there are any."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from qsui.present.role import Role, Span
from qsui.tui.acts import LOOKED_AT, Chosen
from qsui.tui.screens.acting import Acting
from qsui.tui.screens.list_basis import R
from qsui.tui.screens.list_rows import ListRows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from qsui.domain.pending import Pending


class ListMarks(Acting, ListRows[R]):
    """Which rows are marked; marks of rows that go away go with them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "mark it and step down", id="mark.toggle"),
        Binding("V", "mark_range", "mark from the last mark to here", id="mark.range"),
        Binding("asterisk", "mark_all", "mark all that is shown, or none", id="mark.all"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._anchor: str | None = None

    def marks_changed(self) -> None:
        """Show the marks, their count, and what the keys that act would do with them."""
        self.table.refresh_rows(())
        self.redraw_title()
        self.redraw_chrome()

    def redraw_title(self) -> None:
        """Write the title line again."""

    def action_mark(self) -> None:
        """Mark the row or take its mark, and go to the next one."""
        key = self.table.cursor_key
        if key is None:
            return
        self.model.marks ^= {key}
        self._anchor = key
        self.table.action_move(1)
        self.marks_changed()

    def action_mark_range(self) -> None:
        """Mark all rows from the last one that was marked to the cursor."""
        key = self.table.cursor_key
        if key is None:
            return
        ends = sorted(
            index
            for end in (key, self._anchor or key)
            if (index := self.model.index_of(end)) is not None
        )
        self.model.marks.add_shown(self.model.keys_between(ends[0], ends[-1] + 1))
        self._anchor = key
        self.marks_changed()

    def action_mark_all(self) -> None:
        """Mark every row shown; if they all are, take all marks away."""
        marks = self.model.marks
        if len(marks) - marks.hidden == self.model.shown:
            marks.clear()
        else:
            marks.add_shown(self.model.view)
        self.marks_changed()

    def clear_marks(self) -> bool:
        """Take all marks away; whether there were any."""
        if not self.model.marks:
            return False
        self.model.marks.clear()
        self._anchor = None
        self.marks_changed()
        return True

    def mark_words(self) -> list[Span]:
        """The count for the title: `3 marked, 1 hidden`."""
        marked, hidden = len(self.model.marks), self.model.hidden_marks
        if not marked:
            return []
        words = f"{marked:,} marked" + (f", {hidden:,} hidden" if hidden else "")
        return [(words, Role.FOCUS), ("  ", Role.TEXT)]

    def is_marked(self, row: R, now: datetime) -> bool:
        """Whether the filter's word `marked` means this row."""
        del now
        return self.key_of(row) in self.model.marks

    def chosen(self) -> Chosen:
        """All marked rows in the order shown, those hidden last; without marks the cursor's."""
        marks = self.model.marks
        if not marks:
            row = self.row
            return Chosen() if row is None else Chosen((self.record_of(row),))
        shown = sorted(
            (index, key) for key in marks if (index := self.model.index_of(key)) is not None
        )
        keys = [key for _, key in shown]
        hidden = sorted(marks - set(keys))
        rows = [row for key in (*keys, *hidden) if (row := self.model.get(key)) is not None]
        out_of_sight = [row for key in hidden if (row := self.model.get(key)) is not None]
        return Chosen(
            tuple(self.record_of(row) for row in rows),
            frozenset(self.record_of(row).ref for row in out_of_sight),
            len(rows),
        )

    def glimpse(self) -> Chosen:
        """Some of the marked rows: the footer is drawn often, and many may be marked."""
        marks = self.model.marks
        if len(marks) <= LOOKED_AT:
            return self.chosen()
        some = [self.model.get(key) for key in itertools.islice(marks, LOOKED_AT)]
        records = tuple(self.record_of(row) for row in some if row is not None)
        return Chosen(records, marked=len(marks))

    def acted(self, sent: Sequence[Pending]) -> None:
        """What was marked was acted upon: the marks have done their work."""
        del sent
        self.clear_marks()
