"""How the form of a new query or schedule looks: its fields, hints and words, and what is typed."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from qsui.domain import draft_of
from qsui.domain.draft_of import Prefill, wanted, with_named
from qsui.domain.draft_text import DraftText
from qsui.domain.drafts import FIXED_LATER, Draft
from qsui.domain.models import Kind
from qsui.present.role import Role, Span
from qsui.present.text import elide_middle, id_short, printable
from qsui.tui.chrome import Hint
from qsui.tui.external_editor import editor_name
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

    from qsui.domain.models import Template
    from qsui.tui.widgets.span_view import SpanLine

TEMPLATES = 500
"""So many are offered at most."""

_FIELDS = ("name", "description", "insert_into", "ctas")
_WHEN = ("cron", "start", "end", "max_active_runs")


class FormScreen(DialogScreen[Draft | None]):
    """The fields; `NewScreen` says what happens when they change."""

    WIDE = True
    CSS_PATH: ClassVar[list[str | Path]] = [DIALOG_CSS, "new.tcss"]  # type: ignore[assignment]  # one more sheet than the base
    AUTO_FOCUS: ClassVar[str | None] = "#new-name"

    def __init__(self, kind: Kind, draft: Draft | Prefill | None, *, title: str) -> None:
        super().__init__()
        self.kind = kind
        self.template: Template | None = None
        self.template_id = ""
        self.template_trouble = ""
        self.wanted_names: tuple[str, ...] = ()
        self._title_words = printable(title, 200)
        self._notes = draft.notes if isinstance(draft, Prefill) else ()
        self._draft = draft.draft if isinstance(draft, Prefill) else draft

    def compose_dialog(self) -> ComposeResult:
        """Notes, what is run, and for a schedule when."""
        draft = self._draft or draft_of.blank(self.kind, self.session.now)
        first = DraftText.of(self.kind, draft)
        self.template_id = first.template_id
        self.wanted_names = wanted(first.sql, self.kind)
        first = replace(first, parameters=with_named(first.parameters, self.wanted_names))
        if self._notes:
            yield self.text(self._note_lines, id="new-notes")
        yield self._row("Name", first, "name")
        yield self._row("Description", first, "description")
        yield from self._compose_sql(first)
        yield FormRow("Parameters", ParameterRows(clean(first.parameters)), name="parameters")
        yield self._row("Insert into", first, "insert_into", "a dataset that gets the rows")
        yield self._row("Create as", first, "ctas", "or a new dataset for them")
        if self.kind is Kind.SCHEDULE:
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
        beside = hints.get(name, (lambda: [(f" {hint}", Role.MUTED)]) if hint else None)
        more = self._fires if name == "cron" else list
        return FormRow(label, field, name=name, hint=beside, more=more, is_short=name in _WHEN)

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
        if self.kind is Kind.SCHEDULE:
            words += [
                "The cadence has five fields in UTC: minute, hour, day, month, weekday. The first "
                "run is due one interval after the start.",
                FIXED_LATER,
                "The newest guide of the API wants an end, so one year is filled in.",
            ]
        return words

    def _note_lines(self, width: int) -> list[SpanLine]:
        lines: list[SpanLine] = []
        for note in self._notes:
            lines += wrap((("! ", Role.WARN), (printable(note), Role.TEXT)), max(8, width))
        return lines

    def _template_line(self, width: int) -> list[SpanLine]:
        if not self.template_id:
            return [(("none", Role.MUTED),)]
        if self.template_trouble:
            return [((self.template_trouble, Role.ERROR),)]
        name = self.template.name if self.template else id_short(self.template_id)
        return [((elide_middle(printable(name), width), Role.TEXT),)]

    def _count_line(self, width: int) -> list[SpanLine]:
        del width
        words = new_words.line_count(self.query_one(SqlArea).sql)
        return [((f"{words} of the template" if self.template_id else words, Role.MUTED),)]

    def _coded_words(self) -> list[Span]:
        if not self.query_one(SqlArea).is_coded or self.template_id:
            return []
        words = "It holds control characters, shown as codes here: edit it in your editor."
        return [(words, Role.WARN)]

    def _fires(self) -> list[Span]:
        return new_words.fires(self.typed, self.session.now, self.qsui.zone)

    def _moment(self, typed: str, *, is_end: bool) -> list[Span]:
        return new_words.moment_words(typed, self.session.now, self.qsui.zone, is_end=is_end)

    # What is typed

    @property
    def typed(self) -> DraftText:
        """Every field as it stands."""
        fields = (*_FIELDS, *(_WHEN if self.kind is Kind.SCHEDULE else ()))
        values = {
            name: self.query_one(f"#new-{name.replace('_', '-')}", DialogField).value
            for name in fields
        }
        return DraftText(
            self.kind,
            sql="" if self.template_id else self.query_one(SqlArea).sql,
            template_id=self.template_id,
            template_sql=self.template.sql if self.template else "",
            parameters=self.query_one(ParameterRows).pairs,
            **values,
        )

    def arranged(self, room: int, width: int) -> None:
        """Give the SQL the lines that the fields leave."""
        del width
        others = (19 if self.kind is Kind.SCHEDULE else 10) + len(self._notes)
        for area in self.query(SqlArea):
            area.styles.height = max(3 if room < 12 else 5, min(16, room - others))

    def redraw_fields(self) -> None:
        """Say anew what the fields mean."""
        for row in self.query(FormRow):
            row.redraw()
        for view in self.query("#new-count, #new-template").results(SpanView):
            view.redraw()


def clean(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Names and values of a server as they can stand in a field of one line."""
    return tuple((printable(name, None), printable(value, None)) for name, value in pairs)
