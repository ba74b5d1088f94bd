"""The demo scene keeps moving: the emulator itself is let run for ten virtual minutes."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from qsui.emulator.clock import VirtualClock
from qsui.emulator.scenes import build
from qsui.emulator.world import World

SECONDS = 600


def runs(world: World, after: int) -> dict[tuple[str, str], tuple[str, bool]]:
    """State and whether it has begun, of each run that is open or newer than row `after`."""
    rows = world.store.rows("SELECT * FROM runs WHERE seq > ? OR state = 'IN_PROGRESS'", [after])
    return {(row["schedule_id"], row["id"]): _facts(row) for row in rows}


def _facts(row: Any) -> tuple[str, bool]:
    tasks = json.loads(row["tasks"])
    return row["state"], any(task["state"] != "QUEUED" for task in tasks)


async def watch(start: datetime) -> tuple[Counter[int], list[int], list[int]]:
    """How often so many runs were in progress; seconds of starts and ends; seconds of failures."""
    world = World(build("demo", now=start), clock=VirtualClock(start, speed=0))
    newest = world.store.one("SELECT max(seq) AS seq FROM runs")
    assert newest is not None
    seen = runs(world, newest["seq"])
    counts: Counter[int] = Counter()
    events: list[int] = [0]
    failures: list[int] = []
    for second in range(1, SECONDS + 1):
        await world.advance(1)
        now = runs(world, newest["seq"])
        for key in seen.keys() - now.keys():
            row = world.store.one("SELECT * FROM runs WHERE schedule_id=? AND id=?", *key)
            now[key] = _facts(row)
        for key, facts in now.items():
            if facts != seen.get(key) and facts[1]:
                events.append(second)
                if facts[0] == "FAILED":
                    failures.append(second)
        counts[sum(facts == ("IN_PROGRESS", True) for facts in now.values())] += 1
        seen = now
    await world.close()
    return counts, events, failures


@pytest.mark.parametrize(
    "start", [datetime(2026, 6, 4, 3, 12, 38, tzinfo=UTC), datetime(2026, 3, 1, 23, 59, tzinfo=UTC)]
)
def test_something_always_runs_happens_and_soon_fails(start: datetime) -> None:
    counts, events, failures = asyncio.run(watch(start))
    assert min(counts) >= 2
    assert max(counts) <= 5
    assert sum(counts[number] for number in (2, 3, 4)) >= 0.93 * SECONDS
    gaps = [after - before for before, after in pairwise(events)]
    assert max(gaps) <= 20
    assert failures[0] <= 60
