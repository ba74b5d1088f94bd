"""Imports screens before they are opened, off the event loop, once all that was asked for runs.

An import on the loop keeps the first press of a key waiting, for 20 to 60 ms with a dialog.
"""

from __future__ import annotations

import asyncio
import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

FIRST = ("verbs", "confirm", "reading", "cron_editor", "help", "pick", "raw", "quit_guard")
"""Dialogs over every list."""

QUERIES = ("runs", "run_detail", "queries", "query_detail")
JOBS = ("jobs", "job_detail", "workflows")
LAST = ("scope_pick", "journal", "deed", "explain")

GAP_S = 0.1
"""So long the loop has the processor to itself between two imports."""


def screens(*, has_queries: bool, has_jobs: bool) -> tuple[str, ...]:
    """Return the modules of the screens that may be opened next, the likeliest first."""
    lists = (*(QUERIES if has_queries else ()), *(JOBS if has_jobs else ()))
    names = (*FIRST, *lists, *LAST, *(("new", "new_templates") if has_queries else ()))
    return tuple(f"qsui.tui.screens.{name}" for name in names)


async def import_ahead(modules: Iterable[str], may_go_on: Callable[[], bool]) -> None:
    """Import what is not there yet, one after the other, as long as it may go on."""
    for module in modules:
        if module in sys.modules:
            continue
        await asyncio.sleep(GAP_S)
        if not may_go_on():
            return
        await asyncio.to_thread(import_module, module)
