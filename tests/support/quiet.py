"""When a dashboard in this process is done with what was asked of it, told from its own queues.

Textual's own test for that looks at processor time: a starved process seems idle, and an idle one
is waited for. Here an app is quiet when nothing is ready in the event loop for a few turns, no call
waits for a thread, no key waits for the one before it, nothing is animated and all that changed is
drawn. What waits for something else (a clock that stands still, a gate of the test) is quiet.

`quietly` puts this in the place of Textual's test, and lets long timers stand still: toasts, ages
and blinking cursors keep to the test's steps, however long the machine takes for it. Frames come
only when nothing else is left to do: else it would depend on the machine's speed between which two
answers of a server a screen learns how many rows it shows, and asks for them.
"""

from __future__ import annotations

import asyncio
import gc
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from time import monotonic
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from textual._context import active_app
from textual._time import sleep
from textual.timer import Timer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest
    from textual.app import App
    from textual.message_pump import MessagePump
    from textual.screen import Screen

TURNS = 4
"""So many turns of the loop in a row nothing may be ready; I/O is looked for in each."""

LONG_S = 0.25
"""Timers from here on stand still: nothing that a test does takes them into account."""

STILL_S = 86_400.0
"""So long they sleep."""

GIVE_UP_S = 60.0
"""After this long something never ends; only a defect gets there."""

COLLECTED_AFTER = 10
"""So many tests share one look for memory that nobody has any more."""

FRAMES = "screen_update"
"""What Textual calls the timers by which screens are drawn."""

_timer: ContextVar[Timer] = ContextVar("_timer")
"""The timer whose task this is."""

_numbers = count()
_in_threads: WeakKeyDictionary[asyncio.AbstractEventLoop, int] = WeakKeyDictionary()


async def wait_until_quiet(min_sleep: float = 0.0, max_sleep: float = 0.0) -> None:
    """Wait until the app that this task drives is quiet; takes Textual's arguments, needs none."""
    del min_sleep, max_sleep
    app = active_app.get()
    began = monotonic()
    while busy := await _busy(app):
        if monotonic() - began > GIVE_UP_S:
            raise AssertionError(f"the app is not done after {GIVE_UP_S:.0f} s: {busy}")


async def _busy(app: App[Any]) -> str:
    """Do what can be done now; returns what goes on still, or nothing."""
    loop = asyncio.get_running_loop()
    for _ in range(TURNS):
        await asyncio.sleep(0)
        if loop._ready:  # type: ignore[attr-defined]  # asyncio's, the only place that knows
            return "tasks are ready"
    if _in_threads.get(loop, 0):
        await asyncio.sleep(0.0005)
        return "calls in threads"
    if not app.is_running or app._exit:
        return ""
    if drawn := [screen for screen in app.screen_stack if _is_due(app, screen)]:
        for screen in drawn:
            screen._on_timer_update()  # what Textual does within 1/60 s
        return "what changed is drawn"
    if getattr(app, "_waiting", ()) or app.animator._animations or _is_soon(app):
        await asyncio.sleep(0.0005)
        return "keys wait, something moves or a short timer runs"
    return ""


def _is_soon(app: App[Any]) -> bool:
    """Whether something was put off by a moment, as Textual does with a new size."""
    pumps: list[MessagePump] = [app]
    for screen in app.screen_stack:
        pumps += screen.walk_children(with_self=True)
    return any(
        timer._repeat == 0 and timer._interval < LONG_S and _runs(timer._task)
        for pump in pumps
        for timer in pump._timers
    )


def _runs(task: asyncio.Task[Any] | None) -> bool:
    return task is not None and not task.done()


def _is_due(app: App[Any], screen: Screen[Any]) -> bool:
    """Whether a screen will be drawn with the next frame."""
    frames: Any = screen._update_timer
    if frames._active.is_set():
        return True
    return (
        screen is app.screen
        and not app._batch_count
        and bool(
            screen._layout_required
            or screen._scroll_required
            or screen._repaint_required
            or screen._recompose_required
            or screen._dirty_widgets
            or screen._callbacks
        )
    )


@contextmanager
def quietly(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have Textual's pilot wait by `wait_until_quiet`, count threads, let long timers stand still.

    Memory goes back after some tests: the app would take all of it out of the collector's sight,
    which is right for a program that draws one dashboard.
    """
    freeze = gc.freeze
    run_in_executor = asyncio.BaseEventLoop.run_in_executor
    start = Timer._start

    def start_known(timer: Timer) -> None:
        token = _timer.set(timer)
        start(timer)
        _timer.reset(token)

    async def sleep_or_stand_still(seconds: float) -> None:
        timer = _timer.get()
        stands_still = timer._interval >= LONG_S or timer.name == FRAMES
        await sleep(STILL_S if stands_still else seconds)

    def counted(
        loop: asyncio.BaseEventLoop, executor: Any, call: Callable[..., Any], *arguments: Any
    ) -> Any:
        future = run_in_executor(loop, executor, call, *arguments)
        _in_threads[loop] = _in_threads.get(loop, 0) + 1

        def count_down(_: object) -> None:
            _in_threads[loop] -= 1

        future.add_done_callback(count_down)
        return future

    patch.setattr("gc.freeze", lambda: None)
    patch.setattr(Timer, "_start", start_known)
    patch.setattr("textual.timer.sleep", sleep_or_stand_still)
    patch.setattr("textual.notifications.time", lambda: 0.0)  # nothing expires
    patch.setattr(asyncio.BaseEventLoop, "run_in_executor", counted)
    patch.setattr("textual.pilot.wait_for_idle", wait_until_quiet)
    patch.setattr("textual.app.wait_for_idle", wait_until_quiet)
    yield
    if next(_numbers) % COLLECTED_AFTER == 0:
        gc.collect()
        freeze()  # what lives now outlives the tests: modules and caches, not looked at again
