"""What the confirm dialog shows at each moment: reading, ready, sending, told.

It sends nothing and decides nothing: that is `qsui.tui.screens.confirm`.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, ClassVar

from qsui.present import plan_words
from qsui.present.role import Role, Span
from qsui.present.text import printable
from qsui.tui import plan_lines
from qsui.tui.chrome import Hint
from qsui.tui.look_context import own_look
from qsui.tui.screens.confirm_help import explanation
from qsui.tui.screens.dialog import DialogScreen, Tone
from qsui.tui.widgets.dialog_parts import (
    DialogBody,
    DialogButton,
    DialogField,
    FieldRow,
    SpanBlock,
)
from qsui.tui.widgets.lines import wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.widget import Widget

    from qsui.domain.actions import Action
    from qsui.domain.models import Ref
    from qsui.domain.pending import Pending
    from qsui.live.plans import Plan
    from qsui.tui.widgets.span_view import SpanLine

LONGEST_REASON = 500
LEAST_TARGET_LINES = 3
"""So many lines of targets stay in sight however small the terminal is; the rest scrolls."""


class Phase(Enum):
    """What the dialog is at."""

    READING = auto()
    READY = auto()
    SENDING = auto()
    TOLD = auto()  # everything was answered, and something of it must be read
    BROKEN = auto()  # the plan could not be made


class ConfirmView(DialogScreen[tuple["Pending", ...]]):
    """The dialog without its actions."""

    AUTO_FOCUS: ClassVar[str | None] = "#cancel"
    HAS_BUTTON_GAP: ClassVar[bool] = False

    def __init__(self, *, hidden: frozenset[Ref], marked: int, reason: str) -> None:
        super().__init__()
        self.phase = Phase.READING
        self._hidden = hidden
        self._marked = marked
        self._first_reason = reason
        self._plan: Plan | None = None
        self._outcome: tuple[Pending, ...] = ()
        self._trouble = ""
        self._top = 0
        self._room = 0
        self._begun = 0
        self._is_stopped = False

    # What it is about

    @property
    def _actions(self) -> tuple[Action, ...]:
        return tuple(target.action for target in self._plan.targets) if self._plan else ()

    @property
    def _has_work(self) -> bool:
        return self._plan is not None and bool(self._plan.to_send)

    def dialog_title(self) -> Sequence[Span]:
        """Verb, how many of how many, kind."""
        if self._plan is None:
            return (("Not ready" if self.phase is Phase.BROKEN else "Reading", Role.TITLE),)
        sent = len(self._plan.to_send)
        words = plan_words.plan_title(self._actions, sent=sent, marked=self._marked)
        return ((self.qsui.signs.words(words), self.tone().title_role),)

    def tone(self) -> Tone:
        """Red if it deletes, amber if `u` cannot put it back."""
        if not self._has_work:
            return Tone.FOCUS
        if plan_words.deletes(self._actions):
            return Tone.ERROR
        return Tone.WARN if plan_words.lasts(self._actions) else Tone.FOCUS

    def compose_dialog(self) -> ComposeResult:
        """Targets, facts, the two fields; all but the first are shown once there is a plan."""
        yield self.text(self._targets, id="confirm-targets")
        reason = DialogField(self._first_reason, id="reason", max_length=LONGEST_REASON)
        planned: list[Widget] = [
            self.rule(),
            self.text(self._facts, id="confirm-facts"),
            self.rule(),
            FieldRow(lambda: (("Reason", Role.MUTED),), reason, id="reason-row"),
            self.text(self._reason_note, id="reason-note"),
            FieldRow(self._arm_label, DialogField(id="arm"), id="arm-row"),
            self.text(self._arm_note, id="arm-note"),
        ]
        for widget in planned:
            widget.add_class("planned")
            widget.display = False
        yield from planned

    def compose_buttons(self) -> Sequence[DialogButton]:
        """Cancel, and what the title says; that one comes with the plan."""
        act = DialogButton("", id="act", why_not="The states are still being read.")
        act.display = False
        return (DialogButton("Cancel", id="cancel"), act)

    def button_note(self, width: int) -> list[SpanLine]:
        """How to leave."""
        if self.phase in (Phase.TOLD, Phase.BROKEN) or (self._plan and not self._has_work):
            return [(("Esc closes", Role.MUTED),)]
        if self.phase is Phase.SENDING:
            words = (
                "Esc stops the rest" if self._can_stop else "What has left cannot be called back"
            )
            return [((words[:width], Role.MUTED),)]
        words = "Esc leaves" if plan_words.cancels(self._actions) else "Esc cancels"
        return [((words, Role.MUTED),)]

    @property
    def _can_stop(self) -> bool:
        """Whether targets wait that were not begun."""
        count = len(self._plan.to_send) if self._plan else 0
        return not self._is_stopped and max(1, self._begun) < count

    def status_left(self) -> Sequence[Span]:
        """How old what is shown is."""
        rows = list(super().status_left())
        if self.phase is Phase.READY and self._has_work and rows:
            rows.append(("; states are read again just before sending", Role.MUTED))
        return rows

    def hints(self) -> Sequence[Hint]:
        """The keys of this moment."""
        if self.phase is Phase.SENDING:
            return (Hint("Esc", "stop the rest"),) if self._can_stop else ()
        if self.phase is not Phase.READY or not self._has_work:
            return (Hint("Enter", "press the button"), Hint("Esc", "close"), Hint("F1", "why"))
        letters = () if self._is_production else (Hint("y n", "yes, no"),)
        return (
            Hint("Tab", "next"),
            Hint("Enter", "press" if letters else "press the button"),
            *letters,
            Hint("Esc", "cancel"),
            Hint("C", "as curl"),
            Hint("F1", "what and why"),
        )

    def explain(self) -> Sequence[str]:
        """What this dialog asks and why."""
        phase = self.phase
        return explanation(
            self._plan, is_sending=phase is Phase.SENDING, has_outcome=phase is Phase.TOLD
        )

    @property
    def _is_production(self) -> bool:
        return self._plan is not None and self._plan.is_production

    def _targets(self, width: int) -> list[SpanLine]:
        """The first block: with a blank line below if it is the only one."""
        if self.phase is Phase.READY and self._plan is not None and self._has_work:
            signs = self.qsui.signs
            blocks = plan_lines.target_lines(self._plan, self._hidden, width, signs)
            return plan_lines.window(blocks, self._top, self._room or 1, signs)[0]
        return [*self._told(width), ()]

    def _told(self, width: int) -> list[SpanLine]:
        signs = self.qsui.signs
        if self.phase is Phase.BROKEN:
            return list(wrap(((printable(self._trouble, 600), Role.ERROR),), width))
        if self._plan is None:
            rows = f" of {self._marked} marked rows" if self._marked > 1 else ""
            return [((f"Reading the state{rows} {signs.ellipsis}", Role.MUTED),)]
        if self.phase is Phase.SENDING:
            count = len(self._plan.to_send)
            return [((plan_lines.sending_words(self._begun, count, signs), Role.STRONG),)]
        if self.phase is Phase.TOLD:
            told = plan_lines.outcome_lines(
                self._outcome, own_look(self.qsui, self.session).now, width, signs
            )
            count, begun = len(self._plan.to_send), len(self._outcome)
            return [plan_lines.stopped_line(begun, count), (), *told] if begun < count else told
        blocks = plan_lines.target_lines(self._plan, self._hidden, width, signs)
        return [line for block in blocks for line in block]

    def _facts(self, width: int) -> list[SpanLine]:
        if self._plan is None:
            return []
        return plan_lines.fact_lines(self._plan, width, self.qsui.signs)

    def _reason_note(self, width: int) -> list[SpanLine]:
        return plan_lines.reason_note(self._plan, self._value("reason"), width)

    def _arm_label(self) -> Sequence[Span]:
        return plan_lines.arm_label(self._plan, has_sandbox=bool(self.session.scope.sandbox))

    def _arm_note(self, width: int) -> list[SpanLine]:
        return plan_lines.arm_note(self._plan, self._value("arm"), width)

    # Layout

    def _button(self, id: str) -> DialogButton:
        return self.query_one(f"#{id}", DialogButton)

    def _value(self, id: str) -> str:
        return next((field.value for field in self.query(f"#{id}").results(DialogField)), "")

    def arranged(self, room: int, width: int) -> None:
        """Give the targets what the rest leaves, and never less than a few lines."""
        if self.phase is not Phase.READY or not self._has_work:
            self._room = LEAST_TARGET_LINES
            return
        rest = 2 + len(self._facts(width)) + len(self._reason_note(width))
        rest += self.query_one("#reason-row", FieldRow).lines_at(width)
        if self._is_production:
            rest += self.query_one("#arm-row", FieldRow).lines_at(width)
            rest += len(self._arm_note(width))
        before, self._room = self._room, max(LEAST_TARGET_LINES, room - rest)
        if before != self._room:
            self.query_one("#confirm-targets", SpanBlock).redraw()

    def action_scroll_body(self, lines: int) -> None:
        """Step through the targets first, then scroll the rest."""
        if self.phase is Phase.READY and self._plan is not None:
            width = max(8, self.query_one("#confirm-targets", SpanBlock).size.width)
            signs = self.qsui.signs
            blocks = plan_lines.target_lines(self._plan, self._hidden, width, signs)
            below = plan_lines.window(blocks, self._top, self._room, signs)[1]
            scrolled = int(self.query_one(DialogBody).scroll_offset.y)
            if (lines > 0 and below) or (lines < 0 and self._top and not scrolled):
                self._top = max(0, min(len(blocks) - 1, self._top + lines))
                self.query_one("#confirm-targets", SpanBlock).redraw()
                return
        super().action_scroll_body(lines)
