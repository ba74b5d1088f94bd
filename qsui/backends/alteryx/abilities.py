"""What one connection has found out about its server."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from qsui.domain.errors import ApiError, Forbidden
from qsui.domain.jobs import Ability, Capabilities

if TYPE_CHECKING:
    from collections.abc import Iterator

NO_SUCH_CALL = (404, 405)
"""How a release answers a call that it does not know."""

_CAME_WITH_THE_LIST = ("cancel", "schedule_patch", "cron")


class Abilities:
    """Keeps what the server can do, as it answers."""

    def __init__(self) -> None:
        self.known = Capabilities()

    def may(self, name: str) -> bool:
        """Whether a call is worth trying."""
        ability: Ability = getattr(self.known, name)
        return ability.may_work

    def note(self, name: str, ability: Ability) -> None:
        """Keep what was found out; what the release must have beside it follows."""
        self.known = replace(self.known, **{name: ability})
        if name != "job_list":
            return
        # The release that first lists all jobs also brought cron, and cancel came before.
        is_newest = ability in (Ability.YES, Ability.FORBIDDEN)
        if ability is Ability.MISSING:
            self.known = replace(self.known, cron=Ability.MISSING)
        for other in _CAME_WITH_THE_LIST if is_newest else ():
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
