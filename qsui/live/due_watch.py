"""Works out, a slice at a time, whose runs should be read because one is due."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from qsui.domain.models import Run
from qsui.live.dues import look_at

if TYPE_CHECKING:
    from qsui.live.context import Context

AT_ONCE = 25


async def watch_dues(context: Context) -> bool:
    """Work on a slice of the due times and yield; whether there is more to do at once.

    A schedule with a due fire, no known run for it and no read since is put among those to read now
    (`Knowledge.due_now`); once its runs were read, its next look is worked out here.
    """
    known, scope, snapshot = context.knowledge, context.scope, context.store.snapshot
    listed_at = known.listed_since
    if listed_at is None:
        return False
    now, offset = context.server_now(), context.backend.server_offset
    known.unexpected.update(dict.fromkeys(known.dues.ready(now)))
    waiting = known.take_unexpected(AT_ONCE)
    for id in waiting:
        schedule = snapshot.schedule(scope, id)
        partition = snapshot.runs(scope, id)
        runs = [run for run in partition.records.values() if isinstance(run, Run)]
        # What was due before this session's first list is the sweep's to find.
        read_at = (partition.read_at or listed_at) + offset
        at = look_at(schedule, runs, now, read_at) if schedule else None
        if at is None:
            known.dues.forget(id)
        elif at <= now:
            known.due_now[id] = None
        else:
            known.dues.put(id, at)
    await asyncio.sleep(0)
    return bool(waiting)
