"""What a write ends with when the answer is bad, late, lost or a refusal; and that it left once."""

from __future__ import annotations

import asyncio
import traceback
from typing import TYPE_CHECKING

import httpx
import pytest

from qsui.domain.actions import Action, Verb
from qsui.domain.errors import (
    ApiError,
    ConfigError,
    Conflict,
    Forbidden,
    NotFound,
    OutcomeUnknown,
    QsuiError,
    RateLimited,
    Rejected,
    Unauthorized,
    Unreachable,
)
from qsui.domain.models import Kind
from qsui.domain.ports import Accepted, Outgoing
from qsui.domain.secret import NO_SECRET, Secret
from tests.support.backends import (
    BASE,
    EVERY_ACTION,
    OPTIONS,
    QUERY_REF,
    SCHEDULE_REF,
    SECRET,
    SUBMITTED,
    FakeClock,
    Server,
    action_id,
    body_of,
    in_turn,
    open_on,
    ref,
    run,
)

if TYPE_CHECKING:
    from tests.support.backends import Answering

TRIGGER = Action(Verb.TRIGGER, SCHEDULE_REF, "s")
DISABLE = Action(Verb.DISABLE, SCHEDULE_REF, "s")
CREATE = Action(Verb.CREATE, ref(Kind.QUERY), "new", draft=SUBMITTED)
DELETE = Action(Verb.DELETE, ref(Kind.TEMPLATE, "t-1"), "t")
OK = {"message": "Request accepted", "statusCode": 202}
HTML = b"<!DOCTYPE html><html><body>Please sign in</body></html>"


async def sending(
    server: Server, action: Action = TRIGGER, *, pasted: str = ""
) -> Accepted | QsuiError:
    """Send the last request of an action; return what became of it."""
    login = {"client_secret": NO_SECRET, "access_token": Secret(pasted)} if pasted else {}
    backend = open_on(server, None, read_only=False, **login)
    try:
        return await backend.send(backend.outgoing(action)[-1])
    except QsuiError as error:
        return error
    finally:
        await backend.aclose()


def sent(
    answer: Answering, action: Action = TRIGGER, *, pasted: str = ""
) -> tuple[Accepted | QsuiError, list[httpx.Request]]:
    server = Server(answer)
    return run(sending(server, action, pasted=pasted)), server.seen


def answers(status: int, body: object = b"", **headers: str) -> Answering:
    content = body if isinstance(body, bytes) else body_of(body)
    return in_turn(httpx.Response(status, headers=headers, content=content))


@pytest.mark.parametrize("action", EVERY_ACTION, ids=action_id)
def test_any_2xx_is_accepted(action: Action) -> None:
    for status in (200, 201, 202):
        found, seen = sent(answers(status, OK, **{"x-request-id": "theirs"}), action)
        assert found == Accepted(status, "theirs", "Request accepted")
        assert len(seen) == 1
        assert seen[0].headers["Authorization"] == "Bearer token-1"
        assert seen[0].headers["x-api-key"] == "client"


def test_a_creation_tells_its_id() -> None:
    for id, read in (("q-7", "q-7"), (7, "7"), (None, ""), (True, ""), ({}, "")):
        found, _seen = sent(answers(202, {"id": id, "state": "SUBMITTED", "errors": []}), CREATE)
        assert isinstance(found, Accepted)
        assert found.created_id == read


@pytest.mark.parametrize("action", [DISABLE, DELETE], ids=action_id)
@pytest.mark.parametrize("status", [200, 202, 204])
def test_a_change_may_be_answered_with_nothing(action: Action, status: int) -> None:
    found, seen = sent(answers(status), action)
    assert isinstance(found, Accepted)
    assert found.request_id == seen[0].headers["x-request-id"]


UNKNOWN: dict[str, Answering] = {
    "500": answers(500, {"message": "boom", "statusCode": 500}),
    "502": answers(502),
    "503": answers(503, HTML, **{"Retry-After": "1"}),
    "504": answers(504),
    "301": answers(301, b"", Location="https://elsewhere.test/x"),
    "302": answers(302, b"", Location="/login"),
    "307": answers(307, b"", Location="https://elsewhere.test/x"),
    "308": answers(308, b"", Location=BASE + "/x"),
    "html": answers(200, HTML),
    "empty": answers(202),
    "list": answers(200, []),
    "text": answers(200, b"OK"),
    "half": answers(202, b'{"message": "Request to tri'),
    "inner-500": answers(200, {"message": "boom", "statusCode": 500}),
    "gzip": lambda _request: httpx.Response(
        200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(b'{"a": 1}')
    ),
    "read-timeout": in_turn(httpx.ReadTimeout("slow")),
    "write-timeout": in_turn(httpx.WriteTimeout("slow")),
    "read-error": in_turn(httpx.ReadError("reset")),
    "write-error": in_turn(httpx.WriteError("broken pipe")),
    "protocol": in_turn(httpx.RemoteProtocolError("Server disconnected")),
    "os-error": in_turn(ConnectionResetError("reset")),
}


