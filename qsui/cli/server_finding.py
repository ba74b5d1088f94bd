"""Which workflow is meant by what was typed; ids are opaque, so a word is first tried as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.cli.find import several
from qsui.domain.errors import BadResponse, ConfigError, NotFound, Rejected, ServerError

if TYPE_CHECKING:
    from qsui.cli.reading import ServerReader
    from qsui.domain.jobs import Workflow


async def find_workflow(reader: ServerReader, word: str) -> Workflow:
    """Return the workflow of that id, else the only one of that name, whole.

    Raises:
        NotFound: There is none.
        ConfigError: Several have that name; lists them.
    """
    missing: Exception
    try:
        return await reader.call(lambda: reader.backend.workflow(word))
    except (NotFound, Rejected, ServerError, BadResponse) as error:
        missing = error
    named = await workflows_named(reader, word)
    if len(named) > 1:
        raise ConfigError(several(word, [f"{one.id}  {one.owner}".rstrip() for one in named]))
    if named:
        return await reader.call(lambda: reader.backend.workflow(named[0].id))
    if isinstance(missing, NotFound):
        raise NotFound(
            f"There is no workflow with the id or name {word!r} in {reader.backend.scope.label}",
            where=reader.backend.scope.label,
            status=404,
            request_id=missing.request_id,
        ) from missing
    raise missing


async def workflows_named(reader: ServerReader, word: str) -> list[Workflow]:
    """Return the workflows of that name, else those that differ in case only."""
    listed = await reader.all(reader.backend.workflows())
    named = [one for one in listed if one.name == word]
    return named or [one for one in listed if one.name.casefold() == word.casefold()]
