"""Query Service as the ports want it: reads and writes of one profile and sandbox."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, TypeVar

from qsui.backends import reading
from qsui.backends.accepting import read_accepted
from qsui.backends.adobe import wire
from qsui.backends.adobe.checks import check_connection
from qsui.backends.adobe.convert import query_of, run_of, sandbox_of, schedule_of, template_of
from qsui.backends.adobe.filter_params import filter_params
from qsui.backends.adobe.lists import ListCall, Lists
from qsui.backends.adobe.paging import Params, overlay
from qsui.backends.adobe.run_errors import RunErrors
from qsui.backends.adobe.transport import Transport
from qsui.backends.adobe.writing import Writer, offers, thing_of
from qsui.backends.headers import scope_headers
from qsui.backends.options import check_url, gateway_url, scope_key
from qsui.domain import run_ids
from qsui.domain.errors import NotFound
from qsui.domain.models import Kind, Scope
from qsui.domain.ports import EVERYTHING, Page

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence
    from datetime import timedelta

    import httpx

    from qsui.backends.checks import Check
    from qsui.backends.options import ConnectionOptions
    from qsui.domain.actions import Action, Verb
    from qsui.domain.models import Query, Ref, Run, Sandbox, Schedule, Template
    from qsui.domain.ports import Accepted, Clock, ErrorFound, Outgoing, QueryFilter, TokenInfo

_SANDBOXES = "/data/foundation/sandbox-management/"
_MOST_SANDBOX_PAGES = 20
_CHANGE_ORDER = "updated"
_PATHS = {Kind.SCHEDULE: "schedules", Kind.QUERY: "queries", Kind.TEMPLATE: "query-templates"}

Row = TypeVar("Row", bound=wire.RecordWire)
R = TypeVar("R")


class AdobeBackend:
    """One Query Service scope; meets `QueryServiceBackend`.

    `inner` replaces the network (tests).

    Raises:
        ConfigError: An option cannot work; the message names the setting.
    """

    def __init__(
        self,
        options: ConnectionOptions,
        clock: Clock,
        *,
        inner: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        check_url(options.base_url, "base_url", allow_http=options.allow_http)
        key = scope_key(options.backend, options.base_url, options.org_id, options.sandbox)
        self._scope = Scope(options.profile, options.sandbox.strip(), key)
        label = self._scope.label
        self._transport = Transport(options, clock, where=label, inner=inner)
        self._lists = Lists(self._transport, where=label, sandbox=self._scope.sandbox)
        self._run_errors = RunErrors(self, self._scope)
        self._writer = Writer(gateway_url(options.base_url), self._scope, scope_headers(options))

    @property
    def scope(self) -> Scope:
        """Profile and sandbox."""
        return self._scope

    @property
    def token(self) -> TokenInfo:
        """The state of the bearer token."""
        return self._transport.token

    @property
    def server_offset(self) -> timedelta:
        """Server time minus local time, to about a second; zero until an answer came."""
        return self._transport.server_offset

    def on_request(self, callback: Callable[[str], None]) -> None:
        """Call back with `METHOD path` for every request that leaves, retries and token too."""
        self._transport.on_request(callback)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    async def check(self) -> tuple[Check, ...]:
        """Try token, sandbox, schedules and queries with one cheap call each; never raises."""
        return await check_connection(self, self._transport)

    async def schedules(
        self, *, newest_change_first: bool = False, cap: int | None = None
    ) -> AsyncGenerator[Page[Schedule], None]:
        """Yield pages, newest first by creation, or by change."""
        call = ListCall(
            ("schedules",),
            "the list of schedules",
            wire.SCHEDULES,
            order=_CHANGE_ORDER if newest_change_first else "created",
            cap=cap,
            remember=newest_change_first,
        )
        async with aclosing(self._pages(call, lambda row: schedule_of(row, self._scope))) as pages:
            async for page in pages:
                yield page

    async def schedule(self, id: str) -> Schedule:
        """Read one with its whole SQL; raises `NotFound`."""
        row = await self._lists.record(("schedules", id), "that schedule", wire.SCHEDULES)
        return schedule_of(row, self._scope, whole=True)

    async def runs(
        self, schedule_id: str, *, cap: int | None = None, limit: int = 100
    ) -> AsyncGenerator[Page[Run], None]:
        """Yield pages, newest slot first; raises `NotFound` if the schedule is gone.

        Servers that answer an empty list with 404 are asked for the schedule itself.
        """
        call = ListCall(
            ("schedules", schedule_id, "runs"),
            "the runs of that schedule",
            wire.RUNS,
            cap=cap,
            limit=limit,
            empty_on_404=False,
            by_slot=True,
        )
        has_begun = False
        try:
            async with aclosing(
                self._pages(call, lambda row: run_of(row, self._scope, schedule_id))
            ) as pages:
                async for page in pages:
                    has_begun = True
                    yield page
        except NotFound:
            if has_begun:
                raise
            await self.schedule(schedule_id)
            yield Page((), is_last=True)

    async def run(self, schedule_id: str, run_id: str) -> Run:
        """Read one with its tasks; `run_id` may be given encoded or decoded."""
        path = ("schedules", schedule_id, "runs", run_ids.encoded(run_id))
        row = await self._lists.record(path, "that run", wire.RUNS)
        return run_of(row, self._scope, schedule_id, whole=True)

    async def run_error(self, run: Run, schedule_sql: str = "") -> ErrorFound | None:
        """Find the error behind a failed run; `None` if no query can be matched."""
        return await self._run_errors.find(run, schedule_sql)

    async def queries(
        self,
        where: QueryFilter = EVERYTHING,
        *,
        newest_change_first: bool = False,
        cap: int | None = None,
    ) -> AsyncGenerator[Page[Query], None]:
        """Yield pages, newest first by creation, or by change."""
        call = ListCall(
            ("queries",),
            "the list of queries",
            wire.QUERIES,
            order=_CHANGE_ORDER if newest_change_first else "created",
            filters=filter_params(where),
            cap=cap,
            remember=newest_change_first,
        )
        async with aclosing(self._pages(call, lambda row: query_of(row, self._scope))) as pages:
            async for page in pages:
                yield page

    async def query(self, id: str) -> Query:
        """Read one with its whole SQL; raises `NotFound`."""
        return query_of(await self.query_row(id), self._scope, whole=True)

    async def templates(self, *, cap: int | None = None) -> AsyncGenerator[Page[Template], None]:
        """Yield pages, newest first."""
        call = ListCall(("query-templates",), "the list of templates", wire.TEMPLATES, cap=cap)
        async with aclosing(self._pages(call, lambda row: template_of(row, self._scope))) as pages:
            async for page in pages:
                yield page

    async def template(self, id: str) -> Template:
        """Read one; raises `NotFound`."""
        row = await self._lists.record(("query-templates", id), "that template", wire.TEMPLATES)
        return template_of(row, self._scope)

    async def sandboxes(self) -> tuple[Sandbox, ...]:
        """Read all that the caller may use; raises `Forbidden` if the list may not be read."""
        what = "the list of sandboxes"
        found: dict[str, Sandbox] = {}
        params: Params | None = ()
        for _page in range(_MOST_SANDBOX_PAGES):
            if params is None:
                break
            answer = await self._transport.gateway(_SANDBOXES, params, what=what)
            page = self._lists.readable(
                answer, what, lambda a: reading.read_page(a, wire.SANDBOXES)
            )
            known = len(found)
            for row in page.rows:
                if row.name:
                    found.setdefault(row.name, sandbox_of(row))
            onward = overlay(params, page.next_link, 1000) if len(found) > known else None
            params = onward if onward != params else None
        return tuple(found.values())

    async def raw(self, ref: Ref) -> bytes:
        """Return the body of the record's detail call, untouched."""
        if ref.kind is Kind.RUN:
            path: tuple[str, ...] = ("schedules", ref.parent, "runs", run_ids.encoded(ref.id))
        else:
            path = (_PATHS[ref.kind], ref.id)
        answer = await self._transport.query_service(path, what=f"that {ref.kind.value}")
        return answer.body

    def offers(self, verb: Verb, kind: Kind) -> str:
        """Return why Query Service cannot do a verb on such records at all; empty if it can."""
        return offers(verb, kind)

    def outgoing(self, action: Action) -> tuple[Outgoing, ...]:
        """Return the writes that an action is made of, in order.

        Deleting a schedule is two: leave out the first, which turns it off, if it is off.

        Raises:
            ConfigError: Query Service cannot do it, or the target is of another scope.
        """
        return self._writer.outgoing(action)

    async def send(self, outgoing: Outgoing) -> Accepted:
        """Send one write, once, over a connection of its own; see `SendsActions.send`.

        A task that is cancelled meanwhile ends with `CancelledError`, which does not tell whether
        the request left: count it as unknown.
        """
        answer = await self._transport.send(outgoing, thing=thing_of(outgoing))
        return read_accepted(answer, outgoing.method, self._transport.place(outgoing.what))

    async def query_rows(self, conditions: Sequence[str], cap: int) -> list[wire.QueryWire]:
        """Read queries that meet all conditions, newest first, deleted ones too.

        Others may be among them: a server may ignore a filter, or refuse it.
        """
        call = ListCall(
            ("queries",),
            "the queries of a run",
            wire.QUERIES,
            filters=(("property", ",".join(conditions)), ("excludeSoftDeleted", "false")),
            cap=cap,
            limit=100,
        )
        rows: list[wire.QueryWire] = []
        async with aclosing(self._lists.pages(call)) as pages:
            async for page in pages:
                rows.extend(page.rows)
        return rows

    async def query_row(self, id: str) -> wire.QueryWire:
        """Read one query as the wire has it; raises `NotFound`."""
        return await self._lists.record(("queries", id), "that query", wire.QUERIES)

    async def schedule_sql(self, id: str) -> str:
        """Read a schedule's whole SQL; raises `NotFound`."""
        return (await self.schedule(id)).sql

    async def _pages(
        self, call: ListCall[Row], convert: Callable[[Row], R]
    ) -> AsyncGenerator[Page[R], None]:
        async with aclosing(self._lists.pages(call)) as pages:
            async for page in pages:
                records = tuple(convert(row) for row in page.rows)
                yield Page(records, page.is_last, page.bad, page.unchanged)
