"""What a list is made of: its rows, their order, their texts; and how changes reach them.

Subclasses of `ListScreen` fill in what the rows are. Nothing here draws.
"""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from textual import work

from qsui.present.columns import Column, Fitted, LookContext
from qsui.present.pending import is_counted, is_unseen_yet, marks_row, with_pending
from qsui.present.role import Cell, Role, Span
from qsui.present.signs import Sign
from qsui.tui.look_context import own_look
from qsui.tui.row_model import RowModel
from qsui.tui.scopes import label_of
from qsui.tui.screens.frame import FrameScreen
from qsui.tui.screens.list_state import ListState, state_of
from qsui.tui.widgets.record_table import RecordTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from qsui.domain.filters import Fields
    from qsui.domain.models import Kind, Record, Ref
    from qsui.domain.pending import Pending
    from qsui.live.store import Change, Partition
    from qsui.tui.options import Session

R = TypeVar("R")

MANY = 500
"""From so many rows on a list takes them in slices."""

SLICE_S = 0.006
"""How long it works before it lets keys be answered."""

SLICE_ROWS = 2_000
"""So many known rows at most are compared in a slice."""

REORDERED_ROWS = 2_000
"""Up to so many rows are put in order anew with each answer until a person moves."""


@dataclass(frozen=True, slots=True)
class SortChoice(Generic[R]):
    """One way to order a list. `is_descending` is the direction it starts with."""

    id: str
    title: str
    key: Callable[[R], Any]
    is_descending: bool = False


def titles_of(columns: Sequence[Column]) -> dict[str, str]:
    """Return the title of each order: that of the first column which names it, without its zone."""
    titles: dict[str, str] = {}
    for column in columns:
        if column.sort_key and column.title:
            titles.setdefault(column.sort_key, column.title.partition(",")[0])
    return titles


