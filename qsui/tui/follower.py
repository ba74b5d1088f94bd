"""What the app tells of actions on their way: toasts, ages by the second, what can be undone.

It listens to the store. Nothing runs here while no action is under way.
"""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING

from qsui.domain.actions import CAN_BE_UNDONE, Verb
from qsui.domain.pending import Pending, Stage
from qsui.present.pending import is_counted, news_toast, recovered_toast, sent_toast
from qsui.tui.look_context import own_look
from qsui.tui.scopes import label_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

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
        self._stages: dict[str, dict[str, Stage]] = {}
        self._timer: Timer | None = None
        self._deeds: tuple[Deed, ...] = ()
        self._sessions: list[Session] = []
        self._is_reading = False
        self._is_behind = False
        self.is_trouble_shown = False
        self._unread = 0
        self._trouble: set[str] = set()

    def session_opened(self, session: Session) -> None:
        """Listen, and take up what an earlier process left open."""
        shares = session.scope.key in [known.scope.key for known in self._sessions]
        self._sessions.append(session)
        session.store.listen(lambda change: self._receive(session, change))
        if not shares:  # else the other profile of the same place has taken it up
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
        return tuple(
            pending
            for session in self._sessions
            for pending in session.store.snapshot.pending.values()
            if pending.stage.is_open
        )

    def _receive(self, session: Session, change: Change) -> None:
        if not change.acted_on:
            return
        self.read_journal()
        label, pending_now = session.scope.label, change.snapshot.pending
        before = self._stages.get(label, {})
        news = [p for id, p in pending_now.items() if before.get(id) not in (None, p.stage)]
        self._stages[label] = {id: pending.stage for id, pending in pending_now.items()}
        words, is_trouble = news_toast(news, own_look(self._app, session))
        self._settle_trouble({pending.id for pending in news if pending.stage is Stage.DONE})
        if words:
            about = {pending.id for pending in news if pending.stage is not Stage.DONE}
            self._toast(words, about if is_trouble else None)
        self._count(any(is_counted(pending) for pending in self.open_actions()))

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
        """Return the actions of every live scope as last read, oldest first."""
        return self._deeds

    def session_of(self, deed: Deed) -> Session | None:
        """Return the session of the scope that an action was taken in; `None` if it is not live.

        Two profiles may lead to one place: then it is that of the profile that took it.
        """
        intent = deed.intent
        there = [known for known in self._sessions if known.scope.key == intent.scope_key]
        label = label_of(intent.ref) if intent.ref is not None else ""
        mine = (known for known in there if known.scope.label == label)
        return next(mine, there[0] if there else None)

    def read_journal(self) -> None:
        """Read the journal again, in a thread; screens are told when that is done."""
        self._is_behind = True
        if not self._is_reading and self._sessions:
            self._is_reading = True
            self._app.run_worker(self._read_journal(), group="journal")

    async def _read_journal(self) -> None:
        while self._is_behind:
            self._is_behind = False
            by_place = {known.scope.key: known.control for known in reversed(self._sessions)}
            controls = list(by_place.values())
            found = [await asyncio.to_thread(control.deeds) for control in controls]
            self._deeds = tuple(found[0] if len(found) == 1 else sorted(_all(found), key=_when))
        self._is_reading = False
        self._app.deeds_changed()

    def last_undoable(self, sessions: tuple[Session, ...]) -> Deed | None:
        """Return the last action in some scopes that may be put back; `None` if there is none.

        Only the newest are looked at.
        """
        newest = self._deeds[: -LOOKED_AT - 1 : -1]
        mine = (deed for deed in newest if self.session_of(deed) in sessions)
        return next((deed for deed in mine if self.may_undo(deed)), None)

    def may_undo(self, deed: Deed) -> bool:
        """Whether an undo can be asked for: of a trigger while its run is known to be active."""
        if deed.intent.verb != Verb.TRIGGER or not may_undo(deed):
            return may_undo(deed)
        session, ref = self.session_of(deed), deed.intent.ref
        made = deed.effect.result_id if deed.effect is not None else ""
        if session is None or ref is None:
            return False
        snapshot = session.store.snapshot
        if session.has_jobs:
            job = snapshot.job(session.scope, made)
            return job is not None and job.state.is_active
        run = snapshot.run(session.scope, ref.id, made)
        return run is not None and run.state.is_active


def _all(found: list[tuple[Deed, ...]]) -> Iterator[Deed]:
    return itertools.chain.from_iterable(found)


def _when(deed: Deed) -> datetime:
    return deed.intent.at


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
