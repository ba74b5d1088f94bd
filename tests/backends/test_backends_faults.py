"""Every way a call can fail ends in the right error, with a sentence that says what to do."""

from __future__ import annotations

import socket
import ssl
from typing import Any

import httpx
import pytest

from qsui.backends import transport
from qsui.backends.faults import Place, error_for, excerpt, read_error_body, retry_after
from qsui.domain.errors import (
    ApiError,
    BadResponse,
    Conflict,
    Forbidden,
    NotFound,
    RateLimited,
    Rejected,
    ServerError,
    Unauthorized,
    Unreachable,
)
from tests.support.backends import (
    SECRET,
    START,
    FakeClock,
    Server,
    all_records,
    in_turn,
    open_on,
    page_of,
    run,
)

EMPTY = page_of("schedules", [])


def failure(*answers: Any, clock: FakeClock | None = None, **changes: Any) -> ApiError:
    """Return the error of listing schedules on a server that answers like this, in turn."""

    async def work() -> None:
        backend = open_on(Server(in_turn(*answers)), clock, **changes)
        try:
            await all_records(backend.schedules())
        finally:
            await backend.aclose()

    with pytest.raises(ApiError) as caught:
        run(work())
    return caught.value


def says(code: str, message: str) -> dict[str, str]:
    return {"error_code": code, "message": message}


@pytest.mark.parametrize(
    ("status", "body", "kind", "words", "exit_code"),
    [
        (401, says("401013", "Oauth token is not valid"), Unauthorized, "client_secret", 4),
        (401, None, Unauthorized, "client_id", 4),
        (403, says("403003", "Api Key is invalid"), Forbidden, "client_id", 4),
        (403, says("403000", "Api Key is required"), Forbidden, "client_id", 4),
        (403, says("403025", "Profile is not valid"), Forbidden, "org_id", 4),
        (403, says("403010", "Oauth token is missing"), Forbidden, "Authorization", 4),
        (403, says("403999", "nope"), Forbidden, "permission", 4),
        (403, None, Forbidden, "p/prod", 4),
        (
            403,
            {"title": "Forbidden", "status": 403, "detail": "Sandbox prod not found"},
            Forbidden,
            "setting sandbox",
            4,
        ),
        (
            404,
            {"message": "Sandbox 'prod' does not exist", "statusCode": 404},
            NotFound,
            "setting sandbox",
            1,
        ),
        (
            404,
            {"message": "No such resource: /x/data/foundation/query/schedules", "statusCode": 404},
            NotFound,
            "setting sandbox",
            1,
        ),
        (400, {"message": "Invalid sandbox", "statusCode": 400}, Rejected, "setting sandbox", 1),
        (400, says("400003", "Missing header"), Rejected, "org_id", 1),
        (400, {"message": "bad property", "statusCode": 400}, Rejected, "bad property", 1),
        (
            422,
            {"type": "x", "title": "Unprocessable", "status": 422, "detail": "limit"},
            Rejected,
            "Unprocessable limit",
            1,
        ),
        (409, {"message": "already terminated", "statusCode": 409}, Conflict, "already", 1),
        (429, says("429050", "Too many requests"), RateLimited, "requests_per_min", 1),
        (500, None, ServerError, "HTTP 500", 1),
        (503, {"errorMessage": "down"}, ServerError, "down", 1),
        (501, None, ServerError, "HTTP 501", 1),
        (404, {"detail": "Not Found"}, NotFound, "base_url", 1),
    ],
)
def test_a_refusal_names_the_setting(
    status: int, body: Any, kind: type[ApiError], words: str, exit_code: int
) -> None:
    answer = httpx.Response(status, json=body) if body else httpx.Response(status)
    error = failure(answer)
    assert type(error) is kind
    assert words in str(error)
    assert error.exit_code == exit_code
    assert (error.status, error.where) == (status, "p/prod")
    assert error.request_id
    assert SECRET not in str(error)
    assert str(error).endswith(".")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (httpx.Response(200, html="<!DOCTYPE html><title>Log in</title>"), "HTML instead of JSON"),
        (httpx.Response(404, html="<html>no such page</html>"), "base_url"),
        (httpx.Response(200, content=b'{"schedules": [{"id": "a"'), "cut off"),
        (httpx.Response(200, content=b""), "nothing"),
        (httpx.Response(200, json={"hello": 1}), "not a list"),
        (httpx.Response(200, json="a string"), "not a list"),
        (httpx.Response(200, content=b"null"), "not a list"),
        (httpx.Response(200, content=b"[" * 100_000), "cut off"),
        (httpx.Response(302, headers={"Location": "https://evil.test/x"}), "follows no redirects"),
        (httpx.Response(304), "follows no redirects"),
        (httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=b""), "nothing"),
    ],
)
def test_an_unreadable_answer_says_so_and_keeps_the_request_id(
    answer: httpx.Response, words: str
) -> None:
    error = failure(answer)
    assert type(error) is BadResponse
    assert words in str(error)
    assert error.request_id
    assert error.exit_code == 3


