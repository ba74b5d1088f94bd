"""A real process is killed between the intent and the answer."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

from qsui.domain.pending import Stage
from qsui.live.recovering import is_alive
from qsui.storage.journal import open_journal
from tests.support.emulator import CLIENT_ID, CLIENT_SECRET, ORG_ID, running_server

if TYPE_CHECKING:
    from pathlib import Path

ACT = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from qsui.backends.adobe.backend import AdobeBackend
from qsui.backends.options import ConnectionOptions
from qsui.domain.actions import Action, Verb
from qsui.domain.secret import Secret
from qsui.live.control import Control
from qsui.live.engine import Engine
from qsui.live.store import Store
from qsui.storage.journal import open_journal

url, folder, client, secret, org, stalls = sys.argv[1:]

class Clock:
    def now(self):
        return datetime.now(UTC)

    async def sleep(self, seconds):
        await asyncio.sleep(seconds)

async def main():
    options = ConnectionOptions(
        profile="p", base_url=url, token_url=url + "/ims/token/v3", org_id=org,
        client_id=client, client_secret=Secret(secret), sandbox="prod",
        allow_http=True, read_only=False,
    )
    clock = Clock()
    backend = AdobeBackend(options, clock)
    if stalls:
        send = backend.send
        async def stalled(outgoing):
            await send(outgoing)
            print("sent", flush=True)
            await asyncio.sleep(600)
        backend.send = stalled
    store = Store()
    engine = Engine(backend, store, clock=clock)
    control = Control(engine, store, backend, open_journal(Path(folder)), clock, production=False)
    if stalls:
        await engine.ask("schedules")
        known = store.snapshot.schedules(backend.scope).records.values()
        ref = next(record.ref for record in known if record.name == "orders_rollup")
        plan = await control.prepare([Action(Verb.DISABLE, ref, "orders_rollup")])
        await control.perform(plan)
    taken = await control.recover()
    for pending in await control.follow(*(one.id for one in taken)):
        print(pending.stage.value, pending.words, flush=True)
    await backend.aclose()

asyncio.run(main())
"""


def test_a_killed_process_leaves_an_intent_that_the_next_one_checks(tmp_path: Path) -> None:
    with running_server() as server:
        first = start(server.url, tmp_path, stalls=True)
        try:
            assert first.stdout is not None
            assert first.stdout.readline() == "sent\n"
        finally:
            first.send_signal(signal.SIGKILL)
            first.communicate(timeout=10)
        (deed,) = open_journal(tmp_path).deeds()
        assert (deed.stage, deed.intent.verb, deed.intent.pid) == (
            Stage.SENDING,
            "disable",
            first.pid,
        )
        assert deed.intent.host == socket.gethostname()
        assert not is_alive(first.pid)
        second = start(server.url, tmp_path, stalls=False)
        try:
            said, _ = second.communicate(timeout=30)
        finally:
            second.kill()
    assert second.returncode == 0
    assert said.startswith("done the answer was lost, the effect was seen after")
    (deed,) = open_journal(tmp_path).deeds()
    assert deed.stage is Stage.DONE
    assert deed.effect is not None
    assert deed.effect.version


def start(url: str, folder: Path, *, stalls: bool) -> subprocess.Popen[str]:
    arguments = [url, str(folder), CLIENT_ID, CLIENT_SECRET, ORG_ID, "yes" if stalls else ""]
    return subprocess.Popen(
        [sys.executable, "-c", ACT, *arguments], stdout=subprocess.PIPE, text=True
    )
