"""Tokens: one call for many, renewed early, and never sent where they do not belong."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from qsui.backends import open_backend
from qsui.backends.auth import lifetime_s, token_expiry
from qsui.backends.options import (
    ConnectionOptions,
    check_url,
    gateway_url,
    scope_key,
)
from qsui.backends.reachability import proxy_for
from qsui.domain.addresses import is_loopback, origin
from qsui.domain.errors import (
    ApiError,
    BadResponse,
    ConfigError,
    RateLimited,
    ServerError,
    Unauthorized,
    Unreachable,
)
from qsui.domain.secret import Secret
from tests.support.backends import (
    BASE,
    OPTIONS,
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


def jwt(**claims: Any) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"head.{payload}.signature"


async def list_once(backend: Any) -> None:
    await all_records(backend.schedules())


def bearer(request: httpx.Request) -> str:
    return request.headers["Authorization"].removeprefix("Bearer ")


def accepting(token: str) -> Any:
    """Refuse every token but one."""

    def answer(request: httpx.Request) -> httpx.Response:
        if bearer(request) != token:
            return httpx.Response(401, json={"error_code": "401013", "message": "not valid"})
        return httpx.Response(200, json=EMPTY)

    return answer


def test_a_burst_of_calls_makes_one_token_call() -> None:
    server = Server(in_turn(EMPTY))

    async def work() -> None:
        backend = open_on(server)
        await asyncio.gather(*(list_once(backend) for _ in range(8)))
        await backend.aclose()

    run(work())
    assert len(server.tokens) == 1
    assert len(server.seen) == 8


def test_a_burst_of_401s_makes_one_renewal_and_each_call_is_sent_once_more() -> None:
    server = Server(accepting("token-2"))

    async def work() -> None:
        backend = open_on(server)
        await asyncio.gather(*(list_once(backend) for _ in range(8)))
        await backend.aclose()

    run(work())
    assert len(server.tokens) == 2
    assert len(server.seen) == 16


def test_a_401_that_survives_the_renewal_ends_there() -> None:
    server = Server(accepting("never"))

    async def work() -> None:
        backend = open_on(server)
        with pytest.raises(Unauthorized, match="client_secret"):
            await list_once(backend)
        await backend.aclose()

    run(work())
    assert len(server.tokens) == 2
    assert len(server.seen) == 2


def test_a_burst_shares_one_refusal() -> None:
    server = Server(in_turn(EMPTY))
    server.token_answer = in_turn(httpx.Response(400, json={"error": "invalid_client"}))

    async def work() -> list[Any]:
        backend = open_on(server)
        outcomes = await asyncio.gather(
            *(list_once(backend) for _ in range(5)), return_exceptions=True
        )
        await backend.aclose()
        return outcomes

    outcomes = run(work())
    assert len(server.tokens) == 1
    assert all(type(outcome) is Unauthorized for outcome in outcomes)
    assert server.seen == []


@pytest.mark.parametrize(
    ("expires_in", "kept_for", "renewed_after"),
    [
        (86_399, timedelta(hours=23, minutes=40), timedelta(hours=23, minutes=51)),
        ("86399", timedelta(hours=23, minutes=40), timedelta(hours=23, minutes=51)),
        (86_399_992, timedelta(hours=23, minutes=40), timedelta(hours=23, minutes=51)),
        (30, timedelta(seconds=14), timedelta(seconds=16)),
        (None, timedelta(days=300), None),
        ("soon", timedelta(days=300), None),
    ],
)
def test_a_token_is_renewed_before_its_end(
    expires_in: Any, kept_for: timedelta, renewed_after: timedelta | None
) -> None:
    server, clock = Server(in_turn(EMPTY), expires_in=expires_in), FakeClock()

    async def work() -> None:
        backend = open_on(server, clock)
        await list_once(backend)
        clock.time = START + kept_for
        await list_once(backend)
        assert len(server.tokens) == 1
        if renewed_after is not None:
            clock.time = START + renewed_after
            await asyncio.gather(list_once(backend), list_once(backend))
            assert len(server.tokens) == 2
            assert bearer(server.seen[-1]) == "token-2"
        await backend.aclose()

    run(work())


def test_a_failed_early_renewal_is_no_trouble_while_the_token_lasts() -> None:
    server, clock = Server(in_turn(EMPTY)), FakeClock()

    async def work() -> None:
        backend = open_on(server, clock)
        await list_once(backend)
        server.token_answer = in_turn(httpx.ConnectError("away"))
        clock.time = START + timedelta(hours=23, minutes=55)
        await list_once(backend)
        asked = len(server.tokens)
        await list_once(backend)
        assert len(server.tokens) == asked  # not asked again at once
        clock.time = START + timedelta(hours=25)
        with pytest.raises(Unreachable, match="token_url"):
            await list_once(backend)
        await backend.aclose()

    run(work())


def test_a_cancelled_call_does_not_block_the_next_renewal() -> None:
    server = Server(in_turn(EMPTY))
    hold = asyncio.Event()

    async def slow(_request: httpx.Request) -> httpx.Response:
        await hold.wait()
        return httpx.Response(200, json={"access_token": "late", "expires_in": 100})

    async def work() -> None:
        server.token_answer = slow
        backend = open_on(server)
        first = asyncio.create_task(list_once(backend))
        second = asyncio.create_task(list_once(backend))
        await asyncio.sleep(0.01)
        first.cancel()
        await asyncio.sleep(0)
        hold.set()
        await second
        assert bearer(server.seen[-1]) == "late"
        await backend.aclose()

    run(work())


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (httpx.Response(400, json={"error": "invalid_client"}), Unauthorized, "client_secret"),
        (httpx.Response(401, json={"error": "invalid_client", "error_description": "no"}),
         Unauthorized, "client_id"),
        (httpx.Response(400, json={"error": "invalid_scope"}), Unauthorized, "scopes"),
        (httpx.Response(403, json={"error_code": "403003", "message": "Api Key"}),
         Unauthorized, "client_id"),
        (httpx.Response(200, json={"error": "invalid_client"}), Unauthorized, "client_id"),
        (httpx.Response(404, html="<html>"), BadResponse, "token_url"),
        (httpx.Response(302, headers={"Location": "https://evil.test"}), BadResponse, "token_url"),
        (httpx.Response(200, html="<html>log in</html>"), BadResponse, "token_url"),
        (httpx.Response(200, json={"access_token": ""}), BadResponse, "token_url"),
        (httpx.Response(200, json={"access_token": "a\r\nX: y"}), BadResponse, "token_url"),
        (httpx.Response(200, json=["token"]), BadResponse, "token_url"),
        (httpx.Response(429, headers={"Retry-After": "3"}), RateLimited, "3 s"),
        (httpx.Response(503), ServerError, "token_url"),
        (httpx.ConnectError("no"), Unreachable, "token_url"),
        (httpx.ReadTimeout("no"), Unreachable, "token_url"),
    ],
)  # fmt: skip
def test_what_the_token_endpoint_says(answer: Any, kind: type[ApiError], words: str) -> None:
    server = Server(in_turn(EMPTY))
    server.token_answer = in_turn(answer)

    async def work() -> None:
        backend = open_on(server)
        with pytest.raises(kind, match=words) as caught:
            await list_once(backend)
        assert SECRET not in str(caught.value)
        assert SECRET not in caught.value.detail
        assert caught.value.where == "p/prod"
        checks = await backend.check()
        assert [(check.name, check.ok) for check in checks] == [("token", False)]
        await backend.aclose()

    run(work())
    assert server.seen == []


def test_a_token_call_is_a_form_and_is_repeated_after_a_server_error() -> None:
    server = Server(in_turn(EMPTY))
    server.token_answer = in_turn(httpx.Response(502), {"access_token": "t", "expires_in": 86_399})

    async def work() -> None:
        backend = open_on(server, scopes="openid, AdobeID  session")
        await list_once(backend)
        await backend.aclose()

    run(work())
    assert len(server.tokens) == 2
    form = parse_qs(server.tokens[0].content.decode())
    assert form == {
        "grant_type": ["client_credentials"],
        "client_id": ["client"],
        "client_secret": [SECRET],
        "scope": ["openid,AdobeID,session"],
    }
    assert "Authorization" not in server.tokens[0].headers
    assert "x-gw-ims-org-id" not in server.tokens[0].headers


def test_a_call_carries_its_headers() -> None:
    server = Server(in_turn(EMPTY))

    async def work() -> None:
        backend = open_on(server)
        counted: list[str] = []
        backend.on_request(counted.append)
        await list_once(backend)
        await backend.aclose()
        assert counted == ["POST /ims/token/v3", "GET /data/foundation/query/schedules"]

    run(work())
    headers = server.seen[0].headers
    assert headers["x-api-key"] == "client"
    assert headers["x-gw-ims-org-id"] == "ORG@AdobeOrg"
    assert headers["x-sandbox-name"] == "prod"
    assert headers["User-Agent"].startswith("qsui/")
    assert headers["Accept"] == "application/json"
    assert len(headers["x-request-id"]) == 36
    assert SECRET not in str(server.seen[0].url) + str(headers)


def test_a_pasted_token_brings_its_end() -> None:
    token = jwt(created_at="1780000000000", expires_in="86400000")
    server = Server(accepting(token))

    async def work() -> None:
        backend = open_on(server, client_secret=Secret(), access_token=Secret(token))
        assert backend.token.expires_at == datetime.fromtimestamp(1_780_086_400, UTC)
        assert not backend.token.can_renew
        await list_once(backend)
        await backend.aclose()

    run(work())
    assert server.tokens == []
    assert server.seen[0].headers["x-api-key"] == OPTIONS.client_id


def test_a_pasted_token_that_is_refused_is_not_sent_again() -> None:
    server = Server(accepting("other"))

    async def work() -> None:
        backend = open_on(server, client_secret=Secret(), access_token=Secret("opaque"))
        with pytest.raises(Unauthorized, match="QSUI_ACCESS_TOKEN"):
            await list_once(backend)
        await backend.aclose()

    run(work())
    assert len(server.seen) == 1


@pytest.mark.parametrize("token", ["", "a.b.c", "a.b", "h.bnVsbA.x", jwt(exp="x"), jwt(exp=1e99)])
def test_tokens_that_tell_nothing_do_no_harm(token: str) -> None:
    assert token_expiry(token) is None


@pytest.mark.parametrize("value", [True, None, [], "x", 0, -5, float("nan"), float("inf"), 10**400])
def test_a_lifetime_that_is_none_is_none(value: object) -> None:
    assert lifetime_s(value) is None


@pytest.mark.parametrize(
    ("changes", "setting"),
    [
        ({"base_url": "http://far.test"}, "base_url"),
        ({"token_url": "http://far.test/token"}, "token_url"),
        ({"base_url": "server.test"}, "base_url"),
        ({"base_url": "ftp://server.test"}, "base_url"),
        ({"base_url": "https://"}, "base_url"),
        ({"base_url": "https://u:p@server.test"}, "base_url"),
        ({"base_url": "https://server.test/?x=1"}, "base_url"),
        ({"base_url": "https://server.test:port"}, "base_url"),
        ({"base_url": "https://ser ver.test"}, "base_url"),
        ({"client_id": ""}, "client_id"),
        ({"client_id": "ünicode"}, "client_id"),
        ({"client_secret": Secret()}, "client_secret"),
        ({"client_secret": Secret(), "access_token": Secret("a\nb")}, "access_token"),
        ({"client_secret": Secret(), "access_token": Secret("x"), "client_id": ""}, "client_id"),
        ({"org_id": ""}, "org_id"),
        ({"sandbox": ""}, "sandbox"),
        ({"sandbox": "pro\u202ed"}, "sandbox"),
        ({"ca_bundle": "/no/such/file.pem"}, "ca_bundle"),
        ({"backend": "tableau"}, "backend"),
    ],
)
def test_options_that_cannot_work_name_their_setting(changes: dict[str, Any], setting: str) -> None:
    with pytest.raises(ConfigError, match=setting) as caught:
        open_backend(replace(OPTIONS, **changes), FakeClock())
    assert SECRET not in str(caught.value)


def test_plain_http_is_for_loopback_or_by_will() -> None:
    check_url("http://127.0.0.1:8765", "base_url", allow_http=False)
    check_url("http://[::1]:8765/x", "base_url", allow_http=False)
    check_url("http://localhost/", "base_url", allow_http=False)
    check_url("http://far.test/", "base_url", allow_http=True)
    assert is_loopback("127.1.2.3")
    assert not is_loopback("localhost.evil.test")
    assert not is_loopback("127.0.0.1.evil.test")


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.test/data/foundation/query/schedules?start=2026-01-01T00:00:00Z",
        "//evil.test/schedules?start=2026-01-01T00:00:00Z",
        "http://server.test/schedules?start=2026-01-01T00:00:00Z",
    ],
)
def test_no_token_goes_to_a_host_named_in_a_payload(link: str) -> None:
    first = page_of("schedules", [{"id": "a", "created": "2026-01-02T00:00:00Z"}], {"href": link})
    server = Server(in_turn(first, EMPTY))

    async def work() -> None:
        backend = open_on(server)
        await list_once(backend)
        await backend.aclose()

    run(work())
    assert len(server.seen) == 2
    assert {origin(str(request.url)) for request in server.seen} == {origin(BASE)}


def test_nothing_but_get_leaves_a_read_only_profile() -> None:
    server = Server(in_turn(EMPTY))

    async def work() -> None:
        backend = open_on(server)
        client = backend._transport._client
        with pytest.raises(ConfigError, match="read-only"):
            await client.patch(f"{BASE}/data/foundation/query/schedules/x")
        with pytest.raises(ConfigError, match="base_url"):
            await client.get("https://evil.test/", headers={"Authorization": "Bearer x"})
        with pytest.raises(ConfigError, match="base_url"):
            await client.get("https://ims.test/other")
        with pytest.raises(ConfigError, match="base_url"):
            await client.post(OPTIONS.token_url, headers={"Authorization": "Bearer x"})
        await backend.aclose()

    run(work())
    assert server.seen == []


def test_a_redirect_is_not_followed() -> None:
    server = Server(in_turn(httpx.Response(307, headers={"Location": "https://evil.test/"})))

    async def work() -> None:
        backend = open_on(server)
        with pytest.raises(BadResponse, match="redirects"):
            await list_once(backend)
        await backend.aclose()

    run(work())
    assert len(server.seen) == 1


def test_proxies_of_the_environment_are_used_but_not_for_loopback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "proxy.test:3128")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", "inside.test")
    assert proxy_for("https://far.test") == "http://proxy.test:3128"
    assert proxy_for("http://far.test") == "http://proxy.test:3128"
    assert proxy_for("https://a.inside.test") == ""
    assert proxy_for("http://127.0.0.1:8765") == ""
    assert proxy_for("http://localhost:8765") == ""
    monkeypatch.setenv("HTTPS_PROXY", "gopher://proxy.test")
    with pytest.raises(ConfigError, match="HTTPS_PROXY"):
        open_backend(OPTIONS, FakeClock())


@pytest.mark.parametrize(
    "spelling",
    [
        "https://server.test",
        "https://server.test/",
        "https://SERVER.test:443/",
        "https://server.test/data/foundation/query",
        "https://server.test/data/foundation/query/",
    ],
)
def test_every_spelling_of_an_address_is_one_scope(spelling: str) -> None:
    assert scope_key("adobe", spelling, "o", "s") == scope_key("adobe", BASE, "o", "s")
    assert gateway_url(spelling).lower().startswith(BASE)
    assert len(scope_key("adobe", spelling, "o", "s")) == 64


def test_another_server_org_sandbox_or_backend_is_another_scope() -> None:
    keys = {
        scope_key("adobe", BASE, "o", "s"),
        scope_key("adobe", BASE + "/prefix", "o", "s"),
        scope_key("adobe", "https://server.test:8443", "o", "s"),
        scope_key("adobe", BASE, "o2", "s"),
        scope_key("adobe", BASE, "o", "s2"),
        scope_key("alteryx", BASE, "o", "s"),
    }
    assert len(keys) == 6


def test_secrets_do_not_show_themselves() -> None:
    options = ConnectionOptions(profile="p", client_secret=Secret(SECRET))
    assert SECRET not in repr(options)
    assert SECRET not in f"{options.client_secret} {options.client_secret!r}"
    assert options.client_secret == Secret(SECRET)
    assert options.client_secret != Secret("other")


def test_the_clock_of_the_server_is_known_from_its_answers() -> None:
    date = {"Date": "Thu, 04 Jun 2026 12:07:00 GMT"}
    server = Server(in_turn(httpx.Response(200, json=EMPTY, headers=date)))

    async def work() -> None:
        backend = open_on(server)
        assert backend.server_offset == timedelta()
        await list_once(backend)
        assert backend.server_offset == timedelta(minutes=7, seconds=0.5)
        await backend.aclose()

    run(work())


def test_a_body_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qsui.backends.responses.LARGEST_BODY", 1024 * 1024)

    class Endless(httpx.AsyncByteStream):
        read = 0

        async def __aiter__(self) -> Any:
            while True:
                Endless.read += 1
                yield b"x" * 65_536

    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Endless())

    async def work() -> None:
        backend = open_on(Server(answer))
        with pytest.raises(BadResponse, match="1 MB"):
            await list_once(backend)
        await backend.aclose()

    run(work())
    assert Endless.read < 20
