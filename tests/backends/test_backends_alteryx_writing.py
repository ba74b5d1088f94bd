"""Every verb on each release: the request that leaves, and the record afterwards."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from qsui.domain.actions import VERBS_OF, Action, Verb, available_actions, is_seen, refusal
from qsui.domain.errors import ConfigError, Conflict, Forbidden, NotFound, Rejected
from qsui.domain.jobs import Ability, cancel_effect
from qsui.domain.models import Kind, Record, Schedule
from qsui.domain.secret import Secret
from qsui.domain.states import RunState, ScheduleState
from tests.support.alteryx import USERS
from tests.support.backends import run
from tests.support.servers import (
    DENIED,
    Scripted,
    ServerBench,
    open_server,
    server_bench,
    server_ref,
)

if TYPE_CHECKING:
    from qsui.backends.alteryx.backend import AlteryxBackend

RELEASES = ["2024.2", "2025.1", "current"]
CANCELLING = ["2025.1", "current"]


def of(record: Record, verb: Verb, cron: str = "") -> Action:
    return Action(verb, record.ref, "it", cron=cron)


async def start(b: ServerBench, name: str) -> str:
    return (await b.do(of(await b.workflow(name), Verb.TRIGGER))).created_id


@pytest.mark.parametrize("release", RELEASES)
def test_a_workflow_is_run_with_an_empty_body(release: str) -> None:
    async def work() -> None:
        async with server_bench(release=release) as b:
            id = await start(b, "Good")
            assert b.wire.writes[-1].content == b"{}"
            assert (await b.backend.job(id)).state in (RunState.QUEUED, RunState.STARTING)

    run(work())


@pytest.mark.parametrize("release", RELEASES)
def test_triggering_a_schedule_runs_its_workflow_as_the_schedule_does(release: str) -> None:
    async def work() -> None:
        async with server_bench("demo", release=release) as b:
            schedule = await b.schedule("Month-end ledger")
            assert schedule.priority == "Critical"
            accepted = await b.do(of(schedule, Verb.TRIGGER))
            sent = b.wire.writes[-1]
            assert sent.url.path.endswith(f"/v3/workflows/{schedule.workflow_id}/jobs")
            assert json.loads(sent.content)["priority"] == "Critical"
            job = await b.backend.job(accepted.created_id)
            assert (job.workflow_id, job.priority) == (schedule.workflow_id, "Critical")

    run(work())


def test_the_schedule_of_a_deleted_workflow_cannot_be_triggered() -> None:
    async def work() -> None:
        async with server_bench("demo") as b:
            orphan = await b.schedule("Old promo feed")
            assert refusal(Verb.TRIGGER, orphan) == "its workflow was deleted"
            with pytest.raises(ConfigError, match="was deleted"):
                b.backend.outgoing(of(orphan, Verb.TRIGGER))
            off = await b.schedule("Spring campaign brief")
            assert refusal(Verb.TRIGGER, off) == ""  # off or on, its workflow can be run

    run(work())


@pytest.mark.parametrize("release", CANCELLING)
def test_a_running_job_is_cancelled_and_a_waiting_one_deleted(release: str) -> None:
    async def work() -> None:
        async with server_bench(release=release) as b:
            running, waiting = await start(b, "Good"), await start(b, "Bad")
            await b.emulator.advance(20)
            jobs = {id: await b.backend.job(id) for id in (running, waiting)}
            assert cancel_effect(jobs[running]).startswith("it runs")
            assert cancel_effect(jobs[waiting]).startswith("it waits")
            first, second = (of(jobs[id], Verb.CANCEL) for id in (running, waiting))
            assert (await b.do(second)).words == "Deleted Successfully."
            with pytest.raises(NotFound):
                await b.backend.job(waiting)
            assert is_seen(second, None)
            assert (await b.do(first)).words == "Cancelled Successfully."
            await b.emulator.advance(30)
            ended = await b.backend.job(running)
            assert ended.state is RunState.CANCELLED
            assert is_seen(first, ended)
            with pytest.raises(Conflict, match="Too late for cancelling that job"):
                await b.do(first)
            with pytest.raises(NotFound):
                await b.do(second)
            assert b.backend.offers(Verb.CANCEL, Kind.JOB) == ""
            assert b.backend.capabilities.cancel is Ability.YES

    run(work())


@pytest.mark.parametrize("quirk", ["A14=404", "A14=405"])
def test_a_release_without_cancel_says_so_and_then_offers_none(quirk: str) -> None:
    async def work() -> None:
        async with server_bench(release="2024.2", quirks=(quirk,)) as b:
            cancel = of(await b.backend.job(await start(b, "Good")), Verb.CANCEL)
            assert b.backend.offers(Verb.CANCEL, Kind.JOB) == ""
            with pytest.raises(Rejected, match=r"Nothing was changed: .*2025\.1\) has no cancel"):
                await b.do(cancel)
            assert b.backend.offers(Verb.CANCEL, Kind.JOB) != ""
            with pytest.raises(ConfigError, match="has no cancel"):
                b.backend.outgoing(cancel)

    run(work())


def test_only_what_waits_or_runs_can_be_cancelled() -> None:
    async def work() -> None:
        async with server_bench() as b:
            job = await b.backend.job(await start(b, "Good"))
            wanted = {
                RunState.QUEUED: True,
                RunState.RUNNING: True,
                RunState.UNKNOWN: True,
                RunState.STARTING: False,
                RunState.ENDED: False,
                RunState.SUCCESS: False,
                RunState.FAILED: False,
                RunState.CANCELLED: False,
            }
            for state, can in wanted.items():
                assert (refusal(Verb.CANCEL, replace(job, state=state)) == "") is can

    run(work())


def test_macros_are_not_run() -> None:
    async def work() -> None:
        async with server_bench() as b:
            macro = await b.backend.workflow((await b.workflow("Macro")).id)
            (trigger,) = available_actions(macro)
            assert trigger.reason

    run(work())


@pytest.mark.parametrize("release", RELEASES)
def test_a_schedule_is_turned_off_and_on(release: str) -> None:
    async def work() -> None:
        async with server_bench("demo", release=release) as b:
            schedule = await b.schedule("Newsletter audience")
            for verb, text in ((Verb.DISABLE, "false"), (Verb.ENABLE, "true")):
                action = of(schedule, verb)
                assert (await b.do(action)).status == 200
                assert b.wire.writes[-1].content.decode() == f'{{"enabled":{text}}}'
                assert is_seen(action, await b.backend.schedule(schedule.id))
            again = await b.backend.schedule(schedule.id)
            assert again.next_run_at == schedule.next_run_at

    run(work())


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(
    ("cron", "kind"),
    [
        ("15 4 * * *", "Daily"),
        ("@daily", "Daily"),
        ("15 4 * * mon-fri", "Daily"),
        ("15 4 * * 0,6", "Weekly"),
        ("15 4 3 * *", "Monthly"),
        ("15 4 1,15 */3 *", "Custom"),
        ("15 4 31 * *", "Custom"),
        ("*/20 * * * *", "Hourly"),
        ("10 * * * *", "Hourly"),
    ],
)
def test_a_cadence_is_set_and_read_back(release: str, cron: str, kind: str) -> None:
    async def work() -> None:
        async with server_bench("demo", release=release) as b:
            schedule = await b.schedule("Newsletter audience")
            await b.backend.probe()
            action = of(schedule, Verb.SET_CRON, cron)
            await b.do(action)
            sent = json.loads(b.wire.writes[-1].content)
            assert sent["timeZone"] == "Europe/Zurich"
            newest = release == "current"
            assert sent["iteration"]["iterationType"] == ("Cron" if newest else kind)
            after = await b.backend.schedule(schedule.id)
            assert is_seen(action, after)
            assert after.next_run_at is not None
            assert sent["iteration"]["startTime"] > "2026-01-14T13:00"  # Zurich: an hour ahead

    run(work())


@pytest.mark.parametrize("release", ["2024.2", "2025.1"])
@pytest.mark.parametrize(
    ("cron", "why"),
    [
        ("0 */7 * * *", "not the same time apart"),
        ("0 6 1 * 1", "a day of the month or a day of the week"),
        ("0 6,18 * * 1", "within a day only on every day"),
        ("0 6 * 3 1", "in some months only"),
        ("0 */6 * * *", "drift when the clocks change in Europe/Zurich"),
    ],
)
def test_older_releases_refuse_what_they_cannot_say(release: str, cron: str, why: str) -> None:
    async def work() -> None:
        async with server_bench("demo", release=release) as b:
            schedule = await b.schedule("Newsletter audience")
            await b.backend.probe()
            with pytest.raises(ConfigError, match=why):
                b.backend.outgoing(of(schedule, Verb.SET_CRON, cron))

    run(work())


@pytest.mark.parametrize("release", RELEASES)
def test_a_schedule_is_deleted(release: str) -> None:
    async def work() -> None:
        async with server_bench("demo", release=release) as b:
            action = of(await b.schedule("Old promo feed"), Verb.DELETE)
            await b.do(action)
            with pytest.raises(NotFound):
                await b.backend.schedule(action.target.id)
            assert is_seen(action, None)

    run(work())


def test_another_persons_job_is_not_for_this_key() -> None:
    async def work() -> None:
        async with server_bench() as mine:
            id = await start(mine, "Good")
            secret = Secret(next(u.secret for u in USERS if u.key == "member"))
            other = ServerBench(mine.emulator, client_id="member", client_secret=secret)
            cancel = Action(Verb.CANCEL, server_ref(Kind.JOB, id), "it")
            with pytest.raises(Forbidden, match="do not have permission to cancel") as refused:
                await other.do(cancel)
            assert refused.value.status == 400
            await other.backend.aclose()

    run(work())


@pytest.mark.parametrize(("verb", "kind"), list(product(Verb, Kind)))
def test_what_is_not_offered_has_a_reason_and_makes_no_request(verb: Verb, kind: Kind) -> None:
    async def work() -> None:
        async with server_bench() as b:
            here = (Kind.SCHEDULE, Kind.WORKFLOW, Kind.JOB)
            can = kind in here and verb in VERBS_OF[kind]
            reason = b.backend.offers(verb, kind)
            assert (reason == "") is can
            if not can:
                with pytest.raises(ConfigError):
                    b.backend.outgoing(Action(verb, server_ref(kind, "x"), "x"))

    run(work())


def test_targets_of_other_scopes_and_what_is_no_id_make_no_request() -> None:
    backend = open_server(Scripted({}))
    good = Action(Verb.CANCEL, server_ref(Kind.JOB, "a/../b?c"), "it")
    assert backend.outgoing(good)[0].url.endswith("/v3/jobs/a%2F..%2Fb%3Fc")
    for ref in (
        replace(good.target, profile="other"),
        replace(good.target, sandbox="prod"),
        replace(good.target, id=".."),
    ):
        with pytest.raises(ConfigError, match="Nothing was sent"):
            backend.outgoing(replace(good, target=ref))
    with pytest.raises(ConfigError, match="not read yet"):
        backend.outgoing(Action(Verb.TRIGGER, server_ref(Kind.SCHEDULE, "s"), "it"))


ROW: dict[str, Any] = {
    "id": "s",
    "name": "Nightly",
    "workflowId": "w",
    "ownerId": "o",
    "enabled": True,
    "priority": 2,
    "workerTag": None,
    "credentialId": None,
    "comment": None,
    "timeZone": "",
    "lastRunTime": "2026-06-03T02:00:00",
    "iteration": {"startTime": "2026-01-01T02:00:00", "endTime": None},
    "frequency": "Daily",
}
DAILY = {"iterationType": "Daily", "dailyContract": {}, "startTime": "2026-01-01T02:00:00Z"}


async def read(backend: AlteryxBackend) -> Schedule:
    return await backend.schedule("s")


@pytest.mark.parametrize("status", [404, 405])
def test_a_release_without_patch_puts_the_whole_schedule_if_it_tells_the_recurrence(
    status: int,
) -> None:
    server = Scripted(
        {
            "GET v3/schedules/s": ROW | {"iteration": DAILY},
            "PATCH v3/schedules/s": httpx.Response(status),
            "PUT v3/schedules/s": ROW | {"enabled": False},
        }
    )

    async def work() -> None:
        backend = open_server(server)
        off = of(await read(backend), Verb.DISABLE)
        with pytest.raises(Rejected, match="Nothing was changed: this server"):
            await backend.send(*backend.outgoing(off))
        assert backend.capabilities.schedule_patch is Ability.MISSING
        (put,) = backend.outgoing(off)
        assert put.method == "PUT"
        assert json.loads(put.body) == {
            "workflowId": "w",
            "ownerId": "o",
            "iteration": {
                "startTime": "2026-06-05T02:00:00Z",
                "iterationType": "Daily",
                "dailyContract": {"runOnlyWorkWeek": False},
            },
            "name": "Nightly",
            "comment": "",
            "priority": "High",
            "workerTag": "",
            "enabled": False,
            "credentialId": "",
            "timeZone": "",
            "questions": [],
        }
        await backend.send(put)
        await backend.aclose()

    run(work())


def test_a_release_without_patch_leaves_a_schedule_whose_recurrence_is_not_told() -> None:
    server = Scripted({"GET v3/schedules/s": ROW, "PATCH v3/schedules/s": httpx.Response(405)})

    async def work() -> None:
        backend = open_server(server)
        off = of(await read(backend), Verb.DISABLE)
        with pytest.raises(Rejected):
            await backend.send(*backend.outgoing(off))
        with pytest.raises(ConfigError, match="use the pages of the server"):
            backend.outgoing(off)
        await backend.aclose()

    run(work())


def test_a_schedule_that_was_deleted_meanwhile_is_gone_and_patch_is_not_blamed() -> None:
    rows = [httpx.Response(200, json=ROW), httpx.Response(404)]
    server = Scripted({"GET v3/schedules/s": rows, "PATCH v3/schedules/s": httpx.Response(404)})

    async def work() -> None:
        backend = open_server(server)
        off = of(await read(backend), Verb.DISABLE)
        with pytest.raises(NotFound, match="that schedule"):
            await backend.send(*backend.outgoing(off))
        assert backend.capabilities.schedule_patch is Ability.UNTRIED
        await backend.aclose()

    run(work())


def test_a_cadence_keeps_end_and_a_start_that_was_never_reached() -> None:
    iteration = {"startTime": "2026-09-01T02:00:00Z", "endTime": "2026-12-01T00:00:00Z"}
    row = ROW | {"lastRunTime": None, "iteration": iteration}
    server = Scripted({"GET v3/schedules/s": row})

    async def work() -> None:
        backend = open_server(server)
        schedule = await read(backend)
        (patch,) = backend.outgoing(of(schedule, Verb.SET_CRON, "30 5 * * *"))
        sent = json.loads(patch.body)["iteration"]
        assert (sent["startTime"], sent["endTime"]) == (
            "2026-09-01T05:30:00Z",
            "2026-12-01T00:00:00Z",
        )
        with pytest.raises(ConfigError, match="it ends at"):
            backend.outgoing(of(schedule, Verb.SET_CRON, "30 5 1 1 *"))
        await backend.aclose()

    run(work())


def test_a_zone_that_is_not_known_here_is_refused_before() -> None:
    server = Scripted({"GET v3/schedules/s": ROW | {"timeZone": "Mars/Base"}})

    async def work() -> None:
        backend = open_server(server)
        with pytest.raises(ConfigError, match="'Mars/Base' is not known here"):
            backend.outgoing(of(await read(backend), Verb.SET_CRON, "30 5 * * *"))
        await backend.aclose()

    run(work())


def test_a_cadence_set_here_is_forgotten_when_somebody_changes_it() -> None:
    changed = ROW | {"frequency": "Hourly", "iteration": {"startTime": "2026-06-05T05:30:00Z"}}
    rows = [httpx.Response(200, json=row) for row in (ROW, changed, changed | {"frequency": "x"})]
    server = Scripted({"GET v3/schedules/s": rows, "PATCH v3/schedules/s": changed})

    async def work() -> None:
        backend = open_server(server)
        action = of(await read(backend), Verb.SET_CRON, "30 5 * * *")
        await backend.send(*backend.outgoing(action))
        assert is_seen(action, await read(backend))
        assert (await read(backend)).cron == ""
        await backend.aclose()

    run(work())


def test_what_this_key_may_not_edit_is_refused_before() -> None:
    server = Scripted({"GET v3/schedules/s": ROW | {"canEdit": False}})

    async def work() -> None:
        backend = open_server(server)
        schedule = await read(backend)
        assert schedule.state is ScheduleState.ENABLED
        refused = {a.verb: a.reason for a in available_actions(schedule)}
        assert refused[Verb.TRIGGER] == ""
        assert refused[Verb.DISABLE] == refused[Verb.DELETE] == "this key may not change it"
        await backend.aclose()

    run(work())


def test_a_write_with_a_wrong_role_is_forbidden_and_not_sent_again() -> None:
    server = Scripted({"DELETE v3/jobs/j": DENIED, "v3/credentials": []})

    async def work() -> None:
        backend = open_server(server)
        (delete,) = backend.outgoing(Action(Verb.CANCEL, server_ref(Kind.JOB, "j"), "it"))
        with pytest.raises(Forbidden, match="This key may not"):
            await backend.send(delete)
        # A 401 is a refusal: it is sent once more, with a renewed token.
        assert server.paths() == ["v3/jobs/j", "v3/jobs/j", "v3/credentials"]
        assert len(server.tokens) == 2
        await backend.aclose()

    run(work())


@pytest.mark.parametrize("answer", [httpx.Response(200), httpx.Response(200, json={"id": "s"})])
def test_a_cadence_is_known_though_the_answer_to_its_write_tells_nothing(
    answer: httpx.Response,
) -> None:
    changed = ROW | {"frequency": "Daily at 05:30"}
    rows = [httpx.Response(200, json=row) for row in (ROW, changed, ROW)]
    server = Scripted({"GET v3/schedules/s": rows, "PATCH v3/schedules/s": answer})

    async def work() -> None:
        backend = open_server(server)
        action = of(await read(backend), Verb.SET_CRON, "30 5 * * *")
        await backend.send(*backend.outgoing(action))
        assert is_seen(action, await read(backend))
        assert (await read(backend)).cron == ""  # somebody put it back
        await backend.aclose()

    run(work())
