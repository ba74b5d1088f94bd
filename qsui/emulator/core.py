"""What every part of the service shares: store, clock, agenda, chance, SQL engine."""

import asyncio
import heapq
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from random import Random
from typing import Protocol

from qsui.emulator.clock import SECOND, VirtualClock
from qsui.emulator.errors import SqlError
from qsui.emulator.store import Store


class Outcome(Protocol):
    """What became of one statement."""

    @property
    def row_count(self) -> int:
        """Rows returned or written."""

    @property
    def error(self) -> SqlError | None:
        """Why it failed, as Query Service words it."""

    @property
    def killed(self) -> bool:
        """Whether it was cancelled."""


class Execution(Protocol):
    """One statement, ready to run once."""

    def run(self) -> Outcome:
        """Run it to its end; blocks."""

    def cancel(self) -> None:
        """End it soon, or keep it from starting; from any thread."""


class Engine(Protocol):
    """Runs SQL for real."""

    def prepare(self, sql: str) -> Execution:
        """One execution of one statement."""

    def datasets(self, sql: str) -> tuple[str, ...]:
        """Ids of the datasets that a statement names."""

    def close(self) -> None:
        """Give back files and threads."""


class Agenda:
    """Callbacks in the order of their virtual time; equal times keep their order of entry."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._order = count()
        self.on_sooner: Callable[[], None] | None = None

    def at(self, us: int, action: Callable[[], None]) -> None:
        """Call `action` once the clock reaches `us`."""
        heapq.heappush(self._heap, (us, next(self._order), action))
        if self.on_sooner and self._heap[0][0] == us:
            self.on_sooner()

    def next_us(self) -> int | None:
        """When the first callback is due, or None."""
        return self._heap[0][0] if self._heap else None

    def pop(self) -> tuple[int, Callable[[], None]]:
        """Take the first callback off; the agenda must not be empty."""
        us, _, action = heapq.heappop(self._heap)
        return us, action


@dataclass(slots=True)
class Core:
    """Shared parts of one emulated service; belongs to one event loop."""

    store: Store
    clock: VirtualClock
    engine: Engine
    split: Callable[[str], list[str]]
    seed: int
    rng: Random = field(init=False)
    agenda: Agenda = field(default_factory=Agenda)
    background: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Seed the source of chance."""
        self.split = lru_cache(maxsize=1024)(self.split)
        self.rng = Random(self.seed)  # noqa: S311 - chance of a simulation

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Call `action` in so many virtual seconds."""
        self.agenda.at(self.clock.now_us() + int(seconds * SECOND), action)

    def now_ms_us(self) -> int:
        """Now in microseconds, cut to whole milliseconds as most records show it."""
        return self.clock.now_us() // 1000 * 1000

    def chance(self, *key: object) -> Random:
        """A source that gives the same numbers for the same key and seed."""
        return Random("|".join(map(str, (self.seed, *key))))  # noqa: S311 - chance of a simulation

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        """Run `work` beside the agenda; `settle` awaits it."""
        task = asyncio.get_running_loop().create_task(work)
        self.background.add(task)
        task.add_done_callback(self.background.discard)

    async def settle(self) -> None:
        """Wait until no statement is being executed."""
        while self.background:
            await asyncio.gather(*self.background)
