"""A server whose time passes only while the program waits, and what it saw of writes."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

import httpx

from tests.support.emulator import (
    NOON,
    QUERY_PATH,
    SANDBOX,
    RunningServer,
    auth_headers,
    running_server,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pytest


class HasUrl(Protocol):
    """A server with the emulator's own addresses."""

    @property
    def url(self) -> str:
        """Where it answers."""
        ...


class ServerClock:
    """The machine's clock for the program under test: waiting lets the server's time pass."""

    def __init__(self, server: HasUrl, start: datetime) -> None:
        self._server = server
        self._now = start
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._now += timedelta(seconds=seconds)
        await asyncio.to_thread(self.advance, seconds)

    def pass_by(self, seconds: float) -> None:
        """Let time pass on both."""
        self._now += timedelta(seconds=seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass on the server alone."""
        answer = httpx.post(f"{self._server.url}/_emulator/clock", json={"advance_s": seconds})
        answer.raise_for_status()


@dataclass
class ActingServer:
    """A running emulator, its clock, and shortcuts to what it holds."""

    server: RunningServer
    clock: ServerClock

    @property
    def env(self) -> dict[str, str]:
        """The variables that point the program at it."""
        return self.server.env

    def get(self, path: str) -> Any:
        """Read a record as the server has it."""
        answer = httpx.get(
            self.server.url + QUERY_PATH + path, headers=auth_headers(self.server.token())
        )
        return answer.raise_for_status().json()

    def post(
        self, path: str, body: Mapping[str, Any] | None = None, *, sandbox: str = SANDBOX
    ) -> Any:
        """Write something behind the program's back."""
        answer = httpx.post(
            self.server.url + QUERY_PATH + path,
            headers=auth_headers(self.server.token(), sandbox=sandbox),
            json=body,
        )
        return answer.raise_for_status().json()

    def names(self) -> list[str]:
        """The names of all schedules."""
        return [_name(row) for row in self.get("/schedules?limit=100")["schedules"]]

    def schedule(self, name: str) -> dict[str, Any]:
        """The schedule of that name."""
        rows = self.get("/schedules?limit=100")["schedules"]
        return next(row for row in rows if _name(row) == name)

    def runs(self, name: str) -> list[dict[str, Any]]:
        """The runs of a schedule, newest first."""
        rows: list[dict[str, Any]] = self.get(
            f"/schedules/{self.schedule(name)['id']}/runs?limit=100"
        )["runsSchedules"]
        return rows

    def queries(self, name: str) -> list[dict[str, Any]]:
        """The queries of that name, newest first."""
        rows = self.get("/queries?limit=100&orderby=-created")["queries"]
        return [row for row in rows if row["request"].get("name") == name]

    def writes(self) -> dict[str, int]:
        """How many requests other than reads and logins came, by endpoint."""
        seen = self._seen()["endpoints"]
        return {
            name: count
            for name, count in seen.items()
            if not name.startswith("GET ") and "/ims/" not in name
        }

    def requests(self) -> int:
        """How many requests came, logins included."""
        return int(self._seen()["total"])

    def _seen(self) -> Any:
        return httpx.get(f"{self.server.url}/_emulator/requests").json()

    def fault(self, name: str, arg: str | None = None, **more: Any) -> None:
        """Switch a fault on."""
        body = {"name": name, "arg": arg, **more}
        httpx.put(f"{self.server.url}/_emulator/faults", json=body).raise_for_status()


def _name(row: Mapping[str, Any]) -> str:
    return str(row.get("name") or row.get("query", {}).get("name"))


@contextmanager
def acting_server(patch: pytest.MonkeyPatch, **options: Any) -> Iterator[ActingServer]:
    """Start an emulator at a fixed time whose clock the program under test uses, too."""
    with running_server(speed=0, now=NOON, **options) as server:
        clock = ServerClock(server, NOON)
        patch.setattr("qsui.cli.clocks.SystemClock", lambda: clock)
        yield ActingServer(server, clock)
