"""Which schedule or run is meant by what was typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.domain.errors import BadResponse, ConfigError, NotFound, Rejected, ServerError

if TYPE_CHECKING:
    from pathlib import Path

    from qsui.cli.reading import AnyReader
    from qsui.domain.models import Schedule, Scope

LISTED = 10


async def find_schedule(reader: AnyReader, word: str) -> Schedule:
    """Return the schedule of that id, else the only one of that name, with its whole SQL.

    Raises:
        NotFound: There is none.
        ConfigError: Several have that name; lists them.
    """
    return await Finder(reader).find(word)


class Finder:
    """Finds several schedules and reads the list for their names once at most."""

    def __init__(self, reader: AnyReader) -> None:
        self._reader = reader
        self._listed: list[Schedule] | None = None
        self._found: dict[str, Schedule] = {}

    async def find(self, word: str) -> Schedule:
        """Return the schedule of that id or name; raises as `find_schedule` does."""
        if word not in self._found:
            self._found[word] = await self._find(word)
        return self._found[word]

    async def _find(self, word: str) -> Schedule:
        reader = self._reader
        missing: Exception
        try:
            return await reader.call(lambda: reader.backend.schedule(word))
        except (NotFound, Rejected, ServerError, BadResponse) as error:
            # Servers answer an id that cannot be one in several ways; a name is no id.
            missing = error
        named = await self._named(word)
        if len(named) > 1:
            raise ConfigError(several(word, [f"{s.id}  {s.state.value}" for s in named]))
        if named:
            return await reader.call(lambda: reader.backend.schedule(named[0].id))
        if isinstance(missing, NotFound):
            raise NotFound(
                f"There is no schedule with the id or name {word!r} in "
                f"{reader.backend.scope.label}",
                where=reader.backend.scope.label,
                status=404,
                request_id=missing.request_id,
            ) from missing
        raise missing

    async def _named(self, word: str) -> list[Schedule]:
        if self._listed is None:
            self._listed = await self._reader.all(self._reader.backend.schedules())
        named = [schedule for schedule in self._listed if schedule.name == word]
        return named or [s for s in self._listed if s.name.casefold() == word.casefold()]


def split_run(text: str, schedule: str) -> tuple[str, str] | None:
    """Return (schedule, run id) of `RUN` with `--schedule`, or of `SCHEDULE/RUN`, else `None`."""
    if schedule:
        return schedule, text.removeprefix(f"{schedule}/")
    parent, slash, run_id = text.rpartition("/")
    return (parent, run_id) if slash and parent and run_id else None


def remembered_run(text: str, folder: Path, scope: Scope) -> tuple[str, str]:
    """Return (schedule, run id) of the only run of that id, encoded or decoded, in `history.db`.

    Raises:
        ConfigError: None is known, or several are.
    """
    from qsui.cli.compose import open_history
    from qsui.domain.run_ids import encoded

    history = open_history(folder)
    try:
        known = {
            ref.parent: ref.id
            for id in dict.fromkeys((text, encoded(text)))
            for ref in history.find_run(scope, id)
        }
    finally:
        history.close()
    if len(known) == 1:
        return next(iter(known.items()))
    if known:
        raise ConfigError(several(text, [f"{parent}/{id}" for parent, id in known.items()]))
    raise ConfigError(
        f"a run's id does not say whose it is: add --schedule, or write SCHEDULE/{text}"
    )


def several(word: str, lines: list[str]) -> str:
    """Say that a word means several records, and which."""
    listed = "\n  ".join(lines[:LISTED])
    more = f"\n  and {len(lines) - LISTED} more" if len(lines) > LISTED else ""
    return f"{word!r} means several; name one by its id:\n  {listed}{more}"
