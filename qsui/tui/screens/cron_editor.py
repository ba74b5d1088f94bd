"""Edits the cadence of a schedule: what is typed, what it means, what it would change.

Nothing is sent from here: the screen dismisses with the expression and a reason, which are then
confirmed like any other action.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.containers import Vertical
from textual.widgets import Input

from qsui.domain import cron_edit
from qsui.domain.cron import try_parse
from qsui.domain.cron_effect import Effect, effect
from qsui.domain.states import ScheduleState
from qsui.present import cron_preview, cron_words, text
from qsui.present.cadence_zone import plain_words
from qsui.present.cron_preview import Paces, Preview
from qsui.present.cron_ruler import left_out, others_range, ruler
from qsui.present.layout import LookContext
from qsui.present.role import Role, Span
from qsui.tui.chrome import Hint
from qsui.tui.screens.cron_facts import DIALECT, choices, count_others, has_run, paces_of
from qsui.tui.screens.cron_layout import MOST_FIRES, ROOMY, Fit, fit, joined, rows_of, tree_lines
from qsui.tui.screens.dialog import DIALOG_CSS, DialogScreen
from qsui.tui.widgets.cron_field import LABEL_WIDTH, TEXT_AT, CronField, CronRow, PresetTree
from qsui.tui.widgets.dialog_parts import DialogBody, DialogButton, DialogField, FieldRow, SpanBlock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from qsui.domain.cron_load import Load
    from qsui.domain.models import Schedule
    from qsui.tui.widgets.span_view import SpanLine

DENSE_GAINS = 5
"""Lines that the body gains without the air around it."""

WORDS_FROM = 28
"""Cells that words need beside the field; else they stand under it."""


@dataclass(frozen=True, slots=True)
class CronChoice:
    """What was chosen: an expression in our grammar, single blanks, and why (may be empty)."""

    cron: str
    reason: str


class CronEditorScreen(DialogScreen[CronChoice]):
    """The cadence editor of one schedule; dismisses with a `CronChoice` or `None`."""

    CSS_PATH = [DIALOG_CSS, "cron_editor.tcss"]  # type: ignore[assignment]  # noqa: RUF012  # one more than the base
    WIDE: ClassVar[bool] = True
    AUTO_FOCUS: ClassVar[str | None] = "#cron"

    def __init__(self, schedule: Schedule) -> None:
        super().__init__()
        self._schedule = schedule
        self._old = try_parse(schedule.cron)
        self._value = cron_words.typed(schedule.cron)
        self._effect = Effect(self._old, None)
        self._paces = Paces()
        self._has_run = False
        self._load: Load | None = None
        self._fit = Fit()
        self._now = datetime.now(UTC)
        self._zone: tzinfo = UTC
        self._presets: tuple[cron_edit.Preset, ...] = ()
        self._tree = PresetTree(self._tree_lines)
        self._field = CronField(schedule.cron)

    # What the dialog is made of

    def dialog_title(self) -> Sequence[Span]:
        """What is edited."""
        name = text.printable_name(self._schedule.name or self._schedule.id)
        return (("Edit cadence", Role.TITLE), (f"  {name}", Role.STRONG))

    def compose_dialog(self) -> ComposeResult:
        """Now and new, the tree, the fires, the load, what is sent, why."""
        self._look_up()
        yield self.text(self._now_lines)
        yield CronRow(self._field, self._words_beside)
        yield self.text(self._words_below)
        yield self._tree
        yield self.gap()
        yield self.rule(self._fires_title)
        yield self.text(self._fires_lines)
        with Vertical(id="cron-load"):
            yield self.gap()
            yield self.rule(self._load_title)
            yield self.text(self._load_lines)
        yield self.gap()
        yield self.text(self._outcome_lines)
        label = f"{'Reason':<{cron_preview.LABEL - 2}}"
        field = DialogField(id="reason", max_length=400)
        yield FieldRow(lambda: [(label, Role.MUTED)], field)

    def compose_buttons(self) -> Sequence[DialogButton]:
        """Leave, or go on to the review."""
        return (
            DialogButton("Cancel", id="cancel"),
            DialogButton("Review", id="review", why_not=self._why_not()),
        )

    def button_note(self, width: int) -> list[SpanLine]:
        """What an edit does not do."""
        note = "A run in progress is not touched."
        return [((text.elide_end(note, width, self.qsui.signs.ellipsis), Role.MUTED),)]

    def hints(self) -> Sequence[Hint]:
        """The keys that work where the keyboard is."""
        here: tuple[Hint, ...] = (Hint("Enter", "review"),)
        if isinstance(self.focused, PresetTree):
            here = (Hint("Enter", "take preset"), Hint("Left Right", "choose"))
        elif isinstance(self.focused, CronField):
            here = (Hint("Enter", "review"), Hint("Up Down", "step"))
        return (*here, Hint("Tab", "next part"), Hint("Esc", "discard"), Hint("F1", "dialect"))

    def explain(self) -> Sequence[str]:
        """The grammar, and what a new cadence means for runs."""
        return DIALECT

    # What is known when it opens

    def _look_up(self) -> None:
        self._paces = paces_of(self.session, self._schedule.id)
        self._has_run = has_run(self.session, self._schedule.id)
        self._now = self.session.now
        zones = (self.qsui.zone, self.qsui.local_zone)
        named = (zone for zone in zones if not cron_preview.is_utc(zone, self._now))
        self._zone = next(named, UTC)
        self._compute()

    def on_mount(self) -> None:
        """Count who else starts when; show which field the text cursor is in."""
        self.watch(self._field, "selection", self._cursor_moved, init=False)
        self._count_others()

    def _cursor_moved(self) -> None:
        if self.is_composed:
            self._tree.redraw()

    @work(group="cadence-load")
    async def _count_others(self) -> None:
        """Fill the load; the lines that need it are drawn again then."""
        self._load = await count_others(self.session, self._schedule, self._now)
        self._compute()
        self.redraw_dialog()

    # What follows from the text

    def _compute(self) -> None:
        value = self._value = cron_words.typed(self._field.value)
        self._effect = effect(
            self._schedule,
            self._old,
            value.cron,
            self._now,
            count=MOST_FIRES,
            has_run=self._has_run,
        )
        self._presets = choices(value, self._schedule, self._old, self._load, self._now)
        self._tree.count = len(self._presets)
        self._tree.can_focus = self._fit.has_presets
        self._tree.chosen = min(self._tree.chosen, len(self._presets) - 1)

    def _why_not(self) -> str:
        fault = self._value.fault
        if fault is not None:
            return f"Not valid yet: {text.printable(str(fault), 200)}"
        if self._value.text.split() == self._schedule.cron.split():
            return "New is the same as now: there is nothing to review"
        return ""

    @property
    def _view(self) -> Preview:
        return Preview(self._schedule, self._effect, self._paces, self._load, self._ctx)

    @property
    def _ctx(self) -> LookContext:
        qsui = self.qsui
        return LookContext(self._now, self._zone, qsui.signs, locale=qsui.options.locale)

    # Lines

    def _now_lines(self, width: int) -> list[SpanLine]:
        schedule, at = self._schedule, self._words_at
        said = plain_words(schedule)
        line = cron_words.now_line(schedule.cron, TEXT_AT, at, width, self._ctx, server_words=said)
        return [line]

    @property
    def _words_at(self) -> int:
        """The column of the words beside the field, for both lines."""
        return LABEL_WIDTH + self._field.cells + 2

    def _words_beside(self, width: int) -> list[SpanLine]:
        return [self._sentence(width)] if width >= WORDS_FROM else [()]

    def _words_below(self, width: int) -> list[SpanLine]:
        if width - self._words_at >= WORDS_FROM:
            return []
        return [((" " * TEXT_AT, Role.TEXT), *self._sentence(width - TEXT_AT))]

    def _sentence(self, width: int) -> SpanLine:
        is_changed = self._value.text.split() != self._schedule.cron.split()
        return cron_words.sentence(self._value, self._ctx, width, is_changed=is_changed)

    def _tree_lines(self, width: int) -> list[SpanLine]:
        under = cron_edit.span_at(self._field.value, self._field.cursor_position)
        return tree_lines(
            self._value,
            self._presets if self._fit.has_presets else (),
            width,
            self._ctx,
            chosen=self._tree.chosen if self._tree.has_focus else -1,
            active=under.index if under is not None and self._field.has_focus else -1,
        )

    def _fires_title(self) -> list[Span]:
        off = self._schedule.state is not ScheduleState.ENABLED
        tail = ", UTC, once it is on" if off else ", UTC"
        return [("Next fires", Role.STRONG), (tail, Role.MUTED)]

    def _fires_lines(self, width: int) -> list[SpanLine]:
        view = self._view
        said = left_out(view, width) if self._fit.has_ruler else cron_preview.remarks(view)
        notes = joined(said, width)
        under = [] if self._fit.is_beside else cron_preview.below(view, width)
        rows = rows_of(self._fit.block, len(under) + len(notes))
        lines = cron_preview.fires(view, width, rows)
        if not self._effect.fires:
            lines.append((("No fire ahead.", Role.MUTED),))
        if self._fit.is_beside:
            lines = cron_preview.beside(lines, view)
        return [*lines, *under, *notes]

    def _load_title(self) -> list[Span]:
        some = others_range(self._view)
        tail = f", {some} starts an hour" if some else ", starts an hour"
        return [("Load of the next 48 hours", Role.STRONG), (tail, Role.MUTED)]

    def _load_lines(self, width: int) -> list[SpanLine]:
        return ruler(self._view, width)

    def _outcome_lines(self, width: int) -> list[SpanLine]:
        schedule = self._schedule
        return cron_words.outcome_lines(
            schedule.cron,
            self._value,
            cron_preview.LABEL,
            width,
            self._ctx,
            runs_workflow=schedule.runs_workflow,
            server_words=plain_words(schedule),
        )

    # Size

    def arranged(self, room: int, width: int) -> None:
        """Divide the room; the ruler goes first, then the air."""
        is_dense = not self.has_class("-no-air") and room < ROOMY
        self.set_class(is_dense, "-dense")
        if is_dense:
            room += DENSE_GAINS
            self.query_one(DialogBody).styles.max_height = room
        before, self._fit = self._fit, fit(room, width)
        self._tree.can_focus = self._fit.has_presets
        self.query_one(CronRow).fit(width)
        self.query_one("#cron-load").display = self._fit.has_ruler
        for gap in self.query(".dialog-gap"):
            gap.display = self._fit.has_gaps
        if self._fit != before:
            for block in self.query(SpanBlock):
                block.redraw()

    # What happens

    @on(Input.Changed, "#cron")
    def _typed(self) -> None:
        """Draw what follows from the text."""
        if not self.is_composed:
            return
        self._now = self.session.now
        self._compute()
        self._field.is_bad = self._value.fault is not None
        self.query_one("#review", DialogButton).change(why_not=self._why_not())
        self.redraw_dialog()

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self._review()

    def on_cron_field_not_stepped(self) -> None:
        """Say why nothing happened."""
        self.say_status("Nothing to step here: this field is not valid yet")

    def on_descendant_focus(self) -> None:
        """Say which keys work now."""
        self._redraw_lines()

    def on_preset_tree_taken(self, event: PresetTree.Taken) -> None:
        """Put a preset into the field and go on typing there."""
        self._field.value = self._presets[event.index].cron
        self._field.cursor_position = 0
        self._field.focus()

    def on_dialog_button_pressed(self, event: DialogButton.Pressed) -> None:
        """Leave, or go on."""
        if event.button.id == "review":
            self._review()
        else:
            self.action_cancel()

    def _review(self) -> None:
        """Hand the choice on, or say why it cannot be."""
        why_not = self._why_not()
        if why_not:
            self._field.focus()
            self.say_status(why_not)
        elif self.is_current:
            reason = self.query_one("#reason", Input).value.strip()
            self.dismiss(CronChoice(" ".join(self._value.text.split()), reason))
