"""The rows of a list, and how changes and actions on their way reach them.

Subclasses of `ListScreen` fill in what the rows are. Nothing here draws.
"""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

from textual import work

from qsui.present.pending import is_counted, is_unseen_yet, marks_row, with_pending
from qsui.tui.look_context import own_look
from qsui.tui.screens.list_basis import ListBasis, R

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from qsui.domain.models import Ref
    from qsui.domain.pending import Pending
    from qsui.live.store import Change
    from qsui.present.role import Cell
    from qsui.tui.options import Session

MANY = 500
"""From so many rows on a list takes them in slices."""

SLICE_S = 0.006
"""How long it works before it lets keys be answered."""

SLICE_ROWS = 2_000
"""So many known rows at most are compared in a slice."""

REORDERED_ROWS = 2_000
"""Up to so many rows are put in order anew with each answer until a person moves."""


class ListRows(ListBasis[R]):
    """The rows of a list screen and what follows from a change of them."""

    def __init__(self) -> None:
        super().__init__()
        self._has_first_rows = False
        self._fresher: set[str] | None = None
        self.acted_on: dict[str, Pending] = {}
        """By row: the action whose effect is not seen, drawn in the place of the state."""
        self._made: frozenset[str] = frozenset()
        self._labels: tuple[str, ...] = ()
        self._scopes_are_due = False

    # Rows

    def on_mount(self) -> None:
        """From now on other scopes are others than these."""
        self._labels = self._labels_now()

    def _cells(self, row: R) -> tuple[Cell, ...]:
        columns = self.table.columns
        cells = self.cells(row, columns)
        pending = self.acted_on.get(self.key_of(row)) if self.acted_on else None
        if not pending:
            return cells
        look = own_look(self.qsui, self.qsui.session_of(self.ref_of(row)))
        return with_pending(cells, columns, pending, look)

    # Actions on their way

    def pending_changed(self) -> None:
        """Mark the rows that are acted upon, and show rows for what is not seen yet."""
        super().pending_changed()
        if not self.sessions or not self.has_table:
            return
        before, unseen_before = self.acted_on, self._unseen
        pending = [p for s in self.sessions for p in s.store.snapshot.pending.values()]
        self._note_pending(pending)
        gone = [key for key in unseen_before if key not in self._unseen]
        delta = self.model.put(self._unseen, gone)
        self.table.take(delta)
        self._admit_made()
        different = before.keys() ^ self.acted_on.keys()
        different |= {key for key, each in self.acted_on.items() if before.get(key) != each}
        self.table.refresh_rows(different)
        if delta or different or pending:
            self.rows_changed()

    def _note_pending(self, pending: Sequence[Pending]) -> None:
        self.acted_on, self._unseen = {}, {}
        made: set[str] = set()
        for each in pending:
            if marks_row(each) and (key := self.key_of_ref(each.action.target)):
                self.acted_on[key] = each
            if each.result is not None and (key := self.key_of_ref(each.result)):
                made.add(key)
            elif is_unseen_yet(each) and (row := self.unseen_row(each)) is not None:
                self._unseen[self.key_of(row)] = row
                self.acted_on[self.key_of(row)] = each
        self._made = frozenset(made)

    def _admit_made(self) -> None:
        """What a person's own action made is shown at once."""
        if self._made:
            self.table.take(self.model.admit(self._made))

    def pending_tick(self) -> None:
        """Ages of what was sent step by the second."""
        counted = [key for key, each in self.acted_on.items() if is_counted(each)]
        if counted:
            self.table.refresh_rows(counted)

    def pending_of(self, row: R) -> tuple[Pending, ...]:
        """The actions on a row's record that are still shown, oldest first."""
        ref = self.ref_of(row)
        session = self.qsui.session_of(ref)
        if session is None or not session.store.snapshot.pending:
            return ()
        known = session.store.snapshot.pending_of(ref)
        unseen = self.acted_on.get(self.key_of(row))
        return known or ((unseen,) if unseen is not None else ())

    def every_row(self) -> Iterator[tuple[str, R | None]]:
        """Yield the rows of what is not seen yet, then those of every record."""
        yield from self._unseen.items()
        yield from self.each_row()

    def receive(self, change: Change) -> None:
        """Take a few changes at once, many in slices."""
        if len(change.added) + len(change.updated) + len(change.removed) <= MANY:
            super().receive(change)
        elif self.is_on_top:
            self.catch_up()
        else:
            self.mark_stale()

    def receive_verdicts(self, session: Session, schedule_ids: frozenset[str]) -> None:
        """Take a few verdicts at once, many in slices."""
        if len(schedule_ids) <= MANY:
            super().receive_verdicts(session, schedule_ids)
        elif self.is_on_top:
            self.catch_up()
        else:
            self.mark_stale()

    def catch_up(self) -> None:
        """Take all rows again, keeping cursor and scroll; in slices if they are many."""
        super().catch_up()
        self.pending_changed()
        rest = self.every_row()
        first = list(itertools.islice(rest, MANY))
        rows = {key: row for key, row in first if row is not None}
        if len(first) == MANY:
            self._fresher = set()
            self._catch_up_slowly(rows, rest, self._fresher)
        else:
            self._fresher = None
            self.workers.cancel_group(self, "catch-up")
            self.take(rows, [key for key in list(self.model.keys()) if key not in rows])
            if self.model.is_unplaced:  # what was cancelled had them half placed
                self.table.take(self.model.rebuild_now())
                self.rows_changed()

    @work(group="catch-up", exclusive=True)
    async def _catch_up_slowly(
        self, rows: dict[str, R], rest: Iterator[tuple[str, R | None]], fresher: set[str]
    ) -> None:
        """Take many rows in slices; `fresher` are those that the live engine changed meanwhile."""
        is_first = not self.model.shown or self.model.is_unplaced
        known: set[str] = set()
        began = perf_counter()
        for key, row in rest:
            if row is not None:
                rows[key] = row
            if perf_counter() - began < SLICE_S and (is_first or len(rows) < SLICE_ROWS):
                continue
            if not is_first:
                known.update(rows)
                self._admit(rows, fresher)
                rows = {}
            await asyncio.sleep(0)
            began = perf_counter()
        if is_first:
            await self._load(rows, fresher)
            gone = []
        else:
            known.update(rows)
            self._admit(rows, fresher)
            gone = [
                key for key in list(self.model.keys()) if key not in known and key not in fresher
            ]
        if self._fresher is fresher:
            self._fresher = None
        self.take({}, gone)

    async def _load(self, rows: dict[str, R], fresher: set[str]) -> None:
        """Take the first rows of a long list."""
        await asyncio.sleep(0)
        for key in fresher:
            newer = self.model.get(key)
            if newer is None:
                rows.pop(key, None)
            else:
                rows[key] = newer
        self.model.load(rows)
        self.table.take(await self.model.rebuild())

    def _admit(self, rows: Mapping[str, R], fresher: set[str]) -> None:
        upserts = {key: row for key, row in rows.items() if key not in fresher}
        if self._has_first_rows and not self.table.follow_first:
            self.model.changed.update(self._differing(upserts))
        self.table.take(self.model.apply(upserts))

    def _note_rows(self) -> None:
        """From the first complete list on, new rows wait until they are let in."""
        if self._fresher is not None:
            return  # the first ones are still being taken in
        state = self.state
        if len(self.model.items) and state is not None and state.is_complete:
            self._has_first_rows = True
        self.model.hold_new = self._has_first_rows

    def take(self, upserts: Mapping[str, R], removed: Sequence[str] = ()) -> None:
        """Let rows into the model and repaint what is visible of them."""
        if not self.has_table:
            self.mark_stale()
            return
        if self._fresher is not None:
            self._fresher.update(upserts, removed)
        if self._has_first_rows and not self.table.follow_first:
            self.model.changed.update(self._differing(upserts))
        delta = self.model.apply(upserts, removed)
        self._note_rows()
        if delta and self.table.follow_first and len(self.model) <= REORDERED_ROWS:
            self.model.rebuild_now()  # nobody has moved yet: what is worst stays on top
            delta = replace(delta, view_changed=True)  # still, only these rows are drawn anew
        self.table.take(delta)
        self._admit_made()
        self.rows_changed()

    def _differing(self, upserts: Mapping[str, R]) -> list[str]:
        return [
            key
            for key, row in upserts.items()
            if (known := self.model.get(key)) is not None and self.looks_changed(known, row)
        ]

    def looks_changed(self, before: R, after: R) -> bool:
        """Whether a person would call it a change: not a clock that went on."""
        return before != after

    def clear_marks(self) -> bool:
        """Take all marks away; whether there were any."""
        return False

    def scopes_changed(self) -> None:
        """If other scopes are shown now, their rows come at once, others and all marks go.

        The cursor stays on its row if that is still shown. Below a dialog all that waits.
        """
        super().scopes_changed()
        self._scopes_are_due = self.qsui.has_dialog
        if self._scopes_are_due:
            return
        before, self._labels = self._labels, self._labels_now()
        if before != self._labels:
            self._show_other_scopes()
        self.refit()
        self.state_demands()

    def _labels_now(self) -> tuple[str, ...]:
        return tuple(scope.label for scope in self.scopes)

    def _show_other_scopes(self) -> None:
        self._has_first_rows = self.model.hold_new = False
        self.clear_marks()
        row = self.row
        if self.has_table:
            self.table.follow_first |= row is None or not self.shows(self.ref_of(row))
            self.table.take(self.model.let_in())
        self.catch_up()
        self.rows_changed()  # other words stand there even if no row came or went

    def scope_failed(self) -> None:
        """Its rows go, if old ones were shown."""
        super().scope_failed()
        self.rows_changed()

    def on_screen_resume(self) -> None:
        """What was chosen while a dialog stood over the rows is shown now."""
        if self._scopes_are_due:
            self.scopes_changed()

    def refit(self) -> None:
        """Choose the columns again."""

    def rows_changed(self) -> None:
        """Rows came, went or changed: whatever shows them follows."""

    def viewport_changed(self) -> None:
        """What is visible changed: subclasses restate demands."""

    def show_raw(self, ref: Ref) -> None:
        """Read a record again and show it as received."""
        from qsui.tui.screens.raw import RawScreen

        self.app.push_screen(RawScreen(ref))
