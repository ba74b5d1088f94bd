"""How long the event loop is kept from answering keys on an Alteryx Server with many jobs.

    python -m tests.bench.bench_stall_jobs [--jobs 20000] [--queued 300]

As `bench_stall`, on 250 schedules, 2,500 workflows and so many jobs, of which some wait. Each list
is walked through; jobs end and start as if a poll had told so.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

from qsui.domain.models import Kind
from qsui.domain.states import RunState
from qsui.tui.ahead import screens
from tests.bench import made_up_jobs
from tests.bench.bench_stall import SIZE, Watch, step
from tests.bench.pty_run import Line, report

if TYPE_CHECKING:
    from qsui.tui.app import QsuiApp
    from qsui.tui.options import Session

CHANGED = 200


def poll(session: Session) -> None:
    """Let the server end the first of those that are under way, and the newest wait anew."""
    now = datetime.now(UTC)
    known: list[Any] = list(session.store.snapshot.jobs(made_up_jobs.SCOPE).records.values())
    news = []
    for job in known[:CHANGED]:
        if job.state.is_active:
            start = job.started_at or now - timedelta(seconds=9)
            over = replace(job, state=RunState.SUCCESS, started_at=start, ended_at=now)
            news.append(over)
        else:
            news.append(replace(job, state=RunState.QUEUED, queued_at=now, ended_at=None))
    session.store.apply(made_up_jobs.SCOPE, Kind.JOB, "", news, read_at=now)


async def walk(app: QsuiApp, watch: Watch, session: Session, name: str) -> list[Line]:
    """Do to the list on screen whatever a person and a server do to one."""
    lines: list[Line] = []
    screen: Any = app.screen
    screen.table.action_move(5)

    def filtered(text: str) -> None:
        screen.filter_text = text
        screen._apply_filter()

    for what, act in (
        ("filter", lambda: filtered("orders")),
        ("filter off", lambda: filtered("")),
        ("order turned round", screen.action_invert),
        ("another order", lambda: screen.action_sort_step(1)),
        ("order turned back", screen.action_invert),
        ("ages step", app.tick),
        (f"{CHANGED} jobs change", lambda: poll(session)),
        ("ages step again", app.tick),
        ("back on this screen", screen.catch_up),
        ("new rows let in", screen.let_in),
        ("next problem", lambda: screen.action_problem(1)),
        ("cursor moves", lambda: screen.table.action_move(1)),
        ("one opened", screen.action_open),
    ):
        await step(app, watch, f"{name}: {what}", act, lines)
    return lines


async def measure(count: int, queued: int) -> list[Line]:
    """Walk through the lists of one server."""
    for module in screens(has_queries=False, has_jobs=True):  # as the dashboard does meanwhile
        import_module(module)
    session = made_up_jobs.session(count, queued)
    app = made_up_jobs.dashboard(session)
    gate = asyncio.Event()

    async def opened() -> Session:
        await gate.wait()
        return session

    app.scopes = [replace(app.scopes[0], open_session=opened)]
    lines: list[Line] = []
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        watch = Watch()
        watching = asyncio.create_task(watch.run())
        await step(app, watch, f"{count:,} jobs: load", gate.set, lines)
        lines += await walk(app, watch, session, "jobs")
        await app.action_go("schedules")
        await asyncio.sleep(0.5)
        lines += await walk(app, watch, session, "schedules")
        await app.action_go("jobs")
        await app.action_go("jobs")  # back to the list
        await asyncio.sleep(0.5)
        jobs: Any = app.screen
        await step(app, watch, "workflows: opened", jobs.action_workflows, lines)
        lines += await walk(app, watch, session, "workflows")
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
    return lines


def main() -> None:
    """Measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=20_000)
    parser.add_argument("--queued", type=int, default=300)
    given = parser.parse_args()
    report(asyncio.run(measure(given.jobs, given.queued)))


if __name__ == "__main__":
    main()
