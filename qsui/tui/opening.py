"""How the dashboard gets its data after the first paint, in the order in which a person needs it.

First what the last session knew, then the server's side, and what acts only when rows are there.
The first scope has the processor until its rows or the empty list are on screen; from then on no
scope waits for another.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
from typing import TYPE_CHECKING, ClassVar

from textual import work

from qsui.domain.errors import QsuiError
from qsui.present.text import printable
from qsui.tui.bridge import LiveApp
from qsui.tui.scopes import ALL

if TYPE_CHECKING:
    from qsui.live.store import Change
    from qsui.tui.options import DashboardOptions, LiveScope, Session

CONTROL_AFTER_S = 1.5
"""So long what acts waits for the first rows."""

AGE_STEP_S = 5.0
"""Ages on screen step by this; nothing is drawn between two steps unless data changed."""


class OpeningApp(LiveApp):
    """Opens the sessions; `closing_words` say why that failed."""

    FIRST_LIST: ClassVar[str] = "schedules"

    def __init__(self, options: DashboardOptions) -> None:
        super().__init__(options)
        self.closing_words = ""
        self._to_close: list[Session] = []
        self._ages_step = False
        self._has_first_list = asyncio.Event()
        self._showing = asyncio.Lock()

    @work(group="session", exit_on_error=True)
    async def open_sessions(self) -> None:
        """Open the first scope and show it, and meanwhile the others."""
        first, *others = self.scopes
        found = await asyncio.gather(
            self._open_first(first), *(self._open_next(scope) for scope in others)
        )
        errors = [error for error in found if error is not None]
        if not self.sessions and errors:
            self.closing_words = "; ".join(dict.fromkeys(map(str, errors)))
            self.exit(return_code=max(error.exit_code for error in errors))
        elif self.options.wants_poll:
            from qsui.tui.ahead import import_ahead, screens

            kinds = screens(has_queries=self.has_mode("queries"), has_jobs=self.has_mode("jobs"))
            await import_ahead(kinds, lambda: not self.is_ending)

    async def _open_first(self, scope: LiveScope) -> QsuiError | None:
        try:
            error = await self._open_scope(scope)
        finally:
            self._has_first_list.set()
        if error is None and self.options.keymap:
            from qsui.tui.keys import faults

            for sentence in faults(self.options.keymap):
                self.notify(sentence, severity="warning", timeout=10, markup=False)
        return error

    async def _open_next(self, scope: LiveScope) -> QsuiError | None:
        await self._has_first_list.wait()
        return await self._open_scope(scope)

    async def _open_scope(self, scope: LiveScope) -> QsuiError | None:
        """Show a scope's old rows if there are any, then the list, then what its server says.

        Returns what kept it from being opened.
        """
        remembered: Session | None = None
        try:
            remembered = await scope.recall() if scope.recall else None
            if remembered is not None:
                session = await self._open_behind(scope, remembered)
            else:
                session = await self._open_now(scope)
        except QsuiError as error:
            self._open.pop(scope.label, None)
            self._fail_scope(scope, error)  # before any wait: nothing asks for its rows any more
            if remembered is not None:
                await _close(remembered)
            return error
        if session is not remembered:
            self._begin(scope, session)
        if self.options.wants_poll:
            self.run_worker(session.engine.run(), group="engine", name=f"engine {scope.label}")
        await self._open_control(session)
        gc.freeze()
        return None

    def open_other(self, profile: str, sandbox: str) -> None:
        """Open another profile or sandbox for this session, and show it."""
        make = self.options.open_scope
        if make is None:
            return
        try:
            scope = make(profile, sandbox)
        except QsuiError as error:
            self.follower.warn(printable(str(error), 200))
            return
        if scope.label not in [known.label for known in self.scopes]:
            self.scopes.append(scope)
            self.scopes_counted()
            self._open_added(scope)
        self.show_scope(scope.label)

    @work(group="session", exit_on_error=True)
    async def _open_added(self, scope: LiveScope) -> None:
        """Open a scope beside the others; if that fails it is not live."""
        error = await self._open_scope(scope)
        if error is not None:
            self.scopes.remove(scope)
            self.dropped_scopes.append(scope)
            self.scope_faults.pop(scope.label, None)
            self.scopes_counted()
            if not self.has_mode(self.current_mode):
                await self.switch_mode(self.FIRST_LIST)
            self.show_scope(ALL if self.chosen_scope == scope.label else self.chosen_scope)
            self.follower.warn(f"{printable(scope.label)}: {printable(str(error), 200)}")

    def try_failed_scopes(self) -> None:
        """Open those again that could not be opened."""
        for scope in self.scopes:
            if self.scope_faults.pop(scope.label, None) is not None:
                self._open_again(scope)
                self._scope_stands_otherwise()

    @work(group="session", exit_on_error=True)
    async def _open_again(self, scope: LiveScope) -> None:
        await self._open_scope(scope)

    def show_scope(self, label: str) -> None:
        """Show the rows of one scope, or of all; screens of single records stay."""
        self.chosen_scope = label
        for screen in tuple(self.frames):
            if screen.can_draw:
                screen.scopes_changed()

    def _fail_scope(self, scope: LiveScope, error: QsuiError) -> None:
        """Remember why a scope is not there; the others go on."""
        self.scope_faults[scope.label] = str(error)
        self._scope_stands_otherwise()

    def _scope_stands_otherwise(self) -> None:
        for screen in tuple(self.frames):
            if screen.can_draw:
                screen.scope_failed()

    async def _open_behind(self, scope: LiveScope, remembered: Session) -> Session:
        """Show old rows, and only then let imports have the processor."""
        self._begin(scope, remembered)
        await self._show_first_list()
        await self._wait_until_painted()
        self._has_first_list.set()
        return await self._open_session(scope)

    async def _open_now(self, scope: LiveScope) -> Session:
        """Open while the empty list is shown."""
        opening = asyncio.ensure_future(self._open_session(scope))
        try:
            await self._show_first_list()
            self._has_first_list.set()
            return await opening
        finally:
            opening.cancel()

    async def _open_session(self, scope: LiveScope) -> Session:
        """Open it; what is open is closed at the end, also if the end comes this moment."""
        session = await scope.open_session()
        self._to_close.append(session)
        return session

    async def close_sessions(self) -> None:
        """Close what the sessions hold: of each, also if that of another fails."""
        every = {id(session): session for session in (*self._to_close, *self.sessions)}
        async with contextlib.AsyncExitStack() as stack:
            for session in every.values():
                stack.push_async_callback(_close, session)

    def _begin(self, scope: LiveScope, session: Session) -> None:
        """Let the screens have a session."""
        self._open[scope.label] = session
        session.engine.focused = self.app_focus
        session.store.listen(lambda change: self._receive(session, change))
        session.verdicts.listen(lambda ids: self._receive_verdicts(session, ids))
        for screen in tuple(self.frames):
            screen.session_opened(session)
        self._settle_soon()
        if not self._ages_step:
            self._ages_step = True
            self.set_interval(AGE_STEP_S, self.tick)

    async def _wait_until_painted(self) -> None:
        """Wait until what was mounted is on the terminal: then imports may take the processor."""
        painted = asyncio.Event()
        self.screen.call_after_refresh(painted.set)
        await painted.wait()

    async def _open_control(self, session: Session) -> None:
        """Let actions be taken, once the first answer is on screen or does not come."""
        if session.open_control is not None:
            if self.options.wants_poll:
                await self._first_answer(session)
            await session.open_control()
        self.follower.session_opened(session)
        self._redraw_chrome()

    async def _first_answer(self, session: Session) -> None:
        answered = asyncio.Event()

        def look(change: Change) -> None:
            health = change.snapshot.health.get(session.scope.label)
            if health is not None and health.state != "starting":
                answered.set()

        stop = session.store.listen(look)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(answered.wait(), CONTROL_AFTER_S)
        stop()
        await self._wait_until_painted()

    async def _show_first_list(self) -> None:
        """Put the first list in the place of what was painted first."""
        async with self._showing:
            if self.current_mode == "start":
                await self.switch_mode(self.FIRST_LIST)
                await self.remove_mode("start")


async def _close(session: Session) -> None:
    """Close what a session holds."""
    try:
        if session.book is not None:
            session.book.close()
    finally:
        await session.aclose()
