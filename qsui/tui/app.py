"""The application: modes, themes, keys that work everywhere, and how the program begins and ends.

It holds no view state: what a screen filters, sorts or selects belongs to that screen.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.events import Event, Key

from qsui.present.text import printable
from qsui.tui import modes
from qsui.tui.look import theme_for_terminal
from qsui.tui.opening import OpeningApp
from qsui.tui.scopes import ALL
from qsui.tui.screens.frame import FrameScreen
from qsui.tui.screens.start import StartScreen
from qsui.tui.styling import StyledOnce
from qsui.tui.themes import themes

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import RenderableType
    from textual.screen import Screen

    from qsui.domain.journal import Deed
    from qsui.tui.options import DashboardOptions
    from qsui.tui.screens.scope_pick import ScopeChoice

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


class QsuiApp(StyledOnce, OpeningApp):
    """The dashboard on the live scopes."""

    TITLE = "qsui"
    CSS_PATH = "qsui.tcss"
    ENABLE_COMMAND_PALETTE = False  # its own look needs an emoji and an animation
    MODES: ClassVar[dict[str, str | Callable[[], Screen[None]]]] = {
        "start": StartScreen,
        "schedules": modes.schedules,
        "runs": modes.all_runs,
        "queries": modes.queries,
        "jobs": modes.jobs,
        "journal": modes.journal,
    }
    DEFAULT_MODE = "start"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("2", "go('schedules')", "go to schedules", id="go.schedules", show=False),
        Binding("3", "go('runs')", "go to runs", id="go.runs", show=False),
        Binding("4", "go('queries')", "go to queries", id="go.queries", show=False),
        Binding("5", "go('jobs')", "go to Alteryx: jobs", id="go.jobs", show=False),
        Binding("7", "go('journal')", "go to the journal", id="go.journal", show=False),
        Binding("minus", "last_view", "last view", id="go.last", show=False),
        Binding("0", "all_scopes", "all scopes", id="go.all_scopes", show=False),
        Binding("at", "pick_scope", "choose profile or sandbox", id="go.scope", show=False),
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
        super().__init__(options)
        self.set_class(options.ascii, "-ascii")
        self._previous_mode = ""
        self._is_ready = False
        self._ended_by = 0
        for theme in themes():
            self.register_theme(theme)
        self.theme = "qsui-16" if options.no_color else options.theme or theme_for_terminal()
        self.parse_for_theme()
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
            self.open_sessions()

    async def on_unmount(self) -> None:
        """Close what the sessions hold."""
        await self.close_sessions()

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

    def action_all_scopes(self) -> None:
        """Show the rows of every live scope."""
        self.show_scope(ALL)

    def action_pick_scope(self) -> None:
        """Choose which scope to show; open another one."""
        from qsui.tui.screens.scope_pick import ScopeScreen

        def picked(choice: ScopeChoice | None) -> None:
            if choice is None:
                return
            if choice.is_live:
                self.show_scope(choice.label)
            else:
                self.open_other(choice.profile, choice.sandbox)

        if self.current_mode != "start" and not self.has_dialog:
            self.push_screen(ScopeScreen().of(self.session), picked)

    async def action_last_view(self) -> None:
        """Show the mode that was shown before."""
        if self._previous_mode and self.has_mode(self._previous_mode):
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
        if action == "web" and not self.web_url:
            return False
        if action == "go" and parameters and not self.has_mode(str(parameters[0])):
            return False
        if action == "all_scopes" and not self.has_several:
            return False
        return super().check_action(action, parameters)

    @property
    def web_url(self) -> str:
        """The link to the web UI of the scope that the screen is about; empty if none is set."""
        frame = self.shown_frame
        session = frame.session if frame is not None else self.session
        return self.scope_of(session).web_url if session is not None else ""

    def action_web(self) -> None:
        """Copy the link: the terminal may be far from any browser."""
        self.copy(self.web_url, f"Link {printable(self.web_url, 80)}")

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
        """Read what is on screen now and let new rows in; try what could not be opened again."""
        self.try_failed_scopes()
        for session in self.sessions:
            session.engine.refresh()
        if isinstance(self.screen, FrameScreen):
            self.screen.let_in()

    def action_refresh_all(self) -> None:
        """Read everything again, and try what could not be opened again."""
        self.try_failed_scopes()
        for session in self.sessions:
            session.engine.refresh(everything=True)
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

        session = self.follower.session_of(deed)
        outgoing = request_of(deed, session) if session is not None else None
        if outgoing is None:
            self.say("Its request was not recorded.")
            return
        from qsui.present.curl import as_curl

        self.copy(as_curl([outgoing]), "Request as curl")

    def action_help_quit(self) -> None:
        """Ctrl+C without a selection: say how to leave."""
        self.say("q goes back and quits at the root, Ctrl+Q quits.")
