"""Every verb against the emulator: the request it saw, and the record afterwards."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from qsui.backends.adobe.backend import AdobeBackend
from qsui.backends.options import ConnectionOptions
from qsui.domain.actions import Action, Verb, is_seen, new_run
from qsui.domain.drafts import QueryDraft, ScheduleDraft
from qsui.domain.errors import Conflict, NotFound, Rejected
from qsui.domain.models import Kind, Query, Record, Ref, Run, Schedule, Template
from qsui.domain.ports import Accepted, QueryServiceBackend
from qsui.domain.secret import Secret
from qsui.domain.states import RunState, ScheduleState
from tests.support.backends import Recording, all_records, run
from tests.support.emulator import (
    CLIENT_ID,
    CLIENT_SECRET,
    ORG_ID,
    SANDBOX,
    Emulator,
    EmulatorClock,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MANNERS = ["docs", "oas", "2020"]
NEW = Ref("emu", SANDBOX, Kind.QUERY, "", "")


class Bench:
    """An adapter on an emulator, and what it sent."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.wire = Recording(emulator.transport())
        options = ConnectionOptions(
            profile="emu",
            base_url=emulator.url,
            token_url=f"{emulator.url}/ims/token/v3",
            org_id=ORG_ID,
            client_id=CLIENT_ID,
            client_secret=Secret(CLIENT_SECRET),
            sandbox=SANDBOX,
            allow_http=True,
            read_only=False,
        )
        self.backend = AdobeBackend(options, EmulatorClock(emulator), inner=self.wire)

    async def schedule(self, name: str) -> Schedule:
        return next(s for s in await all_records(self.backend.schedules()) if s.name == name)

    async def do(self, action: Action) -> list[Accepted]:
        """Send all that an action is made of; the wire must carry exactly that."""
        outgoing = self.backend.outgoing(action)
        before = len(self.wire.writes)
        accepted = [await self.backend.send(one) for one in outgoing]
        sent = self.wire.writes[before:]
        assert [(w.method, str(w.url), w.content.decode()) for w in sent] == [
            (one.method, one.url, one.body) for one in outgoing
        ]
        for one, request, answer in zip(outgoing, sent, accepted, strict=True):
            assert (
                dict(one.headers).items()
                <= {name: request.headers[name] for name, _ in one.headers}.items()
            )
            assert answer.request_id == request.headers["x-request-id"]
        return accepted

    async def active_query(self) -> Query:
        """Submit a query that does not end by itself."""
        draft = QueryDraft("SELECT 1 -- hold", name="held")
        (accepted,) = await self.do(Action(Verb.CREATE, NEW, "held", draft=draft))
        await self.emulator.world.step()
        return await self.backend.query(accepted.created_id)


@asynccontextmanager
async def bench(manner: str = "docs", quirks: tuple[str, ...] = ()) -> AsyncIterator[Bench]:
    async with Emulator(manner=manner, quirks=quirks) as emulator:
        found = Bench(emulator)
        try:
            yield found
        finally:
            await found.backend.aclose()


def of(record: Record, verb: Verb, cron: str = "") -> Action:
    return Action(verb, record.ref, "it", cron=cron)


def test_it_is_all_that_query_service_offers() -> None:
    async def work() -> None:
        async with bench() as b:
            assert isinstance(b.backend, QueryServiceBackend)

    run(work())


@pytest.mark.parametrize("manner", MANNERS)
def test_a_schedule_is_turned_off_and_on(manner: str) -> None:
    async def work() -> None:
        async with bench(manner) as b:
            schedule = await b.schedule("orders_rollup")
            off, on = of(schedule, Verb.DISABLE), of(schedule, Verb.ENABLE)
            (accepted,) = await b.do(off)
            assert accepted.status == 202
            assert accepted.words == "Request to patch accepted"
            assert is_seen(off, await b.backend.schedule(schedule.id))
            with pytest.raises(Rejected, match="refused turning that schedule off") as refused:
                await b.do(off)
            assert refused.value.status == 400
            assert refused.value.request_id == b.wire.writes[-1].headers["x-request-id"]
            await b.do(on)
            assert is_seen(on, await b.backend.schedule(schedule.id))

    run(work())


