"""The queue of a server with worker slots: who waits, for how long, behind what; who runs away.

Pure. What a server does not tell is guessed from what was seen, and named a guess: no list says
which worker takes which job, so all slots count as one pool.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from qsui.domain import durations
from qsui.domain.states import RunState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from qsui.domain.durations import Pace
    from qsui.domain.jobs import Job
    from qsui.domain.models import Schedule

FAR_LONGER = 3.0
LEAST_OVER = timedelta(minutes=15)
"""With too few jobs to know their spread, one runs away at three medians and 15 minutes more."""

LONG = timedelta(hours=4)
"""A job of a workflow of which nothing is known runs away after that time."""

NEAR_A_FIRE = timedelta(seconds=90)
SOON = timedelta(seconds=60)
"""A job that may start does so within that time."""

_A_LITTLE = timedelta(seconds=30)
_NO_TIME = datetime.max.replace(tzinfo=UTC)
_RANKS = {"low": 0, "default": 0, "normal": 0, "medium": 1, "high": 2, "critical": 3}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job in the queue.

    `position` counts from 1. `starts_at` is a guess (show it with `~`), `None` if nothing can be
    guessed; `waited` is `None` if the server does not say since when it waits.
    """

    job: Job
    position: int
    waited: timedelta | None = None
    starts_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RunAway:
    """A job that runs far longer than its workflow's jobs do.

    `usual` is their median (`None`: not known, and it runs for hours), `limit` when it became one.
    `is_manual` is a guess by the time at which
    it came; `None` if there is no ground for one. A server that ends long jobs ends scheduled ones
    only: a manual one goes on until somebody cancels it.
    """

    job: Job
    took: timedelta
    usual: timedelta | None
    limit: timedelta
    is_manual: bool | None = None


@dataclass(frozen=True, slots=True)
class QueueView:
    """The queue at one moment, first in line first.

    `slots` is how many slots there are as far as was seen: the most jobs at work while others
    waited; `None` if nobody ever waited.
    """

    waiting: tuple[Waiting, ...] = ()
    working: tuple[Job, ...] = ()
    run_aways: tuple[RunAway, ...] = ()
    oldest_wait: timedelta | None = None
    slots: int | None = None

    @property
    def slots_in_use(self) -> int:
        """How many jobs start or run."""
        return len(self.working)

    def place(self, job_id: str) -> Waiting | None:
        """Return where a job stands; `None` if it does not wait."""
        return next((one for one in self.waiting if one.job.id == job_id), None)


def queue_view(
    jobs: Iterable[Job],
    paces: Mapping[str, Pace],
    now: datetime,
    *,
    slots_seen: int = 0,
    schedules: Mapping[str, Sequence[Schedule]] | None = None,
) -> QueueView:
    """Return the queue at `now`, server time.

    Args:
        jobs: Any jobs; those that are over do not count.
        paces: How long the jobs of each workflow take, by its id.
        now: Aware UTC.
        slots_seen: The most jobs ever seen at work while others waited.
        schedules: The schedules of each workflow, by its id; `None` if they are not known.
    """
    active = [job for job in jobs if job.state.is_active]
    queue = sorted((job for job in active if job.state is RunState.QUEUED), key=place_key)
    working = sorted((job for job in active if job.state is not RunState.QUEUED), key=_since)
    run_aways = [
        found for job in working if (found := run_away(job, paces, now, schedules)) is not None
    ]
    run_aways.sort(key=lambda one: one.took, reverse=True)
    slots = max(slots_seen, len(working)) if queue and working else slots_seen
    stuck = frozenset(one.job.id for one in run_aways)
    starts = _starts(queue, working, stuck, paces, now, slots)
    waiting = tuple(
        Waiting(job, place, job.waited(now), at)
        for place, (job, at) in enumerate(zip(queue, starts, strict=True), start=1)
    )
    return QueueView(
        waiting=waiting,
        working=tuple(working),
        run_aways=tuple(run_aways),
        oldest_wait=max((one.waited for one in waiting if one.waited is not None), default=None),
        slots=slots or None,
    )


def place_key(job: Job) -> tuple[int, datetime, str]:
    """Return a job's place in the queue: higher priority first, then who came first."""
    return -rank_of(job.priority), job.queued_at or _NO_TIME, job.id


