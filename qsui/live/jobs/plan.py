"""Which reads of workflows and jobs come next: a pure function of time, knowledge and wants.

Nothing here sends, waits or changes anything.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from heapq import nsmallest
from typing import TYPE_CHECKING

from qsui.live.jobs.knowledge import ListMode
from qsui.live.read_log import in_order
from qsui.live.reading import Priority, Read, ReadKind, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qsui.live.demands import Wanted
    from qsui.live.jobs.knowledge import JobKnowledge, Look
    from qsui.live.jobs.options import JobPollOptions

BLUR_FACTOR = 3.0
AT_ONCE = 8
_NO_TIME = datetime.min.replace(tzinfo=UTC)
NAMES_AFTER_S = 60.0
"""So long after the start names are read, if nobody looks at them before."""


class _Plan:
    """The arguments of one call, so that each rule is a short method."""

    def __init__(
        self,
        now: datetime,
        knowledge: JobKnowledge,
        wanted: Wanted,
        options: JobPollOptions,
        mode: ListMode,
        *,
        is_focused: bool,
    ) -> None:
        self.now = now
        self.known = knowledge
        self.wanted = wanted
        self.options = options
        self.mode = mode
        self.stretch = 1.0 if is_focused else BLUR_FACTOR

    def reads(self) -> Iterator[Read]:
        yield self.schedules()
        yield from self.jobs()
        yield from self.names()
        yield from self.details()
        yield from self.jobs_of()
        yield from self.unlisted()
        yield from self.unexplained()
        yield from self.paces()
        yield from self.fills()

    def schedules(self) -> Read:
        name = str(ReadKind.SCHEDULES)
        last = self.known.last_end(name)
        if self.known.listed_since is None:
            return Read(ReadKind.SCHEDULES, Priority.FIRST, self.now)
        if self.is_asked(last, is_visible=self.wanted.schedules):
            return Read(ReadKind.SCHEDULES, Priority.USER, self.now)
        if self.wanted.schedules:
            return self.by(ReadKind.SCHEDULES, Priority.VISIBLE, self.options.schedules_s)
        return self.by(ReadKind.SCHEDULES, Priority.BACKGROUND, self.options.schedules_rest_s)

    def jobs(self) -> Iterator[Read]:
        """The list of all jobs, and what waits or runs where the server can list that."""
        if self.known.jobs_read_at is None:
            yield Read(ReadKind.JOBS, Priority.USER, self.now)
            return
        last = self.known.last_end(str(ReadKind.JOBS))
        wait = self.options.jobs_s
        if self.mode is ListMode.LAST:
            is_big = self.known.last_rows > self.options.big_rows
            wait = self.options.big_s if is_big else self.options.open_s
        if self.is_asked(last, is_visible=self.wanted.job_list):
            yield Read(ReadKind.JOBS, Priority.USER, self.now)
        else:
            yield self.by(ReadKind.JOBS, Priority.CHANGES, wait, is_stretched=False)
        if self.mode is not ListMode.ALL:
            return
        newest = max(
            (at for at in (last, self.known.last_end(str(ReadKind.OPEN_JOBS))) if at),
            default=self.now,
        )
        at = newest + timedelta(seconds=self.options.open_s)
        yield Read(ReadKind.OPEN_JOBS, Priority.CHANGES, at)

    def names(self) -> Iterator[Read]:
        """Workflows and users: once schedules were read, for that brings most names already."""
        first = self.known.listed_since
        for kind, is_wanted in (
            (ReadKind.WORKFLOWS, self.wanted.workflow_list),
            (ReadKind.PEOPLE, False),
        ):
            last = self.known.last_end(str(kind))
            is_first = is_wanted and last is None
            if is_first or (last and self.is_asked(last, is_visible=is_wanted)):
                yield Read(kind, Priority.USER, self.now)
            elif last is not None:
                priority = Priority.VISIBLE if is_wanted else Priority.BACKGROUND
                yield self.by(kind, priority, self.options.names_s, is_stretched=False)
            elif first is not None:
                at = first + timedelta(seconds=NAMES_AFTER_S)
                yield Read(kind, Priority.BACKGROUND, at)

    def details(self) -> Iterator[Read]:
        """Open details; a job that is over is read once, unless its outcome is not known yet."""
        for id in self.wanted.jobs:
            if id in self.known.logged:
                continue
            last = self.known.last_end(name_of(ReadKind.JOB, "", id))
            if id in self.known.half_logged and id not in self.known.open:
                yield Read(ReadKind.JOB, Priority.VISIBLE, self.now, "", id)
            elif last is None or self.is_asked(last, is_visible=True):
                yield Read(ReadKind.JOB, Priority.USER, self.now, "", id)
            elif id in self.known.open or id in self.known.untold:
                yield self.by(ReadKind.JOB, Priority.VISIBLE, self.options.job_s, id=id)
        for id in self.wanted.workflows:
            last = self.known.last_end(name_of(ReadKind.WORKFLOW, "", id))
            if last is None or self.is_asked(last, is_visible=True):
                yield Read(ReadKind.WORKFLOW, Priority.USER, self.now, "", id)
            else:
                yield self.by(ReadKind.WORKFLOW, Priority.VISIBLE, self.options.names_s, id=id)
        if self.mode is not ListMode.NAMED:
            return
        shown = [id for id in self.wanted.visible_jobs if id in self.known.open]
        for id in shown[:AT_ONCE]:  # no list tells of these soon enough
            yield self.by(ReadKind.JOB, Priority.VISIBLE, self.options.job_s, id=id)
        if self.wanted.job_list or self.wanted.workflow_list:
            others = [id for id in self.known.open if id not in shown]
            for id in nsmallest(AT_ONCE, others, key=self.last_read):
                yield self.by(ReadKind.JOB, Priority.CHANGES, self.options.unlisted_s, id=id)

    def jobs_of(self) -> Iterator[Read]:
        for id in self.wanted.jobs_of:
            last = self.known.last_end(name_of(ReadKind.JOBS_OF, id))
            if last is None or self.is_asked(last, is_visible=True):
                yield Read(ReadKind.JOBS_OF, Priority.USER, self.now, id)
            else:
                yield self.by(ReadKind.JOBS_OF, Priority.VISIBLE, self.options.jobs_of_s, parent=id)

    def unlisted(self) -> Iterator[Read]:
        """What was open and is in no list: it has ended, most likely."""
        looks = nsmallest(AT_ONCE, self.known.unlisted.items(), key=_soonest)
        for id, look in looks:
            yield Read(ReadKind.JOB, Priority.CHANGES, look.at, "", id)

    def unexplained(self) -> Iterator[Read]:
        """Logs of failed jobs, then outcomes; what just ended at once, the rest spaced."""
        visible = set(self.wanted.visible_jobs)
        bad = self.known.failures.values()
        is_bad_due = any(look.at <= self.now for look in bad)
        for looks, soon in (
            (self.known.failures, Priority.FAILURE),
            (self.known.untold, Priority.DUE),
        ):
            is_soon = [(id, x) for id, x in looks.items() if x.is_fresh or id in visible]
            for id, look in nsmallest(AT_ONCE, is_soon, key=_soonest):
                yield Read(ReadKind.JOB, soon, look.at, "", id)
            for id, look in nsmallest(1, looks.items(), key=_soonest):
                if looks is self.known.failures or not is_bad_due:
                    at = self.spaced(ReadKind.JOB, look.at)
                    yield Read(ReadKind.JOB, Priority.BACKGROUND, at, "", id)
        for id in self.wanted.visible_jobs:
            if id in self.known.warned:
                yield Read(ReadKind.JOB, Priority.DUE, self.known.warned[id].at, "", id)
        crowded = self.known.crowded()
        if crowded and not is_bad_due:
            at = self.spaced(ReadKind.JOBS_OF, self.now)
            yield Read(ReadKind.JOBS_OF, Priority.BACKGROUND, at, crowded)

    def paces(self) -> Iterator[Read]:
        """The past of a workflow with open jobs, once, where lists tell how long jobs took."""
        id = next(iter(self.known.unpaced), "")
        if id and self.mode is ListMode.ALL:
            yield Read(ReadKind.JOBS_OF, Priority.BACKGROUND, self.after_the_last_list(), id)

    def fills(self) -> Iterator[Read]:
        """Lists of single workflows, while somebody looks at what no other list tells."""
        if self.mode is ListMode.ALL or not (self.wanted.job_list or self.wanted.workflow_list):
            return
        at, id = self.after_the_last_list(), ""
        if self.mode is ListMode.LAST:
            id = next(iter(self.known.unfilled), "")
        elif self.known.hinted:
            id = next(iter(self.known.hinted))
        else:
            ids = [one for one in self.known.to_sweep() if one not in self.known.unfillable]
            ends = {one: self.known.last_end(name_of(ReadKind.JOBS_OF, one)) for one in ids}
            id = min(ids, key=lambda one: ends[one] or _NO_TIME, default="")
            last = ends.get(id)
            if last is not None:
                at = max(at, last + timedelta(seconds=self.options.schedules_rest_s))
        if id:
            yield Read(ReadKind.JOBS_OF, Priority.BACKGROUND, at, id)

    def last_read(self, id: str) -> datetime:
        return self.known.last_end(name_of(ReadKind.JOB, "", id)) or _NO_TIME

    def after_the_last_list(self) -> datetime:
        last = self.known.looked_after.get(str(ReadKind.JOBS_OF))
        since = last or self.known.jobs_read_at or self.known.listed_since or self.now
        return since + timedelta(seconds=self.options.pace_s)

    def spaced(self, kind: ReadKind, at: datetime) -> datetime:
        last = self.known.looked_after.get(str(kind))
        spacing = timedelta(seconds=self.options.outcome_s)
        return at if last is None else max(at, last + spacing)

    def by(
        self,
        kind: ReadKind,
        priority: Priority,
        wait_s: float,
        *,
        parent: str = "",
        id: str = "",
        is_stretched: bool = True,
    ) -> Read:
        """A read that comes so long after its last end, later while nobody looks."""
        last = self.known.last_end(name_of(kind, parent, id))
        factor = self.stretch if is_stretched and priority is Priority.VISIBLE else 1.0
        at = self.now if last is None else last + timedelta(seconds=wait_s * factor)
        return Read(kind, priority, at, parent, id)

    def is_asked(self, last: datetime | None, *, is_visible: bool) -> bool:
        if is_visible and self.known.is_asked(last):
            return True
        asked = self.known.all_fresh_after
        return asked is not None and (last is None or last < asked)


def plan(
    now: datetime,
    knowledge: JobKnowledge,
    wanted: Wanted,
    options: JobPollOptions,
    mode: ListMode,
    *,
    is_focused: bool = True,
) -> list[Read]:
    """Return the next reads, most urgent first, each once, with the earliest time of each.

    Reads under way and, after a refusal, all reads are left out. A read that must wait, be it for
    its interval, after a failure or because the server asked for a pause, has that time as `at`.
    """
    made = _Plan(now, knowledge, wanted, options, mode, is_focused=is_focused)
    return in_order(made.reads(), knowledge)


def _soonest(item: tuple[str, Look]) -> datetime:
    return item[1].at
