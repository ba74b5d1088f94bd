"""The engine on a real server with many schedules: requests a minute, and from change to store.

    python -m tests.bench.bench_live [--schedules 1000] [--minutes 3]

An emulator at real time answers on this machine and counts. In the first minute everything is
read for the first time: it counts for the requests, not for the waits.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

from qsui.backends.adobe.backend import AdobeBackend
from qsui.backends.options import ConnectionOptions
from qsui.cli.clocks import SystemClock
from qsui.domain.models import Kind
from qsui.domain.secret import Secret
from qsui.live.demands import Demands, PollOptions
from qsui.live.engine import Engine
from qsui.live.store import Change, Store
from tests.bench.pty_run import Line, median, p95, report
from tests.bench.scenery import emulator, settings

VISIBLE = 38
WARM_UP = timedelta(minutes=1)


def connection(url: str) -> ConnectionOptions:
    """How the emulator is reached."""
    given = settings(url, Path())
    return ConnectionOptions(
        profile="bench",
        base_url=url,
        token_url=given["QSUI_TOKEN_URL"],
        org_id=given["QSUI_ORG_ID"],
        client_id=given["QSUI_CLIENT_ID"],
        client_secret=Secret(given["QSUI_CLIENT_SECRET"]),
        sandbox=given["QSUI_SANDBOX"],
    )


async def watch(url: str, seconds: float) -> list[float]:
    """Run the engine for a while; seconds from each change of a query to its record."""
    clock, store = SystemClock(), Store()
    backend = AdobeBackend(connection(url), clock)
    engine = Engine(backend, store, clock=clock, options=PollOptions())
    began = clock.now() + WARM_UP
    waits: list[float] = []
    seen: set[tuple[str, datetime]] = set()

    def look(change: Change) -> None:
        now = datetime.now(UTC)
        for ref in change.added | change.updated:
            if ref.kind is not Kind.QUERY:
                continue
            query = change.snapshot.query(backend.scope, ref.id)
            if query is None or query.updated_at is None or query.updated_at <= began:
                continue
            if (ref.id, query.updated_at) not in seen:
                seen.add((ref.id, query.updated_at))
                waits.append((now - query.updated_at).total_seconds())

    def show_first(change: Change) -> None:
        ids = tuple(change.snapshot.schedules(backend.scope).records)[:VISIBLE]
        engine.demand("list", Demands(visible_schedules=ids))

    store.listen(look)
    end = store.listen(show_first)
    task = asyncio.create_task(engine.run())
    await asyncio.sleep(seconds / 2)
    end()
    await asyncio.sleep(seconds / 2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await backend.aclose()
    return waits


def counted(url: str) -> list[int]:
    """Requests of each minute, as the server counted them."""
    with urllib.request.urlopen(f"{url}/_emulator/requests", timeout=30) as answer:  # noqa: S310
        return [minute["total"] for minute in json.load(answer)["minutes"]]


def main() -> None:
    """Measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schedules", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=3.0)
    given = parser.parse_args()
    with emulator("scale", "--schedules", str(given.schedules)) as url:
        waits = asyncio.run(watch(url, given.minutes * 60))
        minutes = counted(url)
    most = PollOptions().requests_per_min + PollOptions().bucket
    report(
        [
            Line("requests in the busiest minute", max(minutes), most, "/min"),
            Line("requests in the last whole minute", minutes[-2:][0], None, "/min"),
            Line("change of a query to record: p50", median(waits), None, "s"),
            Line("change of a query to record: p95", p95(waits), 20, "s", f"of {len(waits)}"),
        ]
    )


if __name__ == "__main__":
    main()
