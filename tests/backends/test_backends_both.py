"""One body for both backends: what their verbs have in common, on the emulator of each."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from qsui.backends import open_backend
from qsui.backends.adobe.backend import AdobeBackend
from qsui.backends.alteryx.backend import AlteryxBackend
from qsui.backends.options import ConnectionOptions
from qsui.domain.actions import Action, Verb, is_seen, refusal
from qsui.domain.cron import is_same
from qsui.domain.errors import ConfigError, NotFound, OutcomeUnknown, Unreachable
from qsui.domain.models import Kind, Schedule
from qsui.domain.ports import Connection, ListsSchedules, ReadsRaw, SendsActions
from qsui.domain.secret import Secret
from qsui.domain.states import ScheduleState
from tests.support.backends import FakeClock, Recording, run
from tests.support.emulator import (
    CLIENT_ID,
    CLIENT_SECRET,
    ORG_ID,
    SANDBOX,
    Emulator,
    EmulatorClock,
)
from tests.support.servers import OPTIONS as SERVER
from tests.support.servers import server_bench

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from qsui.domain.ports import Accepted

SERVICE = ConnectionOptions(
    profile="emu",
    org_id=ORG_ID,
    client_id=CLIENT_ID,
    client_secret=Secret(CLIENT_SECRET),
    sandbox=SANDBOX,
    allow_http=True,
    read_only=False,
)
CASES = [
    "adobe-docs",
    "adobe-oas",
    "adobe-2020",
    "alteryx-2024.2",
    "alteryx-2025.1",
    "alteryx-current",
]


@dataclass
class Bench:
    """A backend, what it sent, the name of an enabled schedule of its, and a way to break it."""

    backend: AdobeBackend | AlteryxBackend
    wire: Recording
    schedule_name: str
    break_writes: Callable[[str], None]

    async def listed(self) -> list[Schedule]:
        return [s async for page in self.backend.schedules() for s in page.records]

    async def schedule(self) -> Schedule:
        found = next(s for s in await self.listed() if s.name == self.schedule_name)
        return await self.backend.schedule(found.id)

    def writes(self) -> list[str]:
        return [
            f"{r.method} {r.url.path}"
            for r in self.wire.writes
            if not r.url.path.endswith("/oauth2/token")
        ]

    async def do(self, action: Action) -> list[Accepted]:
        return [await self.backend.send(one) for one in self.backend.outgoing(action)]


@asynccontextmanager
async def bench(case: str) -> AsyncIterator[Bench]:
    backend_name, _, flavour = case.partition("-")
    if backend_name == "alteryx":
        async with server_bench("demo", release=flavour) as server:
            faults = server.emulator.fault
            await server.backend.probe()
            yield Bench(server.backend, server.wire, "Newsletter audience", faults)
        return
    async with Emulator(manner=flavour) as emulator:
        wire = Recording(emulator.transport())
        options = replace(SERVICE, base_url=emulator.url, token_url=f"{emulator.url}/ims/token/v3")
        backend = AdobeBackend(options, EmulatorClock(emulator), inner=wire)
        try:
            yield Bench(backend, wire, "orders_rollup", emulator.fault)
        finally:
            await backend.aclose()


def of(schedule: Schedule, verb: Verb, cron: str = "") -> Action:
    return Action(verb, schedule.ref, schedule.name, cron=cron)


@pytest.mark.parametrize("case", CASES)
def test_both_have_the_ports_that_schedules_need(case: str) -> None:
    async def work() -> None:
        async with bench(case) as b:
            for port in (Connection, ListsSchedules, ReadsRaw, SendsActions):
                assert isinstance(b.backend, port)

    run(work())


@pytest.mark.parametrize("case", CASES)
def test_schedules_are_listed_with_ids_that_read_them_again(case: str) -> None:
    async def work() -> None:
        async with bench(case) as b:
            found = await b.listed()
            assert len({s.ref for s in found}) == len(found)
            assert {s.ref.profile for s in found} == {b.backend.scope.profile}
            assert {s.ref.sandbox for s in found} == {b.backend.scope.sandbox}
            for schedule in found[:5]:
                again = await b.backend.schedule(schedule.id)
                assert (again.ref, again.name, again.state) == (
                    schedule.ref,
                    schedule.name,
                    schedule.state,
                )
                assert schedule.id.encode() in await b.backend.raw(schedule.ref)
            capped = [s async for p in b.backend.schedules(cap=2) for s in p.records]
            assert len(capped) == 2

    run(work())


@pytest.mark.parametrize("case", CASES)
def test_a_schedule_is_turned_off_and_on(case: str) -> None:
    async def work() -> None:
        async with bench(case) as b:
            schedule = await b.schedule()
            assert schedule.state is ScheduleState.ENABLED
            assert refusal(Verb.ENABLE, schedule)
            off, on = of(schedule, Verb.DISABLE), of(schedule, Verb.ENABLE)
            for action in (off, on):
                assert not is_seen(action, await b.backend.schedule(schedule.id))
                (accepted,) = await b.do(action)
                assert 200 <= accepted.status < 300
                assert accepted.request_id
                assert is_seen(action, await b.backend.schedule(schedule.id))
            assert len(b.writes()) == 2

    run(work())


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("cron", ["17 3 * * 1-5", "*/30 * * * *", "5 4 1 * *"])
def test_a_cadence_is_changed_and_seen(case: str, cron: str) -> None:
    async def work() -> None:
        async with bench(case) as b:
            change = of(await b.schedule(), Verb.SET_CRON, cron)
            await b.do(change)
            after = await b.backend.schedule(change.target.id)
            assert is_seen(change, after)
            assert is_same(after.cron, cron)

    run(work())


@pytest.mark.parametrize("case", CASES)
def test_a_schedule_is_triggered_once(case: str) -> None:
    async def work() -> None:
        async with bench(case) as b:
            (outgoing,) = b.backend.outgoing(of(await b.schedule(), Verb.TRIGGER))
            assert outgoing.method == "POST"
            accepted = await b.backend.send(outgoing)
            assert 200 <= accepted.status < 300
            assert len(b.writes()) == 1

    run(work())


@pytest.mark.parametrize("case", CASES)
def test_a_schedule_that_is_off_is_deleted_by_the_last_write(case: str) -> None:
    async def work() -> None:
        async with bench(case) as b:
            found = next(s for s in await b.listed() if s.state is ScheduleState.DISABLED)
            delete = of(await b.backend.schedule(found.id), Verb.DELETE)
            accepted = await b.backend.send(b.backend.outgoing(delete)[-1])
            assert 200 <= accepted.status < 300
            try:
                after = await b.backend.schedule(found.id)
            except NotFound:
                assert is_seen(delete, None)
            else:
                assert is_seen(delete, after)

    run(work())


@pytest.mark.parametrize("case", CASES)
def test_what_is_not_there_is_not_found(case: str) -> None:
    async def work() -> None:
        async with bench(case) as b:
            gone = "00000000-0000-0000-0000-000000000000"
            with pytest.raises(NotFound, match="that schedule"):
                await b.backend.schedule(gone)
            schedule = await b.schedule()
            for one in b.backend.outgoing(of(schedule, Verb.DISABLE)):
                elsewhere = replace(one, url=one.url.replace(schedule.id, gone))
                with pytest.raises(NotFound, match="that schedule"):
                    await b.backend.send(elsewhere)

    run(work())


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("fault", ["reset", "lost-answer"])
@pytest.mark.parametrize("verb", [Verb.TRIGGER, Verb.DISABLE])
def test_a_lost_answer_is_unknown_and_nothing_is_sent_twice(
    case: str, fault: str, verb: Verb
) -> None:
    async def work() -> None:
        async with bench(case) as b:
            (outgoing,) = b.backend.outgoing(of(await b.schedule(), verb))
            b.break_writes(fault)
            with pytest.raises(OutcomeUnknown, match="do not repeat it") as error:
                await b.backend.send(outgoing)
            assert error.value.exit_code == 5
            assert len(b.writes()) == 1

    run(work())


@pytest.mark.parametrize("case", CASES)
def test_records_of_other_scopes_are_not_written(case: str) -> None:
    async def work() -> None:
        async with bench(case) as b:
            action = of(await b.schedule(), Verb.DISABLE)
            other = replace(action.target, profile="other")
            with pytest.raises(ConfigError, match="Nothing was sent"):
                b.backend.outgoing(replace(action, target=other))

    run(work())


@pytest.mark.parametrize("case", CASES)
def test_what_is_shown_before_holds_no_secret(case: str) -> None:
    async def work() -> None:
        async with bench(case) as b:
            schedule = await b.schedule()
            for verb in (Verb.TRIGGER, Verb.DISABLE, Verb.DELETE):
                for one in b.backend.outgoing(of(schedule, verb)):
                    assert one.what
                    assert one.url.startswith("http")
                    assert "-secret" not in repr(one)
                    assert "authorization" not in {name.lower() for name, _ in one.headers}

    run(work())


@pytest.mark.parametrize("options", [SERVICE, SERVER], ids=["adobe", "alteryx"])
def test_a_server_that_is_away_is_unreachable_and_nothing_is_sent(
    options: ConnectionOptions,
) -> None:
    async def work() -> None:
        base = "http://127.0.0.1:9"
        away = replace(options, base_url=base, token_url=f"{base}/token")
        backend = open_backend(away, FakeClock())
        assert isinstance(backend, AdobeBackend | AlteryxBackend)
        with pytest.raises(Unreachable):
            await backend.schedule("s")
        (check,) = await backend.check()
        assert not check.ok
        assert isinstance(check.error, Unreachable)
        await backend.aclose()

    run(work())


def test_kinds_that_only_one_of_them_has_are_refused_with_words() -> None:
    async def work() -> None:
        async with bench("adobe-docs") as service, bench("alteryx-current") as server:
            assert service.backend.offers(Verb.TRIGGER, Kind.WORKFLOW)
            assert service.backend.offers(Verb.CANCEL, Kind.JOB)
            assert server.backend.offers(Verb.CANCEL, Kind.RUN)
            assert server.backend.offers(Verb.CREATE, Kind.QUERY)
            assert server.backend.offers(Verb.TRIGGER, Kind.SCHEDULE) == ""

    run(work())
