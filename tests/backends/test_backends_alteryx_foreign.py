"""What servers other than the emulator do: short pages, reduced rows, refusals that mislead."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from qsui.domain.errors import Forbidden, NotFound
from qsui.domain.ports_workflows import ALL_JOBS, JobFilter
from qsui.domain.states import RunState, ScheduleState
from tests.support.backends import FakeClock
from tests.support.servers import DENIED, Scripted, open_server

if TYPE_CHECKING:
    from collections.abc import Callable

    from qsui.domain.jobs import Job

JOBS_OF_W = "v3/workflows/w/jobs"


def row(number: int, **more: Any) -> dict[str, Any]:
    at = f"2026-03-{1 + number // 24:02d}T{number % 24:02d}:00:00Z"
    return {"id": f"j{number}", "createDate": at, "status": "Running", **more}


def paged(
    rows: list[dict[str, Any]], most: int, *, ignores_offset: bool = False
) -> Callable[[httpx.Request], httpx.Response]:
    """Answer with at most so many rows of a list, whatever was asked for."""

    def answer(request: httpx.Request) -> httpx.Response:
        given = request.url.params
        start = 0 if ignores_offset else int(given.get("offset", 0))
        size = min(most, int(given["limit"]))
        return httpx.Response(200, json=rows[start : start + size])

    return answer


async def read_jobs(server: Scripted, *ids: str, cap: int | None = None) -> list[Job]:
    backend = open_server(server)
    try:
        where = JobFilter(workflow_ids=ids) if ids else ALL_JOBS
        return [job async for page in backend.jobs(where, cap=cap) for job in page.records]
    finally:
        await backend.aclose()


def test_a_server_that_sends_fewer_rows_than_asked_is_asked_on() -> None:
    rows = [row(number) for number in range(28, 0, -1)]
    server = Scripted({JOBS_OF_W: paged(rows, 10)})
    found = asyncio.run(read_jobs(server, "w"))
    assert [job.id for job in found] == [one["id"] for one in rows]
    assert server.paths().count(JOBS_OF_W) == 3


def test_the_end_of_a_list_is_not_asked_for_where_it_is_known() -> None:
    long = [row(number) for number in range(12, 0, -1)]
    short = [row(number, id=f"s{number}") for number in range(3, 0, -1)]
    server = Scripted({JOBS_OF_W: paged(long, 100), "v3/workflows/v/jobs": paged(short, 100)})

    async def read() -> None:
        backend = open_server(server)
        for id in ("w", "v"):
            where = JobFilter(workflow_ids=(id,))
            assert [page async for page in backend.jobs(where, cap=12)]
        await backend.aclose()

    asyncio.run(read())
    assert server.paths().count(JOBS_OF_W) == 1
    assert server.paths().count("v3/workflows/v/jobs") == 1


def test_the_newest_are_found_where_the_oldest_come_first() -> None:
    rows = [row(number) for number in range(1, 60)]
    server = Scripted({JOBS_OF_W: paged(rows, 20)})
    found = asyncio.run(read_jobs(server, "w", cap=5))
    assert [job.id for job in found] == ["j59", "j58", "j57", "j56", "j55"]


def test_a_server_that_sends_the_same_page_again_is_left() -> None:
    rows = [row(number) for number in range(28, 0, -1)]
    server = Scripted({JOBS_OF_W: paged(rows, 10, ignores_offset=True)})
    assert len(asyncio.run(read_jobs(server, "w"))) == 10
    assert server.paths().count(JOBS_OF_W) == 2


def test_a_missing_list_is_not_called_a_matter_of_the_role() -> None:
    with pytest.raises(Forbidden, match="lists jobs by workflow only") as caught:
        asyncio.run(read_jobs(Scripted({})))
    assert "Curator" not in str(caught.value)


def test_a_job_that_is_gone_is_not_found_though_an_older_call_is_refused() -> None:
    server = Scripted({"v1/jobs/j1": DENIED, "v3/credentials": []})

    async def read() -> None:
        backend = open_server(server)
        with pytest.raises(NotFound):
            await backend.job("j1")
        await backend.aclose()

    asyncio.run(read())


@pytest.mark.parametrize("log", [{}, [], None, {"messages": []}])
def test_an_empty_log_has_many_forms(log: Any) -> None:
    job = row(1, status="Completed", disposition="Success", appId="w")
    server = Scripted({"v3/jobs/j1": job, "v3/jobs/j1/messages": httpx.Response(200, json=log)})

    async def read() -> None:
        backend = open_server(server)
        found = await backend.job("j1")
        assert found.state is RunState.SUCCESS
        assert found.messages == ()
        await backend.aclose()

    asyncio.run(read())


def test_a_job_that_tells_no_workflow_is_found_in_the_list_of_all() -> None:
    listed = {"jobId": "j1", "status": "Completed", "workflowId": "w", "workflowName": "Load"}
    server = Scripted(
        {
            "v3/jobs/j1": row(1, status="Completed", disposition="Error", appId=None),
            "v3/jobs/j1/messages": {"status": 3, "text": "no", "toolId": 4},
            "v3/jobs": {"data": [listed], "pagination": {"hasNextPage": False}},
        }
    )

    async def read() -> None:
        backend = open_server(server)
        found = await backend.job("j1")
        assert (found.workflow_id, found.workflow_name) == ("w", "Load")
        assert found.state is RunState.FAILED
        assert [one.text for one in found.messages or ()] == ["no"]
        await backend.aclose()

    asyncio.run(read())


def test_schedules_of_a_reduced_list_are_read_whole_now_and_then() -> None:
    reduced = [
        {"id": f"s{number}", "name": f"S{number}", "runDateTime": None, "timeZone": ""}
        for number in range(45)
    ]
    whole = {
        f"v3/schedules/s{number}": {"id": f"s{number}", "name": f"S{number}", "enabled": True}
        for number in range(1, 45)  # the first is gone by then
    }
    server = Scripted({"v3/schedules": reduced, "v3/users": [], "v3/workflows": [], **whole})
    clock = FakeClock()

    async def read() -> list[int]:
        backend = open_server(server, clock)
        counts = []
        for _ in range(3):
            before = len(server.seen)
            pages = [page async for page in backend.schedules()]
            states = [one.state for one in pages[0].records]
            counts.append(states.count(ScheduleState.ENABLED))
            assert sum("v3/schedules/s" in one for one in server.paths()[before:]) <= 40
        before = len(server.seen)
        reduced[7]["runDateTime"] = "2026-03-01T00:00:00Z"
        assert [page async for page in backend.schedules()]
        assert [one for one in server.paths()[before:] if "schedules/s" in one] == [
            "v3/schedules/s7"
        ]
        await backend.aclose()
        return counts

    assert asyncio.run(read()) == [39, 44, 44]
