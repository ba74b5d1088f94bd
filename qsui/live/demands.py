"""What the live engine is told: its intervals, and what is looked at just now."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PollOptions:
    """Intervals in seconds, counted from the end of the read before, and the request budget.

    `bucket` is how many requests can be saved up, `reserve` how many of them background reads leave
    to the user, `in_flight` how many reads run at once. Open queries and runs that nobody looks at
    are read one each per `look_after_s`. A sweep reads the runs of every enabled
    schedule once per max(`sweep_least_s`, `sweep_s_per_schedule` x enabled / `requests_per_min`).
    """

    change_s: float = 10.0
    runs_on_screen_s: float = 15.0
    run_detail_s: float = 10.0
    schedules_s: float = 60.0
    schedules_full_s: float = 600.0
    open_run_s: float = 60.0
    look_after_s: float = 15.0
    sweep_least_s: float = 900.0
    sweep_s_per_schedule: float = 240.0
    requests_per_min: int = 60
    bucket: int = 20
    reserve: int = 5
    in_flight: int = 4
    change_overlap_s: float = 120.0
    look_back_s: float = 86_400.0

    def sweep_s(self, enabled: int) -> float:
        """Seconds that one sweep over that many enabled schedules takes."""
        spread = self.sweep_s_per_schedule * enabled / max(1, self.requests_per_min)
        return max(self.sweep_least_s, spread)


@dataclass(frozen=True, slots=True)
class Demands:
    """What one looker (a screen, a verb) wants fresh.

    `visible_schedules` are the ids whose history strip is on screen, in order. `runs_of` is the
    schedule whose runs are listed, `run` the (schedule id, run id) of an open run, `query` an open
    query, `queries` says that the query list of the last 24 h is on screen.

    Of workflows: `workflows` and `jobs` say that these lists are on screen, `visible_jobs` which
    rows of the latter. `jobs_of` is the workflow whose jobs are listed, `workflow` and `job` are
    what is open. Ids that a scope does not have are nothing to it.
    """

    schedules: bool = True
    visible_schedules: tuple[str, ...] = ()
    runs_of: str | None = None
    run: tuple[str, str] | None = None
    query: str | None = None
    queries: bool = False
    include_hidden: bool = False
    include_deleted: bool = False
    workflows: bool = False
    jobs: bool = False
    visible_jobs: tuple[str, ...] = ()
    jobs_of: str | None = None
    workflow: str | None = None
    job: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """The demands of all lookers together, each thing once, in the order first asked for."""

    schedules: bool = False
    visible: tuple[str, ...] = ()
    runs_of: tuple[str, ...] = ()
    runs: tuple[tuple[str, str], ...] = ()
    queries: tuple[str, ...] = ()
    query_list: bool = False
    include_hidden: bool = False
    include_deleted: bool = False
    workflow_list: bool = False
    job_list: bool = False
    visible_jobs: tuple[str, ...] = ()
    jobs_of: tuple[str, ...] = ()
    workflows: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()


def together(demands: tuple[Demands, ...]) -> Wanted:
    """Join the demands of several lookers."""
    return Wanted(
        schedules=any(d.schedules for d in demands),
        visible=tuple(dict.fromkeys(id for d in demands for id in d.visible_schedules)),
        runs_of=tuple(dict.fromkeys(d.runs_of for d in demands if d.runs_of)),
        runs=tuple(dict.fromkeys(d.run for d in demands if d.run)),
        queries=tuple(dict.fromkeys(d.query for d in demands if d.query)),
        query_list=any(d.queries for d in demands),
        include_hidden=any(d.include_hidden for d in demands),
        include_deleted=any(d.include_deleted for d in demands),
        workflow_list=any(d.workflows for d in demands),
        job_list=any(d.jobs for d in demands),
        visible_jobs=tuple(dict.fromkeys(id for d in demands for id in d.visible_jobs)),
        jobs_of=tuple(dict.fromkeys(d.jobs_of for d in demands if d.jobs_of)),
        workflows=tuple(dict.fromkeys(d.workflow for d in demands if d.workflow)),
        jobs=tuple(dict.fromkeys(d.job for d in demands if d.job)),
    )
