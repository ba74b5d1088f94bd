"""What is about to be sent: the answer to "prepare these actions", shown by every dialog.

Nothing here sends. A plan is made of states read just now; they are read once more before each
request leaves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from qsui.domain.actions import Action
    from qsui.domain.models import Record
    from qsui.domain.pending import Pending
    from qsui.domain.ports import Outgoing


@dataclass(frozen=True, slots=True)
class Target:
    """One action of a plan, with its target as read at `read_at` (local; `None`: not read).

    `refusal` says why it is left out, empty if it will be sent. `warnings` are clauses that a
    person should know before (`you triggered it at 03:05, no run seen yet`). `earlier` is an action
    on the same target whose effect is still open. `must_argue` is true if the action may only go
    with a reason given: a second trigger while the first is open. `before` is what it replaces and
    `after` what it puts (a cron, `on`, `off`), for the journal and the dialog. `running` counts the
    runs of a schedule that are active now, `writes` names the datasets that its SQL writes.
    `error_code` is the exit code of the error for which it could not be read, or of not being
    allowed, else 0.
    """

    action: Action
    record: Record | None
    read_at: datetime | None
    refusal: str = ""
    warnings: tuple[str, ...] = ()
    outgoing: tuple[Outgoing, ...] = ()
    earlier: Pending | None = None
    must_argue: bool = False
    before: str = ""
    after: str = ""
    running: int = 0
    writes: tuple[str, ...] = ()
    error_code: int = 0

    @property
    def is_sent(self) -> bool:
        """Whether it goes when the plan is carried out."""
        return not self.refusal


@dataclass(frozen=True, slots=True)
class Plan:
    """Actions of one verb on one scope, ready to be confirmed.

    `is_production` asks for `typed` (the sandbox's name) to be typed first. `undo` says how it can
    be put back and `done` when it counts as done, as clauses. `journal_trouble` says why it cannot
    be recorded (then a second confirmation is needed), empty if it can.
    """

    targets: tuple[Target, ...]
    where: str
    is_production: bool
    typed: str
    undo: str
    done: str
    journal_trouble: str = ""

    @property
    def to_send(self) -> tuple[Target, ...]:
        """What goes."""
        return tuple(target for target in self.targets if target.is_sent)

    @property
    def must_argue(self) -> bool:
        """Whether a reason must be given."""
        return any(target.must_argue for target in self.to_send)


@dataclass(frozen=True, slots=True)
class FollowOptions:
    """How an effect is looked for, in seconds.

    `first_looks_s` are the waits before the first looks, then one every `look_s`; after
    `no_effect_s` the action is told to have had none, and a look every `late_look_s` goes on until
    `give_up_s`. A settled action is shown for `shown_s` more.
    """

    first_looks_s: tuple[float, ...] = (1.0, 2.0, 3.0, 4.0)
    look_s: float = 5.0
    no_effect_s: float = 300.0
    late_look_s: float = 60.0
    give_up_s: float = 3600.0
    shown_s: float = 60.0
