"""From what was typed to actions on an Alteryx Server; see `targets`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qsui.cli.find import several
from qsui.domain.actions import Action, Verb
from qsui.domain.errors import BadResponse, ConfigError, NotFound, Rejected, ServerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from qsui.cli.reading import ServerReader
    from qsui.domain.jobs import Workflow
    from qsui.domain.models import Ref, Schedule

_NO_SUCH_ID = (NotFound, Rejected, ServerError, BadResponse)


async def runnable_actions(reader: ServerReader, words: Iterable[str]) -> list[Action]:
    """Return a trigger for each workflow or schedule that is meant, by id or unique name."""
    finder = _Runnables(reader)
    found: dict[Ref, Action] = {}
    for word in words:
        record = await finder.find(word)
        found.setdefault(record.ref, Action(Verb.TRIGGER, record.ref, record.name or record.id))
    return list(found.values())


async def job_actions(reader: ServerReader, ids: Iterable[str]) -> list[Action]:
    """Return a cancellation for each job."""
    actions = []
    for id in dict.fromkeys(ids):
        job = await reader.call(partial(reader.backend.job, id), cost=2)
        name = job.workflow_name
        if job.workflow_id and not name:
            name = await _name_of(reader, job.workflow_id)
        actions.append(Action(Verb.CANCEL, job.ref, name or job.id))
    return actions


async def _name_of(reader: ServerReader, workflow_id: str) -> str:
    """Return what a workflow is called; empty if that cannot be told."""
    try:
        return (await reader.call(partial(reader.backend.workflow, workflow_id))).name
    except _NO_SUCH_ID:
        return ""


class _Runnables:
    """Finds workflows and schedules and reads the lists for their names once at most."""

    def __init__(self, reader: ServerReader) -> None:
        self._reader = reader
        self._listed: tuple[Workflow | Schedule, ...] | None = None

    async def find(self, word: str) -> Workflow | Schedule:
        """Return what is meant, read just now.

        Raises:
            NotFound: There is none.
            ConfigError: Several are called so; lists them.
        """
        backend, missing = self._reader.backend, NotFound("")
        for read in (backend.workflow, backend.schedule):
            try:
                return await self._reader.call(partial(read, word))
            except NotFound as error:
                missing = error
            except _NO_SUCH_ID:
                continue
        named = self._named(word, await self._all())
        if len(named) > 1:
            lines = [f"{one.ref.id}  {one.ref.kind}" for one in named]
            raise ConfigError(several(word, lines))
        if not named:
            where = backend.scope.label
            raise NotFound(
                f"There is no workflow and no schedule with the id or name {word!r} in {where}",
                where=where,
                status=404,
                request_id=missing.request_id,
            )
        return named[0]

    def _named(self, word: str, every: Sequence[Workflow | Schedule]) -> list[Workflow | Schedule]:
        named = [one for one in every if one.name == word]
        return named or [one for one in every if one.name.casefold() == word.casefold()]

    async def _all(self) -> tuple[Workflow | Schedule, ...]:
        if self._listed is None:
            backend = self._reader.backend
            self._listed = (
                *await self._reader.all(backend.workflows()),
                *await self._reader.all(backend.schedules()),
            )
        return self._listed
