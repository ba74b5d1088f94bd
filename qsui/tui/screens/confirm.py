"""The dialog before anything is sent: what goes where, what it writes, how it is undone.

It reads the states itself, sends through the session's control, and stays if an outcome must be
read. Nothing is sent unless its act button, armed, is pressed; Enter at the start presses Cancel.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import Enum, auto
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding, BindingType

from qsui.domain.errors import QsuiError
from qsui.present import plan_words
from qsui.present.curl import as_curl
from qsui.present.role import Role, Span
from qsui.present.text import printable
from qsui.tui import plan_lines
from qsui.tui.chrome import Hint
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
    from qsui.live.store import Change
    from qsui.tui.widgets.span_view import SpanLine

PlanOf = Callable[[], Awaitable["Plan"]]
"""Reads the states and makes the plan."""

LONGEST_REASON = 500
LEAST_TARGET_LINES = 3
"""So many lines of targets stay in sight however small the terminal is; the rest scrolls."""

UNRECORDED_FIRST = "Not in the journal, so u cannot undo it. Press the button again to do it."


class Phase(Enum):
    """What the dialog is at."""

    READING = auto()
    READY = auto()
    SENDING = auto()
    TOLD = auto()  # everything was answered, and something of it must be read
    BROKEN = auto()  # the plan could not be made


class ConfirmScreen(DialogScreen[tuple["Pending", ...]]):
    """Shows a plan and carries it out; dismisses with how each action stands, `None` if none left.

    `hidden` are targets that the filter hides, `marked` says how many rows were marked, `reason`
    is what the reason's field starts with.
    """

    AUTO_FOCUS: ClassVar[str | None] = "#cancel"
    HAS_BUTTON_GAP: ClassVar[bool] = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("C", "copy_curl", "copy as curl", id="confirm.copy", show=False),
        Binding("y", "yes", "yes, outside production", id="confirm.yes", show=False),
        Binding("n", "no", "no", id="confirm.no", show=False),
    ]

    def __init__(
        self,
        plan_of: PlanOf,
        *,
        hidden: frozenset[Ref] = frozenset(),
        marked: int = 0,
        reason: str = "",
    ) -> None:
        super().__init__()
        self.phase = Phase.READING
        self._plan_of = plan_of
        self._hidden = hidden
        self._marked = marked
        self._first_reason = reason
        self._plan: Plan | None = None
        self._outcome: tuple[Pending, ...] = ()
        self._trouble = ""
        self._top = 0
        self._room = 0
        self._begun = 0
        self._takes_unrecorded = False

    # What it shows

    @property
    def _actions(self) -> tuple[Action, ...]:
        return tuple(target.action for target in self._plan.targets) if self._plan else ()

    @property
    def _has_work(self) -> bool:
        return self._plan is not None and bool(self._plan.to_send)

    @property
    def _is_unrecorded(self) -> bool:
        return self._plan is not None and bool(self._plan.journal_trouble)

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
            return [(("What has left cannot be called back"[:width], Role.MUTED),)]
        return [(("Esc cancels", Role.MUTED),)]

    def status_left(self) -> Sequence[Span]:
        """How old what is shown is."""
        rows = list(super().status_left())
        if self.phase is Phase.READY and self._has_work and rows:
            rows.append(("; states are read again just before sending", Role.MUTED))
        return rows

    def hints(self) -> Sequence[Hint]:
        """The keys of this moment."""
        if self.phase is Phase.SENDING:
            return ()
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
        return explanation(self._plan, has_outcome=self.phase is Phase.TOLD)

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
            return plan_lines.outcome_lines(self._outcome, self.qsui.now, width, signs)
        blocks = plan_lines.target_lines(self._plan, self._hidden, width, signs)
        return [line for block in blocks for line in block]

    def _facts(self, width: int) -> list[SpanLine]:
        if self._plan is None:
            return []
        return plan_lines.fact_lines(self._plan, width, self.qsui.signs)

    def _reason_note(self, width: int) -> list[SpanLine]:
        return plan_lines.reason_note(self._plan, self._value("reason"), width)

    def _arm_label(self) -> Sequence[Span]:
        return plan_lines.arm_label(self._plan, has_sandbox=bool(self.qsui.options.sandbox))

    def _arm_note(self, width: int) -> list[SpanLine]:
        return plan_lines.arm_note(self._plan, self._value("arm"), width)

    # Reading

    def on_mount(self) -> None:
        """Read the states."""
        self._read()

    @work(group="confirm", exclusive=True)
    async def _read(self) -> None:
        try:
            self._plan = await self._plan_of()
        except QsuiError as error:
            self._trouble = str(error)
            self._enter(Phase.BROKEN)
            return
        self._enter(Phase.READY)

    def _enter(self, phase: Phase) -> None:
        """Show what belongs to a phase; the keyboard is on the harmless button."""
        self.phase = phase
        if not self.is_composed:
            return
        ready = phase is Phase.READY and self._has_work
        for widget in self.query(".planned"):
            widget.display = ready
        self.query_one("#arm-row").display = ready and self._is_production
        self.query_one("#arm-note").display = ready and self._is_production
        cancel, act = self._button("cancel"), self._button("act")
        act.display = ready
        act.tone = self.tone().chip
        is_over = phase in (Phase.TOLD, Phase.BROKEN) or (phase is Phase.READY and not ready)
        cancel.change(
            label="Close" if is_over else "Cancel",
            why_not=plan_lines.NO_RECALL if phase is Phase.SENDING else "",
        )
        self._rearm()
        cancel.focus()
        self.redraw_dialog()

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

    # Arming

    def _why_not(self) -> str:
        """Return what keeps the act button from working, as a sentence; empty if it is armed."""
        plan = self._plan
        if plan is None or not plan.to_send:
            return "There is nothing to send."
        if plan.must_argue and not self._value("reason").strip():
            return "Give a reason first: an earlier action on it is still open."
        if plan.is_production and self._value("arm").strip() != plan.typed:
            return f"Type {printable(plan.typed, 60)} first, to arm the button."
        if plan.journal_trouble and not self._takes_unrecorded:
            return UNRECORDED_FIRST
        return ""

    def _rearm(self) -> None:
        if self._plan is None or not self._has_work:
            return
        words = plan_words.button_words(
            self._actions, len(self._plan.to_send), unrecorded=bool(self._plan.journal_trouble)
        )
        self._button("act").change(label=words, why_not=self._why_not())
        arm = self.query_one("#arm", DialogField)
        arm.is_bad = not self._plan.typed.startswith(arm.value.strip())

    def on_input_changed(self) -> None:
        """Arm or disarm, and say below the field what is wrong with it."""
        if self.phase is Phase.READY and self.is_composed:
            self._rearm()
            for view in self.query("#reason-note, #arm-note").results(SpanBlock):
                view.redraw()

    def on_input_submitted(self) -> None:
        """Enter in a field goes on to the next one; it presses nothing."""
        self.focus_next()

    # Pressing

    def on_dialog_button_pressed(self, event: DialogButton.Pressed) -> None:
        """Cancel, close, or do it."""
        if event.button.id == "act":
            self._act()
        else:
            self.action_cancel()

    def action_cancel(self) -> None:
        """Leave; what has left this machine cannot be called back."""
        if self.phase is Phase.SENDING:
            self.say_status(plan_lines.NO_RECALL)
            return
        self.dismiss(self._outcome or None)

    def _act(self) -> None:
        """Send if armed; else say what is missing and go there."""
        if self.phase is not Phase.READY or self._plan is None:
            return
        why_not = self._why_not()
        if not why_not:
            self._enter(Phase.SENDING)  # at once: a second press finds nothing to press
            self._send(self._plan, self._value("reason").strip())
            return
        if why_not is UNRECORDED_FIRST:
            self._takes_unrecorded = True
            self._rearm()
            self._button("cancel").focus()  # a key that is held down ends here
        self.call_after_refresh(self.say_status, why_not)

    def action_yes(self) -> None:
        """Press the act button, outside production and while a button has the keyboard."""
        if not self._is_production and isinstance(self.focused, DialogButton):
            if self._plan is not None and self._plan.journal_trouble:
                self.say_status("Choose the button itself: nothing of it would be recorded.")
            else:
                self._act()

    def action_no(self) -> None:
        """Cancel, outside production and while a button has the keyboard."""
        if not self._is_production and isinstance(self.focused, DialogButton):
            self.action_cancel()

    def action_copy_curl(self) -> None:
        """Copy what would be sent as curl commands, without secrets."""
        if self._plan is not None and isinstance(self.focused, DialogButton):
            sent = [each for target in self._plan.to_send for each in target.outgoing]
            if sent:
                self.qsui.copy(as_curl(sent), "curl")

    # Sending

    @work(group="confirm", exclusive=True)
    async def _send(self, plan: Plan, reason: str) -> None:
        session = self.session
        known = frozenset(session.store.snapshot.pending)

        def count(change: Change) -> None:
            self._begun = len(change.snapshot.pending.keys() - known)
            for view in self.query("#confirm-targets").results(SpanBlock):
                view.redraw()

        stop_listening = session.store.listen(count)
        try:
            self._outcome = await session.control.perform(
                plan, reason=reason, unrecorded=self._takes_unrecorded
            )
        finally:
            stop_listening()
        if plan_words.needs_reading(self._outcome):
            self._enter(Phase.TOLD)
        else:
            self.dismiss(self._outcome)
