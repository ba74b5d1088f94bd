"""Whole lists of thousands are converted in slices: the event loop has its turn in between."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from qsui.backends.alteryx.calls import sliced

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_the_loop_has_its_turn_every_100_rows() -> None:
    done = 0
    seen: list[int] = []

    def convert(row: int) -> int:
        nonlocal done
        done += 1
        return row * 2

    async def look() -> None:
        while done < 2500:
            seen.append(done)
            await asyncio.sleep(0)

    watch = asyncio.create_task(look())
    assert await sliced(range(2500), convert) == [row * 2 for row in range(2500)]
    await watch
    assert max(b - a for a, b in pairwise(seen)) <= 100
    assert len(seen) >= 24


async def test_an_empty_list_is_converted_too() -> None:
    assert await sliced([], str) == []
