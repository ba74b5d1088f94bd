"""One record as the server sends it: read again, shown as received, indented if it is JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar, cast

from textual import work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from qsui.domain.errors import ApiError
from qsui.present.role import Role, Span
from qsui.present.text import count_exact, printable, printable_lines
from qsui.tui.widgets.span_view import SpanView, spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from qsui.domain.models import Ref
    from qsui.tui.app import QsuiApp

SHOWN_BYTES = 1_000_000
"""A larger body is cut here; the title says so."""


class RawScreen(ModalScreen[None]):
    """The raw view (`y`) of a record that is read again, or of a `body` under a `title`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,y", "dismiss", "back", id="raw.back", show=False),
        Binding("c", "copy", "copy all", id="raw.copy", show=False),
    ]

    def __init__(self, ref: Ref | None, *, title: str = "", body: bytes | None = None) -> None:
        super().__init__()
        self._ref = ref
        self._name = title or (ref.kind.value.capitalize() if ref is not None else "")
        self._given = body
        self._words: list[Span] = [("Reading it again", Role.MUTED)]
        self._body: list[str] = []

    def compose(self) -> ComposeResult:
        """Title and text."""
        with Vertical(id="raw-box"):
            yield SpanView(self._title_line, id="raw-title", classes="-line")
            yield SpanView(self._lines, id="raw-body", can_focus=True)

    def on_mount(self) -> None:
        """Read it."""
        for view in self.query("#raw-body"):  # none if the program is left just now
            view.focus()
        self._read()

    @work(group="raw", exclusive=True)
    async def _read(self) -> None:
        app = cast("QsuiApp", self.app)
        if self._given is not None:
            self._words = [(f"{count_exact(len(self._given))} bytes", Role.MUTED)]
            self._body = list(printable_lines(self._given.decode("utf-8", "replace"), SHOWN_BYTES))
            self.redraw()
            return
        session = app.session_of(self._ref) if self._ref is not None else None
        if session is None or self._ref is None:
            return
        try:
            body = await session.backend.raw(self._ref)
        except ApiError as error:
            self._words = [(printable(str(error)), Role.ERROR)]
        else:
            self._words = [(f"{count_exact(len(body))} bytes, as received", Role.MUTED)]
            self._body = self._readable(body)
        self.redraw()

    def redraw(self) -> None:
        """Write title and text."""
        self.query_one("#raw-title", SpanView).redraw()
        self.query_one("#raw-body", SpanView).redraw()

    def _readable(self, body: bytes) -> list[str]:
        text = body[:SHOWN_BYTES].decode("utf-8", "replace")
        if len(body) <= SHOWN_BYTES:
            try:
                text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
            except ValueError:
                self._words.append((", not JSON", Role.WARN))
        else:
            self._words.append((", the first million shown", Role.WARN))
        return list(printable_lines(text, SHOWN_BYTES * 2))

    def _title_line(self, width: int) -> list[tuple[Span, ...]]:
        left: list[Span] = [(f"{self._name} ", Role.TITLE), *self._words]
        right: list[Span] = [("c", Role.FOCUS), (" copy  ", Role.MUTED)]
        right += [("Esc", Role.FOCUS), (" back", Role.MUTED)]
        return [spread(left, right, width)]

    def _lines(self, width: int) -> Sequence[tuple[Span, ...]]:
        lines: list[tuple[Span, ...]] = []
        for line in self._body:
            indent = len(line) - len(line.lstrip())
            room = max(10, width - 1)
            first, rest = line[:room], line[room:]
            lines.append(_coloured(first))
            step = max(10, room - indent - 2)
            lines.extend(
                ((" " * (indent + 2) + rest[i : i + step], Role.TEXT),)
                for i in range(0, len(rest), step)
            )
        return lines

    def action_copy(self) -> None:
        """Send the text to the terminal's clipboard."""
        cast("QsuiApp", self.app).copy("\n".join(self._body), "JSON")


def _coloured(line: str) -> tuple[Span, ...]:
    """Show a key in the focus colour."""
    stripped = line.lstrip()
    if stripped.startswith('"') and '": ' in stripped:
        key, _, value = line.partition('": ')
        return ((f'{key}"', Role.MUTED), (f": {value}", Role.TEXT))
    return ((line, Role.TEXT),)