def test_the_request_id_of_the_server_is_kept() -> None:
    error = failure(httpx.Response(403, headers={"x-request-id": "from-server"}))
    assert error.request_id == "from-server"


def test_an_error_body_with_status_200_is_that_error() -> None:
    error = failure(httpx.Response(200, json={"message": "no", "statusCode": 403}))
    assert type(error) is Forbidden


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("raised", "words"),
    [
        (caused(httpx.ConnectError("x"), socket.gaierror(-2, "unknown")), "was not found"),
        (caused(httpx.ConnectError("x"), ConnectionRefusedError()), "refused the connection"),
        (caused(httpx.ConnectError("x"), ssl.SSLCertVerificationError()), "ca_bundle"),
        (caused(httpx.ConnectError("x"), ssl.SSLError()), "https"),
        (httpx.ConnectTimeout("x"), "in time"),
        (httpx.ReadTimeout("x"), "in time"),
        (httpx.PoolTimeout("x"), "in time"),
        (httpx.ReadError("x"), "closed the connection"),
        (httpx.RemoteProtocolError("x"), "closed the connection"),
        (httpx.ConnectError("x"), "cannot be reached"),
    ],
)
def test_no_answer_is_unreachable_and_says_why(raised: Exception, words: str) -> None:
    error = failure(raised)
    assert type(error) is Unreachable
    assert words in str(error)
    assert "server.test" in str(error)
    assert error.exit_code == 3


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_get_is_repeated_twice_after_a_server_error(status: int) -> None:
    clock = FakeClock()
    server = Server(in_turn(httpx.Response(status), httpx.Response(status), EMPTY))

    async def work() -> int:
        backend = open_on(server, clock)
        await all_records(backend.schedules())
        await backend.aclose()
        return len({request.headers["x-request-id"] for request in server.seen})

    assert run(work()) == 3
    assert clock.slept == [0.5, 1.0]


def test_three_server_errors_are_given_up() -> None:
    clock = FakeClock()
    assert type(failure(httpx.Response(500), clock=clock)) is ServerError
    assert len(clock.slept) == 2


@pytest.mark.parametrize("status", [400, 403, 404, 409, 429, 501])
def test_other_answers_are_not_repeated(status: int) -> None:
    clock = FakeClock()
    failure(httpx.Response(status, json={"detail": "x"}), clock=clock)
    assert clock.slept == []


def test_a_lost_connection_is_tried_once_more() -> None:
    server = Server(in_turn(httpx.RemoteProtocolError("gone"), EMPTY))

    async def work() -> None:
        backend = open_on(server)
        assert await all_records(backend.schedules()) == []
        await backend.aclose()

    run(work())
    assert len(server.seen) == 2