def rank_of(priority: str) -> int:
    """Return how urgent a priority is; a number beside the word counts as it is."""
    word, _, number = priority.strip().lower().partition("(")
    digits = number.rstrip(") ").strip() or word.strip()
    if digits.isdecimal() and len(digits) < 3:
        return int(digits)
    return _RANKS.get(word.strip(), 0)


def pace_of(jobs: Iterable[Job]) -> Pace:
    """Return how long the jobs of one workflow usually take, from the newest 30 that went well."""
    good = [
        (job.queued_at or job.started_at or _NO_TIME, took)
        for job in jobs
        if job.state in (RunState.SUCCESS, RunState.WARNING) and (took := job.duration) is not None
    ]
    good.sort(reverse=True)
    return durations.pace(took for _, took in good[: durations.RUNS])


def run_away(
    job: Job,
    paces: Mapping[str, Pace],
    now: datetime,
    schedules: Mapping[str, Sequence[Schedule]] | None = None,
) -> RunAway | None:
    """Return a job as a run-away, if it is one at `now`."""
    took = job.took(now)
    if took is None:
        return None
    usual = _median(job, paces)
    limit = _limit(paces[job.workflow_id], usual) if usual is not None else LONG
    return RunAway(job, took, usual, limit, is_manual(job, schedules)) if took >= limit else None


def _limit(pace: Pace, usual: timedelta) -> timedelta:
    return pace.slow_after or max(usual * FAR_LONGER, usual + LEAST_OVER)


def is_manual(job: Job, schedules: Mapping[str, Sequence[Schedule]] | None) -> bool | None:
    """Guess whether somebody started a job by hand; `None` without ground for a guess.

    No server says it. A job of a workflow without schedules was started by hand, and one that came
    when a schedule last ran was not.
    """
    if schedules is None or not job.workflow_id:
        return None
    own = schedules.get(job.workflow_id, ())
    if not own:
        return True
    came = job.queued_at
    if came is None or any(schedule.last_run_at is None for schedule in own):
        return None
    ran = (schedule.last_run_at for schedule in own)
    return not any(at is not None and abs(at - came) <= NEAR_A_FIRE for at in ran)


def _since(job: Job) -> tuple[datetime, str]:
    return job.started_at or job.queued_at or _NO_TIME, job.id


def _starts(
    queue: Sequence[Job],
    working: Sequence[Job],
    stuck: frozenset[str],
    paces: Mapping[str, Pace],
    now: datetime,
    slots: int,
) -> list[datetime | None]:
    """Guess when each of the queue starts: the first slot that the jobs before it leave free.

    A run-away keeps its slot, and nothing is guessed of a job that others overtook. A job whose
    workflow's pace is not known takes the median of all that are; without any, nothing is guessed
    from there on.
    """
    usual = [pace.median for pace in paces.values() if pace.median is not None]
    typical = durations.middle(sorted(usual)) if usual else None
    # A slot that is free while somebody waits does not take what waits: it is for a tag, say.
    is_taken = any((job.waited(now) or timedelta()) > SOON for job in queue)
    free: list[datetime] = [] if is_taken else [now] * max(slots - len(working), 0)
    for job in working:
        if job.id in stuck:
            continue
        took, whole = job.took(now) or timedelta(), _median(job, paces) or typical
        if whole is not None:
            free.append(now + max(whole - took, _A_LITTLE))
    heapq.heapify(free)
    found: list[datetime | None] = []
    for job in queue:
        whole = _median(job, paces) or typical
        if not free or any(_overtook(other, job) for other in working):
            found.append(None)
            continue
        at = heapq.heappop(free)
        found.append(at)
        if whole is not None:
            heapq.heappush(free, at + whole)
    return found


def _overtook(other: Job, job: Job) -> bool:
    """Whether a job started before one that was ahead of it: its slot is not for that one."""
    if other.started_at is None or job.queued_at is None:
        return False
    return place_key(other) > place_key(job) and other.started_at > job.queued_at + SOON


def _median(job: Job, paces: Mapping[str, Pace]) -> timedelta | None:
    pace = paces.get(job.workflow_id)
    return pace.median if pace else None
