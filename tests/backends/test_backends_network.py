"""The adapter over real sockets on this machine: connections, refusals, slowness, loss."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from qsui.backends import open_backend
from qsui.backends.options import ConnectionOptions
from qsui.domain.errors import ApiError, BadResponse, Unreachable
from qsui.domain.secret import Secret
from tests.support.backends import FakeClock, all_records, run
from tests.support.emulator import CLIENT_ID, CLIENT_SECRET, ORG_ID, SANDBOX, running_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

LIST = b'{"schedules": [{"id": "a"}], "_links": {}}'


def options_for(url: str) -> ConnectionOptions:
    return ConnectionOptions(
        profile="p",
        base_url=url,
        org_id=ORG_ID,
        access_token=Secret("token"),
        client_id=CLIENT_ID,
        sandbox=SANDBOX,
    )


def listing(url: str, clock: FakeClock | None = None) -> list[str]:
    async def work() -> list[str]:
        backend = open_backend(options_for(url), clock or FakeClock())
        try:
            return [record.id for record in await all_records(backend.schedules())]
        finally:
            await backend.aclose()

    return run(work())


@asynccontextmanager
async def answering(
    answer: Callable[[asyncio.StreamWriter], Awaitable[None]], *, at_once: bool = False
) -> AsyncIterator[tuple[str, list[str]]]:
    """Serve raw bytes, `at_once` before any request; yields the URL and the request lines seen."""
    seen: list[str] = []
    ended: list[asyncio.Task[Any] | None] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ended.append(asyncio.current_task())
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while not writer.is_closing():
                if not at_once:
                    head = await reader.readuntil(b"\r\n\r\n")
                    seen.append(head.split(b"\r\n")[0].decode())
                await answer(writer)
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
        await asyncio.gather(*(task for task in ended if task is not None))


def head(length: int, *more: bytes) -> bytes:
    lines = [b"HTTP/1.1 200 OK", b"Content-Length: %d" % length, *more]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def test_a_real_server_is_read_over_one_connection() -> None:
    async def work(url: str) -> Any:
        options = replace(
            options_for(url),
            token_url=f"{url}/ims/token/v3",
            client_secret=Secret(CLIENT_SECRET),
        )
        backend = open_backend(options, FakeClock())
        records = await all_records(backend.schedules())
        await backend.schedule(records[0].id)
        await backend.aclose()
        return records

    with running_server(speed=0) as server:
        assert len(run(work(server.url))) == 3


def test_a_closed_port_is_refused() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Unreachable, match=r"refused the connection.*base_url"):
        listing(f"http://127.0.0.1:{port}")


def test_a_host_without_a_name_is_not_found() -> None:
    with pytest.raises(Unreachable, match=r"no-such-host\.invalid was not found.*base_url"):
        listing("https://no-such-host.invalid")


def test_plain_http_behind_https_is_said() -> None:
    async def work() -> None:
        async def answer(writer: asyncio.StreamWriter) -> None:
            writer.write(b"not tls\r\n\r\n")
            writer.close()

        async with answering(answer, at_once=True) as (url, _seen):
            backend = open_backend(options_for(url.replace("http:", "https:")), FakeClock())
            with pytest.raises(Unreachable):
                await all_records(backend.schedules())
            await backend.aclose()

    run(work())


def served(*answers: bytes, close_after: bool = False) -> tuple[list[str] | ApiError, list[str]]:
    """Return what a listing makes of these bytes, one after the other, and the requests seen."""
    left = list(answers)

    async def answer(writer: asyncio.StreamWriter) -> None:
        following = left.pop(0) if len(left) > 1 else left[0]
        writer.write(following)
        if close_after or len(following) == 0:
            await writer.drain()
            writer.close()

    async def work() -> tuple[list[str] | ApiError, list[str]]:
        async with answering(answer) as (url, seen):
            backend = open_backend(options_for(url), FakeClock())
            try:
                found: list[str] | ApiError = [
                    record.id for record in await all_records(backend.schedules())
                ]
            except ApiError as error:
                found = error
            finally:
                await backend.aclose()
            return found, seen

    return run(work())


def test_a_body_in_chunks_without_a_type_is_read() -> None:
    chunks = b"".join(b"%x\r\n%c\r\n" % (1, byte) for byte in LIST) + b"0\r\n\r\n"
    found, _seen = served(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
    assert found == ["a"]


def test_an_answer_cut_off_is_tried_once_more() -> None:
    found, seen = served(head(len(LIST)) + LIST[:10], head(len(LIST)) + LIST, close_after=True)
    assert found == ["a"]
    assert len(seen) == 2


def test_an_answer_cut_off_again_is_unreachable() -> None:
    found, seen = served(head(len(LIST)) + LIST[:10], close_after=True)
    assert isinstance(found, Unreachable)
    assert "before its answer was complete" in str(found)
    assert len(seen) == 2


def test_a_server_that_hangs_up_is_unreachable() -> None:
    found, _seen = served(b"")
    assert isinstance(found, Unreachable)


def test_a_body_that_is_not_the_gzip_it_claims_is_unreadable() -> None:
    found, _seen = served(head(len(LIST), b"Content-Encoding: gzip") + LIST)
    assert isinstance(found, BadResponse)


def test_garbage_instead_of_http_is_unreachable() -> None:
    found, _seen = served(b"SSH-2.0-OpenSSH_9.9\r\n\r\n", close_after=True)
    assert isinstance(found, Unreachable)


def test_an_answer_that_drips_for_ever_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qsui.backends.transport._WHOLE_CALL_S", 0.05)

    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(head(1000))
        for _ in range(100):
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.005)

    async def work() -> None:
        async with answering(drip) as (url, _seen):
            backend = open_backend(options_for(url), FakeClock())
            with pytest.raises(Unreachable, match="in time"):
                await all_records(backend.schedules())
            await backend.aclose()

    run(work())


def test_a_proxy_of_the_environment_does_not_see_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:1")
    monkeypatch.setenv("ALL_PROXY", "http://proxy.invalid:1")
    found, _seen = served(head(len(LIST)) + LIST)
    assert found == ["a"]


def test_a_proxy_that_is_away_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:3128")
    with pytest.raises(Unreachable, match=r"proxy\.invalid"):
        listing("https://server.invalid")


def test_importing_the_package_costs_nothing() -> None:
    import subprocess
    import sys

    code = (
        "import sys, qsui.backends, qsui.backends.options as o; o.ConnectionOptions('p');"
        "print([m for m in ('httpx', 'pydantic', 'ssl', 'asyncio') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
