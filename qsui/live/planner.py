"""Which reads come next: a pure function of time, what is known and what is wanted.

Nothing here sends, waits or changes anything.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from qsui.live.read_log import in_order
from qsui.live.reading import Priority, Read, ReadKind, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from qsui.live.demands import PollOptions, Wanted
    from qsui.live.knowledge import Knowledge

SWEEP_ROWS = 5
FIRST_ROWS = 20
LIST_ROWS = 100
BLUR_FACTOR = 3.0


class _Plan:
    """The arguments of one call, so that each rule is a short method."""

    def __init__(
        self,
        now: datetime,
        knowledge: Knowledge,
        wanted: Wanted,
        options: PollOptions,
        *,
        is_focused: bool,
    ) -> None:
        self.now = now
        self.known = knowledge
        self.wanted = wanted
        self.options = options
        self.stretch = 1.0 if is_focused else BLUR_FACTOR

    def reads(self) -> Iterator[Read]:
        yield from self.schedules()
        yield from self.queries()
        yield from self.open_details()
        yield from self.runs_on_screen()
        yield from self.explanations()
        yield from self.background()
        yield from self.sweep()

    def schedules(self) -> Iterator[Read]:
        full = Read(ReadKind.SCHEDULES, Priority.FIRST, self.now)
        if self.known.schedules_full_at is None:
            yield full
            return
        asked = self.known.all_fresh_after
        if asked and self.known.schedules_full_at < asked:
            yield Read(ReadKind.SCHEDULES, Priority.USER, self.now)
            return
        full_at = self.later(full.name, self.options.schedules_full_s)
        yield Read(ReadKind.SCHEDULES, Priority.BACKGROUND, full_at)
        recent = str(ReadKind.RECENT_SCHEDULES)
        last = max(self.known.last_end(recent) or self.known.schedules_full_at, self.full_end())
        wait = self.options.schedules_s * self.stretch
        is_asked = self.is_asked(last)
        at = self.now if is_asked else last + timedelta(seconds=wait)
        if self.wanted.schedules:
            yield Read(
                ReadKind.RECENT_SCHEDULES, Priority.USER if is_asked else Priority.VISIBLE, at
            )

    def full_end(self) -> datetime:
        return self.known.last_end(str(ReadKind.SCHEDULES)) or self.now

    def queries(self) -> Iterator[Read]:
        name = str(ReadKind.CHANGES)
        at = self.later(name, self.options.change_s)
        priority = Priority.CHANGES if self.known.queries_polled else Priority.USER
        flags = (self.wanted.include_hidden, self.wanted.include_deleted)
        if self.known.queries_polled and flags != self.known.flags:
            at, priority = self.now, Priority.VISIBLE
        elif self.is_asked(self.known.last_end(name)):
            at, priority = self.now, Priority.USER
        yield Read(ReadKind.CHANGES, priority, at)
        if self.wanted.query_list and self.known.queries_polled and not self.known.queries_complete:
            again = self.later(str(ReadKind.QUERIES), self.options.schedules_full_s)
            yield Read(ReadKind.QUERIES, Priority.VISIBLE, again)

    def open_details(self) -> Iterator[Read]:
        wait = self.options.run_detail_s * self.stretch
        for schedule_id, run_id in self.wanted.runs:
            if (schedule_id, run_id) in self.known.open_runs or not self.is_known(
                ReadKind.RUN, schedule_id, run_id
            ):
                yield self.visible(ReadKind.RUN, wait, schedule_id, run_id)
        for id in self.wanted.queries:
            if id in self.known.open_queries or not self.is_known(ReadKind.QUERY, "", id):
                yield self.visible(ReadKind.QUERY, wait, "", id)

    def is_known(self, kind: ReadKind, parent: str, id: str) -> bool:
        """Whether a detail was read since the last refresh; a finished one is read only once."""
        last = self.known.last_end(Read(kind, Priority.VISIBLE, self.now, parent, id).name)
        return last is not None and not self.is_asked(last)

    def runs_on_screen(self) -> Iterator[Read]:
        wait = self.options.runs_on_screen_s * self.stretch
        for id in self.wanted.runs_of:
            yield self.visible(ReadKind.RUNS, wait, id, limit=LIST_ROWS)
        for id in self.wanted.visible:
            if id in self.known.unread and id not in self.wanted.runs_of:
                yield Read(ReadKind.RUNS, Priority.VISIBLE, self.now, id, limit=FIRST_ROWS)

    def explanations(self) -> Iterator[Read]:
        for (schedule_id, run_id), failure in self.known.failures.items():
            yield Read(ReadKind.FAILURE, Priority.FAILURE, failure.at, schedule_id, run_id)
        for id in self.known.due_now:
            yield Read(ReadKind.RUNS, Priority.DUE, self.now, id, limit=SWEEP_ROWS)

    def background(self) -> Iterator[Read]:
        """Look after what should have ended: one query and one run at a time, spaced.

        However many are open, this costs no more than a few requests a minute.
        """
        queries = ((at, id) for id, q in self.known.open_queries.items() if (at := q.due_at()))
        query = min(queries, default=None)
        if query is not None:
            yield Read(
                ReadKind.QUERY, Priority.BACKGROUND, self.spaced("query", query[0]), "", query[1]
            )
        runs = (
            (self.known.last_end(name_of(ReadKind.RUN, *key)) or since, key)
            for key, since in self.known.open_runs.items()
            if not self.known.is_watched_by_query(key)
        )
        run = min(runs, default=None)
        if run is not None:
            at = run[0] + timedelta(seconds=self.options.open_run_s)
            yield Read(ReadKind.RUN, Priority.BACKGROUND, self.spaced("run", at), *run[1])

    def spaced(self, what: str, at: datetime) -> datetime:
        last = self.known.looked_after.get(what)
        spacing = timedelta(seconds=self.options.look_after_s)
        return at if last is None else max(at, last + spacing)

    def sweep(self) -> Iterator[Read]:
        for id in islice(self.known.unread, self.options.in_flight * 2):
            yield Read(ReadKind.RUNS, Priority.SWEEP, self.now, id, limit=FIRST_ROWS)
        if not self.known.unread and self.known.swept:
            enabled = self.known.enabled
            spacing = timedelta(seconds=self.options.sweep_s(enabled) / enabled)
            last = self.known.sweep_at or self.known.sweep_complete_at or self.now
            at = last + spacing
            id = next(iter(self.known.swept))
            yield Read(ReadKind.RUNS, Priority.SWEEP, at, id, limit=SWEEP_ROWS)

    def visible(
        self, kind: ReadKind, wait_s: float, parent: str, id: str = "", *, limit: int = 0
    ) -> Read:
        read = Read(kind, Priority.VISIBLE, self.now, parent, id, limit)
        last = self.known.last_end(read.name)
        if last is None:
            return read
        if self.is_asked(last):
            return Read(kind, Priority.USER, self.now, parent, id, limit)
        return Read(kind, Priority.VISIBLE, last + timedelta(seconds=wait_s), parent, id, limit)

    def later(self, name: str, wait_s: float) -> datetime:
        last = self.known.last_end(name)
        return self.now if last is None else last + timedelta(seconds=wait_s)

    def is_asked(self, last: datetime | None) -> bool:
        asked = self.known.fresh_after
        return asked is not None and (last is None or last < asked)


def plan(
    now: datetime,
    knowledge: Knowledge,
    wanted: Wanted,
    options: PollOptions,
    *,
    is_focused: bool = True,
) -> list[Read]:
    """Return the next reads, most urgent first, each once, with the earliest time of each.

    Reads under way and, after a refusal, all reads are left out. A read that must wait, be it for
    its interval, after a failure or because the server asked for a pause, has that time as `at`.
    """
    reads = _Plan(now, knowledge, wanted, options, is_focused=is_focused).reads()
    return in_order(reads, knowledge)
