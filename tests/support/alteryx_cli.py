"""An emulated Alteryx Server that the command line speaks to; time passes only while it waits."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx

from qsui.emulator.alteryx.seeds import ScheduleSeed
from tests.support.acting import ServerClock
from tests.support.alteryx import KEY, OWNER, SECRET, running_alteryx, small_scene
from tests.support.emulator import NOON

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from tests.support.alteryx import RunningAlteryx

DAILY = {"iterationType": "Daily", "startTime": "2026-01-01T06:00:00", "dailyContract": {}}
THIRD_TUESDAY = {
    "iterationType": "Monthly",
    "startTime": "2026-01-01T07:00:00",
    "monthlyContract": {"simpleDayOfMonth": False, "occurrence": 3, "dayOfWeek": "Tuesday"},
}
SCHEDULES = (
    ScheduleSeed("Nightly", "Good", OWNER, DAILY, past_runs=3),
    ScheduleSeed("Third Tuesday", "Bad", OWNER, THIRD_TUESDAY, past_runs=0),
    ScheduleSeed("Paused", "Warns", OWNER, DAILY, enabled=False, past_runs=0),
)


class AlteryxCli:
    """A running server, its clock, and shortcuts to what it holds."""

    def __init__(self, server: RunningAlteryx, clock: ServerClock) -> None:
        self.server = server
        self.clock = clock

    @property
    def env(self) -> dict[str, str]:
        """The variables that point the program at it, with a Curator's key."""
        return self.env_of(KEY)

    def env_of(self, key: str) -> dict[str, str]:
        """The same with the key of another user."""
        return {
            "QSUI_BACKEND": "alteryx",
            "QSUI_BASE_URL": self.server.url,
            "QSUI_CLIENT_ID": key,
            "QSUI_CLIENT_SECRET": f"{key}-secret" if key != KEY else SECRET,
        }

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Call the server behind the program's back, as a Curator."""
        user = self.server.server.catalogue.key_owner(KEY)
        assert user is not None
        answer = httpx.request(
            method,
            f"{self.server.url}/webapi/{path}",
            headers={
                "Authorization": f"Bearer {self.server.server.login.token(user)}",
                "Accept": "application/json",
            },
            json=body,
        )
        return answer.raise_for_status().json()

    def workflow_id(self, name: str) -> str:
        """The id of a workflow."""
        return next(str(w["id"]) for w in self.call("GET", "v3/workflows") if w["name"] == name)

    def schedule(self, name: str) -> Any:
        """A schedule as the server has it."""
        listed = self.call("GET", "v3/schedules?view=Full")
        return next(row for row in listed if row["name"] == name)

    def start(self, name: str) -> str:
        """Start a workflow; the id of its job."""
        path = f"v3/workflows/{self.workflow_id(name)}/jobs"
        return str(self.call("POST", path, {})["id"])

    def job(self, id: str) -> Any:
        """A job as the server has it."""
        return self.call("GET", f"v3/jobs/{id}")

    def writes(self) -> dict[str, int]:
        """How many requests other than reads and logins came, by endpoint."""
        seen = httpx.get(f"{self.server.url}/_emulator/requests").json()["endpoints"]
        return {
            name.replace("/webapi", ""): count
            for name, count in seen.items()
            if not name.startswith("GET ") and "oauth2" not in name
        }


@contextmanager
def alteryx_cli(
    patch: pytest.MonkeyPatch, release: str = "current", **options: Any
) -> Iterator[AlteryxCli]:
    """Start a server at a fixed time whose clock the program under test uses, too."""
    scene = options.pop("scene", None) or small_scene(schedules=SCHEDULES)
    with running_alteryx(scene, release=release, speed=0, now=NOON, **options) as server:
        clock = ServerClock(server, NOON)
        patch.setattr("qsui.cli.clocks.SystemClock", lambda: clock)
        yield AlteryxCli(server, clock)
