"""The application: modes, themes, keys that work everywhere, and the bridge from the live engine.

It holds no view state: what a screen filters, sorts or selects belongs to that screen.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from textual import work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.events import Event, Key
from textual.screen import ModalScreen

from qsui.domain.errors import QsuiError
from qsui.present.signs import SignSet
from qsui.present.text import printable
from qsui.tui.follower import Follower
from qsui.tui.screens.frame import FrameScreen
from qsui.tui.screens.start import StartScreen
from qsui.tui.themes import themes
from qsui.tui.zones import local_zone

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import RenderableType
    from textual.screen import Screen

    from qsui.domain.journal import Deed
    from qsui.live.engine import Demands
    from qsui.live.store import Change, Health
    from qsui.tui.options import DashboardOptions, Session

CLIPBOARD_BYTES = 74_000
"""What terminals commonly take in one OSC 52 sequence."""

KEY_NAMES = {
    "enter": "Enter",
    "escape": "Esc",
    "tab": "Tab",
    "space": "Space",
    "up": "Up",
    "down": "Down",
    "left": "Left",
    "right": "Right",
    "home": "Home",
    "end": "End",
    "pageup": "PgUp",
    "pagedown": "PgDn",
}
"""Keys whose usual display is an arrow or another symbol."""

COLLECT_AFTER = (10_000, 20, 200)
"""Rarer than Python's own: records have no cycles, and a full collection of many is a stall."""

MANY = 200
"""So many new records at once come to stay."""

AGE_STEP_S = 5.0
"""Ages on screen step by this; nothing is drawn between two steps unless data changed."""


def _schedules() -> Screen[None]:
    from qsui.tui.screens.schedules import SchedulesScreen

    return SchedulesScreen()


def _all_runs() -> Screen[None]:
    from qsui.tui.screens.runs import AllRunsScreen

    return AllRunsScreen()


def _queries() -> Screen[None]:
    from qsui.tui.screens.queries import QueriesScreen

    return QueriesScreen()


def _journal() -> Screen[None]:
    from qsui.tui.screens.journal import JournalScreen

    return JournalScreen()


