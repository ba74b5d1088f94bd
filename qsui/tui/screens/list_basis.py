"""What a list says of itself: its records, orders, columns and texts. Nothing here changes rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from qsui.present.columns import Column, Fitted, LookContext
from qsui.present.role import Cell, Role, Span
from qsui.present.signs import Sign
from qsui.tui.row_model import RowModel
from qsui.tui.scopes import label_of
from qsui.tui.screens.frame import FrameScreen
from qsui.tui.screens.list_state import ListState, state_of
from qsui.tui.widgets.record_table import RecordTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from qsui.domain.filters import Fields
    from qsui.domain.models import Kind, Record, Ref
    from qsui.domain.pending import Pending
    from qsui.live.store import Partition
    from qsui.tui.options import Session

R = TypeVar("R")


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


class ListBasis(FrameScreen, Generic[R]):
    """A list as its subclasses describe it."""

    NOUN: ClassVar[str] = "rows"

    def __init__(self) -> None:
        super().__init__()
        self.model: RowModel[R] = RowModel()
        self._unseen: dict[str, R] = {}

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
