"""The keys that act, on any screen that shows records: each opens a dialog, none sends.

A key whose verb is refused stays in the footer, in brackets; `refused` says why, for help and for
the toast that a press of it shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from qsui.domain.actions import Action, Verb
from qsui.domain.models import Kind, Schedule
from qsui.tui.acts import (
    NOTHING,
    SEVERAL,
    UNSEEN,
    Chosen,
    Wanted,
    actions_of,
    is_unseen,
    ongoing_of,
    refusal_of,
    scopes_of,
    startable_of,
    switch_of,
    verbs_of,
)
from qsui.tui.screens.frame import FrameScreen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.events import Key

    from qsui.domain.journal import Deed
    from qsui.domain.pending import Pending
    from qsui.live.control import Control
    from qsui.tui.options import Session
    from qsui.tui.screens.cron_editor import CronChoice
    from qsui.tui.screens.verbs import VerbEntry

ACT_KEYS = ("trigger", "switch", "cadence", "cancel", "undo", "new", "verbs")
"""The actions of this module, by the names that their bindings use."""

_MENU = {
    Verb.TRIGGER: ("t", "trigger a run"),
    Verb.ENABLE: ("o", "turn on"),
    Verb.DISABLE: ("f", "turn off"),
    Verb.SET_CRON: ("e", "edit the cadence"),
    Verb.CANCEL: ("x", "cancel"),
    Verb.RERUN: ("r", "run its SQL again"),
    Verb.DELETE: ("d", "delete"),
}
_DELETE_WORDS = {
    Kind.SCHEDULE: "delete, turned off first",
    Kind.QUERY: "soft-delete",
}

_MOVES = frozenset({"up", "down", "pageup", "pagedown", "home", "end"})


class Acting(FrameScreen):
    """Base of screens whose records can be acted upon; `ACTS` are the footer's keys for that."""

    ACTS: ClassVar[tuple[tuple[str, str], ...]] = (("act.undo", "undo"),)

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "trigger", "trigger: start a run now", id="schedule.trigger"),
        Binding("s", "switch", "turn on or off", id="schedule.switch"),
        Binding("e", "cadence", "edit the cadence", id="schedule.cadence"),
        Binding("x", "cancel", "cancel what runs", id="act.cancel"),
        Binding("u", "undo", "undo the last or the selected action", id="act.undo"),
        Binding("i", "new", "new: query, schedule, copy, re-run", id="act.new"),
        Binding("v", "verbs", "everything that can be done to it, delete too", id="act.verbs"),
    ]

    # What a screen says

    def chosen(self) -> Chosen:
        """The rows that the keys are about."""
        return Chosen()

    def glimpse(self) -> Chosen:
        """Enough of the chosen rows to tell what would be refused."""
        return self.chosen()

    def acted(self, sent: Sequence[Pending]) -> None:
        """Actions were sent from here."""

    # What is refused

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey a key that would be refused, and leave out those that mean nothing here."""
        if action not in ACT_KEYS:
            return super().check_action(action, parameters)
        if not self.knows_act(action):
            return False
        return None if self.refused(action) else True

    def knows_act(self, action: str) -> bool:
        """Whether a key that acts means anything on this screen."""
        if action in ("undo", "new", "verbs"):
            return True
        ids = {id for id, _ in self.ACTS}
        return any(
            isinstance(binding, Binding) and binding.action == action and binding.id in ids
            for binding in Acting.BINDINGS
        )

    def refused(self, action: str) -> str:
        """Return why a key that acts would do nothing now; empty if it opens its dialog."""
        chosen = self.glimpse()
        deed = self.deed_to_undo() if action == "undo" else None
        if action != "undo" and len(scopes_of(chosen)) > 1:
            return SEVERAL
        session = self.session if action == "undo" else self.session_for(chosen)
        if deed is not None:
            session = self.qsui.follower.session_of(deed)
        if session is None:
            return "not connected yet"
        control = session.control
        if action == "verbs":
            return "" if chosen.records else NOTHING
        if control.read_only:
            return control.read_only
        health = session.health
        if health is not None and health.state in ("offline", "refused"):
            return f"the connection is {health.state}: nothing can be sent"
        match action:
            case "trigger":
                return refusal_of(Verb.TRIGGER, startable_of(chosen, session), control)
            case "switch":
                return self._switch_refused(chosen, control)
            case "cadence" if chosen.marked > 1:
                return "the cadence is edited for one schedule at a time"
            case "cadence":
                return refusal_of(Verb.SET_CRON, chosen, control)
            case "cancel":
                ongoing = ongoing_of(chosen, session)
                if chosen.records and not ongoing.records:
                    return "nothing of it runs now"
                return refusal_of(Verb.CANCEL, ongoing, control)
            case "undo":
                return "" if deed is not None else "there is nothing to undo"
            case _:
                return control.can_create()

    def session_for(self, chosen: Chosen) -> Session | None:
        """The session of the chosen rows; without any the screen's; `None` if there are several."""
        scopes = scopes_of(chosen)
        if not scopes:
            return self.session
        return self.qsui.session_of(chosen.records[0].ref) if len(scopes) == 1 else None

    def _session_or_say(self, chosen: Chosen) -> Session | None:
        """The same; says why there is none: of many rows the footer looks at some only."""
        session = self.session_for(chosen)
        if session is None:
            self.qsui.say(SEVERAL if len(scopes_of(chosen)) > 1 else "Not connected yet.")
        return session

    def _switch_refused(self, chosen: Chosen, control: Control) -> str:
        on, off = switch_of(chosen)
        if not on and not off:
            return refusal_of(Verb.DISABLE, chosen, control)
        refused = refusal_of(Verb.ENABLE, Chosen(on), control) if on else NOTHING
        return refused and (refusal_of(Verb.DISABLE, Chosen(off), control) if off else refused)

    def on_key(self, event: Key) -> None:
        """Say why a greyed key did nothing."""
        if event.key in _MOVES:
            return  # held down, they must not wait for all bindings to be looked at
        active = self.active_bindings.get(event.key)
        if active is None or active.enabled or active.binding.action not in ACT_KEYS:
            return
        reason = self.refused(active.binding.action)
        if reason:
            event.stop()
            self.qsui.say(f"{event.key}: {reason}")

    # Dialogs

    def confirm(self, wanted: Wanted, reason: str = "", *, session: Session | None) -> None:
        """Open the dialog that says what would be sent to a session's server."""
        from qsui.tui.screens.confirm import ConfirmScreen

        if session is not None and wanted.actions:
            actions, control = wanted.actions, session.control
            dialog = ConfirmScreen(
                lambda: control.prepare(actions),
                hidden=wanted.hidden,
                marked=wanted.marked,
                reason=reason,
            )
            self.app.push_screen(dialog.of(session), self._confirmed)

    def confirm_undo(self, deed: Deed) -> None:
        """Open the dialog that says how an action would be put back."""
        from qsui.tui.screens.confirm import ConfirmScreen

        session = self.qsui.follower.session_of(deed)
        if session is not None:
            control = session.control
            dialog = ConfirmScreen(lambda: control.prepare_undo(deed))
            self.app.push_screen(dialog.of(session), self._confirmed)

    def _confirmed(self, sent: tuple[Pending, ...] | None) -> None:
        if sent:
            self.qsui.follower.told_sent(sent)
            self.acted(sent)

    def _ask(self, verb: Verb, chosen: Chosen) -> None:
        session = self._session_or_say(chosen)
        if session is None:
            return
        records = [record for record in chosen.records if not is_unseen(record)]
        if not records:
            self.qsui.say(UNSEEN if chosen.records else NOTHING)
            return
        actions = actions_of(verb, records, session)
        self.confirm(Wanted(actions, chosen.hidden, chosen.marked), session=session)

    def action_trigger(self) -> None:
        """Start what is chosen once: schedules, workflows, or those of the chosen runs and jobs."""
        chosen = self.chosen()
        session = self._session_or_say(chosen)
        if session is not None:
            self._ask(Verb.TRIGGER, startable_of(chosen, session))

    def action_cancel(self) -> None:
        """Cancel the chosen runs, queries and jobs, or what runs of the schedules chosen."""
        chosen = self.chosen()
        session = self._session_or_say(chosen)
        if session is not None:
            self._ask(Verb.CANCEL, ongoing_of(chosen, session))

    def action_switch(self) -> None:
        """Turn what is on off and the other way round; ask which if both are marked."""
        chosen = self.chosen()
        if self._session_or_say(chosen) is None:
            return
        on, off = switch_of(chosen)
        if on and off:
            self._ask_direction(chosen, len(on), len(off))
        elif on or off:
            self._ask(Verb.ENABLE if on else Verb.DISABLE, chosen)

    def _ask_direction(self, chosen: Chosen, on: int, off: int) -> None:
        from qsui.tui.screens.verbs import VerbEntry, VerbsScreen

        entries = (
            VerbEntry(Verb.DISABLE, "f", f"turn off {off} that {_are(off)} on"),
            VerbEntry(Verb.ENABLE, "o", f"turn on {on} that {_are(on)} off"),
        )

        def picked(id: str | None) -> None:
            if id is not None:
                self._ask(Verb(id), chosen)

        menu = VerbsScreen("Turn on or off", entries).of(self.session_for(chosen))
        self.app.push_screen(menu, picked)

    def action_cadence(self) -> None:
        """Edit the cadence of one schedule."""
        from qsui.tui.screens.cron_editor import CronEditorScreen

        schedule = next((r for r in self.chosen().records if isinstance(r, Schedule)), None)
        if schedule is None:
            return
        session = self.qsui.session_of(schedule.ref)

        def edited(choice: CronChoice | None) -> None:
            if choice is not None:
                action = Action(Verb.SET_CRON, schedule.ref, schedule.name, cron=choice.cron)
                self.confirm(Wanted((action,)), choice.reason, session=session)

        self.app.push_screen(CronEditorScreen(schedule).of(session), edited)

    def deed_to_undo(self) -> Deed | None:
        """The action that `u` puts back: here the last one that can be, of the scopes shown."""
        return self.qsui.follower.last_undoable(self.sessions)

    def action_undo(self) -> None:
        """Put an action back, after a look at what that would do."""
        deed = self.deed_to_undo()
        if deed is not None:
            self.confirm_undo(deed)

    def action_new(self) -> None:
        """Choose what to create."""
        from qsui.tui.creating import open_menu

        open_menu(self, self.chosen())

    def action_verbs(self) -> None:
        """Choose from everything that can be done to the chosen rows."""
        from qsui.tui.screens.verbs import VerbsScreen

        chosen = self.chosen()
        session = self._session_or_say(chosen)
        if session is None or not chosen.records:
            return
        name = actions_of(Verb.CANCEL, chosen.records[:1], session)[0].name
        title = f"{chosen.marked} marked" if chosen.marked > 1 else name

        def picked(id: str | None) -> None:
            if id is not None:
                self._run_verb(id, chosen)

        entries = self._entries(chosen, session.control)
        self.app.push_screen(VerbsScreen(title, entries).of(session), picked)

    def _entries(self, chosen: Chosen, control: Control) -> list[VerbEntry]:
        from qsui.tui.screens.verbs import VerbEntry

        entries: list[VerbEntry] = []
        for verb in verbs_of(chosen.records):
            key, title = _MENU[verb]
            if verb is Verb.DELETE and not _is_server(chosen):
                title = _DELETE_WORDS.get(chosen.records[0].ref.kind, title)
            elif verb is Verb.TRIGGER and _is_server(chosen):
                title = "run its workflow now"
            is_single = verb in (Verb.SET_CRON, Verb.RERUN) and chosen.marked > 1
            reason = "one at a time" if is_single else refusal_of(verb, chosen, control)
            entries.append(VerbEntry(verb, key, title, reason))
        kind = chosen.records[0].ref.kind
        if kind is Kind.SCHEDULE:
            words = "cancel the jobs of its workflow" if _is_server(chosen) else "cancel its runs"
            entries.insert(1, VerbEntry("ongoing", "x", words, self.refused("cancel")))
        elif kind is Kind.WORKFLOW:
            entries.append(VerbEntry("ongoing", "x", "cancel its jobs", self.refused("cancel")))
        elif kind in (Kind.RUN, Kind.JOB):
            words = "trigger its schedule" if kind is Kind.RUN else "run its workflow now"
            entries.insert(0, VerbEntry("again", "t", words, self.refused("trigger")))
        if kind in (Kind.SCHEDULE, Kind.QUERY) and chosen.marked <= 1 and not _is_server(chosen):
            entries.append(VerbEntry("copy", "c", "create a copy", self.refused("new")))
        return entries

    def _run_verb(self, id: str, chosen: Chosen) -> None:
        from qsui.tui.creating import open_copy, open_rerun

        match id:
            case "ongoing":
                self.action_cancel()
            case "again":
                self.action_trigger()
            case "copy":
                open_copy(self, chosen.records[0])
            case Verb.SET_CRON:
                self.action_cadence()
            case Verb.RERUN:
                open_rerun(self, chosen.records[0])
            case _:
                self._ask(Verb(id), chosen)


def _is_server(chosen: Chosen) -> bool:
    """Whether the rows are of a server that nothing is created on from here."""
    return any(isinstance(r, Schedule) and r.runs_workflow for r in chosen.records)


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
