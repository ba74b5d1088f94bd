"""What the planner knows about reads done, to be done, and why; it holds no records.

Times are local unless named `server_…`. Only the reader and the engine change it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from qsui.domain.states import ScheduleState
from qsui.live.dues import DueBook
from qsui.live.read_log import ReadLog
from qsui.live.reading import ReadKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qsui.domain.models import Schedule
    from qsui.live.reading import Read

RunKey = tuple[str, str]
"""Schedule id, run id."""

MISSING_POLLS = 3
ERROR_TRIES = 3
ERROR_AGAIN_S = 60.0


@dataclass(slots=True)
class OpenQuery:
    """A query that may still change: how many polls it was missing from, and when it was read."""

    since: datetime
    missed_polls: int = 0
    read_at: datetime | None = None

    def due_at(self) -> datetime | None:
        """When it is to be read by itself: rarer the longer it is open; `None` if not yet."""
        if self.missed_polls < MISSING_POLLS:
            return None
        if self.read_at is None:
            return self.since
        wait = (self.read_at - self.since).total_seconds() / 10
        return self.read_at + timedelta(seconds=min(max(wait, 30.0), 300.0))


@dataclass(slots=True)
class Failure:
    """A failed run whose tasks or error are still to be read."""

    at: datetime
    tries: int = 0


@dataclass(slots=True)
class Knowledge(ReadLog):
    """See the module.

    `listed_since` is when the schedules were first read to the end. `flags` are the include-hidden
    and include-deleted of the last query poll.
    """

    listed_since: datetime | None = None
    schedules_full_at: datetime | None = None
    schedule_pages: list[tuple[str, ...]] = field(default_factory=list)
    not_found_once: set[str] = field(default_factory=set)

    server_high_water: datetime | None = None
    queries_polled: int = 0
    queries_complete: bool = False
    flags: tuple[bool, bool] = (False, False)
    open_queries: dict[str, OpenQuery] = field(default_factory=dict)

    unread: dict[str, None] = field(default_factory=dict)
    swept: dict[str, datetime] = field(default_factory=dict)
    sweep_at: datetime | None = None
    sweep_complete_at: datetime | None = None
    dues: DueBook = field(default_factory=DueBook)
    due_now: dict[str, None] = field(default_factory=dict)
    unexpected: dict[str, None] = field(default_factory=dict)

    open_runs: dict[RunKey, datetime] = field(default_factory=dict)
    queries_of: dict[RunKey, dict[str, None]] = field(default_factory=dict)
    failures: dict[RunKey, Failure] = field(default_factory=dict)
    explained: set[RunKey] = field(default_factory=set)

    links_seen: bool = False
    unlinked_since: datetime | None = None
    no_run_links: bool = False

    @property
    def enabled(self) -> int:
        """How many schedules the sweep goes over."""
        return len(self.unread) + len(self.swept)

    def note_enabled(self, schedules: Iterable[Schedule]) -> None:
        """Sweep over exactly the enabled ones of these, in their order for those not read."""
        ids = [s.id for s in schedules if s.state is ScheduleState.ENABLED]
        enabled = set(ids)
        for known in (self.unread, self.swept):
            for id in [id for id in known if id not in enabled]:
                known.pop(id, None)
        for id in ids:
            if id not in self.swept:
                self.unread.setdefault(id)
            if not self.dues.expects(id):
                self.unexpected[id] = None

    def note_runs_read(self, schedule_id: str, now: datetime, *, is_sweep: bool) -> None:
        """Move a schedule to the end of the sweep."""
        self.due_now.pop(schedule_id, None)
        if is_sweep:
            self.sweep_at = now
        if schedule_id in self.unread or schedule_id in self.swept:
            self.unread.pop(schedule_id, None)
            self.swept.pop(schedule_id, None)
            self.swept[schedule_id] = now
        if self.sweep_complete_at is None and self.swept and not self.unread:
            self.sweep_complete_at = now

    def note_dues(self, schedule_id: str) -> None:
        """Have the next due time of a schedule worked out anew."""
        if schedule_id in self.unread or schedule_id in self.swept:
            self.unexpected[schedule_id] = None

    def take_unexpected(self, count: int) -> list[str]:
        """Take out some enabled schedules whose next due time is not worked out yet."""
        ids = list(islice(self.unexpected, count))
        for id in ids:
            del self.unexpected[id]
        return ids

    def is_watched_by_query(self, key: RunKey) -> bool:
        """Whether a query that may still change belongs to a run: then polls tell its end."""
        return any(id in self.open_queries for id in self.queries_of.get(key, ()))

    def note_failure(self, key: RunKey, now: datetime) -> None:
        """Have a failed run explained, once."""
        if key not in self.explained and key not in self.failures:
            self.failures[key] = Failure(now)

    def note_explained(self, key: RunKey, now: datetime, *, has_error: bool) -> None:
        """Take the failure off the list, or try again later if its error was not found yet."""
        failure = self.failures.get(key)
        if failure is None:
            return
        failure.tries += 1
        if has_error or failure.tries >= ERROR_TRIES:
            del self.failures[key]
            self.explained.add(key)
        else:
            failure.at = now + timedelta(seconds=ERROR_AGAIN_S * failure.tries)

    def forget_missing(self, read: Read) -> None:
        """A single record was not found: plan nothing more about it."""
        if read.kind is ReadKind.QUERY:
            self.open_queries.pop(read.id, None)
        elif read.kind in (ReadKind.RUN, ReadKind.FAILURE):
            self.open_runs.pop((read.parent, read.id), None)
            self.failures.pop((read.parent, read.id), None)

    def forget_schedule(self, id: str) -> None:
        """Drop all that is planned for a schedule that is gone."""
        self.unread.pop(id, None)
        self.swept.pop(id, None)
        self.due_now.pop(id, None)
        self.unexpected.pop(id, None)
        self.dues.forget(id)
        self.not_found_once.discard(id)
        for runs in (self.open_runs, self.failures, self.queries_of):
            for key in [key for key in runs if key[0] == id]:
                runs.pop(key, None)