class QsuiApp(App[None]):
    """The dashboard on one live scope."""

    TITLE = "qsui"
    CSS_PATH = "qsui.tcss"
    ENABLE_COMMAND_PALETTE = False  # its own look needs an emoji and an animation
    MODES: ClassVar[dict[str, str | Callable[[], Screen[None]]]] = {
        "start": StartScreen,
        "schedules": _schedules,
        "runs": _all_runs,
        "queries": _queries,
        "journal": _journal,
    }
    DEFAULT_MODE = "start"
    FIRST_LIST: ClassVar[str] = "schedules"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("2", "go('schedules')", "go to schedules", id="go.schedules", show=False),
        Binding("3", "go('runs')", "go to runs", id="go.runs", show=False),
        Binding("4", "go('queries')", "go to queries", id="go.queries", show=False),
        Binding("7", "go('journal')", "go to the journal", id="go.journal", show=False),
        Binding("minus", "last_view", "last view", id="go.last", show=False),
        Binding("colon,f2,ctrl+p", "palette", "go to", id="go.palette", show=False),
        Binding("question_mark,f1", "help", "help", id="app.help", show=False),
        Binding("q", "back_or_quit", "back, quit at the root", id="app.back", show=False),
        Binding("ctrl+q", "quit", "quit", id="app.quit", show=False, priority=True),
        Binding("o", "web", "copy the link to the web UI", id="look.web", show=False),
        Binding("z", "zone", "time zone", id="look.zone", show=False),
        Binding("Z", "freeze", "freeze rows", id="look.freeze", show=False),
        Binding("r", "refresh_now", "refresh", id="look.refresh", show=False),
        Binding("R", "refresh_all", "refresh all", id="look.refresh_all", show=False),
        Binding("ctrl+l", "repaint", "repaint", id="app.repaint", show=False),
        Binding("ctrl+z", "suspend_process", "suspend", id="app.suspend", show=False),
    ]

    def __init__(self, options: DashboardOptions) -> None:
        super().__init__(ansi_color=True if options.no_color else None)
        self.options = options
        self.session: Session | None = None
        self.closing_words = ""
        self.is_frozen = False
        self.is_ending = False
        self.held_changes = 0
        self.signs = SignSet(ascii=options.ascii)
        self.set_class(options.ascii, "-ascii")
        self.zones = _zones(options.timezone)
        self.zone = self.zones[0]
        self.local_zone = local_zone()
        self.frames: list[FrameScreen] = []
        self.follower = Follower(self)
        self._previous_mode = ""
        self._is_settling = False
        self._is_ready = False
        self._ended_by = 0
        self._told_history = False
        for theme in themes():
            self.register_theme(theme)
        self.theme = "qsui-16" if options.no_color else options.theme or _theme_for_terminal()
        self.animation_level = "none"
        self.set_keymap(dict(options.keymap))

    def get_key_display(self, binding: Binding) -> str:
        """Name keys as they are printed on a keyboard, without symbols that fonts may lack."""
        key = binding.key
        if key in KEY_NAMES:
            return KEY_NAMES[key]
        if key.startswith("ctrl+"):
            return f"Ctrl+{key.removeprefix('ctrl+').upper()}"
        if len(key) <= 3 and key[0] == "f" and key[1:].isdigit():
            return key.upper()
        return super().get_key_display(binding)

    # Time and state that screens read

    @property
    def now(self) -> datetime:
        """The server's time as far as known, aware UTC."""
        if self.session is None:
            return datetime.now(UTC)
        now = self.session.clock.now()
        health = self.health
        return now + health.server_offset if health else now

    @property
    def health(self) -> Health | None:
        """How the live scope fares; `None` until the session is open."""
        if self.session is None:
            return None
        return self.session.store.snapshot.health.get(self.session.scope.label)

    # Life

    def on_load(self) -> None:
        """Listen to the signals that end the program, before the terminal is made raw."""
        if os.name == "posix":
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                with contextlib.suppress(ValueError, RuntimeError):  # not the main thread: tests
                    loop.add_signal_handler(number, self._end_by_signal, int(number))

    def on_ready(self) -> None:
        """Open the session once the shell is painted."""
        self._is_ready = True
        gc.freeze()
        gc.set_threshold(*COLLECT_AFTER)
        gc.enable()  # see `qsui.tui.run`
        if self._ended_by:
            self._end_by_signal(self._ended_by)
        else:
            self._open_session()

    @work(group="session", exit_on_error=True)
    async def _open_session(self) -> None:
        await self._show_first_list()
        try:
            session = await self.options.open_session()
        except QsuiError as error:
            self.closing_words = str(error)
            self.exit(return_code=error.exit_code)
            return
        self.session = session
        session.store.listen(self._receive)
        session.verdicts.listen(self._receive_verdicts)
        for screen in self.frames:
            screen.session_opened(session)
        self._settle_soon()
        if self.options.wants_poll:
            self.run_worker(session.engine.run(), group="engine", name="engine")
        self.follower.session_opened(session)
        self.set_interval(AGE_STEP_S, self.tick)
        if self.options.keymap:
            from qsui.tui.keys import faults

            for sentence in faults(self.options.keymap):
                self.notify(sentence, severity="warning", timeout=10, markup=False)
        gc.freeze()

    async def _show_first_list(self) -> None:
        """Put the first list in the place of what was painted first."""
        if self.current_mode == "start":
            await self.switch_mode(self.FIRST_LIST)
        await self.remove_mode("start")

    async def on_unmount(self) -> None:
        """Close what the session holds."""
        if self.session is not None:
            await self.session.aclose()

    def exit(
        self, result: None = None, return_code: int = 0, message: RenderableType | None = None
    ) -> None:
        """End the program; screens under way need not be finished any more."""
        self.is_ending = True
        super().exit(result, return_code, message)

    def _end_by_signal(self, number: int) -> None:
        self._ended_by = number
        if self._is_ready:  # an app that is left while its first screen is mounted breaks
            self.exit(return_code=128 + number)

    # The bridge

    def _settle_soon(self) -> None:
        if not self._is_settling and self.session is not None and self.session.verdicts.pending:
            self._is_settling = True
            self._settle()

    @work(group="settle")
    async def _settle(self) -> None:
        """Judge what changed, in slices, so that verdicts off the screen are right as well."""
        if self.session is not None:
            await self.session.verdicts.settle()
        self._is_settling = False

    def _tell_history(self) -> None:
        """Say once that nothing outlives this session, and why."""
        health = self.health
        if health is not None and health.history_trouble and not self._told_history:
            self._told_history = True
            self.notify(health.history_trouble, severity="warning", timeout=8, markup=False)

    def _receive(self, change: Change) -> None:
        self._settle_soon()
        if change.health_changed:
            self._tell_history()
        if len(change.added) > MANY:
            gc.freeze()  # records have no cycles: the collector need not look at them ever again
        if self.is_frozen or self.has_dialog:
            self.held_changes += len(change.added) + len(change.updated) + len(change.removed)
            for screen in self.frames:
                screen.mark_stale()
                if change.acted_on and screen.is_on_top:
                    screen.pending_changed()  # what a person did is shown all the same
            self._redraw_chrome()
            return
        for screen in self.frames:
            screen.receive(change)

    def _receive_verdicts(self, schedule_ids: frozenset[str]) -> None:
        for screen in self.frames:
            if self.is_frozen:
                screen.mark_stale()
            else:
                screen.receive_verdicts(schedule_ids)

    @property
    def has_dialog(self) -> bool:
        """Whether something stands over the rows, which keep still meanwhile."""
        return isinstance(self.screen_or_none, ModalScreen)

    @property
    def screen_or_none(self) -> Screen[object] | None:
        """The screen on top; `None` before the first one."""
        return self.screen_stack[-1] if self.screen_stack else None

    @property
    def shown_frame(self) -> FrameScreen | None:
        """The data screen that a person sees, be it behind a dialog."""
        stack = reversed(self.screen_stack)
        return next((screen for screen in stack if isinstance(screen, FrameScreen)), None)

    def dialog_closed(self) -> None:
        """Rows move again."""
        if not self.is_frozen:
            self.held_changes = 0

    def demand(self, owner: str, demands: Demands | None) -> None:
        """Tell the engine what a screen shows; `None` when it shows nothing any more."""
        if self.session is not None:
            self.session.engine.demand(owner, demands)

    def on_key(self, event: Key) -> None:
        """Let a field that just opened have the keys that were typed right behind its own.

        Over a slow link `/` and the words after it come in one packet, and all of it goes to the
        widget that had the keyboard when the packet came. No binding can say that.
        """
        screen, text = self.screen, event.character if event.is_printable else None
        if text and isinstance(screen, FrameScreen) and screen.type_ahead(text):
            event.prevent_default()

    def tick(self) -> None:
        """Let ages and countdowns step; verdicts that follow from time alone change here."""
        if self.session is not None and not self.is_frozen:
            self.session.verdicts.tick(self.now)
            self._settle_soon()
        if isinstance(self.screen, FrameScreen):
            self.screen.tick()

    def _redraw_chrome(self) -> None:
        screen = self.shown_frame
        if screen is not None:
            screen.redraw_chrome()

    def deeds_changed(self) -> None:
        """The journal was read again."""
        if isinstance(self.screen, FrameScreen):
            self.screen.deeds_changed()

    def pending_tick(self) -> None:
        """A second went by while an action waits for its effect."""
        if isinstance(self.screen, FrameScreen):
            self.screen.pending_tick()

    def on_app_focus(self) -> None:
        """Poll at the normal pace again."""
        if self.session is not None:
            self.session.engine.focused = True

    def on_app_blur(self) -> None:
        """Poll what is visible less often: nobody looks."""
        if self.session is not None:
            self.session.engine.focused = False

    async def on_event(self, event: Event) -> None:
        """Take a toast away that stays until a key."""
        if isinstance(event, Key):
            self.follower.key_pressed()
        await super().on_event(event)

    # Actions

    async def action_go(self, mode: str) -> None:
        """Show a mode; in that mode already, go back to its first screen."""
        if mode == self.current_mode:
            while len(self.screen_stack) > 1:
                await self.pop_screen()
            return
        self._previous_mode = self.current_mode
        await self.switch_mode(mode)

    async def action_last_view(self) -> None:
        """Show the mode that was shown before."""
        if self._previous_mode:
            await self.action_go(self._previous_mode)

    async def action_back_or_quit(self) -> None:
        """Leave this screen; at the root, leave the program."""
        if len(self.screen_stack) > 1:
            await self.pop_screen()
        else:
            await self.action_quit()

    async def action_quit(self) -> None:
        """Leave the program; ask first while the effect of an action is looked for."""
        from qsui.tui.screens.quit_guard import QuitScreen

        under_way = self.follower.open_actions()
        if not under_way or isinstance(self.screen, QuitScreen):
            self.exit()
            return

        def answered(leave: bool | None) -> None:
            if leave:
                self.exit()

        self.push_screen(QuitScreen(under_way), answered)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Know no link to the web UI if none is set."""
        if action == "web" and not self.options.web_url:
            return False
        return super().check_action(action, parameters)

    def action_web(self) -> None:
        """Copy the link: the terminal may be far from any browser."""
        self.copy(self.options.web_url, f"Link {printable(self.options.web_url, 80)}")

    def action_help(self) -> None:
        """Show every key that works here."""
        from qsui.tui.screens.help import HelpScreen

        self.push_screen(HelpScreen(self.screen, self.signs))

    def action_palette(self) -> None:
        """Find an action by its name."""
        from qsui.tui.screens.help import HelpScreen

        self.push_screen(HelpScreen(self.screen, self.signs, is_palette=True))

    def action_zone(self) -> None:
        """Show times in the next zone: UTC, then local, then the one from the settings."""
        index = self.zones.index(self.zone)
        self.zone = self.zones[(index + 1) % len(self.zones)]
        for screen in self.frames:
            if screen.can_draw:
                screen.look_changed()

    def action_freeze(self) -> None:
        """Stop or start letting changes reach the rows; polling goes on."""
        self.is_frozen = not self.is_frozen
        if not self.is_frozen:
            self.held_changes = 0
            for screen in self.frames:
                if screen.can_draw:
                    screen.catch_up()
        self._redraw_chrome()

    def action_refresh_now(self) -> None:
        """Read what is on screen now and let new rows in."""
        if self.session is not None:
            self.session.engine.refresh()
        if isinstance(self.screen, FrameScreen):
            self.screen.let_in()

    def action_refresh_all(self) -> None:
        """Read everything again."""
        if self.session is not None:
            self.session.engine.refresh(everything=True)
        if isinstance(self.screen, FrameScreen):
            self.screen.let_in()

    def action_repaint(self) -> None:
        """Draw the whole screen again, for a terminal that something else wrote to."""
        self.refresh(repaint=True, layout=True)
        self.screen.refresh(repaint=True)

    def say(self, words: str) -> None:
        """Show our own words for a moment."""
        self.notify(words, timeout=3, markup=False)

    def copy(self, text: str, what: str) -> None:
        """Send text to the terminal's clipboard (OSC 52): there is no reply, so it is only "sent".

        Over 74 kB most terminals drop it; then nothing is sent and the toast says so.
        """
        if len(text.encode("utf-8", "replace")) > CLIPBOARD_BYTES:
            words = f"{what} is too long for the clipboard of a terminal (over 74 kB)."
            self.notify(words, severity="warning", timeout=4, markup=False)
            return
        self.copy_to_clipboard(text)
        self.say(f"{what} sent to clipboard")

    def copy_request(self, deed: Deed) -> None:
        """Copy what an action sent as a curl command without secrets."""
        from qsui.tui.curl_of import request_of

        outgoing = request_of(deed, self.session) if self.session is not None else None
        if outgoing is None:
            self.say("Its request was not recorded.")
            return
        from qsui.present.curl import as_curl

        self.copy(as_curl([outgoing]), "Request as curl")

    def action_help_quit(self) -> None:
        """Ctrl+C without a selection: say how to leave."""
        self.say("q goes back and quits at the root, Ctrl+Q quits.")


def _zones(setting: str) -> list[ZoneInfo]:
    utc = ZoneInfo("UTC")
    zones = [utc]
    local = local_zone()
    if local.key != "UTC":
        zones.append(local)
    if setting not in ("", "UTC", "local"):
        with contextlib.suppress(
            ZoneInfoNotFoundError
        ):  # settings were validated; tzdata may differ
            chosen = ZoneInfo(setting)
            zones = [chosen, *[zone for zone in zones if zone.key != chosen.key]]
    if setting == "local":
        zones.reverse()
    return zones


def _theme_for_terminal() -> str:
    """Return the dark theme, or the 16-colour one where the terminal claims fewer than 256."""
    if os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "qsui-dark"
    term = os.environ.get("TERM", "")
    modern = ("256color", "direct", "kitty", "alacritty", "ghostty", "wezterm")
    return "qsui-dark" if any(word in term for word in modern) else "qsui-16"
