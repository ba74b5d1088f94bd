"""How the reading of a list stands, of one scope or of several together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from qsui.live.store import Partition, Trouble
    from qsui.tui.options import Session


@dataclass(frozen=True, slots=True)
class ListState:
    """Of several scopes the oldest and the worst.

    `read_at` is when the one was read whose reading is longest ago (`None`: one never was),
    `is_complete` says that all were read to their end, `from_history` that of one nothing but the
    last session's memory is known. `trouble` is why a read of one failed, and `where` whose;
    `is_refused` says that no scope lets its records be read at all.
    """

    read_at: datetime | None
    is_complete: bool
    from_history: bool
    count: int
    trouble: Trouble | None = None
    where: str = ""
    is_refused: bool = False


def state_of(parts: Sequence[tuple[Session, Partition]], *, expected: int) -> ListState | None:
    """Return the state of a list of that many scopes; `None` while none is open."""
    if not parts:
        return None
    times = [partition.read_at for _, partition in parts]
    read = [time for time in times if time is not None]
    failed = [(session, part.trouble) for session, part in parts if part.trouble is not None]
    forbidden = [trouble for _, trouble in failed if trouble.kind == "forbidden"]
    worst = next((each for each in failed if each[1].kind != "forbidden"), (None, None))
    session, trouble = worst if worst[1] is not None else failed[0] if failed else (None, None)
    return ListState(
        read_at=min(read) if len(read) == len(times) else None,
        is_complete=all(part.is_complete for _, part in parts) and len(parts) >= expected,
        from_history=any(part.from_history for _, part in parts),
        count=sum(len(part.records) for _, part in parts),
        trouble=trouble,
        where=session.scope.label if session is not None else "",
        is_refused=len(forbidden) == len(parts),
    )
