"""SQL with line numbers and colours, plain at first, coloured when a thread is done with it.

Only the first 16 kB are coloured: highlighting 190 kB takes 0.4 s of a core. The rest stays plain.
"""

from __future__ import annotations

import asyncio

from textual import work

from qsui.present.role import Role, Span
from qsui.present.text import printable
from qsui.tui.widgets.lines import wrap
from qsui.tui.widgets.span_view import SpanView

HIGHLIGHT_LIMIT = 16_000
"""Characters that are coloured."""

_ROLE_OF_STYLE = (
    ("accent", Role.RUN),  # keywords
    ("success", Role.OK),  # strings
    ("warning", Role.WAIT),  # numbers
    ("60%", Role.MUTED),  # comments
)


def highlighted(sql: str) -> list[tuple[Span, ...]]:
    """Colour SQL with `textual.highlight`, as lines of spans; slow, so call it in a thread."""
    from textual.highlight import highlight

    content = highlight(sql, language="sql")
    plain = content.plain
    roles = [Role.TEXT] * len(plain)
    for span in content.spans:
        name = str(span.style)
        role = _role_of(name)
        if role is not None:
            roles[span.start : span.end] = [role] * (min(span.end, len(plain)) - span.start)
    lines: list[tuple[Span, ...]] = []
    current: list[Span] = []
    for char, role in zip(plain, roles, strict=True):
        if char == "\n":
            lines.append(tuple(current))
            current = []
        elif current and current[-1][1] == role:
            current[-1] = (current[-1][0] + char, role)
        else:
            current.append((char, role))
    lines.append(tuple(current))
    return lines


def _role_of(style: str) -> Role | None:
    """Translate the highlighter's theme variables; names and operators keep the text's colour."""
    return next((role for word, role in _ROLE_OF_STYLE if word in style), None)


class SqlView(SpanView):
    """Shows one statement; focusable, scrolls both ways by wrapping long lines."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(self._numbered, id=id, can_focus=True)
        self._sql = ""
        self._text_lines: list[tuple[Span, ...]] = []

    def show_sql(self, sql: str) -> None:
        """Show a statement; the same one again costs nothing."""
        if sql == self._sql:
            return
        self._sql = sql
        clean = "\n".join(printable(line.replace("\t", "    ")) for line in sql.splitlines())
        self._text_lines = [((line, Role.TEXT),) for line in clean.split("\n")]
        self.redraw()
        self._colour(clean)

    @work(group="highlight", exclusive=True)
    async def _colour(self, clean: str) -> None:
        head = clean[:HIGHLIGHT_LIMIT]
        if len(clean) > HIGHLIGHT_LIMIT:
            head = head[: head.rfind("\n") + 1] or head
        coloured = await asyncio.to_thread(highlighted, head.rstrip("\n"))
        rest = clean[len(head) :]
        plain: list[tuple[Span, ...]] = []
        if rest:
            plain = [((line, Role.TEXT),) for line in rest.split("\n")]
        self._text_lines = coloured + plain
        self.redraw()

    def _numbered(self, width: int) -> list[tuple[Span, ...]]:
        digits = max(2, len(str(len(self._text_lines))))
        room = max(8, width - digits - 3)
        lines: list[tuple[Span, ...]] = []
        for number, line in enumerate(self._text_lines, 1):
            for part, piece in enumerate(wrap(line, room)):
                label = f"{number:>{digits}}  " if part == 0 else " " * (digits + 2)
                lines.append(((label, Role.MUTED), *piece))
        return lines
