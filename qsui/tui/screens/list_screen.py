"""A screen around one list: title with count and filter, rows, the six list states, a pane.

View state (filter text, sort, cursor) lives here and nowhere else. A refresh moves neither the
cursor nor the scroll.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from qsui.present import list_states
from qsui.present.role import Role, Span, Spans
from qsui.present.signs import Sign
from qsui.present.text import clock_short, printable
from qsui.tui.chrome import Hint
from qsui.tui.screens.list_basis import R
from qsui.tui.screens.list_order import ListOrder
from qsui.tui.screens.list_pane import ListPane
from qsui.tui.widgets.lines import wrap
from qsui.tui.widgets.record_table import RecordTable
from qsui.tui.widgets.span_view import SpanView, line_width, spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.events import Resize

    from qsui.live.store import Trouble

TOAST_LINES = 3
"""So many lines above the status a toast may cover."""

HANG = 16
"""Where the text after a label begins in the body of a list state."""


class ListScreen(ListOrder[R], ListPane[R]):
    """Base of the lists; `STILL_WORKS` is what goes on when this one may not be read."""

    STILL_WORKS: ClassVar[str] = "the other lists"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "raw", "JSON as received", id="look.raw"),
        Binding("c", "copy_id", "copy the id", id="look.copy"),
    ]

    def compose_body(self) -> ComposeResult:
        """Title line, list or its state, pane."""
        with Horizontal(id="titlebar"):
            yield SpanView(self._title, id="title", classes="-line")
            field = Input(id="filter", placeholder="text, !not, state:failed, fails>2, ~fuzzy")
            field.cursor_blink = False
            yield field
        with Vertical(id="split"):
            with Vertical(id="left"):
                yield RecordTable(self.model, signs=self.qsui.signs, id="list")
                yield SpanView(self._blank, id="blank")
            with Vertical(id="pane"):
                yield SpanView(self._pane_title, id="pane-title", classes="-line")
                yield SpanView(self._pane_body, id="pane-body", can_focus=True)

    def on_mount(self) -> None:
        """Sort as usual and put the keyboard on the list."""
        if not self.is_composed:
            return
        self._sort_now()
        self.table.cells = self._cells
        self.table.follow_first = True
        self.table.focus()
        self.call_after_refresh(self.rows_changed)  # the state of a list that got no rows yet

    def on_screen_resume(self) -> None:
        """The keyboard belongs to the list."""
        self._focus_list()

    def on_descendant_blur(self) -> None:
        """A list that was hidden for a moment loses the keyboard late: give it back."""
        self.call_after_refresh(self._focus_list)

    def _focus_list(self) -> None:
        if self.focused is None and self.is_composed and self.app.app_focus:
            self.set_focus(self.table)
            self.call_after_refresh(self.redraw_chrome)

    def on_resize(self, event: Resize) -> None:
        """Choose columns and the pane's place for the new size."""
        del event
        if self.is_composed:
            self._place_pane()
            self.fit()

    def rows_changed(self) -> None:
        """Counts, states and the pane follow the rows."""
        if not self.can_draw:
            return
        self._show_state()
        self.redraw_title()
        self.query_one("#status", SpanView).redraw()
        self.query_one("#footer", SpanView).redraw()  # other verbs may be refused now
        self.redraw_pane()
        self.viewport_changed()

    def let_in(self) -> None:
        """Show the rows that were held back and order all rows anew."""
        self.table.take(self.model.let_in())
        self._resort()
        self.model.changed.clear()
        self.rows_changed()

    def look_changed(self) -> None:
        """Write every visible row again."""
        super().look_changed()
        self._fit_now()
        self.table.forget()
        self.redraw_pane()

    def health_changed(self) -> None:
        """Title and states say how old the rows are."""
        super().health_changed()
        self.rows_changed()

    def tick(self) -> None:
        """Ages step in the chrome, the rows on screen and the pane."""
        super().tick()
        if not self.can_draw or not self.has_table:
            return
        self.table.refresh_ages()
        self.redraw_pane()
        if self.query_one("#left").has_class("-blank"):
            self.query_one("#blank", SpanView).redraw()

    def _show_state(self) -> None:
        state = self.state
        has_rows = self.model.shown > 0
        is_forbidden = state is not None and state.is_refused
        left, is_blank = self.query_one("#left"), not has_rows or is_forbidden
        if left.has_class("-blank") and not is_blank:
            self.call_after_refresh(self._focus_list)  # a hidden widget loses the keyboard
        left.set_class(is_blank, "-blank")
        self.query_one("#blank", SpanView).redraw()

    def _blank(self, width: int) -> list[Spans]:
        return [
            (indent, *piece)
            for line in self._state_lines()
            for indent, piece in _hung(line, width - 1)
        ]

    def _state_lines(self) -> Sequence[Spans]:
        options, signs = self.qsui.options, self.qsui.signs
        state = self.state
        if state is None and self.faults and len(self.faults) == len(self.scopes):
            return self._fault_lines()
        if state is None:
            words = options.starting_words or f"Connecting to {self.where}"
            return list_states.starting(words, signs)
        if state.is_refused and state.trouble is not None:
            return list_states.forbidden(
                self.NOUN,
                state.trouble,
                self.where,
                signs,
                has_jobs=all(session.has_jobs for session in self.sessions),
                still_works=self.STILL_WORKS,
            )
        if len(self.model.items) == 0:
            if state.trouble is not None:
                return self._not_read(state.trouble, state.where)
            if (lost := self._lost()) is not None:
                return lost
            if state.read_at is None or not state.is_complete:
                return list_states.first_load(self.NOUN, self.where, state.count, signs)
            return list_states.empty(self.NOUN, self.where)
        return list_states.none_match(self.NOUN, len(self.model.items))

    def _lost(self) -> Sequence[Spans] | None:
        """Why nothing is being read, if no scope that was not read yet can be reached."""
        unread = [session for session, part in self.partitions() if part.read_at is None]
        healths = [session.health for session in unread if session.health is not None]
        lost = [one for one in healths if one.state in ("refused", "offline") and one.trouble]
        if not lost or len(lost) < len(unread) or lost[0].trouble is None:
            return None
        return self._not_read(lost[0].trouble, lost[0].scope.label)

    def _not_read(self, trouble: Trouble, where: str) -> Sequence[Spans]:
        """Why nothing could be read from a scope."""
        look = self.look_in(self.qsui.session_at(where))
        if trouble.kind == "refused":
            return list_states.login_refused(trouble, where, look)
        return list_states.failed(self.NOUN, trouble, where, look)

    def _fault_lines(self) -> list[Spans]:
        """No scope shown could be opened: which, and why."""
        sign = self.qsui.signs.of(Sign.FAILED)
        lines: list[Spans] = [()]
        for label, sentence in self.faults:
            lines.append(((f"   {sign} {printable(label)} is not open", Role.ERROR),))
            lines.append(((f"   {printable(sentence, 300)}", Role.TEXT),))
            lines.append(())
        keys: list[Span] = [("   r", Role.FOCUS), (" try again", Role.MUTED)]
        if self.qsui.has_several:
            keys += [("   @", Role.FOCUS), (" other scopes", Role.MUTED)]
        return [*lines, tuple(keys)]

    def redraw_title(self) -> None:
        """Write the title; while a filter is typed it is only as wide as its words."""
        title = self.query_one("#title", SpanView)
        title.styles.width = line_width(self._typing_title()) if self._is_typing else "1fr"
        title.redraw()

    def _typing_title(self) -> tuple[Span, ...]:
        counts = f" {self.model.shown:,} of {len(self.model.items):,}  "
        fault: Span = (f"{self.filter_fault}  ", Role.ERROR)
        return (
            (f"{self.rule} ", Role.RULE),
            (self.NOUN.capitalize(), Role.TITLE),
            (counts, Role.TEXT),
            *((fault,) if self.filter_fault else ()),
            ("/ ", Role.FOCUS),
        )

    def _title(self, width: int) -> list[tuple[Span, ...]]:
        if self._is_typing:
            return [self._typing_title()]
        shown, known = self.model.shown, len(self.model.items)
        left: list[Span] = [(" ", Role.TEXT), *self.heading()]
        is_filtered = shown != known
        left.append((f" {self._part()}{shown:,}", Role.TEXT))
        if is_filtered:
            left.append((f" of {known:,}", Role.MUTED))
        left += self.title_extra()
        if self.filter_text:
            mark = f" / {printable(self.filter_text, 40)} "
            role = Role.CHIP_ERROR if self.filter_fault else Role.CHIP_FILTER
            left += [("  ", Role.TEXT), (mark, role)]
        if self.filter_fault:
            left += [(f"  {self.filter_fault}", Role.ERROR)]
        if self.only_problems:
            left += [("  ", Role.TEXT), (" ! problems ", Role.CHIP_FILTER)]
        if self.only_changed:
            left += [("  ", Role.TEXT), (" . changed ", Role.CHIP_FILTER)]
        if self.is_wide:
            left += [("  ", Role.TEXT), (" w wide, l and h move ", Role.CHIP_FILTER)]
        if self.as_of:
            left += [(f"  as of {self.as_of}", Role.WARN)]
        choice = self._sort_choice()
        down = choice.is_descending != self.sort_inverted
        arrow = self.qsui.signs.of(Sign.DOWN if down else Sign.UP)
        right: list[Span] = [
            *self.mark_words(),
            ("by ", Role.MUTED),
            (f"{choice.title.lower()} {arrow} ", Role.TEXT),
            (self.rule, Role.RULE),
        ]
        return [((self.rule, Role.RULE), *spread(left, right, width - 1, self.rule))]

    def _part(self) -> str:
        """Which rows are on screen, once it is not the first ones: `41-58 of `."""
        first = self.table.first_shown
        last = first + len(self.table.visible_keys())
        return f"{first + 1:,}-{last:,} of " if first and self.model.shown else ""

    @property
    def as_of(self) -> str:
        """When the rows are from, if they are older than their promise."""
        state = self.state
        if state is None or state.read_at is None:
            return ""
        healths = (session.health for session in self.sessions)
        is_old = any(h is not None and h.state in ("stale", "offline", "refused") for h in healths)
        if not (is_old or state.from_history or state.trouble):
            return ""
        return clock_short(state.read_at, self.qsui.zone)

    def hints(self) -> list[Hint]:
        """While a filter is typed, letters are text: only what ends that is a key."""
        if self._is_typing:
            return [Hint("Enter", "keep the filter"), Hint("Esc", "show all")]
        return super().hints()

    def status_left(self, width: int) -> list[Span]:
        """What is wrong with this list while its old rows stay, else with the connection."""
        state, lost = self.state, ("offline", "refused", "throttled")
        if state is None or state.trouble is None or state.is_refused:
            return super().status_left(width)
        session = self.qsui.session_at(state.where)
        health = session.health if session is not None else None
        if health is None or health.state in lost:
            return super().status_left(width)
        if len(self.sessions) > 1:
            others = len(self.sessions) - len(state.troubles)
            return list(list_states.partly(self.NOUN, state.troubles, others, self.look()))
        return list(list_states.status_error(self.NOUN, state.trouble, state.where, self.look()))

    def status_right(self) -> list[Span]:
        """New rows and changes that wait."""
        frozen = super().status_right()
        if frozen:
            return frozen
        right: list[Span] = []
        waiting = self.model.held_count
        if waiting:
            plural = "row" if waiting == 1 else "rows"
            right += [("r", Role.FOCUS), (f" {waiting} new {plural} waiting", Role.TEXT)]
        if self.model.changed:
            words = f" {len(self.model.changed)} changed since you looked"
            right += [("   " if right else "", Role.TEXT), (".", Role.FOCUS), (words, Role.TEXT)]
        return right

    def on_record_table_highlighted(self, event: RecordTable.Highlighted) -> None:
        """The pane follows the cursor."""
        self.model.changed.discard(event.key)
        self._place_toasts()
        self.redraw_pane()
        self.call_after_refresh(self.query_one("#footer", SpanView).redraw)  # seldom differs

    def _place_toasts(self) -> None:
        """A toast stands over no row that a person looks at."""
        below = self.table.region.y + self.table.cursor_line
        is_low = below >= self.query_one("#status").region.y - TOAST_LINES
        for rack in self.query("ToastRack"):
            rack.set_class(is_low, "-high")

    def on_record_table_viewport(self) -> None:
        """Other rows are visible."""
        self.redraw_title()
        self._place_toasts()
        self.viewport_changed()


def _hung(line: Spans, width: int) -> list[tuple[Span, Spans]]:
    """Break a line of a list state; what follows hangs below the text after its label."""
    pieces = wrap(line, max(10, width - HANG))
    if line_width(line) <= width:
        pieces = [line]
    blank = " " * HANG
    return [(("" if not n else blank, Role.TEXT), piece) for n, piece in enumerate(pieces)]
