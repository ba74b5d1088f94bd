"""Whatever a server sends, something can be shown of it; and a real socket carries it all."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from qsui.backends import open_workflow_server
from qsui.backends.alteryx import wire
from qsui.backends.alteryx.convert import (
    job_of,
    person_of,
    planned_of,
    schedule_of,
    span_of,
    workflow_of,
)
from qsui.backends.reading import salvage
from qsui.domain.actions import Action, Verb
from qsui.domain.errors import ApiError
from qsui.domain.models import Scope
from qsui.domain.states import RunState
from tests.support.alteryx import running_alteryx
from tests.support.backends import FakeClock, run
from tests.support.servers import OPTIONS, Scripted, open_server

SCOPE = Scope("ayx", "")
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=12)
    | st.sampled_from(
        ["Completed", "Error", "0001-01-01T00:00:00", "", "9999-12-31", "1.02:03:04"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "name", "status", "toolId", "x"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["id", "jobId", "appId", "workflowId", "createDateTime", "createDate", "startTime",
     "executionTime", "status", "disposition", "priority", "messages", "outputs", "name",
     "ownerId", "versions", "publishedVersionId", "runCount", "iteration", "frequency", "enabled",
     "runDateTime", "timeZone", "owner", "application", "questions", "firstName", "canEdit",
     "appEstimatedCompletionTime"]
)  # fmt: skip
ROWS = st.dictionaries(KEYS, JSON, max_size=8)


@given(ROWS)
@settings(max_examples=200, deadline=None)
def test_no_row_crashes_a_converter(row: dict[str, Any]) -> None:
    if (job := salvage(row, wire.JOB)) is not None:
        found = job_of(job, SCOPE)
        assert found.state is not RunState.SUCCESS or job.disposition
    if (workflow := salvage(row, wire.WORKFLOW)) is not None:
        assert isinstance(workflow_of(workflow, SCOPE, owners={}).name, str)
    if (schedule := salvage(row, wire.SCHEDULE)) is not None:
        assert schedule_of(schedule, SCOPE, owners={}, workflows={}).runs_workflow
    if (person := salvage(row, wire.PERSON)) is not None:
        assert isinstance(person_of(person).name, str)
    if (planned := salvage(row, wire.PLANNED)) is not None:
        assert len(planned_of([planned])) <= 1


@given(st.one_of(st.none(), st.integers(), st.floats(), st.text()))
def test_no_span_crashes_its_reader(value: Any) -> None:
    found = span_of(value)
    assert found is None or timedelta(0) <= found < timedelta(days=3651)


@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
@settings(max_examples=100, deadline=None)
def test_no_body_ends_in_anything_but_an_api_error(body: bytes) -> None:
    answer = httpx.Response(200, content=body)
    server = Scripted(
        dict.fromkeys(("v3/jobs", "v3/jobs/j", "v3/schedules", "v3/workflows"), answer)
        | {"v3/jobs/j/messages": answer, "v3/users": answer, "admin/v1/workflows/jobs": answer}
    )

    async def work() -> None:
        backend = open_server(server)
        for read in (backend.job("j"), backend.people()):
            try:
                await read
            except ApiError as error:
                assert str(error)  # noqa: PT017 either way is right
        for pages in (backend.schedules(), backend.workflows(), backend.jobs(cap=5)):
            try:
                async for page in pages:
                    assert page.bad >= 0
            except ApiError as error:
                assert str(error)  # noqa: PT017 either way is right
        await backend.aclose()

    run(work())


def test_a_real_socket_carries_reads_and_writes() -> None:
    async def work(url: str) -> None:
        backend = open_workflow_server(replace(OPTIONS, base_url=url), FakeClock())
        try:
            found = [w async for page in backend.workflows() for w in page.records]
            good = next(w for w in found if w.name == "Good")
            trigger = Action(Verb.TRIGGER, good.ref, "Good")
            accepted = await backend.send(*backend.outgoing(trigger))
            job = await backend.job(accepted.created_id)
            assert job.workflow_name == "Good"
            listed = [j.id async for page in backend.jobs() for j in page.records]
            assert listed == [job.id]
        finally:
            await backend.aclose()

    with running_alteryx(speed=0) as server:
        run(work(server.url))