def test_a_connection_lost_at_the_last_try_says_so_without_waiting_again() -> None:
    clock = FakeClock()
    busy = httpx.Response(503)
    error = failure(busy, busy, httpx.ReadError("gone"), clock=clock)
    assert type(error) is Unreachable
    assert "closed the connection" in str(error)
    assert clock.slept == [0.5, 1.0]


def test_every_wait_for_the_server_has_an_end() -> None:
    server = Server(in_turn(EMPTY))

    async def work() -> None:
        backend = open_on(server)
        await all_records(backend.schedules())
        await backend.aclose()

    run(work())
    for request in (*server.tokens, *server.seen):
        limits = request.extensions["timeout"]
        assert set(limits) == {"connect", "read", "write", "pool"}
        assert all(0 < limit <= 10 for limit in limits.values())
    assert 10 < transport._WHOLE_CALL_S <= 120


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("7", 7.0),
        ("1.5", 1.5),
        ("-3", 0.0),
        ("Thu, 04 Jun 2026 12:00:30 GMT", 30.0),
        ("Thu, 04 Jun 2026 11:00:30 GMT", 0.0),
        ("soon", None),
        ("nan", None),
        ("1e99", 86_400.0),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, expected: float | None) -> None:
    assert retry_after(value, START) == expected


def test_too_many_requests_tells_how_long_to_rest() -> None:
    error = failure(httpx.Response(429, headers={"Retry-After": "12"}))
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == 12.0
    assert "12 s" in str(error)
    bare = failure(httpx.Response(429))
    assert isinstance(bare, RateLimited)
    assert bare.retry_after_s is None


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        (b'{"error_code": 401013, "message": "m"}', "401013", "m"),
        (b'{"message": "m", "statusCode": "404"}', "", "m"),
        (b'{"type": "t", "title": "T", "status": 400, "detail": "d"}', "", "T d"),
        (b'{"errorMessage": "m"}', "", "m"),
        (b'{"error": "invalid_client", "error_description": "d"}', "invalid_client", "d"),
        (b'{"error": {"code": "c", "message": "m"}}', "", "m"),
        (b'\xef\xbb\xbf{"errorMessage": "m"}', "", "m"),
        (b"<html>", "", ""),
        (b"", "", ""),
        (b"[1]", "", ""),
        (b"\xff\xfe\x00", "", ""),
    ],
)
def test_error_bodies_of_every_shape(body: bytes, code: str, text: str) -> None:
    said = read_error_body(body)
    assert (said.code, said.text) == (code, text)


def test_hostile_words_are_cleaned_and_secrets_blotted_out() -> None:
    words = excerpt("\x1b]52;c;AAAA\x07 se\u202ecret s3cr3t\nnext" + "x" * 500, ("s3cr3t",))
    assert "\x1b" not in words
    assert "\u202e" not in words
    assert "s3cr3t" not in words
    assert len(words) <= 200
    body = b'{"message": "token s3cr3t is bad", "statusCode": 400}'
    error = error_for(400, body, Place("h", "p/s", "s", secrets=("s3cr3t",)))
    assert "s3cr3t" not in str(error) + error.detail


def test_a_list_that_answers_404_in_the_services_words_is_empty() -> None:
    body = {"message": "No queries found", "statusCode": 404}

    async def work() -> None:
        backend = open_on(Server(in_turn(httpx.Response(404, json=body))))
        assert await all_records(backend.queries()) == []
        with pytest.raises(NotFound):
            await all_records(backend.runs("gone"))
        with pytest.raises(NotFound):
            await backend.query("gone")
        await backend.aclose()

    run(work())


def test_one_forbidden_list_leaves_the_others_alive() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/query-templates"):
            return httpx.Response(403)
        return httpx.Response(200, json=EMPTY)

    async def work() -> None:
        backend = open_on(Server(answer))
        with pytest.raises(Forbidden):
            await all_records(backend.templates())
        assert await all_records(backend.schedules()) == []
        await backend.aclose()

    run(work())
