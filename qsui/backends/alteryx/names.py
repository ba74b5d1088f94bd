"""Names of users and workflows by their ids, read now and then for records that hold only ids."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.backends.alteryx import wire
from qsui.backends.alteryx.abilities import NO_SUCH_CALL
from qsui.backends.alteryx.calls import sliced
from qsui.backends.alteryx.convert import person_of, workflow_of
from qsui.domain.errors import ApiError, BadResponse, Forbidden, ServerError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from qsui.backends.alteryx.abilities import Abilities
    from qsui.backends.alteryx.calls import Calls, Memory
    from qsui.domain.jobs import Person, Workflow
    from qsui.domain.models import Scope
    from qsui.domain.ports import Clock

_FRESH_FOR = timedelta(minutes=10)


class Names:
    """Reads users and workflows, and keeps their names in the memory of the connection."""

    def __init__(
        self, calls: Calls, abilities: Abilities, memory: Memory, scope: Scope, clock: Clock
    ) -> None:
        self._calls = calls
        self._abilities = abilities
        self._memory = memory
        self._scope = scope
        self._clock = clock
        self._read_at: dict[str, datetime] = {}

    async def people(self) -> tuple[Person, ...]:
        """Read all users; raises `Forbidden` if this key may not."""
        with self._abilities.trying("users"):
            rows, _ = await self._calls.rows("v3/users", wire.PERSON, what="the list of users")
        found = tuple(person_of(row) for row in rows)
        self._memory.people |= {one.id: one.name for one in found if one.id}
        self._read_at["people"] = self._clock.now()
        return found

    async def workflows(self) -> tuple[tuple[Workflow, ...], int]:
        """Read all workflows, and how many could not be read."""
        rows, bad = await self._calls.rows(
            "v3/workflows", wire.WORKFLOW, what="the list of workflows"
        )
        owners = self._memory.people
        found = tuple(await sliced(rows, lambda row: workflow_of(row, self._scope, owners=owners)))
        self._memory.workflows |= {one.id: one.name for one in found}
        self._read_at["workflows"] = self._clock.now()
        return found, bad

    async def learn_people(self) -> None:
        """Read the names of users unless that was done lately, if this key may."""
        if self._abilities.may("users"):
            await self._learn("people", self.people)

    async def learn_workflows(self) -> None:
        """Read the names of workflows unless that was done lately."""
        await self._learn("workflows", self.workflows)

    async def _learn(self, name: str, call: Callable[[], Awaitable[object]]) -> None:
        """Make a call whose refusal costs names and nothing else."""
        at = self._read_at.get(name)
        if at is not None and self._clock.now() - at < _FRESH_FOR:
            return
        self._read_at[name] = self._clock.now()
        try:
            await call()
        except ApiError as error:
            costs_names_only = isinstance(error, Forbidden | ServerError | BadResponse)
            if not costs_names_only and error.status not in NO_SUCH_CALL:
                raise
