"""List and record calls: bytes to wire rows, page by page; unchanged first pages are recognised."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from collections import OrderedDict
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, Never, TypeVar

from qsui.backends import reading
from qsui.backends.adobe import bending, wire
from qsui.backends.adobe.convert import record_id
from qsui.backends.adobe.paging import Fetched, Params, Step, Walk
from qsui.backends.faults import Place, error_for, excerpt
from qsui.backends.times import parse_time
from qsui.backends.wire import Shape, Wire
from qsui.domain import run_ids
from qsui.domain.errors import ApiError, BadResponse, Rejected

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable
    from datetime import datetime

    from qsui.backends.adobe.transport import Transport
    from qsui.backends.transport import Answer

W = TypeVar("W", bound=Wire)
Read = TypeVar("Read")
Row = TypeVar("Row", bound=wire.RecordWire)

_REMEMBERED = 8


@dataclass(frozen=True, slots=True)
class WirePage(Generic[Row]):
    """A page of unseen rows; see `domain.ports.Page` for what the fields mean."""

    rows: tuple[Row, ...]
    is_last: bool
    bad: int = 0
    unchanged: bool = False


@dataclass(frozen=True, slots=True)
class ListCall(Generic[Row]):
    """One list: where it is, what to call it, how its rows travel, what to filter by.

    With `remember`, a first page whose body is the same as at the last call with the same
    parameters comes as `unchanged`, without being parsed. `by_slot` shows rows by the time in their
    id, which for runs is more to be trusted than `created`.
    """

    path: tuple[str, ...]
    what: str
    shape: Shape[Row]
    order: str = "created"
    filters: Params = ()
    cap: int | None = None
    limit: int = 100
    remember: bool = False
    empty_on_404: bool = True
    by_slot: bool = False


@dataclass(frozen=True, slots=True)
class _FirstPage:
    """A first page as it was: enough to tell that it did not change, and to walk on from it.

    `end` is its step without the records.
    """

    digest: bytes
    ids: frozenset[str]
    end: Step[Never]


class _SameAsBeforeError(Exception):
    """The first page of a walk has not changed."""


class Lists:
    """Reads lists and records of one scope over its transport."""

    def __init__(self, transport: Transport, *, where: str, sandbox: str) -> None:
        self._transport = transport
        self._where = where
        self._sandbox = sandbox
        self._first_pages: OrderedDict[tuple[tuple[str, ...], Params], _FirstPage] = OrderedDict()
        self._ways: dict[tuple[str, frozenset[str]], int] = {}
        self._largest: dict[str, int] = {}

    async def pages(self, call: ListCall[Row]) -> AsyncGenerator[WirePage[Row], None]:
        """Yield the pages of a list until its end or its cap.

        A filter that the server refuses is said in other words, and what it accepted is remembered.
        Rows may then come that do not match.
        """
        ways = _ways(call)
        key = (call.path[-1], bending.fields_of(call.filters))
        first = min(self._ways.get(key, 0), len(ways) - 1)
        for number in range(first, len(ways)):
            way, since = ways[number]
            has_begun = False
            try:
                async with aclosing(self._pages(way)) as pages:
                    async for page in pages:
                        has_begun = True
                        self._ways[key] = number
                        kept = page if since is None else _back_to(since, page, call.order)
                        yield kept
                        if kept is not page:
                            return
            except Rejected:
                if has_begun or number == len(ways) - 1:
                    raise
            else:
                return

    async def _pages(self, call: ListCall[Row]) -> AsyncGenerator[WirePage[Row], None]:
        digests: list[bytes] = []
        before: _FirstPage | None = None

        async def fetch(params: Params) -> Fetched[Row]:
            answer, size = await self._asked(call, params)
            if call.remember and not digests:
                digests.append(hashlib.sha256(answer.body).digest())
                if before is not None and before.digest == digests[0]:
                    raise _SameAsBeforeError
            page = self.readable(answer, call.what, lambda a: reading.read_page(a, call.shape))
            return Fetched(page.rows, page.bad, page.next_link, page.next_start, size)

        walk = _walk(call, fetch)
        key = (call.path, walk.first_params())
        before = self._first_pages.get(key) if call.remember else None
        with suppress(_SameAsBeforeError):
            async with aclosing(self._steps(walk, key, call, digests)) as pages:
                async for page in pages:
                    yield page
            return
        if before is not None:
            async with aclosing(_continued(walk, before)) as pages:
                async for page in pages:
                    yield page

    async def _asked(self, call: ListCall[Row], params: Params) -> tuple[Answer, int]:
        """Ask for a page, for a smaller one if the size is refused; and how many rows that is."""
        name = call.path[-1]
        sizes = bending.page_sizes(params, self._largest.get(name, sys.maxsize))
        for size in sizes:
            try:
                answer = await self._transport.query_service(
                    call.path,
                    bending.with_size(params, size),
                    what=call.what,
                    empty_on_404=call.empty_on_404,
                )
            except Rejected as error:
                if size == sizes[-1] or not bending.may_be_about_size(error, params):
                    raise
            else:
                if size != sizes[0]:
                    self._largest[name] = size
                return answer, size
        raise AssertionError("there is always a size")

    async def _steps(
        self,
        walk: Walk[Row],
        key: tuple[tuple[str, ...], Params],
        call: ListCall[Row],
        digests: list[bytes],
    ) -> AsyncGenerator[WirePage[Row], None]:
        is_first = True
        async with aclosing(walk.steps()) as steps:
            try:
                async for step in steps:
                    if is_first and call.remember:
                        ids = frozenset(record_id(row) for row in step.records)
                        self._remember(key, _FirstPage(digests[0], ids, _emptied(step)))
                    is_first = False
                    yield WirePage(step.records, step.is_last, step.bad)
            except (ApiError, asyncio.CancelledError):
                self._first_pages.pop(key, None)  # the caller may drop what it has of this walk
                raise

    def _remember(self, key: tuple[tuple[str, ...], Params], page: _FirstPage) -> None:
        self._first_pages[key] = page
        self._first_pages.move_to_end(key)
        while len(self._first_pages) > _REMEMBERED:
            self._first_pages.popitem(last=False)

    async def record(self, path: tuple[str, ...], what: str, shape: Shape[W]) -> W:
        """Read one record; raises `NotFound`."""
        answer = await self._transport.query_service(path, what=what)
        return self.readable(answer, what, lambda a: reading.read_record(a, shape))

    def readable(self, answer: Answer, what: str, read: Callable[[Answer], Read]) -> Read:
        """Read an answer, or raise the `ApiError` that says why it cannot be read."""
        try:
            return read(answer)
        except reading.UnreadableError as error:
            host = self._transport.host
            if error.status:
                place = Place(host, self._where, self._sandbox, what)
                raise error_for(
                    error.status, answer.body, place, request_id=answer.request_id
                ) from error
            raise BadResponse(
                f"{host} was asked for {what} and {error}",
                where=self._where,
                status=answer.status,
                request_id=answer.request_id,
                detail=excerpt(error.detail),
            ) from error


def _ways(call: ListCall[Row]) -> list[tuple[ListCall[Row], datetime | None]]:
    """Return the ways to ask for a list, the documented one first, and where to stop by oneself."""
    ways: list[tuple[ListCall[Row], datetime | None]] = [(call, None)]
    strict = bending.with_strict_signs(call.filters)
    if strict is not None:
        ways.append((replace(call, filters=strict), None))
    bare = bending.without_filter(call.filters, call.order)
    if bare is not None:
        ways.append((replace(call, filters=bare[0], remember=False), bare[1]))
    return ways


def _back_to(since: datetime, page: WirePage[Row], order: str) -> WirePage[Row]:
    """Return the page, or, if the list goes beyond a moment there, what of it does not."""
    rows = tuple(row for row in page.rows if not _is_before(since, row, order))
    return page if len(rows) == len(page.rows) else WirePage(rows, is_last=True, bad=page.bad)


def _is_before(since: datetime, row: wire.RecordWire, order: str) -> bool:
    moment = parse_time(row.updated if order == "updated" else row.created)
    return moment is not None and moment < since


def _walk(call: ListCall[Row], fetch: Callable[[Params], Awaitable[Fetched[Row]]]) -> Walk[Row]:
    def time_of(row: Row) -> datetime | None:
        return parse_time(row.updated if call.order == "updated" else row.created)

    def slot_time_of(row: Row) -> datetime | None:
        return run_ids.slot_of(run_ids.decoded(row.id or "")) or time_of(row)

    return Walk(
        fetch,
        record_id,
        time_of,
        order=call.order,
        params=call.filters,
        cap=call.cap,
        limit=call.limit,
        sort_time_of=slot_time_of if call.by_slot else None,
    )


async def _continued(walk: Walk[Row], before: _FirstPage) -> AsyncGenerator[WirePage[Row], None]:
    """Yield a first page as unchanged, then walk on from it."""
    end = before.end
    yield WirePage((), end.is_last, unchanged=True)
    if end.is_last or end.onward is None or len(before.ids) >= (walk.cap or sys.maxsize):
        return
    steps = walk.steps(onward=end.onward, seen=before.ids, is_guess=end.is_guess)
    async with aclosing(steps):
        async for step in steps:
            yield WirePage(step.records, step.is_last, step.bad)


def _emptied(step: Step[Row]) -> Step[Never]:
    return Step((), step.is_last, onward=step.onward, is_guess=step.is_guess)
