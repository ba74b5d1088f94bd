"""The history strip of a schedule: its last runs and the gaps between them."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import zip_longest
from typing import TYPE_CHECKING

from qsui.domain.facts import HistoryCell, Mark
from qsui.domain.states import RunState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    from qsui.domain.durations import Pace
    from qsui.domain.lateness import Timetable

CELLS = 20

_MARKS = {
    RunState.SUCCESS: Mark.OK,
    RunState.WARNING: Mark.OK,
    RunState.FAILED: Mark.FAILED,
    RunState.TIMEOUT: Mark.TIMEOUT,
    RunState.CANCELLED: Mark.CANCELLED,
    RunState.STARTING: Mark.RUNNING,
    RunState.RUNNING: Mark.RUNNING,
    RunState.QUEUED: Mark.QUEUED,
    RunState.ENDED: Mark.UNKNOWN,
    RunState.UNKNOWN: Mark.UNKNOWN,
}
_NO_TIME = datetime.min.replace(tzinfo=UTC)


def strip(
    table: Timetable,
    measured: Sequence[timedelta | None],
    pace: Pace,
    waiting: Mapping[datetime, Mark],
    *,
    gaps_from: datetime | None,
) -> tuple[HistoryCell, ...]:
    """Return at most 20 cells, oldest first.

    `measured` are the durations of successes at the places of their runs in the table.
    `waiting` says what to draw for fires since the last run (nothing, if one is not in it). Older
    fires without a run are drawn if they came after `gaps_from`: `None` claims none.
    """
    cells = [
        (
            due or run.started_at or _NO_TIME,
            HistoryCell(
                Mark.OK if run.state is RunState.SUCCESS else _MARKS[run.state],
                pace.ratio(took),
                run.ref.id,
                due,
            ),
        )
        for (due, run), took in zip_longest(table.runs[:CELLS], measured[:CELLS])
    ]
    cells.extend((due, HistoryCell(mark, due_at=due)) for due, mark in waiting.items())
    if gaps_from is not None and table.covered:
        first = max(gaps_from, min(table.covered))
        last = max(table.covered)
        cells.extend(
            (fire, HistoryCell(Mark.NO_RUN, due_at=fire))
            for fire in table.fires
            if first < fire < last and fire not in table.covered
        )
    cells.sort(key=_when)
    return tuple(cell for _, cell in cells[-CELLS:])


def _when(dated: tuple[datetime, HistoryCell]) -> datetime:
    return dated[0]
