"""What is known about the reads of a scope, whatever they read: when they ended, what failed.

Times are local. Only the loop that reads changes it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from qsui.live.backoff import Backoff
    from qsui.live.reading import Read


@dataclass(slots=True)
class ReadLog:
    """See the module.

    `fresh_after` and `all_fresh_after` are when somebody asked for everything visible, and for all.
    `looked_after` is when a background read of each kind last ended.
    """

    backoff: Backoff
    ended: dict[str, datetime] = field(default_factory=dict)
    in_flight: set[str] = field(default_factory=set)
    fresh_after: datetime | None = None
    all_fresh_after: datetime | None = None
    looked_after: dict[str, datetime] = field(default_factory=dict)
    last_success_at: datetime | None = None
    bad_records: int = 0

    def last_end(self, name: str) -> datetime | None:
        """When the read of that name last ended, well or not."""
        return self.ended.get(name)

    def is_asked(self, last: datetime | None) -> bool:
        """Whether somebody asked for fresh data since then."""
        asked = self.fresh_after
        return asked is not None and (last is None or last < asked)


def in_order(reads: Iterable[Read], log: ReadLog) -> list[Read]:
    """Return planned reads, most urgent first, each once.

    Reads under way and, after a refusal, all are left out; trouble moves their time.
    """
    if log.backoff.is_refused:
        return []
    best: dict[str, Read] = {}
    for read in reads:
        if read.name in log.in_flight:
            continue
        ready = log.backoff.ready_at(read)
        if ready is not None and ready > read.at:
            read = replace(read, at=ready)
        known = best.get(read.name)
        if known is None or (read.at, read.priority) < (known.at, known.priority):
            best[read.name] = read
    return sorted(best.values(), key=lambda read: (read.priority, read.at))
