"""The messages part of a job's detail: severity, order, finding, following, copying."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from qsui.domain.states import RunState
from qsui.present.job_messages import JobLog, Least, count_spans, job_log
from qsui.present.role import Role, Span, Spans
from qsui.present.text import elide_end, printable
from qsui.tui.chrome import Hint
from qsui.tui.screens.detail import DetailScreen
from qsui.tui.screens.job_messages_text import as_said, as_text
from qsui.tui.widgets.log_view import LogView
from qsui.tui.widgets.span_view import SpanView, line_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from qsui.domain.jobs import Job, JobMessage
    from qsui.domain.models import Ref

_LEAST_WORDS = {
    Least.ERRORS: "errors only",
    Least.WARNINGS: "warnings and worse",
    Least.INFOS: "infos and worse",
    Least.ALL: "all, hidden too",
}
_FOLLOW_WORDS = {True: ("follows the end", "follows"), False: ("stands still", "stands")}
_RULE_CELLS = 6
"""So many cells of a title's line are its rule, with blanks, at the least."""


class JobMessagesScreen(DetailScreen):
    """A detail whose text is the log of a job."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("exclamation_mark", "severity", "how bad messages must be", id="find.severity"),
        Binding("S", "order", "by tool, or as they were said", id="find.sort"),
        Binding("slash", "find", "find in the messages", id="find.filter"),
        Binding("n", "hit(1)", "next that was found", id="find.next"),
        Binding("N", "hit(-1)", "previous that was found", id="find.previous"),
        Binding("F", "follow", "follow the messages as they come", id="look.follow"),
        Binding("C", "copy_sql", "copy the messages", id="look.copy_sql"),
        Binding("f", "full", "messages or facts on the full screen", id="look.full"),
        Binding("escape", "leave", "what was found, full screen, then back", id="list.peel"),
    ]

    def __init__(self, ref: Ref) -> None:
        super().__init__(ref)
        self.least = Least.INFOS
        self.by_tool: bool | None = None
        self.wants_follow = True
        self.find_words = ""
        self._log_of: tuple[tuple[JobMessage, ...] | None, bool] = (None, True)
        self._log = JobLog((), {})

    def compose_body(self) -> ComposeResult:
        """Path, head, messages, facts."""
        yield SpanView(self._path, id="path", classes="-line")
        yield SpanView(self._head, id="head")
        with Horizontal(id="parts"):
            with Vertical(id="part-text"):
                with Horizontal(id="findbar"):
                    yield SpanView(self._text_title, id="text-title", classes="-line")
                    field = Input(id="find", placeholder="words in the messages")
                    field.cursor_blink = False
                    yield field
                yield LogView(id="text")
            with Vertical(id="part-facts"):
                yield SpanView(self._facts_title, id="facts-title", classes="-line")
                yield SpanView(self.facts, id="facts", can_focus=True)

    # What subclasses say

    @property
    def job(self) -> Job | None:
        """The job as known now, or as it was known last."""
        raise NotImplementedError

    def facts(self, width: int) -> Sequence[Spans]:
        """Everything but the messages."""
        raise NotImplementedError

    def notice(self) -> Sequence[Spans]:
        """What stands in the place of messages while there are none to show."""
        raise NotImplementedError

    # Messages

    @property
    def log_view(self) -> LogView:
        """The messages."""
        return self.query_one("#text", LogView)

    @property
    def is_by_tool(self) -> bool:
        """Whether messages stand by tool; while a job runs, as they were said, if not chosen."""
        job = self.job
        if self.by_tool is not None:
            return self.by_tool
        return job is None or not job.state.is_active

    @property
    def is_following(self) -> bool:
        """Whether the end of the messages is kept in sight."""
        return self._may_follow and self.log_view.is_following

    @property
    def _may_follow(self) -> bool:
        job = self.job
        return job is not None and job.state.is_active and job.state is not RunState.QUEUED

    def job_log(self) -> JobLog:
        """The job's messages in the order chosen, put in order once."""
        job = self.job
        messages, by_tool = job.messages if job is not None else None, self.is_by_tool
        if self._log_of[0] is not messages or self._log_of[1] != by_tool:
            self._log_of = (messages, by_tool)
            self._log = (job_log if by_tool else as_said)(messages or ())
        return self._log

    def show_messages(self) -> None:
        """Draw the messages, at their end while they are followed."""
        view = self.log_view
        view.is_following = self._may_follow and self.wants_follow
        view.show_log(self.job_log(), self.least, self.qsui.signs, self.notice())

    def redraw_all(self) -> None:
        """Write everything again; only cells that differ reach the terminal."""
        if not self.can_draw:
            return
        head = self.query_one("#head", SpanView)
        if self.size.width:
            head.styles.height = max(1, len(self._head(self.size.width)))
        self.query_one("#parts").set_class(not self.job_log().tools, "-quiet")
        for view in self.query(SpanView):
            if view.id in ("path", "head", "text-title", "facts-title", "facts"):
                view.redraw()
        self.show_messages()
        self.redraw_chrome()

    def text_heading(self) -> list[Span]:
        """Counts, then how they are shown."""
        job = self.job
        spans: list[Span] = [("Messages", Role.TITLE), ("  ", Role.TEXT)]
        if job is not None and job.messages is not None:
            spans += count_spans(self.job_log().counts, self.qsui.signs)
        return spans

    def _text_title(self, width: int) -> list[Spans]:
        if self._is_finding:
            left: list[Span] = [*self.text_heading(), ("  / ", Role.FOCUS)]
            return [((self.rule, Role.RULE), (" ", Role.TEXT), *left)]
        room = width - 2 - line_width(self.text_heading()) - _RULE_CELLS
        choices = (self._how_shown(is_short=False), self._how_shown(is_short=True))
        right = next((spans for spans in choices if line_width(spans) <= room), None)
        if right is None:
            right = choices[1]
            while right and line_width(right) > room:
                right = right[:-2]  # a key and its words
        return [self.section(self.text_heading(), right, width)]

    def _how_shown(self, *, is_short: bool) -> list[Span]:
        """What is looked for, whether the end is followed, what is shown and in which order."""
        spans: list[Span] = []
        if self.find_words:
            words = elide_end(printable(self.find_words), 12 if is_short else 30, "~")
            spans += [
                (f" / {words} ", Role.CHIP_FILTER),
                (f" {self.log_view.hit_words}  ", Role.TEXT),
            ]
        if self._may_follow:
            long, short = _FOLLOW_WORDS[self.is_following]
            spans += [("F ", Role.FOCUS), (f"{short if is_short else long}  ", Role.MUTED)]
        least = self.least.value if is_short else _LEAST_WORDS[self.least]
        spans += [("! ", Role.FOCUS), (f"{least}  ", Role.MUTED)]
        return [
            *spans,
            ("S ", Role.FOCUS),
            ("by tool" if self.is_by_tool else "as said", Role.MUTED),
        ]

    def _facts_title(self, width: int) -> list[Spans]:
        keys: list[Span] = [("f", Role.FOCUS), (" full", Role.MUTED)]
        return [self.section([("Facts", Role.STRONG)], keys, width)]

    def on_log_view_moved(self, event: LogView.Moved) -> None:
        """A scroll up ends following; one to the end takes it up again."""
        event.stop()
        view = self.log_view
        self.wants_follow = view.is_following or (self._may_follow and view.is_at_end)
        view.is_following = self._may_follow and self.wants_follow
        self.query_one("#text-title", SpanView).redraw()

    # Finding

    @property
    def _is_finding(self) -> bool:
        return self.query_one("#findbar").has_class("-typing")

    def type_ahead(self, text: str) -> bool:
        """Put a key into the field that was on its way to the messages when the field opened."""
        field = self.query_one("#find", Input)
        if self._is_finding and self.focused is field:
            field.insert_text_at_cursor(text)
            return True
        return False

    def action_find(self) -> None:
        """Open the field in the title of the messages."""
        self.query_one("#findbar").add_class("-typing")
        field = self.query_one("#find", Input)
        field.display = True
        field.value = self.find_words
        self.set_focus(field)
        self._draw_title()

    def _draw_title(self) -> None:
        title = self.query_one("#text-title", SpanView)
        words = sum(len(text) for text, _ in self.text_heading()) + 6
        title.styles.width = words if self._is_finding else "1fr"
        title.redraw()
        self.call_after_refresh(title.redraw)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Find while typing."""
        if event.input.id == "find" and event.value != self.find_words:
            self.find_words = event.value
            self.log_view.find(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep the words and go back to the messages."""
        if event.input.id == "find":
            self._close_find()
            if self.find_words and self.log_view.hit_words == "none":
                self.qsui.say("No message shown holds that; ! shows more of them.")

    def _close_find(self) -> None:
        self.query_one("#findbar").remove_class("-typing")
        self.query_one("#find", Input).display = False
        self.set_focus(self.log_view)
        self._draw_title()

    def hints(self) -> list[Hint]:
        """While words are typed, letters are text: only what ends that is a key."""
        if self._is_finding:
            return [Hint("Enter", "keep the words"), Hint("Esc", "leave them")]
        idle = set() if self._may_follow else {"follow"}
        idle |= set() if self.find_words else {"next found"}
        return [hint for hint in super().hints() if hint.words not in idle]

    def action_hit(self, step: int) -> None:
        """Go to the next message that was found."""
        if not self.find_words:
            self.qsui.say("/ finds words in the messages first.")
        elif not self.log_view.step_hit(step):
            self.qsui.say("No message shown holds that; ! shows more of them.")
        self._draw_title()

    async def action_leave(self) -> None:
        """Leave the field, the words that were found, the full view, then this screen."""
        if self._is_finding or self.find_words:
            self.find_words = ""
            self.log_view.find("")
            self._close_find()
        else:
            await super().action_leave()

    # Other keys

    def action_severity(self) -> None:
        """Show more messages, after all of them only the worst."""
        self.least = self.least.more
        self.show_messages()
        self._draw_title()

    def action_order(self) -> None:
        """Put messages by tool, or as the server says them."""
        self.by_tool = not self.is_by_tool
        self.show_messages()
        self._draw_title()

    def action_follow(self) -> None:
        """Keep the end of the messages in sight, or stand still."""
        if not self._may_follow:
            self.qsui.say("It has ended: no more messages come.")
            return
        self.wants_follow = not self.wants_follow
        self.show_messages()
        self._draw_title()

    def action_copy_sql(self) -> None:
        """Copy the messages as shown."""
        job = self.job
        if job is None or not job.messages:
            self.qsui.say("There are no messages to copy.")
        else:
            self.qsui.copy(as_text(self.job_log(), self.least), "Messages")

    def action_full(self) -> None:
        """Give the part with the focus the whole body, or give it back."""
        focused = self.focused.id if self.focused is not None else "text"
        self._full = "" if self._full else ("facts" if focused == "facts" else "text")
        self.set_class(self._full == "text", "-full-text")
        self.set_class(self._full == "facts", "-full-facts")
        self.call_after_refresh(self.redraw_all)