class ListRows(FrameScreen, Generic[R]):
    """The rows of a list screen and what follows from a change of them."""

    NOUN: ClassVar[str] = "rows"

    def __init__(self) -> None:
        super().__init__()
        self.model: RowModel[R] = RowModel()
        self._has_first_rows = False
        self._fresher: set[str] | None = None
        self.acted_on: dict[str, Pending] = {}
        """By row: the action whose effect is not seen, drawn in the place of the state."""
        self._unseen: dict[str, R] = {}
        self._made: frozenset[str] = frozenset()
        self._labels: tuple[str, ...] = ()
        self._scopes_are_due = False

    # What a list says of itself

    def sorts(self) -> Sequence[SortChoice[R]]:
        """The orders, default first."""
        raise NotImplementedError

    def fields(self) -> Fields[R]:
        """What the filter may name."""
        raise NotImplementedError

    def columns(self) -> Sequence[Column]:
        """The columns in order of importance."""
        raise NotImplementedError

    def cells(self, row: R, columns: Sequence[Fitted]) -> tuple[Cell, ...]:
        """The texts of a row for the columns shown."""
        raise NotImplementedError

    def each_row(self) -> Iterator[tuple[str, R | None]]:
        """Yield every record's key and row as known now; `None` if the list has no row for it."""
        raise NotImplementedError

    def key_of(self, row: R) -> str:
        """The row's key."""
        raise NotImplementedError

    def group_of(self, row: R) -> object:
        """What moves a row when a refresh changes it: trouble that comes or goes."""
        return self.is_problem(row)

    def record_of(self, row: R) -> Record:
        """The record that a row shows."""
        raise NotImplementedError

    def key_of_ref(self, ref: Ref) -> str | None:
        """The key of the row that shows a record; `None` if this list shows no such records."""
        raise NotImplementedError

    def unseen_row(self, pending: Pending) -> R | None:
        """A row for what an action makes and nothing was seen of; `None` if it is not of here."""
        del pending
        return None

    def is_unseen_row(self, row: R) -> bool:
        """Whether a row stands for what was sent and is not seen yet."""
        return self.key_of(row) in self._unseen

    def partition_of(self, session: Session) -> Partition:
        """The partition whose state the list shows."""
        raise NotImplementedError

    @property
    def session(self) -> Session | None:
        """The session of the row under the cursor; without one the first that is shown."""
        row = self.row if self.is_mounted else None
        of_row = None if row is None else self.qsui.session_of(self.ref_of(row))
        return of_row or super().session

    def ref_of(self, row: R) -> Ref:
        """The identity of what a row shows."""
        return self.record_of(row).ref

    def partitions(self) -> list[tuple[Session, Partition]]:
        """The list as last read, by session."""
        return [(session, self.partition_of(session)) for session in self.sessions]

    @property
    def state(self) -> ListState | None:
        """How the reading of the list stands; `None` until a session is open."""
        expected = sum(scope.label not in self.qsui.scope_faults for scope in self.scopes)
        return state_of(self.partitions(), expected=expected)

    def each_record(self) -> Iterator[Record]:
        """Yield the records of the list as known now, of every scope shown."""
        for _, partition in self.partitions():
            yield from partition.records.values()

    def known(self, refs: Iterable[Ref]) -> Iterator[Record]:
        """Yield those records of some that the list still has, as known now."""
        records = {session.scope.label: part.records for session, part in self.partitions()}
        for ref in refs:
            record = records.get(label_of(ref), {}).get(ref.id)
            if record is not None and record.ref == ref:
                yield record

    def visible_of(self, session: Session, kind: Kind) -> tuple[str, ...]:
        """The ids of the visible records of one kind that are of a session, top first."""
        scope = session.scope
        rows = (self.model.get(key) for key in self.table.visible_keys())
        refs = [self.ref_of(row) for row in rows if row is not None]
        return tuple(
            ref.id
            for ref in refs
            if ref.kind is kind and (ref.profile, ref.sandbox) == (scope.profile, scope.sandbox)
        )

    def is_problem(self, row: R) -> bool:
        """Whether `n`, `N` and `!` mean this row."""
        raise NotImplementedError

    def pane_title(self, row: R, width: int) -> tuple[Span, ...]:
        """The title of the pane."""
        raise NotImplementedError

    def pane_lines(self, row: R, width: int) -> Sequence[tuple[Span, ...]]:
        """The text of the pane."""
        raise NotImplementedError

    def heading(self) -> list[Span]:
        """The title's first words, before the count."""
        return [(self.NOUN.capitalize(), Role.FOCUS)]

    def title_extra(self) -> list[Span]:
        """What else the title says, after the count."""
        return []

    # The parts on screen

    @property
    def table(self) -> RecordTable[R]:
        """The list widget."""
        return self.query_one("#list", RecordTable)

    @property
    def has_table(self) -> bool:
        """Whether the list widget is there: a new screen is a while without its inner parts."""
        return self.is_composed and self.query_one_optional("#list") is not None

    @property
    def row(self) -> R | None:
        """The row under the cursor."""
        key = self.table.cursor_key if self.has_table else None
        return None if key is None else self.model.get(key)

    def look(self) -> LookContext:
        """What texts depend on besides their record, for the row under the cursor."""
        return self.look_in(self.session)

    def look_at(self, ref: Ref) -> LookContext:
        """What the texts of a record depend on besides it."""
        app = self.qsui
        return self.look_in(app.session_of(ref) if app.has_several else super().session)

    def look_in(self, session: Session | None) -> LookContext:
        """What texts of a session's records depend on: its server's time, how it fares."""
        app = self.qsui
        health = session.health if session is not None else None
        is_stale = health is not None and health.state in ("stale", "offline", "refused")
        now = session.now if session is not None else app.now
        look = LookContext(now=now, zone=app.zone, signs=app.signs, stale=is_stale)
        return replace(look, scope_of=app.scope_name) if app.has_several else look

    @property
    def rule(self) -> str:
        """The sign that rules are made of."""
        return self.qsui.signs.of(Sign.RULE)

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
        if self.table.follow_first and len(self.model) <= REORDERED_ROWS:
            delta = self.model.rebuild_now()  # nobody has moved yet: what is worst stays on top
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
