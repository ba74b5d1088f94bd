"""The form that makes a query or a schedule: fields, faults beside them, at the end the draft.

It sends nothing: who opened it shows the exact request next and asks.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import SuspendNotSupported
from textual.binding import Binding, BindingType

from qsui.domain import draft_of
from qsui.domain.draft_of import Prefill, wanted, with_named
from qsui.domain.draft_text import DraftText
from qsui.domain.drafts import FIXED_LATER, Draft
from qsui.domain.errors import ApiError
from qsui.domain.models import Kind
from qsui.present.role import Role, Span
from qsui.present.text import elide_middle, id_short, printable
from qsui.tui.chrome import Hint
from qsui.tui.external_editor import edit, editor_name
from qsui.tui.screens import new_words
from qsui.tui.screens.dialog import DIALOG_CSS, DialogScreen
from qsui.tui.screens.new_parts import FormRow, ParameterRows, SqlArea
from qsui.tui.widgets.dialog_parts import DialogButton, DialogField
from qsui.tui.widgets.lines import wrap
from qsui.tui.widgets.span_view import SpanView

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from textual.app import ComposeResult
    from textual.events import DescendantBlur
    from textual.widget import Widget
    from textual.widgets import Input

    from qsui.domain.drafts import Fault
    from qsui.domain.models import Template
    from qsui.tui.widgets.span_view import SpanLine

TEMPLATES = 500
"""So many are offered at most."""

_FIELDS = ("name", "description", "insert_into", "ctas")
_WHEN = ("cron", "start", "end", "max_active_runs")


class NewScreen(DialogScreen[Draft | None]):
    """A form for a query or a schedule; dismisses with the draft, or `None` if it was left.

    `draft` is what the fields hold at first, `None` for a blank form; a `Prefill` brings sentences
    that stand above the fields.
    """

    WIDE = True
    CSS_PATH: ClassVar[list[str | Path]] = [DIALOG_CSS, "new.tcss"]  # type: ignore[assignment]  # one more sheet than the base
    AUTO_FOCUS: ClassVar[str | None] = "#new-name"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "step(1)", "next field", id="new.next", show=False),
        Binding("up", "step(-1)", "field before", id="new.previous", show=False),
        Binding("f4", "edit", "edit the SQL in your editor", id="new.edit", show=False),
    ]

    def __init__(self, kind: Kind, draft: Draft | Prefill | None, *, title: str) -> None:
        super().__init__()
        self._kind = kind
        self._title_words = printable(title, 200)
        self._prefill = draft if isinstance(draft, Prefill) else None
        self._given = draft.draft if isinstance(draft, Prefill) else draft
        self._template: Template | None = None
        self._template_id = ""
        self._template_trouble = ""
        self._left: set[str] = set()
        self._first = DraftText(kind)
        self._is_leaving = False
        self._told_warnings: tuple[Fault, ...] = ()
        self._wanted: tuple[str, ...] = ()

    # What stands in it

    def compose_dialog(self) -> ComposeResult:
        """Notes, what is run, and for a schedule when."""
        given = self._given or draft_of.blank(self._kind, self.qsui.now)
        first = DraftText.of(self._kind, given)
        self._template_id = first.template_id
        self._wanted = wanted(first.sql, self._kind)
        first = replace(first, parameters=with_named(first.parameters, self._wanted))
        if self._prefill is not None and self._prefill.notes:
            yield self.text(self._notes, id="new-notes")
        yield self._row("Name", first, "name")
        yield self._row("Description", first, "description")
        yield from self._compose_sql(first)
        yield FormRow("Parameters", ParameterRows(_clean(first.parameters)), name="parameters")
        yield self._row("Insert into", first, "insert_into", "a dataset that gets the rows")
        yield self._row("Create as", first, "ctas", "or a new dataset that holds them")
        if self._kind is Kind.SCHEDULE:
            yield from self._compose_when(first)

    def _compose_sql(self, first: DraftText) -> ComposeResult:
        template = SpanView(self._template_line, id="new-template", classes="-line")
        choose = DialogButton("Choose", id="new-choose")
        own = DialogButton("Own SQL", id="new-own")
        own.display = bool(first.template_id)
        yield FormRow("Template", template, choose, own, name="template")
        count = SpanView(self._count_line, id="new-count", classes="-line")
        editor = DialogButton(f"Edit in {editor_name(os.environ)}", id="new-edit")
        yield FormRow("SQL", count, editor, name="sql-head")
        yield SqlArea(first.sql)
        yield FormRow("", name="sql", more=self._coded_words)

    def _compose_when(self, first: DraftText) -> ComposeResult:
        yield self.rule(lambda: ((("When", Role.STRONG), (", UTC ", Role.MUTED))))
        yield self._row("Cadence", first, "cron")
        yield self._row("Start", first, "start")
        yield self._row("End", first, "end")
        yield self._row("Runs at once", first, "max_active_runs", "1: a slow run holds the next")
        yield self.text(
            lambda width: wrap(((FIXED_LATER, Role.MUTED),), max(8, width)), id="new-fixed"
        )

    def _row(self, label: str, first: DraftText, name: str, hint: str = "") -> FormRow:
        value = printable(str(getattr(first, name)), None)
        field = DialogField(value, id=f"new-{name.replace('_', '-')}")
        hints = {
            "cron": lambda: new_words.cron_words(self.typed, self.qsui.options.locale),
            "start": lambda: self._moment(self.typed.start, is_end=False),
            "end": lambda: self._moment(self.typed.end, is_end=True),
        }
        beside = hints.get(name, lambda: [(f" {hint}", Role.MUTED)] if hint else [])
        more = self._fires if name == "cron" else list
        return FormRow(label, field, name=name, hint=beside, more=more)

    def compose_buttons(self) -> Sequence[DialogButton]:
        """Leave, or go on to the request."""
        return (DialogButton("Cancel", id="new-cancel"), DialogButton("Review", id="new-review"))

    def dialog_title(self) -> Sequence[Span]:
        """What is made."""
        return ((self._title_words, Role.TITLE),)

    def button_note(self, width: int) -> list[SpanLine]:
        """What comes next."""
        del width
        return [(("Review shows the exact request and asks", Role.MUTED),)]

    def status_left(self) -> Sequence[Span]:
        """Where the draft is."""
        return (("Nothing is sent from this form", Role.MUTED),)

    def hints(self) -> Sequence[Hint]:
        """The keys of a form."""
        return (
            Hint("Tab", "next"),
            Hint("Enter", "go on"),
            Hint("F4", "SQL in your editor"),
            Hint("Esc", "leave"),
            Hint("F1", "what and why"),
        )

    def explain(self) -> Sequence[str]:
        """What the fields mean."""
        words = [
            "Give the SQL here, in your editor (F4; VISUAL or EDITOR names it), or choose a "
            "template of the server. Parameters replace $name in the SQL.",
            "Insert into adds the rows to a dataset that exists, Create as makes a new one. "
            "Without either, the query keeps its rows nowhere that the API shows.",
        ]
        if self._kind is Kind.SCHEDULE:
            words += [
                "The cadence has five fields in UTC: minute, hour, day, month, weekday. The first "
                "run is due one interval after the start.",
                FIXED_LATER,
                "The newest guide of the API wants an end, so one year is filled in.",
            ]
        return words

    def _notes(self, width: int) -> list[SpanLine]:
        notes = self._prefill.notes if self._prefill else ()
        lines: list[SpanLine] = []
        for note in notes:
            lines += wrap((("! ", Role.WARN), (printable(note), Role.TEXT)), max(8, width))
        return lines

    def _template_line(self, width: int) -> list[SpanLine]:
        if not self._template_id:
            return [(("none", Role.MUTED),)]
        if self._template_trouble:
            return [((self._template_trouble, Role.ERROR),)]
        name = self._template.name if self._template else id_short(self._template_id)
        return [((elide_middle(printable(name), width), Role.TEXT),)]

    def _count_line(self, width: int) -> list[SpanLine]:
        del width
        words = new_words.line_count(self.query_one(SqlArea).sql)
        return [((f"{words} of the template" if self._template_id else words, Role.MUTED),)]

    def _coded_words(self) -> list[Span]:
        if not self.query_one(SqlArea).is_coded or self._template_id:
            return []
        words = "It holds control characters, shown as codes here: edit it in your editor."
        return [(words, Role.WARN)]

    def _fires(self) -> list[Span]:
        return new_words.fires(self.typed, self.qsui.now, self.qsui.zone)

    def _moment(self, typed: str, *, is_end: bool) -> list[Span]:
        return new_words.moment_words(typed, self.qsui.now, self.qsui.zone, is_end=is_end)

    # What is typed

    @property
    def typed(self) -> DraftText:
        """Every field as it stands."""
        fields = (*_FIELDS, *(_WHEN if self._kind is Kind.SCHEDULE else ()))
        values = {
            name: self.query_one(f"#new-{name.replace('_', '-')}", DialogField).value
            for name in fields
        }
        return DraftText(
            self._kind,
            sql="" if self._template_id else self.query_one(SqlArea).sql,
            template_id=self._template_id,
            template_sql=self._template.sql if self._template else "",
            parameters=self.query_one(ParameterRows).pairs,
            **values,
        )

    def on_mount(self) -> None:
        """Remember what it began with, and read the template if there is one."""
        self._first = self.typed
        if self._template_id:
            self._read_template(self._template_id)

    def arranged(self, room: int, width: int) -> None:
        """Give the SQL the lines that the fields leave."""
        del width
        others = 18 if self._kind is Kind.SCHEDULE else 10
        others += len(self._prefill.notes) if self._prefill else 0
        for area in self.query(SqlArea):
            area.styles.height = max(3 if room < 12 else 5, min(16, room - others))

    def on_input_changed(self) -> None:
        """Say anew what the fields mean."""
        self._typed_something()

    def on_text_area_changed(self) -> None:
        """Count the lines."""
        self.unsay_status()
        self._typed_something()

    def _typed_something(self) -> None:
        self._is_leaving = False
        self._told_warnings = ()
        for row in self.query(FormRow):
            row.redraw()
        for view in self.query("#new-count, #new-template").results(SpanView):
            view.redraw()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in a field goes on."""
        event.stop()
        self.focus_next()

    def on_descendant_blur(self, event: DescendantBlur) -> None:
        """A field was left: say what is wrong with it."""
        name = _field_of(event.widget)
        if name == "sql":
            self._want_parameters(self.query_one(SqlArea).sql)
        if name:
            self._left.add(name)
            self._tell()

    def _want_parameters(self, sql: str) -> None:
        names = wanted(sql, self._kind)
        self.query_one(ParameterRows).want(names, leave=self._wanted)
        self._wanted = names

    def _tell(self) -> None:
        """Show the faults and warnings of the fields that were left."""
        typed, now = self.typed, self.qsui.now
        _, faults = typed.read(now)
        told: dict[str, Span] = {}
        for fault in typed.warnings(now):
            told.setdefault(fault.field, (fault.words, Role.WARN))
        for fault in reversed(faults):
            told[fault.field] = (fault.words, Role.ERROR)
        for row in self.query(FormRow):
            name = row.name or ""
            words, role = (
                told.get(name, ("", Role.ERROR)) if name in self._left else ("", Role.TEXT)
            )
            row.tell(printable(words), role)
            for field in row.query(DialogField):
                if name != "parameters":
                    field.is_bad = bool(words) and role is Role.ERROR

    # Template

    @work(group="new", exclusive=True)
    async def _read_template(self, id: str) -> None:
        try:
            template = await self.session.backend.template(id)
        except ApiError as error:
            self._template_trouble = printable(str(error))
            self._typed_something()
            return
        self._use_template(template)
        self._first = self.typed

    @work(group="new", exclusive=True)
    async def _choose_template(self) -> None:
        from qsui.tui.screens.new_templates import TemplateScreen

        self.say_status("Reading templates", Role.MUTED)
        found: list[Template] = []
        try:
            async for page in self.session.backend.templates(cap=TEMPLATES):
                found += page.records
            self.unsay_status()
            chosen = await self.app.push_screen_wait(TemplateScreen(found, self._template_id))
            if chosen:
                self._use_template(await self.session.backend.template(chosen))
        except ApiError as error:
            self.say_status(printable(str(error)), Role.ERROR)

    def _use_template(self, template: Template) -> None:
        """Run a template: its SQL is shown, its parameters get rows."""
        if not self.is_composed:
            return
        self._template, self._template_id, self._template_trouble = template, template.id, ""
        rows = self.query_one(ParameterRows)
        typed = {name: value for name, value in rows.pairs if value}
        defaults = dict(draft_of.parameters_of(template, self._kind))
        rows.show(_clean(tuple((defaults | typed).items())))
        self._wanted = tuple(defaults)
        self._show_sql(template.sql)
        name = self.query_one("#new-name", DialogField)
        name.value = name.value or printable(template.name)

    def _use_own(self, sql: str) -> None:
        """Run SQL of one's own."""
        self._template, self._template_id, self._template_trouble = None, "", ""
        self._show_sql(sql)
        self._want_parameters(sql)

    def _show_sql(self, sql: str) -> None:
        self.query_one(SqlArea).show_sql(sql, fixed=bool(self._template_id))
        self.query_one("#new-own", DialogButton).display = bool(self._template_id)
        self._typed_something()

    # Editor

    def action_edit(self) -> None:
        """Give the terminal to the editor until it ends."""
        environment = dict(os.environ)
        if self.qsui.options.no_color:
            environment["NO_COLOR"] = "1"  # Textual took it out of ours
        before = self.query_one(SqlArea).sql
        try:
            with self.app.suspend():
                edited = edit(before, environment)
        except SuspendNotSupported:
            self.say_status("This terminal cannot be given to an editor: edit the SQL in place.")
            return
        if edited.trouble:
            self.say_status(printable(edited.trouble), Role.ERROR)
        elif not edited.is_changed:
            self.say_status("The SQL is as it was.", Role.MUTED)
        else:
            was_template = bool(self._template_id)
            self._use_own(edited.text)
            words = "The SQL was changed: it is your own now, no longer the template's."
            self.say_status(words if was_template else "The SQL was changed.", Role.OK)

    # Keys and buttons

    def action_step(self, step: int) -> None:
        """Go to another field."""
        if step > 0:
            self.focus_next()
        else:
            self.focus_previous()

    def action_cancel(self) -> None:
        """Leave; if something was typed, only at the second time."""
        if self._is_leaving or self.typed == self._first:
            self.dismiss(None)
            return
        self._is_leaving = True
        self.say_status("Esc again discards what you typed.")

    def on_descendant_focus(self) -> None:
        """The keyboard went elsewhere: leaving is asked about anew."""
        self._is_leaving = False

    def on_dialog_button_pressed(self, event: DialogButton.Pressed) -> None:
        """Take a button."""
        event.stop()
        match event.button.id:
            case "new-cancel":
                self.action_cancel()
            case "new-review":
                self._review()
            case "new-choose":
                self._choose_template()
            case "new-own":
                self._use_own(self.query_one(SqlArea).sql)
                self.query_one(SqlArea).focus()
            case "new-edit":
                self.action_edit()

    def _review(self) -> None:
        """Hand the draft over, or go to the first fault."""
        typed, now = self.typed, self.qsui.now
        draft, faults = typed.read(now)
        warnings = typed.warnings(now)
        self._left |= {fault.field for fault in (*faults, *warnings)}
        self._tell()
        if faults:
            self._go_to(faults)
            self.say_status(printable(faults[0].words), Role.ERROR)
        elif warnings and warnings != self._told_warnings:
            self._told_warnings = warnings
            self.say_status(f"{printable(warnings[0].words)} Enter again goes on.")
        else:
            self.dismiss(draft)

    def _go_to(self, faults: Sequence[Fault]) -> None:
        wrong = {fault.field for fault in faults}
        for widget in self.query("SqlArea, DialogField"):
            if _field_of(widget) in wrong:
                widget.focus()
                return


def _field_of(widget: Widget) -> str:
    """The name of the field that a widget belongs to."""
    if isinstance(widget, SqlArea):
        return "sql"
    for above in widget.ancestors:
        if isinstance(above, FormRow):
            return above.name or ""
    return ""


def _clean(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Names and values of a server as they can stand in a field of one line."""
    return tuple((printable(name, None), printable(value, None)) for name, value in pairs)
