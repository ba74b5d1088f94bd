"""An action on its way: sent is not accepted, and accepted is not done."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from qsui.domain.actions import Action
    from qsui.domain.models import Ref


class Stage(StrEnum):
    """How far an action got."""

    SENDING = "sending"  # written to the journal, no answer yet
    SENT = "sent"  # the server accepted it, the effect was not seen yet
    UNKNOWN = "unknown"  # the answer was lost: it may have happened
    DONE = "done"  # its effect was read back
    NO_EFFECT = "no effect"  # accepted (or unknown), and nothing seen after five minutes
    REFUSED = "refused"  # the server said no, or the state changed before it was sent
    NOT_SENT = "not sent"  # nothing left this machine

    @property
    def is_open(self) -> bool:
        """Whether its effect is still looked for."""
        return self in (Stage.SENDING, Stage.SENT, Stage.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Pending:
    """One action since its intent was written.

    `id` is that of the journal, `words` a sentence about how it stands (our own or the server's:
    clean it before showing), `result` the run or record that it made, once seen. `seen_at` is when
    its effect was. `is_recorded` is false if the journal could not be written. Times are local,
    aware UTC. `step` names what a macro does just now (`disable`, `wait`, `delete`), else empty.
    `error_code` is the exit code of the error that refused it or kept it here. `created_id` is what
    the server's answer called what it made, before that was read back. `server_at` is what the
    server's clock showed when the intent was written, as far as that was known.
    """

    id: str
    action: Action
    stage: Stage
    begun_at: datetime
    sent_at: datetime | None = None
    seen_at: datetime | None = None
    words: str = ""
    status: int = 0
    request_id: str = ""
    result: Ref | None = None
    reason: str = ""
    step: str = ""
    is_recorded: bool = True
    error_code: int = 0
    created_id: str = ""
    server_at: datetime | None = None

    @property
    def took(self) -> timedelta | None:
        """From sending to the effect; `None` while it was not seen."""
        if self.seen_at is None or self.sent_at is None:
            return None
        return self.seen_at - self.sent_at

    @property
    def exit_code(self) -> int:
        """What the command line ends with for it: 5 is "sent, outcome unknown"."""
        if self.stage in (Stage.REFUSED, Stage.NOT_SENT):
            return self.error_code or 1
        return _UNTOLD if self.stage in (Stage.UNKNOWN, Stage.SENDING, Stage.NO_EFFECT) else 0


_UNTOLD = 5
