"""How the effect of an action is looked for: what a person who waits for it may know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Watch:
    """The looks for one action so far, and those to come.

    `next_at` is when it is looked for again, `no_effect_at` from when on it counts as without
    effect, `until` when looking ends. Times are local, aware UTC.
    """

    looks: int
    next_at: datetime
    no_effect_at: datetime
    until: datetime
