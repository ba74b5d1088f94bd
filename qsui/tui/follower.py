"""What the app tells of actions on their way: toasts, ages by the second, what can be undone.

It listens to the store. Nothing runs here while no action is under way.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from qsui.domain.actions import CAN_BE_UNDONE, Verb
from qsui.domain.pending import Pending, Stage
from qsui.present.pending import is_counted, news_toast, recovered_toast, sent_toast
from qsui.tui.look_context import own_look

if TYPE_CHECKING:
    from textual.timer import Timer

    from qsui.domain.journal import Deed
    from qsui.live.store import Change
    from qsui.present.layout import LookContext
    from qsui.tui.bridge import LiveApp
    from qsui.tui.options import Session

STEP_S = 1.0
"""Only the age of an action that waits for its effect counts seconds."""

SHOWN_S = 4.0
UNTIL_A_KEY_S = 3600.0
LOOKED_AT = 200
"""Of so many actions at most the last one is looked for that can be undone."""


class Follower:
    """Follows what was sent, for one app."""

    def __init__(self, app: LiveApp) -> None:
        self._app = app
        self._stages: dict[str, Stage] = {}
        self._timer: Timer | None = None
        self._deeds: tuple[Deed, ...] = ()
        self._is_reading = False
        self._is_behind = False
        self._session: Session | None = None
        self.is_trouble_shown = False
        self._unread = 0
        self._trouble: set[str] = set()

    def session_opened(self, session: Session) -> None:
        """Listen, and take up what an earlier process left open."""
        self._session = session
        session.store.listen(self._receive)
        self._app.run_worker(self._recover(session), group="recover")
        self.read_journal()
        if self._app.options.wants_poll:
            self._app.run_worker(session.control.run(), group="control", name="control")

    async def _recover(self, session: Session) -> None:
        taken = await session.control.recover()
        words = recovered_toast(taken)
        if words:
            self._toast(words, {pending.id for pending in taken})

    # What is under way

    def open_actions(self) -> tuple[Pending, ...]:
        """Return the actions whose effect is still looked for, oldest first."""
        if self._session is None:
            return ()
        pending = self._session.store.snapshot.pending.values()
        return tuple(each for each in pending if each.stage.is_open)

    def _receive(self, change: Change) -> None:
        if not change.acted_on:
            return
        self.read_journal()
        news = [
            pending
            for id, pending in change.snapshot.pending.items()
            if self._stages.get(id) not in (None, pending.stage)
        ]
        self._stages = {id: pending.stage for id, pending in change.snapshot.pending.items()}
        words, is_trouble = news_toast(news, self._look())
        self._settle_trouble({pending.id for pending in news if pending.stage is Stage.DONE})
        if words:
            about = {pending.id for pending in news if pending.stage is not Stage.DONE}
            self._toast(words, about if is_trouble else None)
        self._count(any(is_counted(pending) for pending in change.snapshot.pending.values()))

    def _look(self) -> LookContext:
        return own_look(self._app)

    @property
    def counts(self) -> bool:
        """Whether seconds are counted now."""
        return self._timer is not None

    def _count(self, wanted: bool) -> None:
        if wanted and self._timer is None:
            self._timer = self._app.set_interval(STEP_S, self._app.pending_tick)
        elif not wanted and self._timer is not None:
            self._timer.stop()
            self._timer = None

    # Toasts

    def told_sent(self, sent: tuple[Pending, ...]) -> None:
        """Say what left; trouble was shown by the dialog."""
        words = sent_toast(sent, self._look())
        if words:
            self._toast(words)

    def warn(self, words: str) -> None:
        """Show trouble until a key is pressed."""
        self._toast(words, {""})

    def _settle_trouble(self, done: set[str]) -> None:
        """What all that the trouble was about came to a good end may be told over it."""
        if self._trouble and self._trouble <= done:
            self.is_trouble_shown = False
        self._trouble -= done

    def _toast(self, words: str, trouble: set[str] | None = None) -> None:
        """Show words; `trouble` are the ids of the actions that it is about, if it is some."""
        app, is_trouble = self._app, trouble is not None
        if self.is_trouble_shown and not is_trouble:
            return  # what went wrong stays until a person has read it; good news is in the rows
        self._trouble = (self._trouble if self.is_trouble_shown else set()) | (trouble or set())
        self._unread = self._unread + 1 if self.is_trouble_shown else 0
        if self._unread:
            words += f" (and {self._unread} more: 7 Journal)"
        app.clear_notifications()
        self.is_trouble_shown = is_trouble
        app.notify(
            words,
            severity="warning" if is_trouble else "information",
            timeout=UNTIL_A_KEY_S if is_trouble else SHOWN_S,
            markup=False,
        )

    def key_pressed(self) -> None:
        """Take trouble away that was read."""
        if self.is_trouble_shown:
            self.is_trouble_shown = False
            self._app.clear_notifications()

    # The journal

    def deeds(self) -> tuple[Deed, ...]:
        """Return the scope's actions as last read, oldest first."""
        return self._deeds

    def read_journal(self) -> None:
        """Read the journal again, in a thread; screens are told when that is done."""
        self._is_behind = True
        if not self._is_reading and self._session is not None:
            self._is_reading = True
            self._app.run_worker(self._read_journal(self._session), group="journal")

    async def _read_journal(self, session: Session) -> None:
        while self._is_behind:
            self._is_behind = False
            self._deeds = await asyncio.to_thread(session.control.deeds)
        self._is_reading = False
        self._app.deeds_changed()

    def last_undoable(self) -> Deed | None:
        """Return the last action that may be put back, of the newest; `None` if there is none."""
        newest = self._deeds[: -LOOKED_AT - 1 : -1]
        return next((deed for deed in newest if self.may_undo(deed)), None)

    def may_undo(self, deed: Deed) -> bool:
        """Whether an undo can be asked for: of a trigger while its run is known to be active."""
        if deed.intent.verb != Verb.TRIGGER or not may_undo(deed):
            return may_undo(deed)
        session, ref = self._session, deed.intent.ref
        run_id = deed.effect.result_id if deed.effect is not None else ""
        if session is None or ref is None:
            return False
        run = session.store.snapshot.run(session.scope, ref.id, run_id)
        return run is not None and run.state.is_active


def may_undo(deed: Deed) -> bool:
    """Whether an undo can be asked for; the server's present state may still refuse it.

    An undo is itself not undone by `u`: the last action before it would be meant.
    """
    if deed.undone_by or deed.intent.undoes or deed.stage in (Stage.REFUSED, Stage.NOT_SENT):
        return False
    try:
        verb = Verb(deed.intent.verb)
    except ValueError:
        return False
    return verb in CAN_BE_UNDONE or (verb is Verb.TRIGGER and deed.stage is Stage.DONE)
