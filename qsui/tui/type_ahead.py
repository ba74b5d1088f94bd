"""Keys one after the other: each is given out when all that the one before it did is there.

Textual gives every key at once to what has the keyboard, while bindings run a few queues later. Of
keys that come in one packet (a slow link, a script, a fast hand) those behind the one that opens a
dialog would go to the list below, and those behind Tab into the field that is being left.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.app import App
from textual.events import Event, Key, MouseEvent, Paste
from textual.message import Message

if TYPE_CHECKING:
    from textual.message_pump import MessagePump
    from textual.screen import Screen
    from textual.timer import Timer

LOOK_AGAIN_S = 0.1
"""While keys wait, it is asked this often whether the one before them got lost with its widget."""


def stamp() -> float:
    """Return the present time of the clock that says when a key was typed."""
    return Message().time


@dataclass
class KeyPassed(Message):
    """Follows a key on its way up, so it arrives when the key was dealt with."""

    number: int


class TypeAheadApp(App[None]):
    """An app that takes keys in turn; `typed_at` is when the present key or click came (`stamp`).

    No timer runs unless keys wait.
    """

    def __init__(self, *, ansi_color: bool | None = None) -> None:
        super().__init__(ansi_color=ansi_color)
        self.typed_at = 0.0
        self._waiting: deque[Event] = deque()
        self._number = 0
        self._goes_to: MessagePump | None = None
        self._typed_on: Screen[object] | None = None
        self._lost_timer: Timer | None = None

    @property
    def keys_wait(self) -> bool:
        """Whether a key is not dealt with yet."""
        return bool(self._waiting) or self._goes_to is not None

    async def on_event(self, event: Event) -> None:
        """Let keys and pastes wait for those before them."""
        if isinstance(event, MouseEvent) and not event.is_forwarded:
            self.typed_at = event.time
        if not isinstance(event, Key | Paste) or event.is_forwarded or not self.screen_stack:
            await super().on_event(event)
            return
        self._waiting.append(event)
        if self._goes_to is None:
            await self._give_next()
        elif self._lost_timer is None:
            self._lost_timer = self.set_interval(LOOK_AGAIN_S, self._look_for_lost)

    async def _give_next(self) -> None:
        """Give out the next key; if it leaves no trace, the one after it too."""
        while self._waiting and self._goes_to is None and self.screen_stack:
            event = self._waiting.popleft()
            self.typed_at = event.time
            self._typed_on = self.screen
            self._goes_to = self.focused or self.screen
            self._number += 1
            target, number = self._goes_to, self._number
            await super().on_event(event)
            if not target.post_message(KeyPassed(number)):
                self._goes_to = None
        if not self._waiting and self._lost_timer is not None:
            self._lost_timer.stop()
            self._lost_timer = None

    async def on_key_passed(self, event: KeyPassed) -> None:
        """The key was dealt with; a screen that it opened must take the keyboard first."""
        event.stop()
        if event.number != self._number or self._goes_to is None:
            return
        screen = self.screen if self.screen_stack else None
        if screen is None or screen is self._typed_on:
            await self._free()
            return
        self._goes_to = screen
        number = self._number
        if not screen.call_later(lambda: self.call_later(self._opened, number)):
            await self._free()

    async def _opened(self, number: int) -> None:
        if number == self._number and self._goes_to is not None:
            await self._free()

    async def _look_for_lost(self) -> None:
        """Go on if what had the keyboard is gone, and with it the trace of its key."""
        if self._goes_to is not None and not self._goes_to.is_attached:
            await self._free()

    async def _free(self) -> None:
        self._goes_to = None
        await self._give_next()
