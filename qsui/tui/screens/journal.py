"""What was done from here to this scope, newest first, with what came of it and how to undo it.

Nothing is polled: the journal is read when an action goes on, or when a person asks.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from qsui.domain.filter_values import FieldKind
from qsui.domain.filters import Field, Fields
from qsui.domain.journal import Deed
from qsui.domain.models import Kind, Ref, Scope
from qsui.domain.pending import Stage
from qsui.live.store import Partition
from qsui.present.journal import (
    JOURNAL_COLUMNS,
    JOURNAL_SORTS,
    journal_cells,
    journal_json,
    journal_lines,
    journal_title,
    name_of,
    what_words,
)
from qsui.present.list_states import empty_journal
from qsui.present.role import Cell, Role, Span, Spans
from qsui.present.text import elide_end, printable
from qsui.storage.journal import MOST_DEEDS
from qsui.tui.acts import Chosen
from qsui.tui.look_context import own_look
from qsui.tui.screens.list_basis import SortChoice
from qsui.tui.screens.list_screen import ListScreen
from qsui.tui.widgets.lines import lay_out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from qsui.live.demands import Demands
    from qsui.live.store import Change
    from qsui.present.columns import Column, Fitted, LookContext
    from qsui.tui.options import Session
    from qsui.tui.widgets.record_table import RecordTable

_TROUBLE = (Stage.UNKNOWN, Stage.NO_EFFECT, Stage.REFUSED, Stage.NOT_SENT, Stage.SENDING)
_READ = Partition(is_complete=True)

_TITLES = {"time": "Time", "what": "What", "on": "On", "result": "Result", "who": "Who"}


def _field(name: str, kind: FieldKind, get: Callable[[Deed], object], *titles: str) -> Field[Deed]:
    return Field(name, titles, kind, lambda deed, _: get(deed))


def _request_id(deed: Deed) -> str:
    return deed.outcome.request_id if deed.outcome is not None else ""


def journal_fields() -> Fields[Deed]:
    """Return what a filter of the journal can say."""
    return Fields(
        fields=(
            _field("id", FieldKind.TEXT, lambda deed: deed.id),
            _field("name", FieldKind.TEXT, lambda deed: deed.intent.name, "on"),
            _field("reason", FieldKind.TEXT, lambda deed: deed.intent.reason),
            _field("request_id", FieldKind.TEXT, _request_id),
            _field("what", FieldKind.WORD, what_words),
            _field("verb", FieldKind.WORD, lambda deed: deed.intent.verb),
            _field("result", FieldKind.WORD, lambda deed: deed.stage.value, "state"),
            _field("who", FieldKind.WORD, lambda deed: deed.intent.actor, "actor"),
            _field("time", FieldKind.TIME, lambda deed: deed.intent.at, "at"),
        ),
        flags={"failed": lambda deed, _: deed.stage in _TROUBLE},
        shown_text=lambda deed: f"{what_words(deed)} {name_of(deed)} {deed.intent.reason}",
    )


class JournalScreen(ListScreen[Deed]):
    """The journal of the scopes shown."""

    TAB = "journal"
    NOUN = "actions"
    ACTS = (("act.undo", "undo"),)
    FOOTER = (
        ("move.open", "all of it"),
        ("find.filter", "filter"),
        ("find.problems", "not done"),
        ("pane.toggle", "pane"),
        ("look.copy", "copy request id"),
        ("journal.curl", "copy curl"),
        ("look.raw", "JSON lines"),
        ("find.sort", "order"),
        ("act.new", "new"),
    )

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("C", "copy_curl", "copy the request as curl", id="journal.curl"),
        Binding("d", "open", "everything that is known of it", id="look.describe"),
    ]

    # Rows

    def each_row(self) -> Iterator[tuple[str, Deed]]:
        """Every action in the scopes shown."""
        shown = self.sessions
        for deed in self.qsui.follower.deeds():
            if self.qsui.follower.session_of(deed) in shown:
                yield deed.id, deed

    def ref_of(self, row: Deed) -> Ref:
        """What the action was about; in old lines only its scope is known."""
        if row.intent.ref is not None:
            return row.intent.ref
        session = self.qsui.follower.session_of(row) or self.qsui.session
        scope = session.scope if session is not None else Scope("", "")
        return Ref(scope.profile, scope.sandbox, Kind.SCHEDULE, "", "")

    def key_of(self, row: Deed) -> str:
        """The action's id."""
        return row.id

    def key_of_ref(self, ref: Ref) -> str | None:
        """No record has a row here."""
        del ref
        return None

    def group_of(self, row: Deed) -> object:
        """Rows stand by their time whatever becomes of them."""
        del row
        return None

    def partition_of(self, session: Session) -> Partition:
        """A journal is always read to its end."""
        del session
        return _READ

    def apply(self, change: Change) -> None:
        """Records are other lists' business."""

    def deeds_changed(self) -> None:
        """The journal was read again."""
        super().deeds_changed()
        if self.session is not None and self.has_table:
            self.take(dict(self.each_row()))

    def _note_rows(self) -> None:
        """What a person did is never held back."""

    def let_in(self) -> None:
        """Read the journal again."""
        self.qsui.follower.read_journal()
        super().let_in()

    def demands_of(self, session: Session) -> Demands:
        """Nothing of the server but what keeps the header true."""
        from qsui.live.demands import Demands

        del session
        return Demands(schedules=True)

    def is_problem(self, row: Deed) -> bool:
        """Whether it was refused, lost, or had no effect."""
        return row.stage in _TROUBLE

    # What is shown

    def sorts(self) -> Sequence[SortChoice[Deed]]:
        """Time first, newest on top."""
        return [
            SortChoice(id, _TITLES[id], key, is_descending=id == "time")
            for id, key in JOURNAL_SORTS.items()
        ]

    def fields(self) -> Fields[Deed]:
        """The filter's names."""
        return journal_fields()

    def look_in(self, session: Session | None) -> LookContext:
        """Ages count on the clock that wrote the journal."""
        return replace(own_look(self.qsui, session), scope_of=self.qsui.scope_name)

    @property
    def session(self) -> Session | None:
        """That of the selected action; without one the first that is shown."""
        row = self.row if self.is_mounted else None
        of_row = None if row is None else self.qsui.follower.session_of(row)
        return of_row or next(iter(self.sessions), None)

    def columns(self) -> Sequence[Column]:
        """The list's columns."""
        return JOURNAL_COLUMNS

    def cells(self, row: Deed, columns: Sequence[Fitted]) -> tuple[Cell, ...]:
        """The texts of a row."""
        may_undo = self.qsui.follower.may_undo(row)
        return journal_cells(row, self.look(), columns, may_undo=may_undo)

    def heading(self) -> list[Span]:
        """The screen's name."""
        return [("Journal", Role.FOCUS)]

    def title_extra(self) -> list[Span]:
        """Whose actions these are."""
        newest = "the newest " if len(self.model.items) >= MOST_DEEDS else ""
        where = "in this scope" if len(self.sessions) == 1 else "in the scopes shown"
        return [(f"  {newest}from this machine, {where}", Role.MUTED)]

    @property
    def as_of(self) -> str:
        """Never: it is on this machine."""
        return ""

    @property
    def journal_trouble(self) -> str:
        """Why nothing is recorded, as a sentence; empty if it is."""
        session = self.session
        if session is None:
            return ""
        journal = session.control.journal
        if journal is None:
            return "Nothing is recorded: this session has no journal."
        return printable(journal.trouble, 300)

    def _state_lines(self) -> Sequence[Spans]:
        if self.session is not None and len(self.model.items) == 0:
            return empty_journal(self.where, self.journal_trouble)
        return super()._state_lines()

    def status_left(self, width: int) -> list[Span]:
        """Why the journal cannot be written goes before all else."""
        trouble = self.journal_trouble
        if not trouble:
            return super().status_left(width)
        sign = self.qsui.signs
        return [(elide_end(f"! {trouble}", width - 4, sign.ellipsis), Role.WARN)]

    def pane_title(self, row: Deed, width: int) -> Spans:
        """The action in short."""
        keys: list[Span] = [("p", Role.FOCUS), (" hide ", Role.MUTED)]
        return self.pane_rule(journal_title(row, self.look()), keys, width)

    def pane_lines(self, row: Deed, width: int) -> Sequence[Spans]:
        """Everything known of it."""
        may_undo = self.qsui.follower.may_undo(row)
        return lay_out(journal_lines(row, self.look(), may_undo=may_undo), width)

    def pending_of(self, row: Deed) -> tuple[()]:
        """The lines of the journal say it themselves."""
        del row
        return ()

    # Actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Know no keys that are about several rows, or about a record."""
        if action in ("mark", "mark_range", "mark_all", "verbs", "explain", "wide"):
            return False
        return super().check_action(action, parameters)

    def chosen(self) -> Chosen:
        """No record: what acts on the server does so from its list."""
        return Chosen()

    def deed_to_undo(self) -> Deed | None:
        """The selected action."""
        row = self.row
        return row if row is not None and self.qsui.follower.may_undo(row) else None

    def refused(self, action: str) -> str:
        """Say which action cannot be undone."""
        reason = super().refused(action)
        if action == "undo" and reason == "there is nothing to undo":
            return "this action cannot be undone from here"
        return reason

    def on_record_table_selected(self, event: RecordTable.Selected) -> None:
        """Enter or a click on the cursor row."""
        event.stop()
        self.action_open()

    def action_open(self) -> None:
        """Show everything known of the action under the cursor."""
        from qsui.tui.screens.deed import DeedScreen

        row = self.row
        if row is not None:
            self.app.push_screen(DeedScreen(row.id))

    def action_raw(self) -> None:
        """Show the action's lines as they stand in the journal."""
        from qsui.tui.screens.raw import RawScreen

        row = self.row
        if row is not None:
            self.app.push_screen(RawScreen(None, title="Journal", body=journal_json(row)))

    def action_copy_id(self) -> None:
        """Copy what support asks for."""
        row = self.row
        if row is not None and row.outcome is not None and row.outcome.request_id:
            self.qsui.copy(row.outcome.request_id, "Request id")
        elif row is not None:
            self.qsui.say("No answer came, so there is no request id.")

    def action_copy_curl(self) -> None:
        """Copy the request as a curl command without secrets."""
        row = self.row
        if row is not None:
            self.qsui.copy_request(row)
