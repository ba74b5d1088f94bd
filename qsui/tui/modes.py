"""The first screens of the modes, each imported when it is shown first."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.screen import Screen


def schedules() -> Screen[None]:
    """Return the list of schedules."""
    from qsui.tui.screens.schedules import SchedulesScreen

    return SchedulesScreen()


def all_runs() -> Screen[None]:
    """Return the list of all runs."""
    from qsui.tui.screens.runs import AllRunsScreen

    return AllRunsScreen()


def queries() -> Screen[None]:
    """Return the list of queries."""
    from qsui.tui.screens.queries import QueriesScreen

    return QueriesScreen()


def jobs() -> Screen[None]:
    """Return the list of all jobs."""
    from qsui.tui.screens.jobs import AllJobsScreen

    return AllJobsScreen()


def journal() -> Screen[None]:
    """Return the journal."""
    from qsui.tui.screens.journal import JournalScreen

    return JournalScreen()
