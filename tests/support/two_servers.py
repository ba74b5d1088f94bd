"""Scenes for a dashboard on a Query Service and an Alteryx Server at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.emulator.alteryx.seeds import ScheduleSeed
from tests.support.alteryx import OWNER, small_scene

if TYPE_CHECKING:
    from qsui.emulator.alteryx.seeds import AlteryxScene

SERVER = "ayx"
"""The label of the server's scope in `tests.support.dashboard`."""


def nightly() -> AlteryxScene:
    """The small scene with a schedule of the workflow `Good`."""
    daily = {"iterationType": "Daily", "startTime": "2026-06-01T05:00:00"}
    return small_scene(schedules=(ScheduleSeed("Nightly good", "Good", OWNER, daily),))
