"""How the dashboard gets its data after the first paint, in the order in which a person needs it.

First what the last session knew, then the server's side, and what acts only when rows are there.
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

    @work(group="session", exit_on_error=True)
    async def open_sessions(self) -> None:
        """Open the first scope and show it, then the others."""
        errors: list[QsuiError] = []
        for scope in tuple(self.scopes):
            error = await self._open_scope(scope)
            errors += [error] if error is not None else []
        if not self.sessions:
            self.closing_words = "; ".join(dict.fromkeys(map(str, errors)))
            self.exit(return_code=max(error.exit_code for error in errors))
            return
        if self.options.keymap:
            from qsui.tui.keys import faults

            for sentence in faults(self.options.keymap):
                self.notify(sentence, severity="warning", timeout=10, markup=False)
        gc.freeze()

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
            if remembered is not None:
                await remembered.aclose()
            self._fail_scope(scope, error)
            return error
        if session is not remembered:
            self._begin(scope, session)
        if self.options.wants_poll:
            self.run_worker(session.engine.run(), group="engine", name=f"engine {scope.label}")
        await self._open_control(session)
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
            self.scope_faults.pop(scope.label, None)
            self.scopes_counted()
            self.show_scope(ALL)
            self.follower.warn(f"{printable(scope.label)}: {printable(str(error), 200)}")

    def show_scope(self, label: str) -> None:
        """Show the rows of one scope, or of all; screens of single records stay."""
        self.chosen_scope = label
        for screen in self.frames:
            if screen.can_draw:
                screen.scopes_changed()

    def _fail_scope(self, scope: LiveScope, error: QsuiError) -> None:
        """Remember why a scope is not there; the others go on."""
        self.scope_faults[scope.label] = str(error)
        for screen in self.frames:
            screen.scopes_changed()

    async def _open_behind(self, scope: LiveScope, remembered: Session) -> Session:
        """Show old rows, and only then let imports have the processor."""
        self._begin(scope, remembered)
        await self._show_first_list()
        await self._wait_until_painted()
        return await scope.open_session()

    async def _open_now(self, scope: LiveScope) -> Session:
        """Open while the empty list is shown."""
        opening = asyncio.ensure_future(scope.open_session())
        try:
            await self._show_first_list()
            return await opening
        finally:
            opening.cancel()

    def _begin(self, scope: LiveScope, session: Session) -> None:
        """Let the screens have a session."""
        is_first = not self._open
        self._open[scope.label] = session
        session.store.listen(self._receive)
        session.verdicts.listen(lambda ids: self._receive_verdicts(session, ids))
        for screen in self.frames:
            screen.session_opened(session)
        self._settle_soon()
        if is_first:
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
        if self.current_mode == "start":
            await self.switch_mode(self.FIRST_LIST)
            await self.remove_mode("start")
