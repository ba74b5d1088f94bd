"""The dialog before anything is sent: what goes where, what it writes, how it is undone.

It reads the states itself, sends through the session's control, and stays if an outcome must be
read. Nothing is sent unless its act button, armed, is pressed; Enter at the start presses Cancel.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding, BindingType

from qsui.domain.errors import QsuiError
from qsui.present import outcomes, plan_words
from qsui.present.curl import as_curl
from qsui.present.text import printable
from qsui.tui import plan_lines
from qsui.tui.screens.confirm_view import ConfirmView, Phase
from qsui.tui.type_ahead import stamp
from qsui.tui.widgets.dialog_parts import DialogButton, DialogField, SpanBlock

if TYPE_CHECKING:
    from qsui.domain.models import Ref
    from qsui.live.plans import Plan
    from qsui.live.store import Change

PlanOf = Callable[[], Awaitable["Plan"]]
"""Reads the states and makes the plan."""

UNRECORDED_FIRST = "Not in the journal, so u cannot undo it. Press the button again to do it."


class ConfirmScreen(ConfirmView):
    """Shows a plan and carries it out; dismisses with how each action stands, `None` if none left.

    `hidden` are targets that the filter hides, `marked` says how many rows were marked, `reason`
    is what the reason's field starts with.
    """

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
        super().__init__(hidden=hidden, marked=marked, reason=reason)
        self._plan_of = plan_of
        self._takes_unrecorded = False
        self._shown_at: float | None = None

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
        self.call_after_refresh(self._plan_shown)

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
        spared = "Keep running" if plan_words.cancels(self._actions) else "Cancel"
        stop = phase is Phase.SENDING and self._can_stop
        cancel.change(
            label="Close" if is_over else "Stop" if stop else spared,
            why_not=plan_lines.NO_RECALL if phase is Phase.SENDING and not stop else "",
        )
        self._rearm()
        cancel.focus()
        self.redraw_dialog()

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
        act, why_not = self._button("act"), self._why_not()
        act.is_asking = why_not is UNRECORDED_FIRST
        act.change(label=words, why_not=why_not)
        arm = self.query_one("#arm", DialogField)
        arm.is_bad = not self._plan.typed.startswith(arm.value.strip())

    def on_input_changed(self) -> None:
        """Arm or disarm, and say below the field what is wrong with it."""
        if self.phase is Phase.READY and self.is_composed:
            self._rearm()
            for view in self.query("#reason-note, #arm-note").results(SpanBlock):
                view.redraw()

    def on_input_submitted(self) -> None:
        """Enter in a field goes on to the next one, from the last to the armed button.

        It presses nothing.
        """
        armed = not self._why_not()
        is_last = self.focused is not None and self.focused.id == "arm"
        if is_last and armed:
            self._button("act").focus()
        elif is_last:
            self.say_status(self._why_not())
        else:
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
            self._stop()
            return
        self.dismiss(self._outcome or None)

    def _stop(self) -> None:
        """Begin no further target; the one under way is still carried out."""
        if self._can_stop:
            self._is_stopped = True
            self._button("cancel").change(label="Stop", why_not=plan_lines.STOPPING)
            self.redraw_dialog()
        self.say_status(plan_lines.STOPPING if self._is_stopped else plan_lines.NO_RECALL)

    @property
    def _is_blind(self) -> bool:
        """Whether the present key or click left before the plan was on the screen."""
        return self._shown_at is None or self.qsui.typed_at < self._shown_at

    def _plan_shown(self) -> None:
        self._shown_at = stamp()

    def _act(self) -> None:
        """Send if armed; else say what is missing and go there."""
        if self.phase is not Phase.READY or self._plan is None or self._is_blind:
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
        self.say_status(why_not)

    @property
    def _takes_letters(self) -> bool:
        """Whether y and n answer: outside production, on a button, with the plan in sight."""
        on_button = isinstance(self.focused, DialogButton)
        return on_button and not self._is_production and not self._is_blind

    def action_yes(self) -> None:
        """Press the act button, outside production and while a button has the keyboard."""
        if self._takes_letters:
            if self._plan is not None and self._plan.journal_trouble:
                self.say_status("Choose the button itself: nothing of it would be recorded.")
            else:
                self._act()

    def action_no(self) -> None:
        """Cancel, outside production and while a button has the keyboard."""
        if self._takes_letters:
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
                plan,
                reason=reason,
                unrecorded=self._takes_unrecorded,
                is_stopped=lambda: self._is_stopped,
            )
        finally:
            stop_listening()
        if outcomes.needs_reading(self._outcome) or len(self._outcome) < len(plan.to_send):
            self._enter(Phase.TOLD)
        else:
            self.dismiss(self._outcome)
