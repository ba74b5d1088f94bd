"""The form that makes a query or a schedule: fields, faults beside them, at the end the draft.

It sends nothing: who opened it shows the exact request next and asks.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import SuspendNotSupported
from textual.binding import Binding, BindingType

from qsui.domain import draft_of
from qsui.domain.draft_of import wanted
from qsui.domain.draft_text import DraftText
from qsui.domain.errors import ApiError
from qsui.present.role import Role, Span
from qsui.present.text import printable
from qsui.tui.external_editor import edit
from qsui.tui.screens.new_form import FormScreen, clean
from qsui.tui.screens.new_parts import FormRow, ParameterRows, SqlArea
from qsui.tui.widgets.dialog_parts import DialogButton, DialogField

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.events import DescendantBlur
    from textual.widget import Widget
    from textual.widgets import Input

    from qsui.domain.draft_of import Prefill
    from qsui.domain.drafts import Draft, Fault
    from qsui.domain.models import Kind, Template

TEMPLATES = 500
"""So many are offered at most."""


class NewScreen(FormScreen):
    """A form for a query or a schedule; dismisses with the draft, or `None` if it was left.

    `draft` is what the fields hold at first, `None` for a blank form; a `Prefill` brings sentences
    that stand above the fields.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "step(1)", "next field", id="new.next", show=False),
        Binding("up", "step(-1)", "field before", id="new.previous", show=False),
        Binding("f4", "edit", "edit the SQL in your editor", id="new.edit", show=False),
    ]

    def __init__(self, kind: Kind, draft: Draft | Prefill | None, *, title: str) -> None:
        super().__init__(kind, draft, title=title)
        self._first = DraftText(kind)
        self._left: set[str] = set()
        self._is_leaving = False
        self._told_warnings: tuple[Fault, ...] = ()

    def on_mount(self) -> None:
        """Remember what it began with, and read the template if there is one."""
        self._first = self.typed
        if self.template_id:
            self._read_template(self.template_id, is_first=True)

    def on_input_changed(self) -> None:
        """Say anew what the fields mean."""
        self._typed_something()

    def on_text_area_changed(self) -> None:
        """Count the lines."""
        if self.query_one(SqlArea).is_typed:
            self.unsay_status()
        self._typed_something()

    def _typed_something(self) -> None:
        self._is_leaving = False
        self._told_warnings = ()
        self.redraw_fields()
        if self._left:
            self._tell()

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
        names = wanted(sql, self.kind)
        self.query_one(ParameterRows).want(names, leave=self.wanted_names)
        self.wanted_names = names

    def _tell(self) -> None:
        """Show the faults and warnings of the fields that were left."""
        typed, now = self.typed, self.session.now
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
    async def _read_template(self, id: str, *, is_first: bool) -> None:
        """Read a template; the one that the form began with counts as typed by nobody."""
        try:
            template = await self.session.query_service.template(id)
        except ApiError as error:
            if is_first:
                self.template_trouble = printable(str(error))
            self._typed_something()
            self.say_status(printable(str(error)), Role.ERROR)
            return
        is_untouched = is_first and self.typed == self._first
        self._use_template(template)
        if is_untouched:
            self._first = self.typed

    @work(group="new", exclusive=True)
    async def _choose_template(self) -> None:
        from qsui.tui.screens.new_templates import TemplateScreen

        self.say_status("Reading templates", Role.MUTED)
        found: list[Template] = []
        try:
            async for page in self.session.query_service.templates(cap=TEMPLATES):
                found += page.records
        except ApiError as error:
            self.say_status(printable(str(error)), Role.ERROR)
            return
        self.unsay_status()
        self.app.push_screen(TemplateScreen(found, self.template_id), self._template_chosen)

    def _template_chosen(self, id: str | None) -> None:
        if id:
            self._read_template(id, is_first=False)

    def _use_template(self, template: Template) -> None:
        """Run a template: its SQL is shown, its parameters get rows."""
        if not self.is_composed:
            return
        self.template, self.template_id, self.template_trouble = template, template.id, ""
        rows = self.query_one(ParameterRows)
        typed = {name: value for name, value in rows.pairs if value}
        defaults = dict(draft_of.parameters_of(template, self.kind))
        rows.show(clean(tuple((defaults | typed).items())))
        self.wanted_names = tuple(defaults)
        self._show_sql(template.sql)
        name = self.query_one("#new-name", DialogField)
        name.value = name.value or printable(template.name)

    def _use_own(self, sql: str) -> None:
        """Run SQL of one's own."""
        self.template, self.template_id, self.template_trouble = None, "", ""
        self._show_sql(sql)
        self._want_parameters(sql)

    def _show_sql(self, sql: str) -> None:
        self.query_one(SqlArea).show_sql(sql, fixed=bool(self.template_id))
        self.query_one("#new-own", DialogButton).display = bool(self.template_id)
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
            was_template = bool(self.template_id)
            self._use_own(edited.text)
            words = "The SQL was changed: it is your own now, no longer the template's."
            words = words if was_template else "The SQL was changed."
            self.say_status(words, Role.OK)

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
        typed, now = self.typed, self.session.now
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