@pytest.mark.parametrize("answer", UNKNOWN.values(), ids=UNKNOWN)
@pytest.mark.parametrize("action", [TRIGGER, CREATE], ids=action_id)
def test_a_lost_answer_is_unknown_and_nothing_is_repeated(
    answer: Answering, action: Action
) -> None:
    found, seen = sent(answer, action)
    assert isinstance(found, OutcomeUnknown)
    assert found.exit_code == 5
    assert "server.test" in str(found)
    assert "p/prod" in str(found)
    assert "do not repeat it" in str(found)
    assert len(seen) == 1
    assert found.request_id == seen[0].headers["x-request-id"]
    assert seen[0].url.host == "server.test"


def test_the_sentence_says_how_it_was_lost() -> None:
    for name, words in (
        ("500", r"failed on triggering that schedule \(HTTP 500\): boom\. It may"),
        ("302", r"sent triggering that schedule elsewhere \(302 to /login\).*base_url"),
        ("html", r"answered triggering that schedule \(HTTP 200\) with a web page"),
        ("half", "JSON that is cut off or broken"),
        ("read-timeout", "did not answer in time after triggering that schedule had left"),
        ("read-error", "closed the connection after triggering that schedule had left"),
        ("gzip", "with what cannot be unpacked"),
    ):
        found, _seen = sent(UNKNOWN[name])
        with pytest.raises(OutcomeUnknown, match=words):
            raise found if isinstance(found, OutcomeUnknown) else AssertionError(found)


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("slow"),
        httpx.PoolTimeout("busy"),
        httpx.ProxyError("407 no"),
        httpx.UnsupportedProtocol("no"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_never_left_is_unreachable_and_tried_once(error: Exception) -> None:
    found, seen = sent(in_turn(error))
    assert type(found) is Unreachable
    assert str(found).endswith("Nothing was sent.")
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"message": "Schedule is DISABLED", "statusCode": 400}, Rejected),
        (400, {"title": "BadRequestError", "detail": "no", "status": 400}, Rejected),
        (402, {}, Rejected),
        (403, {"error_code": "403025", "message": "Profile is not valid"}, Forbidden),
        (404, {"message": "no", "statusCode": 404}, NotFound),
        (404, HTML, Rejected),
        (405, HTML, Rejected),
        (409, {"message": "terminated", "statusCode": 409}, Conflict),
        (422, {"title": "Unprocessable", "detail": "bad cron", "status": 422}, Rejected),
        (429, {"error_code": "429050", "message": "Too many requests"}, RateLimited),
    ],
)
def test_a_refusal_is_its_own_error_and_not_repeated(
    status: int, body: object, kind: type[ApiError]
) -> None:
    clock = FakeClock()
    server = Server(answers(status, body, **{"Retry-After": "7"}))

    async def work() -> None:
        backend = open_on(server, clock, read_only=False)
        with pytest.raises(kind) as caught:
            await backend.send(backend.outgoing(TRIGGER)[0])
        assert type(caught.value) is kind
        assert caught.value.status == status
        if isinstance(caught.value, RateLimited):
            assert caught.value.retry_after_s == 7
        await backend.aclose()

    run(work())
    assert len(server.seen) == 1
    assert clock.slept == []


def test_a_refusal_inside_a_200_is_a_refusal() -> None:
    for body, kind in (
        ({"message": "is already DISABLED", "statusCode": 400}, Rejected),
        ({"message": "too late", "statusCode": "409"}, Conflict),
        ({"error_code": "403000", "message": "Api Key"}, Forbidden),
    ):
        found, seen = sent(answers(200, body), DISABLE)
        assert type(found) is kind
        assert len(seen) == 1


# Tokens


def test_a_refused_token_is_renewed_and_the_write_sent_once_more() -> None:
    server = Server(in_turn(httpx.Response(401), OK))
    found = run(sending(server))
    assert isinstance(found, Accepted)
    first, second = server.seen
    assert [r.headers["Authorization"] for r in server.seen] == ["Bearer token-1", "Bearer token-2"]
    assert first.headers["x-request-id"] == second.headers["x-request-id"]
    assert first.content == second.content


def test_two_refused_tokens_end_it() -> None:
    server = Server(answers(401))
    found = run(sending(server))
    assert type(found) is Unauthorized
    assert len(server.seen) == 2
    assert len(server.tokens) == 2


