"""A server that answers with whatever a client must survive: HTTP that is right, records that lie.

with hostile_server() as url:      # the environment for it: `hostile_env(url)`
"""

from __future__ import annotations

import base64
import json
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

QUERY = "/data/foundation/query"

EVIL_WORDS = {
    "markup": "[/x] [bold red]not bold[/] [@click=app.quit]click[/] [[ ]] $foo",
    "escape": "\x1b]52;c;ZXZpbA==\x07\x1b[2J\x1b[31mred\x1b[?1049l\x9b31m\x90q\x9c",
    "controls": "a\rb\nc\td\x00e\x08f\x7fg\x85h",
    "bidi": "invoice\u202efdp.exe\u2066\u2069\u200f\u200b\ufeff",
    "surrogates": "half \ud83d and \udc00 alone",
    "emoji": "👩\u200d👩\u200d👧\u200d👦 🇩🇪 ✈\ufe0f 🤦🏽\u200d♂\ufe0f",
    "cjk": "毎日の顧客プロファイル統合ジョブ夜間",
    "combining": "Z\u0351\u036b\u0343a\u0334\u0321l\u0322" + "\u0301" * 200 + "go",
    "megabyte": "m" * 1_000_000,
    "blank": "   ",
    "empty": "",
    "tags": "\U000e0041\U000e0042\u2028line\u2029para",
    "private": "\ue0b0\uffff\ufffe\U0010ffff",
    "arabic": "تقرير المبيعات اليومي",
}
"""Texts that break terminals, markup or widths."""

OFF_VALUES: tuple[object, ...] = (
    None,
    "",
    "not a date",
    -1,
    10**18,
    1e308,
    True,
    [],
    {},
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z",
    "2026-01-14T12:00:00+14:00",
    "2026-13-45T99:99:99Z",
)
"""Values for fields that should hold a moment or a number."""

CRONS: tuple[object, ...] = (
    "* * * * *",
    "@once",
    "0 0 30 2 *",
    "0 0 0 ? * MON *",
    "[/x]",
    "x" * 100_000,
    None,
    7,
    "60 24 32 13 8",
    "",
)


def _when(minutes: float) -> str:
    return (datetime.now(UTC) - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _run_id(number: int) -> str:
    slot = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=number)
    return base64.b64encode(f"scheduled__{slot.isoformat()}".encode()).decode()


def _schedule(id: str, **fields: object) -> dict[str, object]:
    record: dict[str, object] = {
        "id": id,
        "state": "ENABLED",
        "query": {"name": id, "sql": "SELECT 1", "dbName": "prod:all"},
        "schedule": {
            "schedule": "0 * * * *",
            "startDate": "2026-01-01T00:00:00Z",
            "maxActiveRuns": 1,
        },
        "userId": "someone@example.com",
        "created": "2026-01-01T00:00:00Z",
        "updated": "2026-01-01T00:00:00Z",
    }
    return record | fields


def schedules() -> list[object]:
    """One schedule per oddity, and rows that are no schedules at all."""
    rows: list[object] = []
    for name, words in EVIL_WORDS.items():
        query = {"name": words, "sql": words, "dbName": words}
        rows.append(_schedule(f"evil-{name}", query=query, userId=words, state=words or "ENABLED"))
        rows.append(_schedule(f"name-{name}", query=query, userId=words))
    for number, cron in enumerate(CRONS):
        inner = {"schedule": cron, "startDate": "2026-01-01T00:00:00Z"}
        rows.append(_schedule(f"cron-{number}", schedule=inner))
    for number, value in enumerate(OFF_VALUES):
        inner = {
            "schedule": "*/5 * * * *",
            "startDate": value,
            "endDate": value,
            "maxActiveRuns": value,
        }
        rows.append(_schedule(f"off-{number}", schedule=inner, created=value, updated=value))
    rows += [_schedule(EVIL_WORDS[name]) for name in ("markup", "escape", "bidi", "cjk")]
    rows += [_schedule("a/b/../c?d#e%2F"), _schedule("dup"), _schedule("dup", state="DISABLED")]
    rows += [dict.fromkeys(_schedule("x")) | {"id": "nulls"}, {"id": "bare"}, {}, None, 7, "text"]
    rows += [[], {"id": None}, {"id": 12345}, {"id": ["list"]}]
    rows.append(_schedule("big-sql", query={"name": "big sql", "sql": "SELECT 1, " * 100_000}))
    return rows


def runs(schedule_id: str) -> list[object]:
    """Runs of one schedule: odd states, dates, ids and tasks."""
    rows: list[object] = []
    for number, (name, words) in enumerate(EVIL_WORDS.items()):
        task = {"taskId": words, "taskState": words, "state": words, "message": words}
        rows.append(
            {
                "id": _run_id(number),
                "state": "FAILED" if number % 2 else words,
                "created": _when(60 * number),
                "externalTrigger": name,
                "taskStatusList": [
                    task | {"startDate": _when(60 * number), "endDate": _when(60 * number + 5)}
                ],
            }
        )
    for number, value in enumerate(OFF_VALUES):
        rows.append(
            {
                "id": _run_id(100 + number),
                "state": "SUCCESS",
                "created": value,
                "taskStatusList": [
                    {"startDate": value, "endDate": value, "duration": value, "taskId": value}
                ],
            }
        )
    rows += [
        {"id": "not base64 [/x]", "state": "FAILED", "created": _when(1)},
        {"id": "////", "state": "RUNNING", "created": _when(-600)},
        {"id": base64.b64encode(b"\xff\xfe\x1b]0;x\x07").decode(), "state": "QUEUED"},
        {"id": _run_id(200), "state": "IN_PROGRESS", "taskStatusList": None},
        {"id": None, "state": None},
        {"id": _run_id(201), "state": ["FAILED"], "taskStatusList": "none"},
        None,
        [],
        "x",
    ]
    if schedule_id == "dup":
        many = [
            {"taskId": f"t{number}", "state": "SUCCESS", "duration": -5} for number in range(10_000)
        ]
        rows.insert(0, {"id": _run_id(0), "state": "FAILED", "taskStatusList": many})
    return rows


