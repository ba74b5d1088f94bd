"""One emulated service: its state, its virtual clock, and all that happens as time passes.

A world on a running clock lives in `run()`; on a clock that stands still it moves by
`advance(seconds)`, which handles every event in the order of its time and waits for each
statement, so that a test sees the same story every time.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from qsui.emulator import lake as lake_module
from qsui.emulator.catalogue import Behaviour, NewSchedule, add_schedule
from qsui.emulator.clock import SECOND, VirtualClock
from qsui.emulator.core import Core, Engine
from qsui.emulator.queries import QueryRunner
from qsui.emulator.runs import Scheduler
from qsui.emulator.scenes import Scene, Visitor
from qsui.emulator.seeding import Seeder
from qsui.emulator.store import Store


class World:
    """The whole state behind the server.

    A new store is filled from `scene`; a file with an earlier world is taken up as it is and
    `scene` only supplies the visitor. `runs` caps the past runs of each schedule.
    """

    def __init__(
        self,
        scene: Scene,
        *,
        clock: VirtualClock | None = None,
        lake: Engine | None = None,
        split: Callable[[str], list[str]] | None = None,
        db: Path | None = None,
        seed: int = 7,
        runs: int | None = None,
        quarantine: bool = False,
    ) -> None:
        self.clock = clock or VirtualClock()
        self.store = Store(db)
        self.core = Core(
            store=self.store,
            clock=self.clock,
            engine=lake if lake is not None else lake_module.Lake(seed=seed),
            split=split or lake_module.split_statements,
            seed=seed,
        )
        self.queries = QueryRunner(self.core)
        self.scheduler = Scheduler(self.core, self.queries, quarantine=quarantine)
        self.on_close: list[Callable[[], None]] = []
        self._lock = asyncio.Lock()
        self._sooner = asyncio.Event()
        self.core.agenda.on_sooner = self._sooner.set
        self._begin(scene, runs)

    def _begin(self, scene: Scene, runs: int | None) -> None:
        if self.store.is_new:
            withheld = Seeder(self.core, scene, runs=runs).write()
            self.store.finish_seeding()
            for late in withheld:
                self.core.agenda.at(
                    late.at_us, partial(self.scheduler.due, late.schedule_id, late.slot_us)
                )
        else:
            self.clock.move_to(self.store.meta("now_us") or 0)
            self.core.rng.seed(f"{self.core.seed}|{self.clock.now_us()}")
        self.queries.resume()
        self.scheduler.resume()
        if scene.visitor is not None:
            colleague = Colleague(self, scene.visitor, scene.sandboxes[0][0])
            self.core.after(scene.visitor.every_s / 4, colleague.act)

    # Time

    async def step(self, *, settle: bool = False) -> None:
        """Handle everything that is due now."""
        async with self._lock:
            await self._until(self.clock.now_us(), settle=settle)

    async def advance(self, seconds: float, *, settle: bool | None = None) -> None:
        """Let `seconds` of virtual time pass at once, event by event.

        `settle` (default: on a clock that stands still) waits for every statement to end before
        time goes on.
        """
        async with self._lock:
            target = self.clock.now_us() + int(seconds * SECOND)
            await self._until(target, settle=not self.clock.speed if settle is None else settle)
            self.clock.move_to(target)

    async def _until(self, target: int, *, settle: bool) -> None:
        agenda = self.core.agenda
        if settle:
            await self.core.settle()
        while (due := agenda.next_us()) is not None and due <= target:
            self.clock.move_to(due)
            _, action = agenda.pop()
            action()
            if settle:
                await self.core.settle()

    async def run(self) -> None:
        """Live with the clock until cancelled: sleep until the next event, handle it."""
        while True:
            await self.step()
            self._sooner.clear()
            due = self.core.agenda.next_us()
            delay_s = None if due is None else self.clock.real_delay_s(due)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._sooner.wait(), delay_s)

    async def close(self) -> None:
        """Interrupt what runs, remember the time, close the store and the lake.

        What else lives on this clock is told by `on_close`.
        """
        self.queries.cancel_all()
        for act in self.on_close:
            act()
        await self.core.settle()
        self.store.set_meta("now_us", self.clock.now_us())
        self.store.close()
        self.core.engine.close()


class Colleague:
    """Somebody else at work: creates a schedule, later switches it off, removes it, and again."""

    def __init__(self, world: World, visitor: Visitor, sandbox: str) -> None:
        self._world = world
        self._visitor = visitor
        self._sandbox = sandbox

    def act(self) -> None:
        """Do the next thing and plan the one after."""
        world, store = self._world, self._world.store
        mine: str | None = store.meta("visitor")
        state = (
            store.one("SELECT state FROM schedules WHERE id=? AND deleted=0", mine)
            if mine
            else None
        )
        if mine is None or state is None:
            store.set_meta("visitor", self._create())
        elif state["state"] != "DISABLED":
            now = world.core.now_ms_us()
            store.update("schedules", {"id": mine}, state="DISABLED", updated_us=now)
            world.scheduler.disarm(mine)
        elif not world.scheduler.active_runs(mine):
            store.update("schedules", {"id": mine}, deleted=1)
            store.set_meta("visitor", None)
        world.core.after(self._visitor.every_s, self.act)

    def _create(self) -> str:
        seed, core = self._visitor.schedule, self._world.core
        now = core.now_ms_us()
        request: dict[str, object] = {
            "dbName": f"{self._sandbox}:all",
            "sql": seed.sql,
            "name": seed.name,
        }
        schedule_id = add_schedule(
            core,
            NewSchedule(
                sandbox=self._sandbox,
                request=request,
                cron=seed.cron,
                start_us=now,
                end_us=None,
                max_active=seed.max_active_runs,
                user=seed.owner,
                behaviour=Behaviour(seed.start_lag_s, seed.base_s, seed.spread, seed.dies_early),
            ),
        )
        self._world.scheduler.register(schedule_id)
        return schedule_id
