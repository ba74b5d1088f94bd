"""A dashboard on records that were made up: any number of rows without a server to read them from.

    python -m tests.bench.made_up 100000 queries     # the dashboard itself, until `q`

The engine is there but never runs. `made_up_jobs` does the same for jobs.
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from qsui.domain.models import Kind, Query, QueryError, Ref, Schedule, Scope
from qsui.domain.states import RunState, ScheduleState
from qsui.tui.app import QsuiApp
from qsui.tui.options import DashboardOptions, LiveScope, Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qsui.domain.models import Record

SCOPE = Scope("bench", "prod", "key-of-bench")
SUBJECTS = ("orders", "profiles", "sessions", "loyalty", "stock", "email", "geo", "price")
STATES = (RunState.SUCCESS,) * 17 + (RunState.RUNNING, RunState.FAILED, RunState.QUEUED)


def sql(number: int) -> str:
    """Some 150 characters that differ."""
    table = SUBJECTS[number % 8]
    return f"SELECT count(*) FROM {table} WHERE day = {number} -- {'x' * 90}"  # noqa: S608


def queries(count: int, now: datetime, *, seed: int = 7) -> Iterator[Query]:
    """Yield queries of the last 24 hours, in no order."""
    numbers = random.Random(seed)  # noqa: S311  # repeatable
    for number in range(count):
        state = numbers.choice(STATES)
        created = now - timedelta(seconds=numbers.uniform(60, 86_000))
        failed = (QueryError("42P01", "USER_ERROR", f"relation t{number} does not exist"),)
        yield Query(
            ref=Ref(SCOPE.profile, SCOPE.sandbox, Kind.QUERY, "", f"q-{number:08d}"),
            state=state,
            raw_state=state.value,
            name=f"{SUBJECTS[number % 8]}_{number:06d}",
            sql=sql(number),
            elapsed=timedelta(seconds=numbers.uniform(1, 900)),
            row_count=numbers.randrange(100_000),
            client="Adobe Query Service UI",
            user=f"user{number % 40}@example.com",
            errors=failed if state.is_bad else (),
            created_at=created,
            updated_at=created + timedelta(seconds=40),
        )


def schedules(count: int, now: datetime) -> Iterator[Schedule]:
    """Yield schedules, most of them daily or hourly at any minute."""
    for number in range(count):
        minute, hour = number * 17 % 60, number * 7 // 5 % 24
        state = ScheduleState.DISABLED if number % 50 == 13 else ScheduleState.ENABLED
        yield Schedule(
            ref=Ref(SCOPE.profile, SCOPE.sandbox, Kind.SCHEDULE, "", f"s-{number:08d}"),
            name=f"{SUBJECTS[number % 8]}_{number:06d}",
            state=state,
            raw_state=state.value,
            cron=f"{minute} * * * *" if number % 5 == 0 else f"{minute} {hour} * * *",
            sql=sql(number),
            owner=f"user{number % 40}@example.com",
            created_at=now - timedelta(days=90),
            updated_at=now - timedelta(days=3),
            start_at=now - timedelta(days=90),
        )


@dataclass(slots=True)
class Clock:
    """The machine's time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:  # noqa: ARG002  # a port
        raise AssertionError("the engine does not run here")


def session(count: int, kind: str, *, loads: bool = True) -> Session:
    """A session whose store holds `count` records of a kind (`queries` or `schedules`)."""
    from qsui.live.control import Control
    from qsui.live.engine import Engine
    from qsui.live.store import Store
    from qsui.live.verdicts import Verdicts
    from tests.live.fakes import FakeBackend, FakeClock

    clock, store = Clock(), Store()
    backend = FakeBackend(FakeClock())
    backend.scope = SCOPE
    engine = Engine(backend, store, clock=clock)
    if loads:
        load(store, count, kind, clock.now())
    verdicts = Verdicts(store, SCOPE, clock)

    async def aclose() -> None:
        verdicts.close()

    control = Control(engine, store, backend, None, clock)
    return Session(SCOPE, clock, backend, store, engine, verdicts, control, aclose)


def load(store: object, count: int, kind: str, now: datetime) -> None:
    """Put the records into a store as one read of the whole list."""
    from qsui.live.store import Store

    assert isinstance(store, Store)
    records: list[Record]
    if kind == "queries":
        records, what = list(queries(count, now)), Kind.QUERY
        store.apply(SCOPE, Kind.SCHEDULE, "", (), read_at=now, is_complete=True)
    else:
        records, what = list(schedules(count, now)), Kind.SCHEDULE
    store.apply(SCOPE, what, "", records, replace=True, read_at=now, is_complete=True)


def dashboard(opened: Session, kind: str) -> QsuiApp:
    """The dashboard on a session, starting with the list of that kind; one kind per process."""

    async def open_session() -> Session:
        return opened

    QsuiApp.FIRST_LIST = kind
    return QsuiApp(DashboardOptions((LiveScope("bench", "prod", open_session),), wants_poll=False))


def main() -> None:
    """Show so many made-up rows: COUNT KIND."""
    count, kind = int(sys.argv[1]), sys.argv[2]
    dashboard(session(count, kind), kind).run()


if __name__ == "__main__":
    main()