def queries() -> list[object]:
    """Queries: odd texts, 500 errors on one, errors of every shape."""
    rows: list[object] = []
    for number, (name, words) in enumerate(EVIL_WORDS.items()):
        rows.append(
            {
                "id": f"q-{name}",
                "state": "FAILED",
                "request": {"name": words, "sql": words, "dbName": words},
                "effectiveSQL": words,
                "errors": [{"code": words, "message": words, "errorType": words}],
                "client": words,
                "userId": words,
                "elapsedTime": -5,
                "rowCount": -1,
                "created": _when(number),
                "updated": _when(number),
                "_links": {
                    "schedule": {"id": "evil-" + name, "href": words},
                    "schedule_run": {"id": _run_id(number), "href": words},
                    "referenced_datasets": [{"id": words}, words, None],
                },
            }
        )
    shapes: tuple[object, ...] = (None, "text", {}, [], 7, [None, 7, [], {}], {"code": None})
    for number, errors in enumerate(shapes):
        rows.append({"id": f"shape-{number}", "state": "FAILED", "errors": errors})
    many = [{"code": f"{number}", "message": f"error {number} [/x]"} for number in range(500)]
    rows += [
        {"id": "500", "state": "FAILED", "errors": many, "created": _when(1), "updated": _when(1)},
        {
            "id": "big",
            "state": "SUCCESS",
            "created": _when(1),
            "request": {"sql": "SELECT '[/x]', " * 70_000},
        },
        *(
            {"id": f"off-{number}", "created": v, "updated": v, "elapsedTime": v, "rowCount": v}
            for number, v in enumerate(OFF_VALUES)
        ),
        None,
        {},
    ]
    return rows


LISTS = {"queries": queries, "schedules": schedules}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    shift: ClassVar[timedelta] = timedelta()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._send({"access_token": "a.b.c", "token_type": "bearer", "expires_in": 86_399})

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        words = [unquote(word) for word in parts.path.removeprefix(QUERY).strip("/").split("/")]
        wanted = parse_qs(parts.query)
        if parts.path.startswith("/data/foundation/sandbox-management"):
            self._send({"sandboxes": [{"name": "prod", "type": EVIL_WORDS["markup"]}]})
        elif len(words) == 1 and words[0] in LISTS:
            self._list(words[0], LISTS[words[0]](), wanted)
        elif len(words) == 3 and words[0] == "schedules":
            self._list("runsSchedules", runs(words[1]), wanted)
        else:
            self._one(words)

    def _list(self, key: str, rows: list[object], wanted: Mapping[str, list[str]]) -> None:
        limit = int(wanted.get("limit", ["50"])[0])
        first = int(wanted["start"][0]) if wanted.get("start", [""])[0].isdigit() else 0
        page = rows[first : first + limit]
        more = first + limit < len(rows)
        links = {"next": {"href": f"?start={first + limit}&limit={limit}"}} if more else {}
        self._send({key: page, "_links": links, "_page": {"count": len(page)}, "version": 1})

    def _one(self, words: list[str]) -> None:
        rows: list[Any] = []
        if len(words) == 2 and words[0] in LISTS:
            rows = LISTS[words[0]]()
        elif len(words) == 4:
            rows = runs(words[1])
        for row in rows:
            if isinstance(row, dict) and row.get("id") == words[-1]:
                self._send(row)
                return
        self._send({"message": EVIL_WORDS["escape"], "title": EVIL_WORDS["markup"]}, status=404)

    def _send(self, body: object, *, status: int = 200) -> None:
        # Lone surrogates travel as \ud83d: valid JSON text, no valid character.
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        with suppress(ConnectionError):  # the program was ended meanwhile
            self.wfile.write(data)

    def date_time_string(self, timestamp: float | None = None) -> str:
        moment = datetime.now(UTC).timestamp() if timestamp is None else timestamp
        return super().date_time_string(moment + self.shift.total_seconds())

    def handle(self) -> None:
        with suppress(ConnectionError):
            super().handle()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def hostile_server(*, shift: timedelta = timedelta(), port: int = 0) -> Iterator[str]:
    """Serve on a free loopback port; the server's clock is `shift` ahead of this machine's."""
    handler = type("Handler", (_Handler,), {"shift": shift})
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, name="hostile")
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join(10)


def hostile_env(url: str) -> dict[str, str]:
    """The variables that point the program at it."""
    return {
        "QSUI_BASE_URL": url,
        "QSUI_TOKEN_URL": f"{url}/ims/token/v3",
        "QSUI_CLIENT_ID": "client",
        "QSUI_CLIENT_SECRET": "secret",
        "QSUI_ORG_ID": "0000@AdobeOrg",
        "QSUI_SANDBOX": "prod",
    }
