"""The intervals of a scope with workflows and jobs, and its request budget."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class JobPollOptions:
    """Intervals in seconds, counted from the end of the read before, and the request budget.

    `open_s` is for what waits or runs, `jobs_s` for the list of all, which is read to its end every
    `jobs_full_s`. Where a server tells only the last job of every workflow, that list is read every
    `open_s`, or every `big_s` if it has more than `big_rows` rows. `unlisted_s` is for open jobs
    that a list hides. Schedules are read every `schedules_s` while they are on screen, else every
    `schedules_rest_s`; workflows and users every `names_s`. Outcomes and logs that nobody asked for
    are read one each per `outcome_s`. The past of workflows with open jobs is read once, one per
    `pace_s`, to know how long they usually take. Jobs that ended in the last `look_back_s` are
    listed.
    """

    open_s: float = 10.0
    jobs_s: float = 30.0
    jobs_full_s: float = 600.0
    big_s: float = 15.0
    big_rows: int = 1000
    jobs_of_s: float = 30.0
    job_s: float = 10.0
    unlisted_s: float = 20.0
    schedules_s: float = 30.0
    schedules_rest_s: float = 120.0
    names_s: float = 600.0
    outcome_s: float = 2.0
    pace_s: float = 5.0
    look_back_s: float = 86_400.0
    requests_per_min: int = 300
    bucket: int = 20
    reserve: int = 5
    in_flight: int = 4
