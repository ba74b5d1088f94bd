"""What a look tells of one open action."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qsui.domain.models import Ref
    from qsui.domain.pending import Pending, Stage


@dataclass(frozen=True, slots=True)
class Done:
    """The effect is there; `words` add to it, `version` is the record's time of change."""

    result: Ref | None = None
    version: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """It will not come, or it can no longer be told; nothing more is looked for."""

    stage: Stage
    words: str
    code: int = 1


@dataclass(frozen=True, slots=True)
class NotYet:
    """Nothing seen yet.

    `pending` is how it stands if that changed. `no_effect` is what to say once the time is over,
    `is_final` whether it is then looked for no more.
    """

    pending: Pending | None = None
    no_effect: str = ""
    is_final: bool = False


Finding = Done | Failed | NotYet
