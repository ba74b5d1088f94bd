"""The log of a job of any length: lays out what is on screen only, and can follow its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from qsui.present.job_messages import JobLog, Least, LogLines
from qsui.present.role import Role, Span, Spans
from qsui.present.signs import UNICODE, Sign, SignSet
from qsui.tui.look import roles_of
from qsui.tui.widgets.span_view import SpanView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.events import MouseScrollDown, MouseScrollUp

INDENT = 3
_EMPTY = JobLog((), {})


class LogView(SpanView):
    """Lines of a log; `is_following` keeps its end in sight as it grows."""

    @dataclass
    class Moved(Message):
        """A person scrolled it."""

        view: LogView

        @property
        def control(self) -> LogView:
            """The log it happened in."""
            return self.view

        def can_replace(self, message: Message) -> bool:
            """Of several the last counts."""
            return isinstance(message, LogView.Moved) and message.view is self.view

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, can_focus=True)
        self._log = _EMPTY
        self._least = Least.INFOS
        self._signs: SignSet = UNICODE
        self._laid = LogLines(_EMPTY, 80)
        self._laid_log: JobLog | None = None
        self._laid_as: tuple[object, ...] = ()
        self._seen: tuple[Spans, ...] = ()
        self._notice: tuple[Spans, ...] = ()
        self._words = ""
        self._hits: tuple[int, ...] = ()
        self._hit: int | None = None
        self.is_following = False

    # What is shown

    def show_log(
        self, log: JobLog, least: Least, signs: SignSet, notice: Sequence[Spans] = ()
    ) -> None:
        """Show a log from its least severity on; `notice` where nothing of it is shown."""
        self._log, self._least, self._signs = log, least, signs
        self._notice = tuple(notice)
        self.redraw()

    @property
    def line_count(self) -> int:
        """Lines in all, shown or not."""
        return len(self._laid) or len(self._notice)

    @property
    def plain(self) -> str:
        """The text without colours, for copying and tests."""
        lines = self._laid.window(0, len(self._laid)) or self._notice
        return "\n".join("".join(text for text, _ in line).rstrip() for line in lines)

    @property
    def is_at_end(self) -> bool:
        """Whether the last line is in sight."""
        return self.scroll_offset.y >= self.line_count - self.size.height

    def redraw(self) -> None:
        """Lay out again if anything changed, and repaint only the lines that differ."""
        width = self.size.width
        if width <= 0:
            return
        how = (width, self._least, self._signs)
        if self._log is not self._laid_log or how != self._laid_as:
            self._laid_log, self._laid_as = self._log, how
            room = width - INDENT - 1
            self._laid = LogLines(
                self._log,
                room,
                least=self._least,
                signs=self._signs,
                measured=self._laid.measured,
            )
            self._find_hits()
        if self.virtual_size.height != self.line_count or self.virtual_size.width != width:
            self.virtual_size = Size(width, self.line_count)
        if self.is_following or self.scroll_offset.y > self.max_scroll_y:
            self._scroll_to_end()
        self._repaint()

    def _repaint(self) -> None:
        """Ask for the lines on screen that differ from those drawn last."""
        shown = tuple(self._shown_line(y) for y in range(self.size.height))
        before, self._seen = self._seen, shown
        if len(before) != len(shown):
            self.refresh()
            return
        width = self.size.width
        dirty = [Region(0, y, width, 1) for y, line in enumerate(shown) if line != before[y]]
        if dirty:
            self.refresh(*dirty)

    def _shown_line(self, y: int) -> Spans:
        index = y + int(self.scroll_offset.y)
        if not len(self._laid):
            return self._notice[index] if index < len(self._notice) else ()
        found = self._laid.window(index, 1)
        if not found:
            return ()
        is_hit = self._hit is not None and index == self._hits[self._hit]
        begin = f"{self._signs.of(Sign.CURSOR)}  " if is_hit else " " * INDENT
        line = self._with_hits(found[0], index) if self._words else found[0]
        return ((begin, Role.FOCUS), *line)

    def render_line(self, y: int) -> Strip:
        """Draw one line on screen."""
        width, base = self.size.width, self.rich_style
        styles = roles_of(self.app)
        self.lines_painted += 1
        segments = [
            Segment(text, base + styles[role]) for text, role in self._shown_line(y) if text
        ]
        return Strip(segments).crop(0, width).extend_cell_length(width, base)

    # Finding

    def find(self, words: str) -> int:
        """Mark the messages that hold some words, case aside; returns how many do."""
        self._words = words.casefold()
        self._hit = None
        self._find_hits()
        if self._hits:
            top = int(self.scroll_offset.y)
            below = next((at for at, line in enumerate(self._hits) if line >= top), 0)
            self._go_to_hit(below)
        self._repaint()
        return len(self._hits)

    @property
    def hit_words(self) -> str:
        """Return `2 of 7`; empty if nothing is looked for."""
        if not self._words:
            return ""
        count = len(self._hits)
        return f"{self._hit + 1} of {count}" if self._hit is not None else "none"

    def step_hit(self, step: int) -> bool:
        """Go to the next or previous message that was found; whether there is one."""
        if not self._hits:
            return False
        at = -1 if self._hit is None and step > 0 else self._hit or 0
        self._go_to_hit((at + step) % len(self._hits))
        self._repaint()
        return True

    def _find_hits(self) -> None:
        found: list[int] = []
        before = None
        if self._words:
            for line in range(len(self._laid)):
                message = self._laid.message_at(line)
                is_first = message is not None and message is not before
                if is_first and message and self._words in message.text.casefold():
                    found.append(line)
                before = message
        self._hits = tuple(found)
        if self._hit is not None:
            self._hit = min(self._hit, len(found) - 1) if found else None

    def _go_to_hit(self, at: int) -> None:
        self._hit = at
        self.is_following = False
        line, top, height = self._hits[at], int(self.scroll_offset.y), self.size.height
        if not top <= line < top + height:
            self.scroll_to(y=max(0, line - height // 3), animate=False, immediate=True)
        self.post_message(self.Moved(self))

    def _with_hits(self, line: Spans, index: int) -> Spans:
        """Mark the words that are looked for in a line."""
        if self._laid.message_at(index) is None:
            return line
        is_current = self._hit is not None and self._laid.message_at(
            index
        ) is self._laid.message_at(self._hits[self._hit])
        mark = Role.CHIP_FOCUS if is_current else Role.CHIP_FILTER
        spans: list[Span] = [line[0]]
        for text, role in line[1:]:
            spans += _marked(text, role, self._words, mark)
        return tuple(spans)

    # Scrolling

    def _scroll_to_end(self) -> None:
        y = max(0, self.line_count - self.size.height)
        if y != self.scroll_offset.y:
            self.scroll_to(y=y, animate=False, immediate=True)

    def action_move(self, lines: int) -> None:
        """Scroll by lines."""
        super().action_move(lines)
        self._moved(lines)

    def action_page(self, direction: int) -> None:
        """Scroll by a page less one line."""
        super().action_page(direction)
        self._moved(direction)

    def action_to_end(self, direction: int) -> None:
        """Scroll to the first or last line."""
        y = 0 if direction < 0 else max(0, self.line_count - self.size.height)
        self.scroll_to(y=y, animate=False, immediate=True)
        self._moved(direction)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """The wheel is a person's, too."""
        del event
        self._moved(-1)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Toward the end."""
        del event
        self.call_after_refresh(self._moved, 1)

    def _moved(self, direction: int) -> None:
        if direction < 0:
            self.is_following = False
        self._seen = tuple(self._shown_line(y) for y in range(self.size.height))
        self.post_message(self.Moved(self))

    def on_resize(self) -> None:
        """Lay out for the new width."""
        self.redraw()


def _marked(text: str, role: Role, words: str, mark: Role) -> list[Span]:
    """Split a text where it holds some words, case aside."""
    folded = text.casefold()
    if len(folded) != len(text) or not words:
        return [(text, role)]
    spans: list[Span] = []
    at = 0
    while (found := folded.find(words, at)) >= 0:
        spans += [(text[at:found], role), (text[found : found + len(words)], mark)]
        at = found + len(words)
    spans.append((text[at:], role))
    return [span for span in spans if span[0]]
