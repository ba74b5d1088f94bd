"""Writes over real sockets on this machine: whether something left, and over which connection."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from qsui.backends import open_query_service
from qsui.backends.options import ConnectionOptions
from qsui.domain.actions import Action, Verb
from qsui.domain.drafts import QueryDraft
from qsui.domain.errors import Conflict, OutcomeUnknown, QsuiError, Unreachable
from qsui.domain.models import Kind, Ref
from qsui.domain.ports import Accepted, QueryServiceBackend
from qsui.domain.secret import NO_SECRET, Secret
from qsui.emulator.faults import parse_json
from qsui.present.curl import as_curl
from tests.support.backends import FakeClock, all_records, run
from tests.support.emulator import (
    CLIENT_ID,
    CLIENT_SECRET,
    ORG_ID,
    SANDBOX,
    RunningServer,
    running_server,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

TRIGGER = Action(Verb.TRIGGER, Ref("p", SANDBOX, Kind.SCHEDULE, "", "s-1"), "s")
OK = b'{"message":"Request accepted","statusCode":202}'
LIST = b'{"schedules":[{"id":"a"}],"_links":{}}'


def opened(url: str, *, logs_in: bool = False) -> QueryServiceBackend:
    options = ConnectionOptions(
        profile="p",
        base_url=url,
        token_url=f"{url}/ims/token/v3" if logs_in else "",
        org_id=ORG_ID,
        client_id=CLIENT_ID,
        client_secret=Secret(CLIENT_SECRET) if logs_in else NO_SECRET,
        access_token=NO_SECRET if logs_in else Secret("the-token"),
        sandbox=SANDBOX,
        allow_http=True,
        read_only=False,
    )
    return open_query_service(options, FakeClock())


async def outcome(backend: QueryServiceBackend, action: Action = TRIGGER) -> Accepted | QsuiError:
    try:
        return await backend.send(backend.outgoing(action)[-1])
    except QsuiError as error:
        return error


def sent_to(url: str) -> Accepted | QsuiError:
    async def work() -> Accepted | QsuiError:
        backend = opened(url)
        try:
            return await outcome(backend)
        finally:
            await backend.aclose()

    return run(work())


def reply(body: bytes, status: str = "202 Accepted", *, length: int | None = None) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body) if length is None else length}\r\n\r\n"
    return head.encode() + body


@asynccontextmanager
async def serving(
    answer: Callable[[bytes, asyncio.StreamWriter], None],
) -> AsyncIterator[tuple[str, list[tuple[int, str]]]]:
    """Serve raw bytes per request head; yields the URL and (connection, request line) as seen."""
    seen: list[tuple[int, str]] = []
    tasks: list[asyncio.Task[Any]] = []
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = len(tasks)
        task = asyncio.current_task()
        assert task is not None
        tasks.append(task)
        writers.append(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                seen.append((number, head.split(b"\r\n")[0].decode()))
                answer(head, writer)
                await writer.drain()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", seen
    finally:
        server.close()
        await server.wait_closed()
        for writer in writers:
            writer.close()
        await asyncio.gather(*tasks)


def served(
    *parts: bytes, closes: bool = True
) -> tuple[Accepted | QsuiError, list[tuple[int, str]]]:
    """Return what a trigger ends with if these bytes come back, and what the server saw."""

    def answer(_head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"".join(parts))
        if closes:
            writer.close()

    async def work() -> tuple[Accepted | QsuiError, list[tuple[int, str]]]:
        async with serving(answer) as (url, seen):
            backend = opened(url)
            try:
                return await outcome(backend), seen
            finally:
                await backend.aclose()

    return run(work())


# What left, and what did not


def test_a_closed_port_got_nothing() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = sent_to(f"http://127.0.0.1:{port}")
    assert type(found) is Unreachable
    assert "refused the connection" in str(found)
    assert str(found).endswith("Nothing was sent.")


def test_a_host_without_a_name_got_nothing() -> None:
    found = sent_to("https://no-such-host.invalid")
    assert type(found) is Unreachable
    assert "no-such-host.invalid was not found" in str(found)


def test_a_failed_handshake_got_nothing() -> None:
    async def work() -> None:
        lines: list[bytes] = []

        async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            lines.append(await reader.read(100))
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            writer.close()

        server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        async with server:
            backend = opened(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}")
            found = await outcome(backend)
            await backend.aclose()
        assert type(found) is Unreachable
        assert "Nothing was sent" in str(found)
        assert not any(b"POST" in line for line in lines)

    run(work())


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (b"HTTP/1.1 202 Acc",),
        (b"SSH-2.0-OpenSSH_9.9\r\n\r\n",),
        (reply(OK[:10], length=len(OK)),),
        (reply(b"", "500 Oops"),),
        (reply(b"", "302 Found\r\nLocation: https://elsewhere.invalid/x"),),
    ],
    ids=["silence", "half a head", "no http", "half a body", "500", "redirect"],
)
def test_what_left_without_a_whole_answer_is_unknown(parts: tuple[bytes, ...]) -> None:
    found, seen = served(*parts)
    assert type(found) is OutcomeUnknown
    assert len(seen) == 1
    assert found.request_id


def test_a_refusal_counts_although_its_body_is_lost() -> None:
    found, _seen = served(reply(b'{"mess', "409 Conflict", length=500))
    assert type(found) is Conflict


def test_a_server_that_does_not_answer_leaves_it_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qsui.backends.sending._TIMEOUT", httpx.Timeout(5.0, read=0.03))
    found, seen = served(closes=False)
    assert type(found) is OutcomeUnknown
    assert "did not answer in time" in str(found)
    assert len(seen) == 1


def test_a_cancelled_write_is_not_called_unsent() -> None:
    async def work() -> None:
        arrived = asyncio.Event()

        def hold(_head: bytes, _writer: asyncio.StreamWriter) -> None:
            arrived.set()

        async with serving(hold) as (url, seen):
            backend = opened(url)
            task = asyncio.create_task(outcome(backend))
            await arrived.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await backend.aclose()
            assert len(seen) == 1

    run(work())


# Proxies


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Set the proxy that the environment names."""

    def use(url: str) -> None:
        for name in ("NO_PROXY", "ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.lower(), raising=False)
        monkeypatch.setenv("HTTP_PROXY", url)
        monkeypatch.setenv("HTTPS_PROXY", url)

    return use


@pytest.mark.parametrize(
    ("base", "answer", "kind"),
    [
        ("https://server.invalid", reply(b"", "502 Bad Gateway"), Unreachable),
        ("https://server.invalid", reply(b"", "407 Who are you"), Unreachable),
        ("https://server.invalid", b"", Unreachable),
        ("https://server.invalid", b"no http at all\r\n\r\n", Unreachable),
        ("http://server.invalid", b"", OutcomeUnknown),
        ("http://server.invalid", reply(b"", "502 Bad Gateway"), OutcomeUnknown),
        ("http://server.invalid", reply(OK), Accepted),
    ],
)
def test_through_a_proxy_only_what_passed_the_tunnel_left(
    proxied: Callable[[str], None], base: str, answer: bytes, kind: type[object]
) -> None:
    def reject(_head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        writer.close()

    async def work() -> None:
        async with serving(reject) as (url, seen):
            proxied(url)
            backend = opened(base)
            assert type(await outcome(backend)) is kind
            await backend.aclose()
            assert [line.split()[0] for _, line in seen] == [
                "CONNECT" if base.startswith("https") else "POST"
            ]

    run(work())


# Connections


def test_a_write_has_a_connection_of_its_own_and_reads_keep_theirs() -> None:
    def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(LIST, "200 OK") if head.startswith(b"GET") else reply(OK))

    async def work() -> None:
        async with serving(answer) as (url, seen):
            backend = opened(url)
            for _ in range(2):
                await all_records(backend.schedules())
                assert isinstance(await outcome(backend), Accepted)
            await all_records(backend.schedules())
            await backend.aclose()
            numbers = [(number, line.split()[0]) for number, line in seen]
            assert numbers == [(0, "GET"), (1, "POST"), (0, "GET"), (2, "POST"), (0, "GET")]

    run(work())


def test_a_server_that_closes_idle_connections_loses_no_write() -> None:
    def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
        is_read = head.startswith(b"GET")
        writer.write(reply(LIST, "200 OK") if is_read else reply(OK))
        writer.close()  # without a word, as an idle time-out does

    async def work() -> None:
        async with serving(answer) as (url, seen):
            backend = opened(url)
            for _ in range(10):
                await all_records(backend.schedules())
                assert isinstance(await outcome(backend), Accepted)
            await backend.aclose()
            assert [line.split()[0] for _, line in seen].count("POST") == 10
            assert len({number for number, _ in seen}) == len(seen)

    run(work())


def test_a_redirect_is_not_followed_and_the_token_stays_here() -> None:
    async def work() -> None:
        async with serving(lambda _head, writer: writer.write(reply(OK))) as (other, seen_there):
            target = f"307 Temporary Redirect\r\nLocation: {other}/data/foundation/query/x"

            def redirect(_head: bytes, writer: asyncio.StreamWriter) -> None:
                writer.write(reply(b"", target))

            async with serving(redirect) as (url, seen):
                backend = opened(url)
                found = await outcome(backend)
                await backend.aclose()
                assert type(found) is OutcomeUnknown
                assert "the-token" not in str(found)
                assert len(seen) == 1
            assert seen_there == []

    run(work())


# The emulator, as a server of its own


@pytest.fixture
def server() -> Iterator[RunningServer]:
    with running_server(speed=0) as running:
        yield running


def fault(server: RunningServer, name: str, arg: str = "", path: str = "/query/") -> None:
    server.faults.switch_on(
        parse_json({"name": name, "arg": arg or None, "count": 1, "path": path})
    )


def count_of(server: RunningServer, method: str) -> int:
    """Return how many requests below the service's path the emulator counted."""
    counted = httpx.get(f"{server.url}/_emulator/requests").json()["endpoints"]
    return sum(n for line, n in counted.items() if line.startswith(method) and "/ims" not in line)


def pass_time(server: RunningServer, seconds: float) -> None:
    httpx.post(f"{server.url}/_emulator/clock", json={"advance_s": seconds}, timeout=30)


async def _new_runs(server: RunningServer, spoil: Callable[[], None]) -> tuple[object, int]:
    """Trigger a schedule under a fault: what it ended with, and how many runs it made."""
    backend = opened(server.url, logs_in=True)
    schedules = await all_records(backend.schedules())
    schedule = next(s for s in schedules if s.name == "orders_rollup")
    before = {r.id for r in await all_records(backend.runs(schedule.id))}
    spoil()
    found = await outcome(backend, Action(Verb.TRIGGER, schedule.ref, "s"))
    pass_time(server, 3)
    after = {r.id for r in await all_records(backend.runs(schedule.id))}
    await backend.aclose()
    return found, len(after - before)


@pytest.mark.parametrize(
    ("name", "arg", "kind", "made"),
    [
        ("lost-answer", "", OutcomeUnknown, 1),
        ("truncated", "", OutcomeUnknown, 1),
        ("reset", "", OutcomeUnknown, 0),
        ("server-errors", "500", OutcomeUnknown, 0),
        ("server-errors", "502", OutcomeUnknown, 0),
        ("html", "200", OutcomeUnknown, 0),
        ("slow", "0.15", OutcomeUnknown, None),
    ],
)
def test_a_trigger_whose_answer_is_lost_is_sent_once(
    server: RunningServer,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    arg: str,
    kind: type[QsuiError],
    made: int | None,
) -> None:
    if name == "slow":
        monkeypatch.setattr("qsui.backends.sending._TIMEOUT", httpx.Timeout(5.0, read=0.05))
    pass_time(server, 120)
    found, new = run(_new_runs(server, lambda: fault(server, name, arg, "/runs")))
    assert type(found) is kind
    assert count_of(server, "POST") == 1
    assert new == made or (made is None and new <= 1)


def test_an_expired_token_is_renewed_and_one_run_is_made(server: RunningServer) -> None:
    pass_time(server, 120)
    found, new = run(_new_runs(server, lambda: fault(server, "expired-token", "", "/runs")))
    assert isinstance(found, Accepted)
    assert new == 1


def test_a_query_whose_answer_is_lost_exists_once(server: RunningServer) -> None:
    async def work() -> None:
        backend = opened(server.url, logs_in=True)
        draft = QueryDraft("SELECT 1", name="made once")
        new = Ref("p", SANDBOX, Kind.QUERY, "", "")
        fault(server, "lost-answer", "", "/queries")
        found = await outcome(backend, Action(Verb.CREATE, new, "", draft=draft))
        assert type(found) is OutcomeUnknown
        queries = await all_records(backend.queries())
        assert [q.name for q in queries].count("made once") == 1
        await backend.aclose()

    run(work())
    assert count_of(server, "POST") == 1


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_curl_copy_does_what_the_dialog_does(server: RunningServer) -> None:
    async def prepared() -> tuple[str, str]:
        backend = opened(server.url, logs_in=True)
        schedules = await all_records(backend.schedules())
        on = next(s for s in schedules if s.name == "orders_rollup")
        draft = QueryDraft("SELECT 'it''s $HOME `x` \\ é'", name='"quoted" !')
        new = Ref("p", SANDBOX, Kind.QUERY, "", "")
        actions = (
            Action(Verb.TRIGGER, on.ref, "s"),
            Action(Verb.DISABLE, on.ref, "s"),
            Action(Verb.CREATE, new, "", draft=draft),
        )
        outgoing = [one for action in actions for one in backend.outgoing(action)]
        await backend.aclose()
        return as_curl(outgoing), on.id

    async def found(id: str) -> tuple[str, list[tuple[str, str]]]:
        backend = opened(server.url, logs_in=True)
        made = [(q.name, q.sql) for q in await all_records(backend.queries())]
        state = (await backend.schedule(id)).raw_state
        await backend.aclose()
        return state, made

    script, id = run(prepared())
    env = {
        "PATH": os.environ["PATH"],
        "NO_PROXY": "*",
        "QSUI_ACCESS_TOKEN": server.token(),
        "QSUI_CLIENT_ID": CLIENT_ID,
    }
    done = subprocess.run(
        ["/bin/sh", "-e"], input=script.encode(), env=env, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout
    state, made = run(found(id))
    assert state == "DISABLED"
    assert ('"quoted" !', "SELECT 'it''s $HOME `x` \\ é'") in made
