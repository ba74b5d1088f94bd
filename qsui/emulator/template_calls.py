"""`/query-templates`: list, count, create, read, replace, delete."""

import sqlite3
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from qsui.emulator.adobe import Call, Service
from qsui.emulator.catalogue import add_template
from qsui.emulator.filters import COUNT_FIELDS, TEMPLATE_FIELDS, condition
from qsui.emulator.ims import CALLER
from qsui.emulator.paging import Listing
from qsui.emulator.render import QUERY_PATH
from qsui.emulator.replies import JsonReply, refused
from qsui.emulator.store import dumps

_PATH = f"{QUERY_PATH}/query-templates"


class TemplateCalls:
    """Handlers for query templates."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._store = service.world.store

    def routes(self) -> list[Route]:
        """The routes of this part; `count` comes before the ids."""
        wrap_call = self._service.endpoint
        return [
            Route(_PATH, wrap_call(self.list), methods=["GET"]),
            Route(_PATH, wrap_call(self.create, body=True), methods=["POST"]),
            Route(f"{_PATH}/count", wrap_call(self.count), methods=["GET"]),
            Route(f"{_PATH}/{{id}}", wrap_call(self.read), methods=["GET"]),
            Route(f"{_PATH}/{{id}}", wrap_call(self.replace, body=True), methods=["PUT"]),
            Route(f"{_PATH}/{{id}}", wrap_call(self.delete), methods=["DELETE"]),
        ]

    def list(self, call: Call) -> Response:
        """`GET /query-templates`."""
        listing = Listing(
            key="templates",
            path=_PATH,
            source="templates p",
            columns="p.*",
            times={"created": "p.created_us", "updated": "p.updated_us"},
            where="p.sandbox = ? AND p.deleted = 0",
            parameters=(call.sandbox,),
            fields=TEMPLATE_FIELDS,
            default="-created",
            render=call.render.template,
            has_prev=True,
        )
        return JsonReply(self._service.pager.page(listing, call.query, call.render.base))

    def count(self, call: Call) -> Response:
        """`GET /query-templates/count`."""
        clause, values = condition(call.query.get("property"), COUNT_FIELDS)
        where = f"p.sandbox=? AND p.deleted=0 AND {clause}"
        row = self._store.one(
            f"SELECT count(*) AS n FROM templates p WHERE {where}",  # noqa: S608
            call.sandbox,
            *values,
        )
        return JsonReply({"totalCount": row["n"] if row else 0, "version": 1})

    def create(self, call: Call) -> Response:
        """`POST /query-templates`."""
        name, sql, parameters = _content(call.body)
        template_id = add_template(
            self._service.world.core,
            call.sandbox,
            name=name,
            sql=sql,
            parameters=parameters,
            user=CALLER,
            created_us=self._service.world.core.now_ms_us(),
        )
        return JsonReply(
            call.render.template(self._row(call.sandbox, template_id)), status_code=202
        )

    def read(self, call: Call) -> Response:
        """`GET /query-templates/{id}`."""
        return JsonReply(call.render.template(self._row(call.sandbox, call.path["id"])))

    def replace(self, call: Call) -> Response:
        """`PUT /query-templates/{id}`: overwrites everything."""
        row = self._row(call.sandbox, call.path["id"])
        name, sql, parameters = _content(call.body)
        self._store.update(
            "templates",
            {"id": row["id"]},
            name=name,
            sql=sql,
            parameters=dumps(parameters),
            last_user=CALLER,
            updated_us=self._service.world.core.now_ms_us(),
        )
        return JsonReply(call.render.template(self._row(call.sandbox, row["id"])), status_code=202)

    def delete(self, call: Call) -> Response:
        """`DELETE /query-templates/{id}`."""
        row = self._row(call.sandbox, call.path["id"])
        self._store.update("templates", {"id": row["id"]}, deleted=1)
        return self._service.accepted("Deleted", int(self._service.quirks["Q18"]))

    def _row(self, sandbox: str, template_id: str) -> sqlite3.Row:
        row = self._store.one(
            "SELECT * FROM templates WHERE sandbox=? AND id=? AND deleted=0", sandbox, template_id
        )
        if row is None:
            raise refused(404, f"Query template {template_id} not found")
        return row


def _content(body: object) -> tuple[str, str, dict[str, Any]]:
    """Name, SQL and parameters of a template, or a 400."""
    if not isinstance(body, dict):
        raise refused(400, "The request body must be a JSON object")
    for field in ("name", "sql"):
        if not isinstance(body.get(field), str) or not body[field].strip():
            raise refused(400, f"{field} is missing")
    parameters = body.get("queryParameters") or {}
    if not isinstance(parameters, dict):
        raise refused(400, "queryParameters must be an object")
    return body["name"], body["sql"], parameters
