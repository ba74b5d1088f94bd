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
    made it. A run that the scheduler made is never taken, and none twice.
    """
    found: dict[str, Run] = {}
    left, gone = list(triggers), set(taken)
    for run in sorted(runs, key=lambda run: (run.slot_at is None, run.slot_at, run.id)):
        fitting = [case for case in left if _fits(acting, case, run, gone)]
        if not fitting:
            continue
        before = [case for case in fitting if _is_before(acting, case, run)]
        case = before[-1] if before else fitting[0]
        found[case.id] = run
        gone.add(run.id)
        left.remove(case)
    return found


def _fits(acting: Acting, case: Case, run: Run, gone: set[str]) -> bool:
    """Whether a trigger may have made a run."""
    began = acting.began_there(case.pending)
    is_new = new_run((run,), case.known_before | gone) is not None
    return is_new and (run.slot_at is None or run.slot_at >= began - SLACK)


def _is_before(acting: Acting, case: Case, run: Run) -> bool:
    """Whether a trigger came before the moment that a run is of."""
    return run.slot_at is not None and acting.began_there(case.pending) <= run.slot_at
