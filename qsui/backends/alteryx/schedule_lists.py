"""Schedules of a server, and what is remembered of them for later writes.

The list of the v3 API may leave out whether a schedule is on; the older admin list then tells it,
else each schedule's own address.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from qsui.backends.alteryx import wire
from qsui.backends.alteryx.abilities import NO_SUCH_CALL
from qsui.backends.alteryx.calls import sliced
from qsui.backends.alteryx.convert import schedule_of
from qsui.backends.times import parse_time
from qsui.domain.errors import ApiError, BadResponse, Forbidden, NotFound

if TYPE_CHECKING:
    from collections.abc import Collection

    from qsui.backends.alteryx.calls import Calls, Memory
    from qsui.domain.models import Schedule, Scope
    from qsui.domain.ports import Clock

LIST = "v3/schedules"
ONE = "v3/schedules/{}"
OLD_LIST = "admin/v1/schedules"

_PAGE = 200
_MOST_PAGES = 100
_MOST_WHOLE = 40
_AT_ONCE = 4
_WHOLE_FOR = timedelta(minutes=10)
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


_Described = tuple[str, object]


@dataclass(frozen=True, slots=True)
class _SentCron:
    """A cadence that left; whether it arrived shows in the start that a schedule has since."""

    cron: str
    starts: frozenset[datetime]
    before: _Described | None

    def is_seen_in(self, row: wire.ScheduleWire) -> bool:
        start = (row.iteration or {}).get("startTime")
        at = parse_time(start) if isinstance(start, str) else None
        return at in self.starts and _described(row) != self.before


@dataclass(slots=True)
class ScheduleFacts:
    """What was read of schedules, by id: later writes need more than an action tells.

    `set_here` holds cadences that this connection set, each with how the server describes it since
    (`None`: it did not say yet). `sent_here` holds those whose answer did not come (yet), each with
    what the server said before and when they start. `listed` are the reduced rows of a list beside
    which schedules were read whole, and `read_at` when.
    """

    rows: dict[str, wire.ScheduleWire] = field(default_factory=dict)
    set_here: dict[str, tuple[str, _Described | None]] = field(default_factory=dict)
    sent_here: dict[str, _SentCron] = field(default_factory=dict)
    read_at: dict[str, datetime] = field(default_factory=dict)
    listed: dict[str, wire.ScheduleWire] = field(default_factory=dict)

    def keep(self, row: wire.ScheduleWire) -> None:
        """Keep a schedule as it was read whole."""
        if row.id:
            self.rows[row.id] = row

    def cron_is_sent(self, id: str, cron: str, starts: Collection[datetime]) -> None:
        """Keep a cadence that is about to be sent; `starts` are readings of when it begins."""
        known = self.rows.get(id)
        before = _described(known) if known is not None else None
        self.sent_here[id] = _SentCron(cron, frozenset(starts), before)

    def cron_was_refused(self, id: str) -> None:
        """Forget a cadence that was sent and came to nothing."""
        self.sent_here.pop(id, None)

    def cron_was_set(self, id: str, cron: str, row: wire.ScheduleWire | None) -> None:
        """Keep a cadence, together with the answer to the write that set it, if it had one."""
        self.sent_here.pop(id, None)
        self.set_here[id] = cron, _described(row) if row is not None else None

    def cron(self, row: wire.ScheduleWire) -> str:
        """Return the cadence that was set here, unless somebody changed it since."""
        id = row.id or ""
        sent = self.sent_here.get(id)
        if sent is not None and sent.is_seen_in(row):
            self.cron_was_set(id, sent.cron, row)
        cron, then = self.set_here.get(id, ("", None))
        now = _described(row)
        if cron and then is None and now is not None:
            self.set_here[id] = cron, now
            return cron
        return cron if now in (None, then) else ""


def _described(row: wire.ScheduleWire) -> _Described | None:
    """Return how the server tells a cadence; `None` if this answer does not."""
    if row.frequency is None and row.iteration is None:
        return None
    return row.frequency or "", (row.iteration or {}).get("startTime")


class ScheduleLists:
    """Reads schedules."""

    def __init__(
        self, calls: Calls, memory: Memory, facts: ScheduleFacts, scope: Scope, clock: Clock
    ) -> None:
        self._clock = clock
        self._calls = calls
        self._memory = memory
        self._facts = facts
        self._scope = scope

    async def listed(self) -> tuple[list[Schedule], int]:
        """Read all, and how many could not be read."""
        what = "the list of schedules"
        try:
            rows, bad = await self._calls.rows(
                LIST, wire.SCHEDULE, what=what, params=(("view", "Full"),)
            )
        except ApiError as error:
            if not isinstance(error, Forbidden) and error.status not in NO_SUCH_CALL:
                raise
            rows, bad = await self._old_rows(what)
        else:
            rows = await self._completed(rows)
        for row in rows:
            if row.enabled is not None:
                self._facts.keep(row)
        return await sliced(rows, self.schedule_of), bad

    async def one(self, id: str) -> Schedule:
        """Read one; raises `NotFound`."""
        row = await self.row(id)
        return self.schedule_of(row)

    async def row(self, id: str) -> wire.ScheduleWire:
        """Read one as the wire has it."""
        row = await self._calls.row(ONE, wire.SCHEDULE, what="that schedule", id=id)
        self._facts.keep(row)
        return row

    def schedule_of(self, row: wire.ScheduleWire) -> Schedule:
        """Convert a schedule with the names that are known."""
        return schedule_of(
            row,
            self._scope,
            owners=self._memory.people,
            workflows=self._memory.workflows,
            cron=self._facts.cron(row),
        )

    async def _completed(
        self, rows: tuple[wire.ScheduleWire, ...]
    ) -> tuple[wire.ScheduleWire, ...]:
        """Add what reduced rows lack, from the older list, if this key may read it."""
        if all(row.enabled is not None for row in rows):
            return rows
        try:
            older, _ = await self._old_rows("the older list of schedules")
        except ApiError as error:
            if not isinstance(error, Forbidden) and error.status not in NO_SUCH_CALL:
                raise
            return await self._each_whole(rows)
        by_id = {row.id: row for row in older}
        return tuple(_joined(row, by_id.get(row.id)) for row in rows)

    async def _each_whole(
        self, rows: tuple[wire.ScheduleWire, ...]
    ) -> tuple[wire.ScheduleWire, ...]:
        """Add what reduced rows lack, from the schedules' own addresses.

        A schedule is read again if its row changed, or after a while; at most `_MOST_WHOLE` at a
        time, the others with the next list.
        """
        facts, now = self._facts, self._clock.now()
        due = [
            row
            for row in rows
            if row.id
            and (
                facts.listed.get(row.id) != row
                or now - facts.read_at.get(row.id, _NEVER) >= _WHOLE_FOR
            )
        ]
        due.sort(key=lambda row: facts.read_at.get(row.id or "", _NEVER))
        slots = asyncio.Semaphore(_AT_ONCE)

        async def read(row: wire.ScheduleWire) -> None:
            id = row.id or ""
            async with slots:
                try:
                    await self.row(id)
                except (NotFound, Forbidden):  # the reduced row is all there is
                    facts.rows.pop(id, None)
            facts.listed[id], facts.read_at[id] = row, now

        await asyncio.gather(*(read(row) for row in due[:_MOST_WHOLE]))
        known = {row.id: facts.rows.get(row.id or "") for row in rows}
        return tuple(_joined(row, known[row.id]) for row in rows)

    async def _old_rows(self, what: str) -> tuple[tuple[wire.ScheduleWire, ...], int]:
        """Read the older list page by page; whether its pages count from 0 or 1 is not told."""
        found: dict[str, wire.ScheduleWire] = {}
        lost = 0
        for page in range(_MOST_PAGES):
            params = (("page", str(page)), ("pageSize", str(_PAGE)))
            rows, bad = await self._calls.rows(
                OLD_LIST, wire.SCHEDULE, what=what, params=params, keys=("schedules",)
            )
            fresh = {row.id: row for row in rows if row.id and row.id not in found}
            found |= fresh
            lost += bad
            if page > 0 and (not fresh or len(rows) < _PAGE):
                return tuple(found.values()), lost
        raise BadResponse(
            f"The older list of schedules of {self._scope.label} has no end.",
            where=self._scope.label,
        )


def _joined(row: wire.ScheduleWire, older: wire.ScheduleWire | None) -> wire.ScheduleWire:
    if older is None:
        return row
    told = {name: getattr(row, name) for name in row.model_fields_set}
    return older.model_copy(update={k: v for k, v in told.items() if v is not None})


def newest_first(schedules: list[Schedule], *, by_change: bool) -> list[Schedule]:
    """Sort by creation, or by change; schedules without that time come last."""

    def key(schedule: Schedule) -> tuple[datetime, str]:
        at = schedule.updated_at if by_change else schedule.created_at
        return at or _NEVER, schedule.id

    return sorted(schedules, key=key, reverse=True)