def test_a_pasted_token_that_is_refused_is_not_tried_again() -> None:
    found, seen = sent(answers(401), pasted="pasted-token")
    assert type(found) is Unauthorized
    assert len(seen) == 1
    assert "pasted-token" not in str(found)


def test_a_lost_answer_after_a_renewal_is_unknown() -> None:
    server = Server(in_turn(httpx.Response(401), httpx.ReadError("reset"), OK))
    found = run(sending(server))
    assert type(found) is OutcomeUnknown
    assert len(server.seen) == 2


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (answers(400, {"error": "invalid_client"}), Unauthorized),
        (answers(503), Unreachable),
        (answers(200, HTML), Unreachable),
        (in_turn(httpx.ConnectError("refused")), Unreachable),
    ],
)
def test_without_a_token_nothing_leaves(answer: Answering, kind: type[ApiError]) -> None:
    server = Server(in_turn(OK), token_answer=answer)
    assert type(run(sending(server))) is kind
    assert server.seen == []


def test_a_renewal_that_fails_leaves_it_refused() -> None:
    given = iter([{"access_token": "first", "expires_in": 3600}])

    def token(_request: httpx.Request) -> httpx.Response:
        body = next(given, None)
        return httpx.Response(200, json=body) if body else httpx.Response(400, json={})

    server = Server(answers(401), token_answer=token)
    assert type(run(sending(server))) is Unauthorized
    assert len(server.seen) == 1


# What may leave


@pytest.mark.parametrize("action", EVERY_ACTION, ids=action_id)
def test_a_read_only_profile_sends_no_write_at_all(action: Action) -> None:
    async def work() -> None:
        server = Server(in_turn(OK))
        told: list[str] = []
        backend = open_on(server, read_only=True)
        backend.on_request(told.append)
        for one in backend.outgoing(action):
            with pytest.raises(ConfigError, match="read-only"):
                await backend.send(one)
        assert server.seen == server.tokens == []
        assert told == []
        await backend.aclose()

    run(work())


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.test/data/foundation/query/schedules/s-1",
        "http://server.test/data/foundation/query/schedules/s-1",
        "https://server.test:8443/data/foundation/query/schedules/s-1",
        "https://server.test@elsewhere.test/x",
        OPTIONS.token_url,
    ],
)
def test_a_write_goes_to_the_origin_of_base_url_only(url: str) -> None:
    async def work() -> None:
        server = Server(in_turn(OK))
        backend = open_on(server, read_only=False)
        with pytest.raises(ConfigError, match="not base_url"):
            await backend.send(Outgoing("POST", url))
        assert server.seen == server.tokens == []
        await backend.aclose()

    run(work())


def test_callbacks_see_writes() -> None:
    async def work() -> None:
        told: list[str] = []
        backend = open_on(Server(in_turn(OK)), read_only=False)
        backend.on_request(told.append)
        await backend.send(backend.outgoing(TRIGGER)[0])
        assert told == [
            "POST /ims/token/v3",
            "POST /data/foundation/query/schedules/s-1/runs",
        ]
        await backend.aclose()

    run(work())


# Time and cancellation


def test_a_write_that_takes_for_ever_ends_as_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qsui.backends.sending._WHOLE_WRITE_S", 0.02)

    async def never(_request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    found, seen = sent(never)
    assert type(found) is OutcomeUnknown
    assert "in time" in str(found)
    assert len(seen) == 1


def test_a_cancelled_write_is_cancelled_and_nothing_else() -> None:
    async def work() -> None:
        arrived = asyncio.Event()

        async def never(_request: httpx.Request) -> httpx.Response:
            arrived.set()
            await asyncio.Event().wait()
            raise AssertionError

        server = Server(never)
        backend = open_on(server, read_only=False)
        task = asyncio.create_task(backend.send(backend.outgoing(TRIGGER)[0]))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(server.seen) == 1
        await backend.aclose()

    run(work())


# Secrets


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 409, 429, 500])
def test_no_error_repeats_a_secret(status: int) -> None:
    def echo(request: httpx.Request) -> httpx.Response:
        said = f"you sent {request.headers['Authorization']} and {SECRET} to us"
        body = {"message": said, "statusCode": status, "error_code": str(status)}
        return httpx.Response(status, json=body, headers={"Location": f"/x?t={SECRET}"})

    for action in (TRIGGER, CREATE, DISABLE, DELETE, Action(Verb.CANCEL, QUERY_REF, "q")):
        found, _seen = sent(echo, action)
        assert isinstance(found, ApiError)
        told = "".join(traceback.format_exception(found)) + repr(vars(found))
        assert SECRET not in told
        assert "Bearer token-" not in told
        assert "token-1" not in told
