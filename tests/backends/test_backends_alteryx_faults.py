"""Tokens, refusals, odd bodies and lost answers of an Alteryx Server."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from qsui.backends import open_backend, open_workflow_server
from qsui.backends.options import scope_key
from qsui.domain.actions import Action, Verb
from qsui.domain.addresses import web_api_url
from qsui.domain.errors import (
    ApiError,
    BadResponse,
    ConfigError,
    Forbidden,
    NotFound,
    OutcomeUnknown,
    Rejected,
    ServerError,
    Unauthorized,
    Unreachable,
)
from qsui.domain.jobs import Severity
from qsui.domain.models import Kind
from qsui.domain.ports_workflows import JobFilter, WorkflowServerBackend
from qsui.domain.secret import NO_SECRET, Secret
from qsui.domain.states import RunState
from tests.support.alteryx import KEY, SECRET
from tests.support.backends import FakeClock, run
from tests.support.servers import DENIED, OPTIONS, Scripted, open_server, server_bench, server_ref

JOB: dict[str, Any] = {
    "id": "j",
    "appId": None,
    "createDateTime": "2026-06-04T10:00:00.1234567Z",
    "status": "Completed",
    "disposition": None,
    "priority": 3,
    "workerTag": None,
}
HTML = httpx.Response(200, html="<!DOCTYPE html><title>Log in</title>")
XML = httpx.Response(200, content=b'<?xml version="1.0"?><Response/>')


@pytest.mark.parametrize(
    "given",
    [
        "https://ayx.acme.test",
        "ayx.acme.test",
        "https://ayx.acme.test/",
        "https://ayx.acme.test/webapi",
        "https://ayx.acme.test/webapi/",
        "https://ayx.acme.test/webapi/v3",
        "https://ayx.acme.test/webapi/v3/",
        "https://ayx.acme.test/gallery",
        "https://ayx.acme.test/gallery/api/v1",
    ],
)
def test_an_address_is_understood_however_it_is_given(given: str) -> None:
    assert web_api_url(given) == "https://ayx.acme.test/webapi/"
    assert scope_key("alteryx", given, "", "") == scope_key(
        "alteryx", "https://ayx.acme.test", "", ""
    )


def test_an_api_elsewhere_is_left_there() -> None:
    assert web_api_url("https://acme.test/ayx/api") == "https://acme.test/ayx/api/"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"base_url": "http://far.test", "allow_http": False}, "base_url"),
        ({"base_url": ""}, "base_url"),
        ({"client_id": ""}, "client_id"),
        ({"client_id": "a:b"}, "client_id"),
        ({"client_secret": NO_SECRET}, "client_secret"),
        ({"token_url": "ftp://x"}, "token_url"),
    ],
)
def test_options_that_cannot_work_name_their_setting(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        open_server(Scripted({}), **changes)


def test_the_backend_is_opened_by_its_name() -> None:
    async def work() -> None:
        for opening in (open_backend, open_workflow_server):
            backend = opening(OPTIONS, FakeClock())
            assert isinstance(backend, WorkflowServerBackend)
            assert backend.scope.label == "ayx"
            await backend.aclose()

    run(work())


def form_of(request: httpx.Request) -> dict[str, str]:
    return dict(httpx.QueryParams(request.content.decode()))


def test_a_token_is_asked_for_by_basic_and_goes_only_to_the_server() -> None:
    server = Scripted({"v3/jobs/j": JOB})

    async def work() -> None:
        backend = open_server(server)
        await backend.job("j")
        (asked,) = server.tokens
        pair = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
        assert asked.headers["Authorization"] == f"Basic {pair}"
        assert form_of(asked) == {"grant_type": "client_credentials"}
        assert str(asked.url) == "http://alteryx.test/webapi/oauth2/token"
        assert {r.headers["Authorization"] for r in server.seen} == {"Bearer token-1"}
        assert {r.headers["Accept"] for r in server.seen} == {"application/json"}
        assert not any("x-api-key" in r.headers for r in server.seen)
        await backend.aclose()

    run(work())


def test_a_server_that_wants_the_key_in_the_form_gets_it_there() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if "Authorization" in request.headers:
            return httpx.Response(400, json={"error": "invalid_client"})
        form = form_of(request)
        assert (form["client_id"], form["client_secret"]) == (KEY, SECRET)
        return httpx.Response(200, json={"access_token": "t", "expires_in": 100})

    server = Scripted({"v3/jobs/j": JOB}, token_answer=answer)

    async def work() -> None:
        clock = FakeClock()
        backend = open_server(server, clock)
        await backend.job("j")
        assert len(server.tokens) == 2
        clock.time += timedelta(seconds=60)
        await backend.job("j")
        assert len(server.tokens) == 3  # what worked is kept to
        await backend.aclose()

    run(work())


def test_a_wrong_key_names_the_settings_and_hides_the_secret() -> None:
    refused = httpx.Response(
        400, json={"error": "invalid_client", "error_description": f"no {SECRET}"}
    )
    server = Scripted({}, token_answer=lambda _: refused)

    async def work() -> None:
        backend = open_server(server)
        with pytest.raises(Unauthorized, match="client_id and client_secret") as error:
            await backend.job("j")
        assert SECRET not in str(error.value) + error.value.detail
        assert server.seen == []
        await backend.aclose()

    run(work())


@pytest.mark.parametrize(("expires_in", "lasts"), [(3600, 3539), (None, 239), ("600", 539)])
def test_a_token_is_renewed_a_minute_early(expires_in: object, lasts: int) -> None:
    body = {"access_token": "t", "expires_in": expires_in}
    server = Scripted({"v3/jobs/j": JOB}, token_answer=lambda _: httpx.Response(200, json=body))

    async def work() -> None:
        clock = FakeClock()
        backend = open_server(server, clock)
        await backend.job("j")
        clock.time += timedelta(seconds=lasts)
        await backend.job("j")
        assert len(server.tokens) == 1
        clock.time += timedelta(seconds=2)
        await asyncio.gather(*(backend.job("j") for _ in range(5)))
        assert len(server.tokens) == 2
        await backend.aclose()

    run(work())


def test_a_revoked_token_is_renewed_once_and_nobody_notices() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        is_old = request.headers["Authorization"] == "Bearer token-1"
        return DENIED if is_old else httpx.Response(200, json=JOB)

    server = Scripted({"v3/jobs/j": answer})

    async def work() -> None:
        backend = open_server(server)
        assert (await backend.job("j")).id == "j"
        assert len(server.tokens) == 2
        await backend.aclose()

    run(work())


def test_a_key_that_is_refused_everywhere_is_unauthorized() -> None:
    server = Scripted({"v3/jobs/j": DENIED, "v3/credentials": DENIED})

    async def work() -> None:
        backend = open_server(server)
        for _ in range(5):
            with pytest.raises(Unauthorized, match="refused the token"):
                await backend.job("j")
        assert len(server.tokens) == 2  # and no login loop
        await backend.aclose()

    run(work())


def test_a_pasted_token_that_ended_is_not_taken_for_a_wrong_role() -> None:
    answers: dict[str, Any] = {"v3/jobs/j": JOB, "v3/credentials": []}
    server = Scripted(answers)

    async def work() -> None:
        backend = open_server(server, client_secret=NO_SECRET, access_token=Secret("t"))
        await backend.job("j")
        answers.update({"v3/jobs/j": DENIED, "v3/credentials": DENIED})
        with pytest.raises(Unauthorized, match="access token"):
            await backend.job("j")
        assert server.tokens == []
        await backend.aclose()

    run(work())


def test_a_call_that_is_not_for_this_key_is_left_alone_for_half_an_hour() -> None:
    server = Scripted({"v3/users": DENIED, "v3/credentials": []})

    async def work() -> None:
        clock = FakeClock()
        backend = open_server(server, clock)
        for _ in range(3):
            with pytest.raises(Forbidden, match="needs the role Curator"):
                await backend.people()
        assert server.paths().count("v3/users") == 2  # one, and one with a renewed token
        clock.time += timedelta(minutes=31)
        with pytest.raises(Forbidden):
            await backend.people()
        assert server.paths().count("v3/users") > 2
        await backend.aclose()

    run(work())


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (HTML, BadResponse, "HTML instead of JSON"),
        (XML, BadResponse, "XML instead of JSON"),
        (httpx.Response(200, content=b'{"id": "j", "sta'), BadResponse, "cut off"),
        (httpx.Response(200, content=b"[]"), BadResponse, "not a record"),
        (httpx.Response(200, content=b""), BadResponse, "nothing"),
        (httpx.Response(404), NotFound, "does not know that job"),
        (httpx.Response(404, html="<html>IIS</html>"), NotFound, "a web page"),
        (httpx.Response(403, json={"message": "no"}), Forbidden, "no"),
        (httpx.Response(500, json={"message": "boom"}), ServerError, "boom"),
        (httpx.Response(503, html="<html>"), ServerError, "503"),
        (httpx.Response(302, headers={"Location": "https://evil.test/"}), BadResponse, "elsewhere"),
        (httpx.ConnectError("no"), Unreachable, "cannot be reached"),
        (
            httpx.Response(400, json={"message": "Bad.", "modelState": {"id": ["is odd"]}}),
            Rejected,
            "Bad. id: is odd",
        ),
        (httpx.Response(400, json="just text"), Rejected, "just text"),
        (httpx.Response(400, content=b"plain"), Rejected, "plain"),
    ],
    ids=str,
)
def test_odd_answers_end_in_one_sentence(answer: Any, kind: type[ApiError], words: str) -> None:
    server = Scripted({"v3/jobs/j": answer, "v1/jobs/j": answer})

    async def work() -> None:
        backend = open_server(server)
        with pytest.raises(kind, match=words) as error:
            await backend.job("j")
        assert SECRET not in str(error.value)
        assert {r.url.host for r in server.seen} == {"alteryx.test"}
        await backend.aclose()

    run(work())


@pytest.mark.parametrize(
    "log",
    [
        {"status": 3, "text": "broke", "toolId": 7},
        [{"status": 3, "text": "broke", "toolId": 7}],
        {"messages": [{"status": "3", "text": "broke", "toolId": "7"}]},
    ],
)
def test_the_log_is_read_in_every_shape_and_decides_an_outcome_that_is_not_told(log: Any) -> None:
    server = Scripted({"v3/jobs/j": JOB | {"messages": []}, "v3/jobs/j/messages": log})

    async def work() -> None:
        backend = open_server(server)
        job = await backend.job("j", workflow_id="w")
        assert job.state is RunState.FAILED
        assert job.workflow_id == "w"
        assert job.priority == "Critical (3)"
        assert job.queued_at is not None
        assert job.queued_at.microsecond == 123456
        (message,) = job.messages or ()
        assert (message.severity, message.tool_id, message.text) == (Severity.ERROR, 7, "broke")
        await backend.aclose()

    run(work())


@pytest.mark.parametrize(
    "log", [httpx.Response(200, content=b"null"), httpx.Response(200), httpx.Response(404), DENIED]
)
def test_without_a_log_a_completed_job_is_just_ended(log: httpx.Response) -> None:
    server = Scripted({"v3/jobs/j": JOB, "v3/jobs/j/messages": log, "v3/credentials": []})

    async def work() -> None:
        backend = open_server(server)
        job = await backend.job("j")
        assert job.state is RunState.ENDED
        assert job.messages == ()
        await backend.aclose()

    run(work())


def test_a_filter_that_is_ignored_makes_no_job_a_success() -> None:
    rows = [{"id": "a", "status": "Completed"}, {"id": "b", "status": "Running"}]
    server = Scripted({"v3/workflows/w/jobs": rows, "v3/workflows": []})

    async def work() -> None:
        backend = open_server(server)
        found = [
            job
            async for page in backend.jobs(JobFilter(workflow_ids=("w",)))
            for job in page.records
        ]
        assert {job.id: job.state for job in found} == {
            "a": RunState.ENDED,
            "b": RunState.RUNNING,
        }
        await backend.aclose()

    run(work())


def test_the_older_list_of_a_workflows_jobs_serves_where_there_is_no_newer_one() -> None:
    rows = [
        {"id": "a", "status": "Completed", "disposition": "Warning", "createDate": "2020-01-01"}
    ]
    server = Scripted({"v1/workflows/w/jobs": rows, "v3/workflows": []})

    async def work() -> None:
        backend = open_server(server)
        where = JobFilter(workflow_ids=("w",))
        (job,) = [job async for page in backend.jobs(where) for job in page.records]
        assert (job.state, job.workflow_id) == (RunState.WARNING, "w")
        await backend.aclose()

    run(work())


def test_rows_lose_only_what_cannot_be_read() -> None:
    rows = [
        {"id": "a", "name": "A", "versions": "many", "runCount": {}},
        "no row",
        {"id": "b", "name": None, "dateCreated": ""},
    ]
    server = Scripted({"v3/workflows": rows, "v3/users": []})

    async def work() -> None:
        backend = open_server(server)
        (page,) = [page async for page in backend.workflows()]
        assert [(w.id, w.name) for w in page.records] == [("a", "A"), ("b", "b")]
        assert page.bad == 1
        await backend.aclose()

    run(work())


@pytest.mark.parametrize("caps", [1, 7, 50])
def test_a_server_that_sends_smaller_pages_is_read_to_its_end(caps: int) -> None:
    rows = [{"jobId": str(n), "status": "Cancelled", "workflowName": "W"} for n in range(120)]

    def answer(request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params["offset"])
        part = rows[offset : offset + caps]
        more = {"pagination": {"hasNextPage": offset + caps < len(rows)}} if caps < 50 else {}
        return httpx.Response(200, json={"data": part} | more)

    server = Scripted({"v3/jobs": answer})

    async def work() -> None:
        backend = open_server(server)
        found = [job async for page in backend.jobs() for job in page.records]
        assert [job.id for job in found] == [str(n) for n in range(120)]
        await backend.aclose()

    run(work())


def test_a_new_job_that_the_server_does_not_know_yet_is_waited_for() -> None:
    late = [httpx.Response(404), httpx.Response(404), httpx.Response(200, json=JOB)]
    server = Scripted(
        {"POST v3/workflows/w/jobs": JOB | {"status": "Queued"}, "GET v3/jobs/j": late}
    )

    async def work() -> None:
        clock = FakeClock()
        backend = open_server(server, clock)
        trigger = Action(Verb.TRIGGER, server_ref(Kind.WORKFLOW, "w"), "w")
        accepted = await backend.send(*backend.outgoing(trigger))
        assert accepted.created_id == "j"
        assert (await backend.job("j")).id == "j"
        assert clock.slept == [1.0, 1.0]
        await backend.aclose()

    run(work())


@pytest.mark.parametrize(
    "answer",
    [
        httpx.ReadError("lost"),
        httpx.ReadTimeout("slow"),
        httpx.Response(502),
        HTML,
        XML,
        httpx.Response(200),
        httpx.Response(200, content=b'{"id": "j'),
        httpx.Response(302, headers={"Location": "http://alteryx.test/"}),
    ],
    ids=str,
)
def test_a_run_whose_answer_is_lost_is_unknown_and_sent_once(answer: Any) -> None:
    server = Scripted({"POST v3/workflows/w/jobs": answer})

    async def work() -> None:
        backend = open_server(server)
        trigger = Action(Verb.TRIGGER, server_ref(Kind.WORKFLOW, "w"), "w")
        with pytest.raises(OutcomeUnknown, match="running that workflow"):
            await backend.send(*backend.outgoing(trigger))
        assert server.paths() == ["v3/workflows/w/jobs"]
        await backend.aclose()

    run(work())


@pytest.mark.parametrize(
    "answer", [httpx.Response(200), httpx.Response(200, content=b"null"), httpx.Response(204)]
)
def test_a_cancel_may_be_answered_with_nothing(answer: httpx.Response) -> None:
    server = Scripted({"DELETE v3/jobs/j": answer})

    async def work() -> None:
        backend = open_server(server)
        cancel = Action(Verb.CANCEL, server_ref(Kind.JOB, "j"), "j")
        assert (await backend.send(*backend.outgoing(cancel))).words == ""
        await backend.aclose()

    run(work())


def test_a_read_only_profile_sends_no_write() -> None:
    server = Scripted({})

    async def work() -> None:
        backend = open_server(server, read_only=True)
        cancel = Action(Verb.CANCEL, server_ref(Kind.JOB, "j"), "j")
        with pytest.raises(ConfigError, match="read-only"):
            await backend.send(*backend.outgoing(cancel))
        assert server.seen == []
        assert server.tokens == []
        await backend.aclose()

    run(work())


@pytest.mark.parametrize("fault", ["reset", "lost-answer"])
def test_a_lost_answer_of_the_emulator_is_unknown(fault: str) -> None:
    async def work() -> None:
        async with server_bench() as b:
            workflow = await b.workflow("Good")
            b.emulator.fault(fault, path="/jobs")
            with pytest.raises(OutcomeUnknown):
                await b.do(Action(Verb.TRIGGER, workflow.ref, "Good"))

    run(work())


def test_bodies_are_json_that_the_journal_can_hold() -> None:
    server = Scripted({})

    async def work() -> None:
        backend = open_server(server)
        trigger = Action(Verb.TRIGGER, server_ref(Kind.WORKFLOW, "w"), "w")
        (outgoing,) = backend.outgoing(trigger)
        assert json.loads(outgoing.body) == {}
        assert outgoing.path == "/webapi/v3/workflows/w/jobs"
        assert SECRET not in repr(outgoing)
        await backend.aclose()

    run(work())
