"""The published examples, alone and in their envelopes, become the records that scripts get."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from qsui.cli import records
from qsui.cli.runs_of import timed
from qsui.cli.shapes import COLUMNS
from qsui.domain.errors import ApiError
from tests.foreign import samples
from tests.support.backends import START, all_records, open_on, run

if TYPE_CHECKING:
    from qsui.backends.adobe.backend import AdobeBackend

LISTS = {
    "/schedules": ("schedules", samples.SCHEDULE),
    "/queries": ("queries", samples.QUERY),
    "/query-templates": ("templates", samples.TEMPLATE),
    f"/schedules/{samples.SCHEDULE_ID}/runs": (
        "runsSchedules",
        samples.RUN | {"state": "SUCCESS", "created": "2020-01-08T20:45:00Z"},
    ),
}
ALONE = {
    f"/schedules/{samples.SCHEDULE_ID}": samples.SCHEDULE,
    f"/schedules/{samples.SCHEDULE_ID}/runs/{samples.RUN_ID}": samples.RUN,
    f"/queries/{samples.QUERY_ID}": samples.QUERY,
    f"/query-templates/{samples.TEMPLATE_ID}": samples.TEMPLATE,
}


def published(request: httpx.Request) -> httpx.Response:
    path = request.url.path.removeprefix("/data/foundation/query")
    if request.method == "POST":
        token = {"access_token": "t.o.k", "token_type": "bearer", "expires_in": 86399}
        return httpx.Response(200, json=token)
    if path in ALONE:
        return httpx.Response(200, json=ALONE[path])
    if path not in LISTS:
        return httpx.Response(404)
    key, row = LISTS[path]
    place = {"orderby": "+created", "start": "2020-01-08T20:45:00.000Z", "count": 1}
    return httpx.Response(200, json={key: [row], "_page": place, "_links": {}, "version": 1})


async def _records(backend: AdobeBackend, *, alone: bool) -> dict[str, dict[str, Any]]:
    id = samples.SCHEDULE_ID
    if alone:
        schedule, of_it = await backend.schedule(id), [await backend.run(id, samples.RUN_ID)]
        query = await backend.query(samples.QUERY_ID)
        template = await backend.template(samples.TEMPLATE_ID)
    else:
        (schedule,) = await all_records(backend.schedules())
        of_it = await all_records(backend.runs(id))
        (query,) = await all_records(backend.queries())
        (template,) = await all_records(backend.templates())
    (row,) = timed(of_it, {id: schedule}, START)
    return {
        "schedules": {"id": schedule.id, "cron": schedule.cron, "created": schedule.created_at},
        "runs": records.run_record_of(row),
        "queries": records.query_record(query),
        "templates": records.template_record(template),
    }


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "listed"])
def test_the_published_examples(alone: bool) -> None:
    async def work() -> dict[str, dict[str, Any]]:
        backend = open_on(published)
        try:
            return await _records(backend, alone=alone)
        finally:
            await backend.aclose()

    found = run(work())
    assert found["schedules"]["cron"] == "30 * * * *"
    assert found["schedules"]["created"].isoformat() == "2020-01-08T22:44:18.919000+00:00"
    for kind in ("runs", "queries", "templates"):
        assert tuple(found[kind]) == COLUMNS[kind]
    a_run = found["runs"]
    assert a_run["state"] == "SUCCESS"
    assert a_run["raw_state"] == ("success" if alone else "SUCCESS")
    assert a_run["decoded_id"] == "scheduled__2020-01-08T20:45:00+00:00"
    assert a_run["triggered_by"] == "schedule"
    assert a_run["started_at"] == "2020-01-08T23:43:58.936269Z"
    assert a_run["tasks"][0]["duration_s"] == 303
    query = found["queries"]
    assert (query["schedule_id"], query["run_id"]) == (samples.SCHEDULE_ID, samples.RUN_ID)
    assert query["template_id"] == samples.TEMPLATE_ID
    assert query["datasets"] == ["5b2bdb5230d4401de87397c", "5f7e2b"]
    assert query["elapsed_ms"] == 28411
    assert [error["code"] for error in query["errors"]] == ["408"]
    assert found["templates"]["parameters"] == {"key": "v"}
    assert found["templates"]["created_at"] is None


@pytest.mark.parametrize(("status", "body", "exit_code"), samples.ERRORS)
def test_the_published_error_bodies(status: int, body: Any, exit_code: int) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return published(request)
        return httpx.Response(status) if body is None else httpx.Response(status, json=body)

    async def work() -> ApiError:
        backend = open_on(answer)
        try:
            with pytest.raises(ApiError) as caught:
                await backend.query(samples.QUERY_ID)
            return caught.value
        finally:
            await backend.aclose()

    error = run(work())
    assert error.exit_code == exit_code
    assert error.status == status
    assert str(error)[-1] in ".)", str(error)
