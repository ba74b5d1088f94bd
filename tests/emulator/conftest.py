"""Fixtures of the emulator's tests: asyncio only, the tiny scene at noon."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.support.emulator import Emulator


@pytest.fixture
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio."""
    return "asyncio"


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    """The tiny scene on a clock that stands still."""
    async with Emulator() as running:
        yield running


@pytest.fixture
async def http(emulator: Emulator) -> AsyncIterator[httpx.AsyncClient]:
    """An authorised client of `emulator`."""
    async with emulator.client() as client:
        yield client