@pytest.mark.parametrize("manner", MANNERS)
def test_a_cron_is_changed(manner: str) -> None:
    async def work() -> None:
        async with bench(manner) as b:
            schedule = await b.schedule("orders_rollup")
            change = of(schedule, Verb.SET_CRON, "17 3 * * 1-5")
            await b.do(change)
            assert is_seen(change, await b.backend.schedule(schedule.id))
            with pytest.raises(Rejected, match="changing the cadence of that schedule"):
                await b.do(of(schedule, Verb.SET_CRON, "0 0 12 * * ?"))

    run(work())


@pytest.mark.parametrize("manner", MANNERS)
def test_a_trigger_makes_one_run_which_can_be_cancelled(manner: str) -> None:
    async def work() -> None:
        async with bench(manner) as b:
            await b.emulator.advance(120)
            schedule = await b.schedule("orders_rollup")
            known = frozenset(r.id for r in await all_records(b.backend.runs(schedule.id)))
            (accepted,) = await b.do(of(schedule, Verb.TRIGGER))
            assert accepted.created_id == ""
            await b.emulator.advance(2)
            runs = tuple(await all_records(b.backend.runs(schedule.id)))
            made = new_run(runs, known)
            assert made is not None
            assert [r.id for r in runs if r.id not in known] == [made.id]
            cancel = of(made, Verb.CANCEL)
            await b.do(cancel)
            await b.emulator.advance(60)
            assert is_seen(cancel, await b.backend.run(schedule.id, made.id))

    run(work())


def test_a_schedule_that_is_off_is_not_triggered() -> None:
    async def work() -> None:
        async with bench() as b:
            off = await b.schedule("old_backfill")
            before = await all_records(b.backend.runs(off.id))
            with pytest.raises(Rejected, match="triggering that schedule"):
                await b.do(of(off, Verb.TRIGGER))
            await b.emulator.advance(5)
            assert await all_records(b.backend.runs(off.id)) == before

    run(work())


@pytest.mark.parametrize("manner", MANNERS)
def test_a_schedule_is_deleted_in_two_steps(manner: str) -> None:
    async def work() -> None:
        async with bench(manner, ("Q17=202",)) as b:
            await b.emulator.advance(120)
            schedule = await b.schedule("orders_rollup")
            await b.do(of(schedule, Verb.DELETE))
            with pytest.raises(NotFound, match="does not know that schedule"):
                await b.backend.schedule(schedule.id)
            off = await b.schedule("old_backfill")
            _turn_off, delete = b.backend.outgoing(of(off, Verb.DELETE))
            assert (await b.backend.send(delete)).status == 202
            with pytest.raises(NotFound, match="does not know that schedule in emu/prod"):
                await b.backend.send(delete)

    run(work())


def test_a_schedule_that_is_on_is_not_deleted() -> None:
    async def work() -> None:
        async with bench() as b:
            schedule = await b.schedule("orders_rollup")
            _turn_off, delete = b.backend.outgoing(of(schedule, Verb.DELETE))
            with pytest.raises(Rejected, match="must be disabled"):
                await b.backend.send(delete)
            assert (await b.backend.schedule(schedule.id)).state is ScheduleState.ENABLED

    run(work())


@pytest.mark.parametrize("manner", MANNERS)
def test_a_query_is_submitted_cancelled_and_deleted(manner: str) -> None:
    async def work() -> None:
        async with bench(manner) as b:
            query = await b.active_query()
            assert query.name == "held"
            cancel, delete = of(query, Verb.CANCEL), of(query, Verb.DELETE)
            await b.do(cancel)
            await b.emulator.advance(30)
            ended = await b.backend.query(query.id)
            assert is_seen(cancel, ended)
            assert ended.state is RunState.CANCELLED
            with pytest.raises(Conflict, match="Too late for cancelling that query"):
                await b.do(cancel)
            (accepted,) = await b.do(delete)
            assert accepted.status in (200, 202)
            assert query.id not in {q.id for q in await all_records(b.backend.queries())}

    run(work())


