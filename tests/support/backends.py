"""A clock, a scripted server and options for tests of the adapters."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl

import httpx

from qsui.backends.adobe.backend import AdobeBackend
from qsui.backends.options import ConnectionOptions
from qsui.domain import run_ids
from qsui.domain.actions import Action, Verb
from qsui.domain.drafts import QueryDraft, ScheduleDraft
from qsui.domain.models import Kind, Ref
from qsui.domain.secret import Secret

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    from qsui.domain.ports import Page

T = TypeVar("T")

BASE = "https://server.test"
TOKEN = "https://ims.test/ims/token/v3"
SECRET = "s3cr3t-value"
START = datetime(2026, 6, 4, 12, 0, tzinfo=UTC)
QUERY = "/data/foundation/query"

OPTIONS = ConnectionOptions(
    profile="p",
    base_url=BASE,
    token_url=TOKEN,
    org_id="ORG@AdobeOrg",
    client_id="client",
    client_secret=Secret(SECRET),
    sandbox="prod",
)


class FakeClock:
    """Time that moves only when somebody sleeps or a test says so."""

    def __init__(self) -> None:
        self.time = START
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)
        await asyncio.sleep(0)


Answering = Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]


@dataclass
class Server:
    """Answers the token call by itself and everything else by `answer`; keeps what it saw."""

    answer: Answering
    seen: list[httpx.Request] = field(default_factory=list)
    tokens: list[httpx.Request] = field(default_factory=list)
    expires_in: Any = 86399
    token_answer: Answering | None = None

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and request.url.path.endswith("/token/v3"):
            self.tokens.append(request)
            await asyncio.sleep(0)
            if self.token_answer is not None:
                return await _settled(self.token_answer(request))
            body = {
                "access_token": f"token-{len(self.tokens)}",
                "token_type": "bearer",
                "expires_in": self.expires_in,
            }
            return httpx.Response(200, json=body)
        self.seen.append(request)
        return await _settled(self.answer(request))


async def _settled(answer: httpx.Response | Awaitable[httpx.Response]) -> httpx.Response:
    return answer if isinstance(answer, httpx.Response) else await answer


def in_turn(*answers: httpx.Response | Exception | Any) -> Answering:
    """Answer each request with the next one; values that are no response are JSON bodies."""
    left = list(answers)

    def answer(_request: httpx.Request) -> httpx.Response:
        following = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(following, Exception):
            raise following
        if isinstance(following, httpx.Response):
            return httpx.Response(
                following.status_code, headers=following.headers, content=following.content
            )
        return httpx.Response(200, json=following)

    return answer


def open_on(
    server: Callable[[httpx.Request], Any], clock: FakeClock | None = None, **changes: Any
) -> AdobeBackend:
    """Open a backend whose network is `server`."""
    options = replace(OPTIONS, **changes)
    return AdobeBackend(options, clock or FakeClock(), inner=httpx.MockTransport(server))


def params_of(request: httpx.Request) -> dict[str, str]:
    """Return the decoded query parameters as a server reads them (`+` is a blank)."""
    return dict(parse_qsl(request.url.query.decode("ascii"), keep_blank_values=True))


async def all_pages(pages: AsyncIterator[Page[T]]) -> list[Page[T]]:
    """Collect the pages of a list."""
    return [page async for page in pages]


async def all_records(pages: AsyncIterator[Page[T]]) -> list[T]:
    """Collect the records of a list."""
    return [record async for page in pages for record in page.records]


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end."""
    return asyncio.run(work)


def page_of(key: str, rows: list[Any], link: Any = None, **more: Any) -> dict[str, Any]:
    """Build a list body."""
    links = {"next": link} if link is not None else {}
    return {key: rows, "_page": {"count": len(rows)}, "_links": links, "version": 1, **more}


def body_of(value: Any) -> bytes:
    """Serialise as a server would."""
    return json.dumps(value).encode()


class Recording(httpx.AsyncBaseTransport):
    """Passes requests on and keeps them, the token calls apart."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.seen: list[httpx.Request] = []

    @property
    def writes(self) -> list[httpx.Request]:
        """What was neither a GET nor a token call."""
        return [
            request
            for request in self.seen
            if request.method != "GET" and not request.url.path.endswith("/token/v3")
        ]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        return await self._inner.handle_async_request(request)


def ref(kind: Kind, id: str = "", parent: str = "") -> Ref:
    """Return the identity of a record in the scope of `OPTIONS`."""
    return Ref(OPTIONS.profile, OPTIONS.sandbox, kind, parent, id)


SCHEDULE_REF = ref(Kind.SCHEDULE, "s-1")
RUN_REF = ref(Kind.RUN, run_ids.encoded("manual__2026-06-04T11:00:00+00:00"), "s-1")
QUERY_REF = ref(Kind.QUERY, "q-1")
TEMPLATE_REF = ref(Kind.TEMPLATE, "t-1")
SUBMITTED = QueryDraft(sql="SELECT 1", name="one")
PLANNED = ScheduleDraft(SUBMITTED, "5 4 * * *", START, START + timedelta(days=30))

EVERY_ACTION = (
    Action(Verb.TRIGGER, SCHEDULE_REF, "s"),
    Action(Verb.ENABLE, SCHEDULE_REF, "s"),
    Action(Verb.DISABLE, SCHEDULE_REF, "s"),
    Action(Verb.SET_CRON, SCHEDULE_REF, "s", cron="5 4 * * *"),
    Action(Verb.DELETE, SCHEDULE_REF, "s"),
    Action(Verb.CREATE, ref(Kind.SCHEDULE), "new", draft=PLANNED),
    Action(Verb.CANCEL, RUN_REF, "r"),
    Action(Verb.RERUN, RUN_REF, "r", draft=SUBMITTED),
    Action(Verb.CANCEL, QUERY_REF, "q"),
    Action(Verb.RERUN, QUERY_REF, "q", draft=SUBMITTED),
    Action(Verb.DELETE, QUERY_REF, "q"),
    Action(Verb.CREATE, ref(Kind.QUERY), "new", draft=SUBMITTED),
    Action(Verb.DELETE, TEMPLATE_REF, "t"),
)
"""One of each verb and kind of record that Query Service knows."""


def action_id(action: Action) -> str:
    """Name an action in the id of a test."""
    return f"{action.verb}-{action.target.kind}"
