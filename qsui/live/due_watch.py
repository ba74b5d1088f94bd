"""Works out, a slice at a time, whose runs should be read because one is due."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from qsui.domain.models import Run
from qsui.live import dues

if TYPE_CHECKING:
    from qsui.live.context import Context

AT_ONCE = 50


async def watch_dues(context: Context) -> bool:
    """Work on a slice of the due times and yield; whether there is more to do at once.

    A schedule whose due slot has no known run, and whose runs were not read since, is put among
    those to read now (`Knowledge.due_now`).
    """
    known, store, scope = context.knowledge, context.store, context.scope
    if known.schedules_full_at is None:
        return False
    now = context.server_now()
    for due in known.dues.ready(now):
        id = due.schedule.id
        runs = _runs_of(context, id)
        read_at = store.snapshot.runs(scope, id).read_at
        is_read = read_at is not None and read_at + context.backend.server_offset >= due.at
        if not is_read and not dues.is_seen(due.due_at, due.schedule, runs):
            known.due_now[id] = None
            if known.dues.look_again(due):
                continue
        known.dues.begin(due.schedule, runs, max(due.due_at, now - due.lag))
    waiting = known.take_unexpected(AT_ONCE)
    for id in waiting:
        schedule = store.snapshot.schedule(scope, id)
        if schedule is not None:
            known.dues.begin(schedule, _runs_of(context, id), now)
    await asyncio.sleep(0)
    return bool(waiting)


def _runs_of(context: Context, schedule_id: str) -> list[Run]:
    records = context.store.snapshot.runs(context.scope, schedule_id).records.values()
    return [record for record in records if isinstance(record, Run)]
