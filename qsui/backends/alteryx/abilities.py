"""What one connection has found out about its server."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.domain.errors import ApiError, Forbidden
from qsui.domain.jobs import Ability, Capabilities

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from qsui.domain.ports import Clock

NO_SUCH_CALL = (404, 405)
"""How a release answers a call that it does not know."""

REFUSED_FOR = timedelta(minutes=30)

_CAME_BEFORE = ("cancel", "schedule_patch")


class Abilities:
    """Keeps what the server can do, as it answers.

    A refusal counts for half an hour: roles change, and a server that restarts may say anything.
    """

    def __init__(self, clock: Clock) -> None:
        self.known = Capabilities()
        self._clock = clock
        self._refused_at: dict[str, datetime] = {}

    def may(self, name: str) -> bool:
        """Whether a call is worth trying."""
        ability: Ability = getattr(self.known, name)
        if ability.may_work:
            return True
        at = self._refused_at.get(name)
        return at is not None and self._clock.now() - at >= REFUSED_FOR

    def note(self, name: str, ability: Ability) -> None:
        """Keep what was found out; what the release must have beside it follows."""
        self.known = replace(self.known, **{name: ability})
        if not ability.may_work:
            self._refused_at[name] = self._clock.now()
        if name != "job_list":
            return
        # The release that first lists all jobs also brought cron, and cancel came before.
        is_newest = ability in (Ability.YES, Ability.FORBIDDEN)
        if ability is Ability.MISSING:
            self.known = replace(self.known, cron=Ability.MISSING)
        if is_newest:
            self.known = replace(self.known, cron=Ability.YES)
        for other in _CAME_BEFORE if is_newest else ():
            if getattr(self.known, other) is Ability.UNTRIED:
                self.known = replace(self.known, **{other: Ability.YES})

    @contextmanager
    def trying(self, name: str) -> Iterator[None]:
        """Learn from a call whether the server has it; errors pass on."""
        try:
            yield
        except ApiError as error:
            if isinstance(error, Forbidden):
                self.note(name, Ability.FORBIDDEN)
            elif error.status in NO_SUCH_CALL:
                self.note(name, Ability.MISSING)
            raise
        else:
            self.note(name, Ability.YES)
