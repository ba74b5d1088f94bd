"""Which run a trigger made: the API names none, so new runs are told by their slot and origin."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.domain.actions import new_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from qsui.domain.models import Run
    from qsui.live.acting import Acting
    from qsui.live.cases import Case

SLACK = timedelta(seconds=5)
"""How much earlier than the request a run's slot may be: clocks are compared to a second or two."""


def claims(
    acting: Acting, triggers: Iterable[Case], runs: tuple[Run, ...], taken: Iterable[str]
) -> Mapping[str, Run]:
    """Return the run that each trigger of one schedule made, by the id of the action.

    The slot of a run made by hand is its moment, so the last trigger before it is taken to have
    made it: the newest trigger chooses first, the oldest run that is not older than itself. A run
    that the scheduler made is never taken, and none twice.
    """
    found: dict[str, Run] = {}
    gone = set(taken)
    for case in sorted(triggers, key=lambda case: case.since, reverse=True):
        began = acting.server_time(case.pending.begun_at) - SLACK
        fitting = tuple(run for run in runs if run.slot_at is None or run.slot_at >= began)
        run = new_run(fitting, case.known_before | gone)
        if run is not None:
            found[case.id] = run
            gone.add(run.id)
    return found
