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
    last session's memory is known. `troubles` say by label why the last read of one failed, the
    gravest first; `is_refused` that no scope lets its records be read at all.
    """

    read_at: datetime | None
    is_complete: bool
    from_history: bool
    count: int
    troubles: tuple[tuple[str, Trouble], ...] = ()
    is_refused: bool = False

    @property
    def trouble(self) -> Trouble | None:
        """The gravest."""
        return self.troubles[0][1] if self.troubles else None

    @property
    def where(self) -> str:
        """The label of the scope that has the gravest trouble."""
        return self.troubles[0][0] if self.troubles else ""


def state_of(parts: Sequence[tuple[Session, Partition]], *, expected: int) -> ListState | None:
    """Return the state of a list of that many scopes; `None` while none is open."""
    if not parts:
        return None
    times = [partition.read_at for _, partition in parts]
    read = [time for time in times if time is not None]
    troubles = [
        (session.scope.label, part.trouble) for session, part in parts if part.trouble is not None
    ]
    troubles.sort(key=lambda each: each[1].kind == "forbidden")
    forbidden = [label for label, trouble in troubles if trouble.kind == "forbidden"]
    return ListState(
        read_at=min(read) if len(read) == len(times) else None,
        is_complete=all(part.is_complete for _, part in parts) and len(parts) >= expected,
        from_history=any(part.from_history for _, part in parts),
        count=sum(len(part.records) for _, part in parts),
        troubles=tuple(troubles),
        is_refused=len(forbidden) == len(parts),
    )
