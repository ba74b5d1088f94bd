"""What every Query Service call has in common: who asks, in which sandbox, with what body."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from qsui.emulator.faults import FaultName, Faults
from qsui.emulator.ims import Login
from qsui.emulator.paging import Pager
from qsui.emulator.quirks import Quirks
from qsui.emulator.render import Renderer
from qsui.emulator.replies import JsonReply, problem, refused
from qsui.emulator.world import World


@dataclass(frozen=True, slots=True)
class Call:
    """One authorised request.

    `body` is the parsed JSON of a call that has one. `ignored` asks for the usual answer without
    its effect.
    """

    sandbox: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    render: Renderer
    ignored: bool


Handler = Callable[[Call], Response]
Endpoint = Callable[[Request], Any]


@dataclass(slots=True)
class Service:
    """The parts that calls work with."""

    world: World
    quirks: Quirks
    login: Login
    pager: Pager
    faults: Faults

    def endpoint(self, handler: Handler, *, body: bool = False) -> Endpoint:
        """Wrap a handler: check the headers, read the body (if it takes one), then call it."""

        async def answer(request: Request) -> Response:
            self.login.check(request.headers)
            sandbox = self.login.sandbox(request.headers)
            content = await read_json(request) if body else None
            ignored = request.method == "PATCH" and bool(
                self.faults.hit(FaultName.PATCH_IGNORED, request.url.path)
            )
            return handler(
                Call(
                    sandbox=sandbox,
                    path=request.path_params,
                    query=request.query_params,
                    body=content,
                    render=Renderer(self.quirks, self.world.clock, public_url(request)),
                    ignored=ignored,
                )
            )

        return answer

    def accepted(self, message: str, status: int = 202) -> Response:
        """A message with its status, as changes answer."""
        text = message.rstrip(".") + "." if self.quirks["Q19"] == "stops" else message
        return JsonReply({"message": text, "statusCode": status}, status_code=status)

    def sandboxes(self, request: Request) -> Response:
        """`GET /data/foundation/sandbox-management/`: needs no sandbox header."""
        self.login.check(request.headers)
        rows = self.world.store.rows("SELECT * FROM sandboxes ORDER BY rowid")
        sandboxes = [
            {
                "name": row["name"],
                "title": row["name"].capitalize(),
                "state": "active",
                "type": row["type"],
                "region": "VA7",
                "isDefault": row["name"] == "prod",
                "etag": 1,
                "createdDate": "2023-02-01 09:00:00",
                "lastModifiedDate": "2023-02-01 09:00:00",
                "createdBy": "system",
                "modifiedBy": "system",
            }
            for row in rows
        ]
        page = {"limit": 50, "count": len(sandboxes)}
        return JsonReply({"sandboxes": sandboxes, "_page": page, "_links": {}})

    def check_request(self, body: object) -> dict[str, Any]:
        """What to run (`dbName` with `sql` or `templateId`, and the optional parts), or a 400."""
        if not isinstance(body, dict):
            raise refused(400, "The request body must be a JSON object")
        database = body.get("dbName")
        if not isinstance(database, str) or not database.strip():
            raise refused(400, "dbName is missing")
        if self.quirks["Q25"] == "strict" and ":" not in database:
            raise refused(400, f"dbName {database!r} is not sandbox:database")
        template = body.get("templateId", body.get("templateID"))
        sql = body.get("sql")
        if template is None and (not isinstance(sql, str) or not sql.strip()):
            raise refused(400, "Malformed query: either sql or templateId is required")
        if template is not None and sql is not None:
            raise refused(400, "Malformed query: sql and templateId exclude each other")
        for name in ("queryParameters", "insertIntoParameters", "ctasParameters"):
            if body.get(name) is not None and not isinstance(body[name], dict):
                raise refused(400, f"{name} must be an object")
        for name in ("name", "description"):
            if body.get(name) is not None and not isinstance(body[name], str):
                raise refused(400, f"{name} must be a string")
        request = {name: value for name, value in body.items() if value is not None}
        if "templateID" in request:
            request["templateId"] = request.pop("templateID")
        return request


def public_url(request: Request) -> str:
    """Scheme, host and port as the client wrote them."""
    return f"{request.url.scheme}://{request.url.netloc}"


async def read_json(request: Request) -> object:
    """The JSON body of a request.

    Raises:
        Refusal: 400 for another content type or malformed JSON.
    """
    raw = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise problem(400, "BadRequestError", "A valid content-type must be specified")
    try:
        content = json.loads(raw)
        json.dumps(content, ensure_ascii=False).encode()  # half a surrogate pair cannot be stored
    except (ValueError, RecursionError) as error:
        raise refused(400, f"Malformed JSON payload: {error}") from error
    return content
