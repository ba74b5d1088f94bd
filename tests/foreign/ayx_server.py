"""A small Alteryx Server made from its published descriptions alone, with habits to choose.

It shares no code with the program and none with the emulator: what both of those misread in the
same way fails here.
"""

from __future__ import annotations

import base64
import gzip
import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.foreign import ayx_facts as facts
from tests.foreign.ayx_reads import read
from tests.foreign.ayx_state import AyxReplyError, AyxState
from tests.foreign.ayx_writes import write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.foreign.ayx_spelling import AyxHabits

DENIED = "Authorization has been denied for this request."
PAGES = {
    "json": ("application/json; charset=utf-8", '{"message":"nothing of that id"}'),
    "html": ("text/html", "<!DOCTYPE html><html><title>404 - File not found</title></html>"),
    "xml": ("application/xml", "<Error><Message>No such thing</Message></Error>"),
    "blank": ("text/plain", ""),
}


@dataclass
class AyxServer:
    """A server that answers at `origin` while its context is open."""

    habits: AyxHabits
    state: AyxState
    origin: str = ""
    tokens: dict[str, tuple[facts.Person, datetime]] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    logins: int = 0
    loses_answers: bool = False
    loses_writes: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def env(self, who: facts.Person = facts.CURATOR) -> dict[str, str]:
        """The variables that make a profile of this server."""
        return {
            "QSUI_BACKEND": "alteryx",
            "QSUI_BASE_URL": f"{self.origin}{self.habits.mount}",
            "QSUI_CLIENT_ID": f"{who.key}-key",
            "QSUI_CLIENT_SECRET": facts.SECRET,
        }

    def token(self, authorization: str, content: str) -> tuple[int, Any]:
        """Answer the token call: the pair comes as Basic or in the form, never both ways."""
        form = dict(parse_qsl(content))
        pair = (form.get("client_id"), form.get("client_secret"))
        if authorization.startswith("Basic "):
            if any(pair):
                return 400, {"error": "invalid_request", "error_description": "twice"}
            text = base64.b64decode(authorization.removeprefix("Basic ")).decode()
            key, _, secret = text.partition(":")
            pair = (unquote(key), unquote(secret))
        if form.get("grant_type") != "client_credentials":
            return 400, {"error": "unsupported_grant_type"}
        who = {f"{person.key}-key": person for person in facts.PEOPLE}.get(str(pair[0]))
        if who is None or pair[1] != facts.SECRET:
            return self.habits.wrong_key, {"error": "invalid_client"}
        self.logins += 1
        text = f"{who.key}_{self.logins}_" + "Q9-_~." * 80
        lasts = timedelta(seconds=self.habits.life)
        self.tokens[text] = (who, self.state.now() + lasts)
        body: dict[str, Any] = {"token_type": "bearer", "access_token": text}
        if self.habits.token != "bare":
            life = self.habits.life
            body["expires_in"] = {"string": str(life), "float": life + 0.5}.get(
                self.habits.token, life
            )
        return 200, body

    def who(self, authorization: str) -> facts.Person:
        """Whose token that is; raises `AyxReplyError` (401) for none."""
        kind, _, text = authorization.partition(" ")
        person, until = self.tokens.get(text, (None, self.state.now()))
        if kind.lower() != "bearer" or person is None or until <= self.state.now():
            raise AyxReplyError(401, {"message": DENIED})
        return person

    def answer(self, method: str, target: str, headers: dict[str, str], content: bytes) -> Any:
        """Answer everything but the token call; raises `AyxReplyError` for what is not 200."""
        url = urlsplit(target)
        mount = self.habits.mount
        if not url.path.startswith(mount + "/") or "//" in url.path:
            raise AyxReplyError(-404)
        who = self.who(headers.get("authorization", ""))
        parts = [unquote(part) for part in url.path.removeprefix(mount + "/").split("/")]
        if "json" not in headers.get("accept", ""):
            raise AyxReplyError(200, PAGES["xml"])
        try:
            if method == "GET":
                return read(self.state, who, parts, dict(parse_qsl(url.query)))
            body = self._json(headers, content)
            self.state.taken.append((method, url.path.removeprefix(mount), body))
            return write(self.state, who, method, parts, body)
        except AyxReplyError as reply:
            if reply.status in (401, 403) and reply.body is None:
                raise AyxReplyError(reply.status, {"message": DENIED}) from reply
            raise

    def _json(self, headers: dict[str, str], content: bytes) -> Any:
        if not content:
            return None
        if not headers.get("content-type", "").startswith("application/json"):
            raise AyxReplyError(415)
        return json.loads(content)


def _page(habits: AyxHabits, reply: AyxReplyError) -> tuple[int, str, str]:
    """The status, the type and the text of an answer that is an error."""
    if isinstance(reply.body, tuple):
        return reply.status, *reply.body
    if reply.body is not None:
        return reply.status, "text/json", json.dumps(reply.body)
    if reply.status == -404:
        return (405 if habits.no_route == "405" else 404), *PAGES.get(
            habits.no_route, PAGES["json"]
        )
    if reply.status == 404:
        return 404, *PAGES[habits.missing]
    return reply.status, *PAGES["blank"]


def _handler(server: AyxServer) -> type[BaseHTTPRequestHandler]:
    habits = server.habits

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0" if habits.wire == "http10" else "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def _take(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"] or 0))
            headers = {name.lower(): text for name, text in self.headers.items()}
            server.seen.append(f"{self.command} {self.path}")
            is_write = self.command != "GET" and "oauth2" not in self.path
            if is_write and server.loses_writes:
                self.close_connection = True
                return
            if self.path == f"{habits.mount}/oauth2/token":
                with server.lock:
                    status, body = server.token(headers.get("authorization", ""), content.decode())
                self._send(status, "application/json;charset=UTF-8", json.dumps(body))
                return
            try:
                with server.lock:
                    body = server.answer(self.command, self.path, headers, content)
            except AyxReplyError as reply:
                self._send(*_page(habits, reply))
                return
            if is_write and server.loses_answers:
                self.close_connection = True
                return
            if body == "" or (body is None and habits.log == "blank"):
                self._send(200, "text/plain", "")
                return
            self._send(200, "application/json; charset=utf-8", json.dumps(body))

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _take  # noqa: N815 the library's

        def _send(self, status: int, kind: str, text: str) -> None:
            content = text.encode()
            if habits.wire == "bom" and content:
                content = b"\xef\xbb\xbf" + content + b"\r\n"
            if habits.wire == "slow":
                time.sleep(0.02)
            self.send_response_only(status)
            names = ("date", "content-type") if habits.wire == "lower" else ("Date", "Content-Type")
            self.send_header(names[0], format_datetime(server.state.now(), usegmt=True))
            self.send_header(names[1], kind)
            if habits.wire == "gzip":
                content = gzip.compress(content)
                self.send_header("Content-Encoding", "gzip")
            if habits.wire == "http10":
                self.send_header("Connection", "close")
            elif habits.wire == "chunked":
                self.send_header("Transfer-Encoding", "chunked")
                pieces = [content[at : at + 700] for at in range(0, len(content), 700)]
                content = b"".join(b"%X\r\n%s\r\n" % (len(one), one) for one in pieces)
                content += b"0\r\n\r\n"
            else:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 the library's
            del format, arguments

    return Handler


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 32


@contextmanager
def ayx_server(habits: AyxHabits) -> Iterator[AyxServer]:
    """Run a server in a thread on a free loopback port."""
    server = AyxServer(habits, AyxState(habits))
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