@pytest.mark.parametrize("manner", MANNERS)
def test_what_a_draft_asks_for_is_what_the_record_holds(manner: str) -> None:
    async def work() -> None:
        async with bench(manner, ("Q25=strict", "Q7=required")) as b:
            start = b.emulator.now() + timedelta(hours=1)
            draft = ScheduleDraft(
                QueryDraft(
                    "SELECT '$day' AS d, 'größe \\ \"x\"\n'",
                    name="made here",
                    description="what for",
                    parameters=(("day", "2026-01-01"),),
                    insert_into="sales",
                ),
                "5 4 * * *",
                start,
                start + timedelta(days=30),
                max_active_runs=2,
            )
            target = Ref("emu", SANDBOX, Kind.SCHEDULE, "", "")
            (accepted,) = await b.do(Action(Verb.CREATE, target, "made here", draft=draft))
            made = await b.backend.schedule(accepted.created_id)
            assert made.state is ScheduleState.REGISTERING
            assert (made.name, made.description) == ("made here", "what for")
            assert made.sql == draft.query.sql
            assert made.cron == "5 4 * * *"
            assert (made.start_at, made.end_at) == (draft.start_at, draft.end_at)
            assert made.max_active_runs == 2
            assert made.parameters == (("day", "2026-01-01"),)
            assert made.insert_into == "sales"
            await b.emulator.advance(10)
            assert (await b.backend.schedule(made.id)).state is ScheduleState.ENABLED

    run(work())


def test_a_failed_run_is_run_again_as_a_query() -> None:
    async def work() -> None:
        async with bench() as b:
            merge = await b.schedule("profile_merge")
            failed = next(r for r in await all_records(b.backend.runs(merge.id)))
            assert isinstance(failed, Run)
            again = Action(Verb.RERUN, failed.ref, "it", draft=QueryDraft(merge.sql, name="again"))
            (accepted,) = await b.do(again)
            await b.emulator.advance(60)
            made = await b.backend.query(accepted.created_id)
            assert (made.name, made.sql) == ("again", merge.sql)
            assert made.state is RunState.FAILED

    run(work())


@pytest.mark.parametrize("manner", MANNERS)
def test_a_template_is_deleted_and_a_query_made_from_one(manner: str) -> None:
    async def work() -> None:
        async with bench(manner) as b:
            async with b.emulator.client() as http:
                body = {"name": "t", "sql": "SELECT '$a'", "queryParameters": {"a": "1"}}
                answer = (await http.post("/query-templates", json=body)).raise_for_status()
            template: Template = await b.backend.template(answer.json()["id"])
            draft = QueryDraft(template_id=template.id, parameters=(("a", "2"),))
            (accepted,) = await b.do(Action(Verb.CREATE, NEW, "", draft=draft))
            assert (await b.backend.query(accepted.created_id)).template_id == template.id
            await b.do(of(template, Verb.DELETE))
            with pytest.raises(NotFound):
                await b.backend.template(template.id)

    run(work())


def test_what_is_gone_is_named_by_its_kind() -> None:
    async def work() -> None:
        async with bench() as b:
            schedule = await b.schedule("orders_rollup")
            for kind, parent, verb, words in (
                (Kind.SCHEDULE, "", Verb.TRIGGER, "that schedule"),
                (Kind.RUN, schedule.id, Verb.CANCEL, "that run"),
                (Kind.QUERY, "", Verb.CANCEL, "that query"),
                (Kind.TEMPLATE, "", Verb.DELETE, "that template"),
            ):
                target = Ref("emu", SANDBOX, kind, parent, "no-such-id")
                with pytest.raises(NotFound, match=f"does not know {words} in emu/prod"):
                    await b.do(Action(verb, target, "it"))

    run(work())
