"""Runs the emulator as a process: binds, prints where, serves until told to stop."""

import asyncio
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from qsui.emulator import scenes
from qsui.emulator.alteryx.releases import release
from qsui.emulator.faults import Faults, parse_option
from qsui.emulator.quirks import Quirks

if TYPE_CHECKING:
    from qsui.emulator.world import World

DEFAULT_PORT = 8765
_STDIN = 0
_CHUNK = 4096


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """How to serve; the command line's options by the same names.

    `port` 0 takes a free one. `data` is a folder that keeps state between runs. `schedules`,
    `runs`, `queries` size the scene (`runs` caps the past runs of each schedule). `speed` is
    virtual seconds per real second. `alteryx` is the release of the Alteryx half.
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    data: Path | None = None
    scene: str = "demo"
    manner: str = "docs"
    quirks: tuple[str, ...] = ()
    speed: float = 1.0
    faults: tuple[str, ...] = ()
    schedules: int | None = None
    runs: int | None = None
    queries: int | None = None
    control: bool = True
    token_life_s: int = 86_399
    alteryx: str = "current"
    exit_on_stdin_close: bool = False


def serve(options: ServeOptions) -> None:
    """Serve until SIGTERM, SIGINT, or (if asked) the end of stdin; then close everything.

    Raises:
        ValueError: An option that makes no sense: unknown scene, manner, quirk, fault, release;
        speed not above 0. OSError: The address cannot be bound or the data folder cannot be used.
        KeyboardInterrupt: After SIGINT, when all is closed.
    """
    quirks = Quirks(options.manner, options.quirks)
    faults = Faults()
    for text in options.faults:
        faults.switch_on(parse_option(text))
    release(options.alteryx)
    if options.speed <= 0:
        raise ValueError(f"speed must be above 0, not {options.speed}")
    scene = scenes.build(
        options.scene, schedules=options.schedules, runs=options.runs, queries=options.queries
    )
    if options.data is not None:
        options.data.mkdir(parents=True, exist_ok=True)
    with listen(options.host, options.port) as listener:
        sys.stdout.write(f"{base_url(listener)}\n")
        sys.stdout.flush()
        with suppress(ValueError):  # not the main thread: whoever runs this one handles signals
            signal.signal(signal.SIGTERM, lambda *_: None)
        _run(options, scene, quirks, faults, listener)


def base_url(listener: socket.socket) -> str:
    """`http://127.0.0.1:8765` of a listening socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; `OSError` if the address is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def _run(
    options: ServeOptions,
    scene: scenes.Scene,
    quirks: Quirks,
    faults: Faults,
    listener: socket.socket,
) -> None:
    """Build the world and serve it; heavy imports happen here, when clients can connect."""
    from qsui.emulator.alteryx.server import AlteryxServer
    from qsui.emulator.app import create_app
    from qsui.emulator.server import abort_connection, make_server

    world = _world(options, scene, quirks)
    alteryx = AlteryxServer(
        world,
        options.scene,
        release_name=options.alteryx,
        quirks=quirks,
        token_life_s=options.token_life_s,
    )
    app = create_app(
        world,
        quirks=quirks,
        faults=faults,
        control=options.control,
        token_life_s=options.token_life_s,
        lifespan=living(world),
        abort=abort_connection,
        alteryx=alteryx,
    )
    server = make_server(app)
    if options.exit_on_stdin_close:
        _on_stdin_close(server.stop)
    asyncio.run(server.serve(sockets=[listener]))


def _world(options: ServeOptions, scene: scenes.Scene, quirks: Quirks) -> "World":
    from qsui.emulator.clock import VirtualClock
    from qsui.emulator.lake import Lake
    from qsui.emulator.world import World

    folder = options.data
    return World(
        scene,
        clock=VirtualClock(datetime.now(UTC), speed=options.speed),
        lake=Lake(folder / "lake.duckdb" if folder else None),
        db=folder / "emulator.db" if folder else None,
        runs=options.runs,
        quarantine=quirks["Q34"] == "enrolled",
    )


def living(world: "World") -> Callable[[object], AbstractAsyncContextManager[None]]:
    """A lifespan during which the world moves with its clock; at its end the world is closed."""

    @asynccontextmanager
    async def lifespan(_app: object) -> AsyncIterator[None]:
        life = asyncio.create_task(world.run())
        life.add_done_callback(_report)
        try:
            yield
        finally:
            life.cancel()
            with suppress(asyncio.CancelledError):
                await life
            await world.close()

    return lifespan


def _report(life: asyncio.Task[None]) -> None:
    """Say at once, on stderr, that time stands still because of a fault in the emulator."""
    error = None if life.cancelled() else life.exception()
    if error is not None:
        context = {"message": "the emulated world has stopped", "exception": error}
        life.get_loop().call_exception_handler(context)


def _on_stdin_close(stop: Callable[[], None]) -> None:
    def wait() -> None:
        with suppress(OSError):
            while os.read(_STDIN, _CHUNK):
                pass
        stop()

    threading.Thread(target=wait, name="stdin", daemon=True).start()
