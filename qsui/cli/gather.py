"""What `qsui list` asks for, and reading a list until enough of its rows match."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from qsui.cli.find import find_schedule
from qsui.domain.errors import ConfigError, Rejected
from qsui.domain.filters import FilterError, parse
from qsui.domain.filters_fields import query_fields, template_fields
from qsui.domain.ports import EVERYTHING, QueryFilter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

    from qsui.cli.reading import Reader
    from qsui.domain.filters import Fields, Filter
    from qsui.domain.models import Query, Template
    from qsui.domain.ports import Page

T = TypeVar("T")

SKIPPED = "more rows share one time than the server shows on a page: some of them are missing"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the options of `list` ask for; `since` is aware UTC.

    `schedule` and `workflow` are ids or names.
    """

    where: str = ""
    since: datetime | None = None
    schedule: str = ""
    limit: int = 100
    full: bool = False
    workflow: str = ""

    def is_recent(self, *moments: datetime | None) -> bool:
        """Whether the latest of some moments is not before `since`; unknown ones do not count."""
        known = [moment for moment in moments if moment is not None]
        return self.since is None or (bool(known) and max(known) >= self.since)


@dataclass(frozen=True, slots=True)
class Gathered(Generic[T]):
    """The rows of a list, and whether there are no others."""

    rows: tuple[T, ...]
    complete: bool


def compile_where(text: str, fields: Fields[T]) -> Filter[T]:
    """Parse a filter.

    Raises:
        ConfigError: It cannot be read; the message points at the place.
    """
    try:
        return parse(text, fields)
    except FilterError as error:
        raise ConfigError(f"--where {text!r}, at {error.position + 1}: {error}") from error


async def scan(
    reader: Reader, pages: AsyncIterator[Page[T]], fits: Callable[[T], bool], wanted: Wanted
) -> Gathered[T]:
    """Read pages until one row more than wanted fits, the list ends, or the allowance is spent."""
    rows: list[T] = []
    seen = 0
    is_whole = False
    async for page in reader.pages(pages):
        is_whole = page.is_last
        for record in page.records:
            seen += 1
            if fits(record):
                rows.append(record)
                if len(rows) > wanted.limit:
                    return Gathered(tuple(rows[: wanted.limit]), complete=False)
        if not page.is_last and not wanted.full and not reader.tokens_left:
            reader.notes.append(f"stopped after {seen} records; --full or --since reads the rest")
            return Gathered(tuple(rows), complete=False)
    if not is_whole:
        reader.notes.append(SKIPPED)
    return Gathered(tuple(rows), complete=is_whole)


async def gather_queries(reader: Reader, wanted: Wanted) -> Gathered[Query]:
    """Read queries, newest first; what the server can filter by is left to it.

    A server that refuses the filter, or filters wrongly, is read without.
    """
    test = compile_where(wanted.where, query_fields())
    if wanted.schedule:
        wanted = replace(wanted, schedule=(await find_schedule(reader, wanted.schedule)).id)
    now = reader.now
    hints = test.hints(now)
    broad = QueryFilter(created_since=wanted.since, schedule_id=wanted.schedule or None)
    narrow = replace(
        broad,
        updated_since=hints.updated_since,
        created_since=later(wanted.since, hints.created_since),
        raw_state=hints.raw_state,
        schedule_id=broad.schedule_id or hints.schedule_id,
    )

    def fits(query: Query) -> bool:
        mine = not wanted.schedule or query.schedule_id == wanted.schedule
        return mine and wanted.is_recent(query.created_at) and test.matches(query, now)

    if narrow == EVERYTHING:
        return await scan(reader, reader.backend.queries(), fits, wanted)
    try:
        found = await scan(reader, reader.backend.queries(narrow), fits, wanted)
    except Rejected as error:
        reader.notes.append(f"{error} So the list was read without that filter.")
        return await scan(reader, reader.backend.queries(), fits, wanted)
    if found.rows or not await _filter_errs(reader, fits, by_state=narrow.raw_state is not None):
        return found
    reader.notes.append("the server's own filter finds nothing of it: read without")
    return await scan(reader, reader.backend.queries(), fits, wanted)


async def _filter_errs(reader: Reader, fits: Callable[[Query], bool], *, by_state: bool) -> bool:
    """Whether the newest queries show that a filter which finds nothing is wrong.

    They fit, or the server spells states in small letters, which it was not asked for.
    """
    async for page in reader.pages(reader.backend.queries(cap=100)):
        return any(
            fits(query) or (by_state and not query.raw_state.isupper()) for query in page.records
        )
    return False


async def gather_templates(reader: Reader, wanted: Wanted) -> Gathered[Template]:
    """Read query templates, newest first."""
    test = compile_where(wanted.where, template_fields())
    now = reader.now

    def fits(template: Template) -> bool:
        recent = wanted.is_recent(template.created_at, template.updated_at)
        return recent and test.matches(template, now)

    return await scan(reader, reader.backend.templates(), fits, wanted)


def later(one: datetime | None, other: datetime | None) -> datetime | None:
    """Return the later of two moments; `None` stands for no limit."""
    known = [moment for moment in (one, other) if moment is not None]
    return max(known, default=None)
