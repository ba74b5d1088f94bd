"""A small Query Service made from its published descriptions alone, with habits to choose.

It shares no code with the program and none with the emulator: what both of those misread in the
same way fails here.
"""

from __future__ import annotations

import gzip
import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from tests.foreign import facts
from tests.foreign.filtering import RefusedError, passes
from tests.foreign.spelling import (
    Habits,
    Json,
    iso,
    query_json,
    run_json,
    schedule_json,
    template_json,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.foreign.writing import Desk

QUERY_PATH = "/data/foundation/query"
SECRET = "a-secret-of-theirs"
HEADERS = ("authorization", "x-api-key", "x-gw-ims-org-id", "x-sandbox-name")
PARAMETERS = {
    "queries": {
        "orderby",
        "limit",
        "start",
        "property",
        "excludeSoftDeleted",
        "excludeHidden",
        "isPrevLink",
    },
    "schedules": {"orderby", "limit", "start", "property"},
    "runsSchedules": {"orderby", "limit", "start", "property"},
    "templates": {"orderby", "limit", "start", "property", "isPrevLink"},
}


class ReplyError(Exception):
    """An answer that is not 200, with its body (`None`: empty)."""

    def __init__(self, status: int, body: Json | None = None) -> None:
        super().__init__(str(status))
        self.status = status
        self.body = body


@dataclass
class Foreign:
    """A server that answers at `base` while its context is open."""

    habits: Habits
    origin: str
    now: Callable[[], datetime] = lambda: facts.NOW
    desk: Desk | None = None
    seen: list[str] = field(default_factory=list)
    busy: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    schedules: list[facts.Schedule] = field(default_factory=lambda: list(facts.SCHEDULES))
    queries: list[facts.Query] = field(default_factory=lambda: list(facts.QUERIES))
    templates: list[facts.Template] = field(default_factory=lambda: list(facts.TEMPLATES))
    runs: dict[str, list[facts.Run]] = field(
        default_factory=lambda: {id: list(runs) for id, runs in facts.RUNS.items()}
    )

    @property
    def base(self) -> str:
        """What links begin with."""
        host = self.habits.odd_host or self.origin
        return f"{host}{self.habits.prefix}{QUERY_PATH}"

    @property
    def env(self) -> dict[str, str]:
        """The variables that make a profile of this server."""
        return {
            "QSUI_BASE_URL": f"{self.origin}{self.habits.prefix}",
            "QSUI_TOKEN_URL": f"{self.origin}/ims/token/v3",
            "QSUI_CLIENT_ID": "their-client",
            "QSUI_CLIENT_SECRET": SECRET,
            "QSUI_ORG_ID": facts.ORG,
            "QSUI_SANDBOX": "prod",
        }

    def answer(self, path: str, query: str, headers: dict[str, str]) -> Json:
        """Answer a GET; raises `ReplyError` for anything but 200."""
        if not path.startswith(self.habits.prefix):
            raise ReplyError(404, {"error_code": "404000", "message": "no Route matched"})
        path = path.removeprefix(self.habits.prefix)
        if path.startswith("/data/foundation/sandbox-management"):
            return self._sandboxes()
        if not path.startswith(QUERY_PATH + "/"):
            raise ReplyError(404, {"error_code": "404000", "message": "no Route matched"})
        if missing := [name for name in HEADERS if not headers.get(name)]:
            raise ReplyError(422 if self.habits.strict else 400, problem(f"missing {missing}", 422))
        parts = [unquote(part) for part in path.removeprefix(QUERY_PATH + "/").split("/")]
        parameters = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)))
        if self.desk is not None:
            self.desk.settle()
        match parts:
            case ["schedules"]:
                return self._list(
                    "schedules", self._listed(self.schedules), self.schedule, parameters
                )
            case ["queries"]:
                return self._list("queries", self._listed(self.queries), self.query, parameters)
            case ["query-templates"]:
                templates = self._listed(self.templates)
                return self._list("templates", templates, self._template, parameters)
            case ["schedules", id, "runs"]:
                self.one(self.schedules, id)
                runs = self.runs.get(id, [])
                return self._list("runsSchedules", runs, self._run, parameters)
            case ["schedules", id]:
                return self.schedule(self.one(self.schedules, id))
            case ["queries", id]:
                return self.query(self.one(self.queries, id))
            case ["query-templates", id]:
                return self._template(self.one(self.templates, id))
            case ["schedules", id, "runs", run_id]:
                run = self.one(self.runs.get(id, []), run_id)
                return run_json(self.habits, run, self.base, whole=True)
        raise ReplyError(404, {"message": "no such resource", "statusCode": 404})

    def token(self) -> tuple[int, Json]:
        """Answer the token call."""
        lasts = {"ms": 86_399_992, "string": "86399", "bare": None}.get(self.habits.token, 86_399)
        body: Json = {"access_token": "their.to.ken", "token_type": "bearer", "expires_in": lasts}
        if self.habits.token == "bare":
            body = {"access_token": "their-token"}
        return (201 if self.habits.token == "created" else 200), body

    def schedule(self, row: Any) -> Json:
        return schedule_json(self.habits, row, self.base)

    def query(self, row: Any) -> Json:
        return query_json(self.habits, row, self.base)

    def _template(self, row: Any) -> Json:
        return template_json(self.habits, row)

    def _run(self, row: Any) -> Json:
        return run_json(self.habits, row, self.base, whole=False)

    def _listed(self, rows: Sequence[Any]) -> list[Any]:
        """What lists show: a deleted record may be left out of them alone."""
        gone = self.desk.unlisted if self.desk is not None else ()
        return [row for row in rows if row.id not in gone]

    def one(self, rows: Sequence[Any], id: str) -> Any:
        """Find a row; a deleted record may be missing here alone."""
        gone = self.desk.unreadable if self.desk is not None else ()
        for row in rows:
            if row.id == id and id not in gone:
                return row
        body = {"message": f"{id} not found", "statusCode": 404}
        raise ReplyError(404, None if self.habits.sparse else body)

    def _sandboxes(self) -> Json:
        if self.habits.sandboxes != 200:
            raise ReplyError(self.habits.sandboxes, {"error_code": "403000", "message": "no"})
        rows = [
            {"name": "prod", "title": "Prod", "state": "active", "type": "production"},
            {"name": "dev", "title": "Dev", "state": "active", "type": "development"},
        ]
        return {"sandboxes": rows, "_page": {"limit": 50, "count": 2}, "_links": {}}

    def _list(
        self, key: str, rows: Sequence[Any], spell: Callable[[Any], Json], given: dict[str, str]
    ) -> Json:
        """Answer a list call: filter, order, cut, and say where it goes on."""
        habits = self.habits
        if habits.strict and (unknown := set(given) - PARAMETERS[key]):
            raise ReplyError(400, problem(f"unknown parameters {sorted(unknown)}", 400))
        limit = given.get("limit", "20")
        if not limit.isdigit() or int(limit) > (habits.largest or 1000):
            raise ReplyError(400, {"message": "limit is out of range", "statusCode": 400})
        size = habits.page_size or int(limit)
        order = given.get("orderby", "+created" if habits.oldest_first else "-created")
        descending, by = order.startswith("-"), order.lstrip("+- ")
        if by not in ("created", "updated"):
            raise ReplyError(400, problem("orderby", 400))

        def value(row: Any) -> datetime:
            stamp = getattr(row, by, None) or getattr(row, "created", None) or row.slot
            assert isinstance(stamp, datetime)
            return stamp.replace(microsecond=stamp.microsecond // 1000 * 1000)

        try:
            kept = [] if habits.is_empty else [r for r in rows if passes(habits, key, given, r)]
        except RefusedError as error:
            raise ReplyError(400, problem(str(error), 400)) from error
        kept.sort(key=value, reverse=descending)
        begin = self._begin(kept, given.get("start", ""), value, descending=descending)
        page = kept[begin : begin + size]
        if not page and habits.empty != 200:
            missing = {"message": "No resources found", "statusCode": 404}
            raise ReplyError(404, None if habits.empty == 4040 else missing)
        following = kept[begin + size] if begin + size < len(kept) else None
        spelt = [spell(row) for row in page]
        if habits.repeats and spelt:
            spelt.insert(0, spell(kept[max(0, begin - 1)]))
            spelt.append(spelt[-1])
        place: Json = {"orderby": order, "count": len(spelt)}
        found: Json = {key: spelt, "_page": place, "version": 1}
        if not habits.sparse or following is not None:
            found["_links"] = {}
        if page:
            place["start"] = begin if habits.next_form == "offset" else iso(value(page[0]))
        if following is not None:
            next_start: Any = iso(value(following))
            if habits.next_form == "offset":
                next_start = begin + size
            place["next"] = next_start
            link = self._link(key, str(next_start), order, size)
            if habits.next_form == "page":
                del found["_links"]
            elif habits.next_form == "none":
                del found["_links"], place["next"]
            else:
                found["_links"]["next"] = link
        return found

    def _begin(
        self, rows: list[Any], start: str, value: Callable[[Any], datetime], *, descending: bool
    ) -> int:
        if not start:
            return 0
        if self.habits.next_form == "offset":
            if start.isdigit():
                return int(start)
            # a time is what a later guide says: rows from there on
        elif start.isdigit():
            raise ReplyError(400, problem("start is no time", 400))
        try:
            moment = datetime.fromisoformat(start)
        except ValueError as error:
            raise ReplyError(400, problem("start is no time", 400)) from error
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        for number, row in enumerate(rows):
            if value(row) <= moment if descending else value(row) >= moment:
                return number
        return len(rows)

    def _link(self, key: str, start: str, order: str, size: int) -> Json | str:
        path = {"runsSchedules": "schedules/x/runs", "templates": "query_templates"}.get(key, key)
        full = urlencode({"orderby": order, "start": start})
        match self.habits.next_form:
            case "linktype":
                query = urlencode({"start": start, "limit": size, "linkType": "next"})
                return f"{self.base}/{path}?{query}"
            case "string":
                return f"{self.base}/{path}?{full}"
            case "relative":
                return {"href": f"?start={start}"}
            case _:
                return {"href": f"{self.base}/{path}?{full}", "method": "GET"}


def problem(detail: str, status: int) -> Json:
    """Build the body that newer services complain with."""
    return {"type": "about:blank", "status": status, "title": "BadRequestError", "detail": detail}


def _handler(server: Foreign) -> type[BaseHTTPRequestHandler]:
    habits = server.habits

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0" if habits.wire == "http10" else "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            server.seen.append(self.path)
            with server.lock:
                server.busy += 1
                crowded = 0 < habits.at_once < server.busy
            try:
                if habits.at_once:
                    time.sleep(0.01)
                if crowded:
                    self._send(500, None)
                    return
                headers = {name.lower(): text for name, text in self.headers.items()}
                self._send(habits.status, server.answer(url.path, url.query, headers))
            except ReplyError as reply:
                self._send(reply.status, reply.body)
            finally:
                with server.lock:
                    server.busy -= 1

        def do_POST(self) -> None:
            if self.path != "/ims/token/v3":
                self._write()
                return
            form = dict(parse_qsl(self._body().decode()))
            if form.get("client_secret") != SECRET:
                self._send(400, {"error": "invalid_client", "error_description": "no"})
                return
            self._send(*server.token())

        def do_PATCH(self) -> None:
            self._write()

        def do_DELETE(self) -> None:
            self._write()

        def _body(self) -> bytes:
            return self.rfile.read(int(self.headers["Content-Length"] or 0))

        def _write(self) -> None:
            content = self._body()
            headers = {name.lower(): text for name, text in self.headers.items()}
            if server.desk is None:
                self._send(405, None)
                return
            try:
                with server.lock:
                    status, body = server.desk.write(self.command, self.path, headers, content)
            except ReplyError as reply:
                self._send(reply.status, reply.body)
                return
            if server.desk.loses_answers:
                self.close_connection = True
                return
            self._send(status, body)

        def _send(self, status: int, body: Json | None) -> None:
            content = b"" if body is None else json.dumps(body).encode()
            if habits.wire == "bom":
                content = b"\xef\xbb\xbf" + content + b"\r\n"
            if habits.wire == "slow":
                time.sleep(0.03)
            self.send_response_only(status)
            self.send_header("Date", format_datetime(server.now(), usegmt=True))
            self.send_header("Content-Type", "application/json;charset=UTF-8")
            if habits.wire == "gzip":
                content = gzip.compress(content)
                self.send_header("Content-Encoding", "gzip")
            if habits.wire in ("closing", "http10"):
                self.send_header("Connection", "close")
            if habits.wire == "chunked":
                self.send_header("Transfer-Encoding", "chunked")
                half = len(content) // 2
                parts = [part for part in (content[:half], content[half:]) if part]
                content = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
                content += b"0\r\n\r\n"
            elif habits.wire != "http10":
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            self.wfile.flush()

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 the library's
            del format, arguments

    return Handler


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 32


@contextmanager
def foreign(habits: Habits) -> Iterator[Foreign]:
    """Run a server in a thread on a free loopback port."""
    server = Foreign(habits, "")
    http = _Http(("127.0.0.1", 0), _handler(server))
    server.origin = f"http://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


def since(hours: int) -> datetime:
    """Return the moment so many hours before the server's now."""
    return facts.NOW - timedelta(hours=hours)
