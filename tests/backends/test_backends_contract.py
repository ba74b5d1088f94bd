"""The adapter against the emulator: the same answers whatever the manner of the server."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from qsui.backends.adobe.backend import AdobeBackend
from qsui.backends.options import ConnectionOptions
from qsui.domain.errors import (
    ApiError,
    BadResponse,
    Forbidden,
    NotFound,
    RateLimited,
    ServerError,
    Unreachable,
)
from qsui.domain.models import Kind, Ref
from qsui.domain.ports import QueryFilter, QueryServiceReads
from qsui.domain.secret import Secret
from qsui.domain.states import RunState, ScheduleState
from qsui.emulator.quirks import CHOICES
from tests.support.backends import all_pages, all_records, run
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


@asynccontextmanager
async def opened(
    manner: str, scene: str | None = None, quirks: tuple[str, ...] = (), sandbox: str = SANDBOX
) -> AsyncIterator[tuple[Emulator, AdobeBackend]]:
    async with Emulator(scene, manner=manner, quirks=quirks) as emulator:
        options = ConnectionOptions(
            profile="emu",
            base_url=emulator.url,
            token_url=f"{emulator.url}/ims/token/v3",
            org_id=ORG_ID,
            client_id=CLIENT_ID,
            client_secret=Secret(CLIENT_SECRET),
            sandbox=sandbox,
            allow_http=True,
        )
        backend = AdobeBackend(options, EmulatorClock(emulator), inner=emulator.transport())
        try:
            yield emulator, backend
        finally:
            await backend.aclose()


@pytest.mark.parametrize("manner", MANNERS)
def test_everything_can_be_read(manner: str) -> None:
    async def work() -> None:
        async with opened(manner) as (_emulator, backend):
            assert isinstance(backend, QueryServiceReads)
            checks = await backend.check()
            assert [check.name for check in checks if not check.ok] == []
            schedules = await all_records(backend.schedules())
            assert {s.name for s in schedules} == {"orders_rollup", "profile_merge", "old_backfill"}
            states = {s.name: s.state for s in schedules}
            assert states["old_backfill"] is ScheduleState.DISABLED
            assert states["orders_rollup"] is ScheduleState.ENABLED
            created = [s.created_at for s in schedules]
            assert all(created)
            assert created == sorted(created, reverse=True)  # type: ignore[type-var]
            one = await backend.schedule(schedules[0].id)
            assert one.ref == schedules[0].ref
            for sandbox in await backend.sandboxes():
                assert sandbox.is_production is (sandbox.name == "prod")
            await all_records(backend.templates())
            queries = await all_records(backend.queries())
            assert queries
            assert (await backend.query(queries[0].id)).id == queries[0].id

    run(work())


@pytest.mark.parametrize("manner", MANNERS)
def test_a_failed_runs_error_is_found(manner: str) -> None:
    async def work() -> None:
        async with opened(manner) as (_emulator, backend):
            schedules = {s.name: s for s in await all_records(backend.schedules())}
            merge = schedules["profile_merge"]
            runs = await all_records(backend.runs(merge.id))
            slots = [r.slot_at for r in runs]
            assert slots == sorted(slots, reverse=True)  # type: ignore[type-var]
            failed = next(r for r in runs if r.state is RunState.FAILED)
            detail = await backend.run(merge.id, failed.id)
            assert detail.state is RunState.FAILED
            assert detail.tasks
            assert (await backend.run(merge.id, failed.decoded_id)).ref == failed.ref
            found = await backend.run_error(detail, merge.sql)
            assert found is not None
            assert not found.is_likely
            assert found.error.code == "42P01"
            assert "no_such_table" in found.error.message
            assert found.error.remedy
            assert found.query.schedule_id == merge.id

    run(work())


@pytest.mark.parametrize("manner", MANNERS)
def test_small_pages_lead_through_the_whole_list(manner: str) -> None:
    async def work() -> None:
        async with opened(manner) as (_emulator, backend):
            merge = next(
                s for s in await all_records(backend.schedules()) if s.name == "profile_merge"
            )
            whole = await all_records(backend.runs(merge.id))
            assert len(whole) > 12
            by_fives = await all_records(backend.runs(merge.id, limit=5))
            assert [r.id for r in by_fives] == [r.id for r in whole]
            pages = await all_pages(backend.runs(merge.id, cap=5, limit=5))
            assert [r.id for p in pages for r in p.records] == [r.id for r in whole[:5]]
            assert not pages[-1].is_last

    run(work())


@pytest.mark.parametrize("manner", MANNERS)
def test_the_change_poll_sees_what_changed_and_says_when_nothing_did(manner: str) -> None:
    async def work() -> None:
        async with opened(manner) as (emulator, backend):
            mark = emulator.now() - timedelta(minutes=2)
            changed = QueryFilter(updated_since=mark)
            first = await all_pages(backend.queries(changed, newest_change_first=True))
            again = await all_pages(backend.queries(changed, newest_change_first=True))
            assert not first[0].unchanged
            assert again[0].unchanged
            known = {q.id for page in first for q in page.records}
            await emulator.advance(700)
            later = await all_pages(backend.queries(changed, newest_change_first=True))
            assert {q.id for page in later for q in page.records} - known
            assert any(q.run_id and q.schedule_id for page in later for q in page.records)

    run(work())


@pytest.mark.parametrize("manner", MANNERS)
def test_filters_are_understood(manner: str) -> None:
    async def work() -> None:
        async with opened(manner) as (_emulator, backend):
            every = await all_records(backend.queries())
            failed = await all_records(backend.queries(QueryFilter(raw_state="FAILED")))
            assert {q.id for q in failed} == {q.id for q in every if q.raw_state == "FAILED"}
            one = next(q for q in every if q.schedule_id)
            of_one = await all_records(backend.queries(QueryFilter(schedule_id=one.schedule_id)))
            assert {q.id for q in of_one} == {
                q.id for q in every if q.schedule_id == one.schedule_id
            }

    run(work())


@pytest.mark.parametrize("manner", MANNERS)
def test_what_is_gone_is_not_found(manner: str) -> None:
    async def work() -> None:
        async with opened(manner) as (_emulator, backend):
            schedule = (await all_records(backend.schedules()))[0]
            for reading in (
                backend.schedule("no-such-schedule"),
                backend.query("00000000-0000-4000-8000-000000000000"),
                backend.template("00000000-0000-4000-8000-000000000000"),
                backend.run(schedule.id, "scheduled__2001-01-01T00:00:00+00:00"),
                all_records(backend.runs("no-such-schedule")),
            ):
                with pytest.raises(NotFound):
                    await reading

    run(work())


def test_the_raw_body_is_the_servers_own() -> None:
    async def work() -> None:
        async with opened("docs") as (_emulator, backend):
            schedule = (await all_records(backend.schedules()))[0]
            assert b'"_links"' in await backend.raw(schedule.ref)
            newest = (await all_records(backend.runs(schedule.id, cap=1)))[0]
            assert b"taskStatusList" in await backend.raw(newest.ref)
            with pytest.raises(NotFound):
                await backend.raw(Ref("emu", SANDBOX, Kind.QUERY, "", "nope"))

    run(work())


def test_an_unknown_sandbox_and_a_wrong_secret_name_their_settings() -> None:
    async def work() -> None:
        async with opened("docs", sandbox="nowhere") as (_emulator, backend):
            checks = {check.name: check for check in await backend.check()}
            assert not checks["sandbox"].ok
            assert "sandbox" in checks["sandbox"].sentence
            assert not checks["schedules"].ok
            assert "setting sandbox" in checks["schedules"].sentence

    run(work())


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("server-errors", ServerError),
        ("truncated", BadResponse),
        ("html", BadResponse),
        ("reset", Unreachable),
        ("rate-limit", RateLimited),
        ("rate-limit-bare", RateLimited),
        ("forbidden-list", Forbidden),
    ],
)
def test_a_fault_ends_in_its_error(fault: str, kind: type[ApiError]) -> None:
    async def work() -> None:
        async with opened("docs") as (emulator, backend):
            await all_records(backend.schedules())
            emulator.fault(fault)
            with pytest.raises(kind):
                await all_records(backend.schedules())

    run(work())


def test_an_expired_token_is_renewed_without_a_word() -> None:
    async def work() -> None:
        async with opened("docs") as (emulator, backend):
            before = await all_records(backend.schedules())
            emulator.fault("expired-token", count=1)
            assert await all_records(backend.schedules()) == before

    run(work())


def alternatives() -> list[str]:
    """Return every switch of the emulator at every word that is not the default."""
    return [f"{name}={word}" for name, words in CHOICES.items() for word in words[1:]]


@pytest.mark.parametrize("quirk", alternatives())
def test_no_single_contradiction_changes_what_is_read(quirk: str) -> None:
    async def read(quirks: tuple[str, ...]) -> tuple[object, ...]:
        async with opened("docs", quirks=quirks) as (_emulator, backend):
            schedules = await all_records(backend.schedules())
            merge = next(s for s in schedules if s.name == "profile_merge")
            runs = await all_records(backend.runs(merge.id, limit=5))
            details = [await backend.run(merge.id, run.id) for run in runs[:3]]
            failed = next(run for run in details if run.state is RunState.FAILED)
            found = await backend.run_error(failed, merge.sql)
            assert found is not None
            assert found.is_likely is (quirk == "Q33=no-links" and bool(quirks))
            queries = await all_records(backend.queries())
            changes = await all_records(backend.schedules(newest_change_first=True))
            return (
                schedules,
                [(run.id, run.state, run.slot_at, run.is_manual) for run in runs],
                [[(t.state, t.started_at, t.duration) for t in d.tasks or ()] for d in details],
                found.error,
                [query.id for query in queries],
                [schedule.id for schedule in changes],
                backend.token.expires_at,
            )

    async def work() -> None:
        assert await read((quirk,)) == await read(())

    run(work())
