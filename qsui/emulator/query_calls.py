"""`/queries`: list, create, read, cancel, soft delete."""

import sqlite3

from starlette.responses import Response
from starlette.routing import Route

from qsui.emulator.adobe import Call, Service
from qsui.emulator.catalogue import UnknownTemplate, template_of, template_sql
from qsui.emulator.filters import query_fields
from qsui.emulator.ims import CALLER
from qsui.emulator.paging import Listing
from qsui.emulator.queries import Submission, substitute
from qsui.emulator.render import OPEN_STATES, QUERY_PATH
from qsui.emulator.replies import JsonReply, refused
from qsui.emulator.runs import wrap

_SOURCE = "queries q JOIN texts t ON t.seq = q.text"
_COLUMNS = "q.*, t.request, t.sql, t.effective_sql, t.template_name, t.datasets, t.created_dataset"


class QueryCalls:
    """Handlers for queries."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._store = service.world.store
        self._fields = query_fields(service.quirks)

    def routes(self) -> list[Route]:
        """The routes of this part."""
        wrap_call, path = self._service.endpoint, f"{QUERY_PATH}/queries"
        return [
            Route(path, wrap_call(self.list), methods=["GET"]),
            Route(path, wrap_call(self.create, body=True), methods=["POST"]),
            Route(f"{path}/{{id}}", wrap_call(self.read), methods=["GET"]),
            Route(f"{path}/{{id}}", wrap_call(self.patch, body=True), methods=["PATCH"]),
        ]

    def list(self, call: Call) -> Response:
        """`GET /queries`, without hidden and soft-deleted ones unless asked."""
        where = "q.sandbox = ?"
        if _flag(call, "excludeHidden"):
            where += " AND q.hidden = 0"
        if _flag(call, "excludeSoftDeleted"):
            where += " AND q.deleted = 0"
        listing = Listing(
            key="queries",
            path=f"{QUERY_PATH}/queries",
            source=_SOURCE,
            columns=_COLUMNS,
            times={"created": "q.created_us", "updated": "q.updated_us"},
            where=where,
            parameters=(call.sandbox,),
            fields=self._fields,
            default="-created",
            render=call.render.query,
            has_prev=True,
        )
        return JsonReply(self._service.pager.page(listing, call.query, call.render.base))

    def create(self, call: Call) -> Response:
        """`POST /queries`: accepted as SUBMITTED."""
        request = self._service.check_request(call.body)
        core = self._service.world.core
        try:
            template = template_of(core, call.sandbox, request)
        except UnknownTemplate as error:
            raise refused(400, str(error)) from error
        parameters = request.get("queryParameters", {})
        text = template_sql(template, request) if template is not None else request["sql"]
        query_id = self._service.world.queries.submit(
            Submission(
                sandbox=call.sandbox,
                request=request,
                sql=wrap(request, substitute(text, parameters)),
                user=CALLER,
                client="API",
                template_name=template["name"] if template is not None else None,
            )
        )
        return JsonReply(call.render.query(self._row(call.sandbox, query_id)), status_code=202)

    def read(self, call: Call) -> Response:
        """`GET /queries/{id}`."""
        return JsonReply(call.render.query(self._row(call.sandbox, call.path["id"])))

    def patch(self, call: Call) -> Response:
        """`PATCH /queries/{id}`: cancel, or soft delete."""
        row = self._row(call.sandbox, call.path["id"])
        operation = call.body.get("op") if isinstance(call.body, dict) else None
        if operation == "cancel":
            if row["state"] not in OPEN_STATES:
                raise refused(409, f"Query {row['id']} has already terminated")
            if not call.ignored:
                self._service.world.queries.cancel(row["id"])
            return self._service.accepted("Query cancel request received")
        if operation == "soft_delete":
            if not call.ignored:
                self._store.update("queries", {"id": row["id"]}, deleted=1)
            return self._service.accepted(
                "Query soft delete successful.", int(self._service.quirks["Q17"])
            )
        raise refused(400, "op must be cancel or soft_delete")

    def _row(self, sandbox: str, query_id: str) -> sqlite3.Row:
        row = self._store.one(
            f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE q.sandbox=? AND q.id=?",  # noqa: S608
            sandbox,
            query_id,
        )
        if row is None:
            raise refused(404, f"Query {query_id} not found")
        return row


def _flag(call: Call, name: str) -> bool:
    text = call.query.get(name, "true").lower()
    if text not in ("true", "false"):
        raise refused(400, f"{name} is true or false, not {text!r}")
    return text == "true"
