"""Every contradiction of the contract's quirk table that reads can meet, and stranger rows."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from qsui.backends.times import (
    format_time,
    parse_duration,
    parse_time,
)
from qsui.domain.states import RunState, ScheduleState
from tests.support.backends import Server, all_pages, in_turn, open_on, page_of, params_of, run

MILLISECONDS = 1_578_523_458_919
MOMENT = datetime(2020, 1, 8, 22, 44, 18, 919000, tzinfo=UTC)
SCHEDULED = "c2NoZWR1bGVkX18yMDIwLTAxLTA4VDEyOjMwOjAwKzAwOjAw"
MANUAL = base64.b64encode(b"manual__2020-01-08T18:45:00.123456+00:00").decode()
SCHEDULE_ID = (
    "e95186d65a28abf00a495d82_28e74200-e3de-11e9-8f5d-7f27416c5f0d_"
    "sample_scheduled_query7omob151bm_birvwm"
)


def got(method: str, body: Any, *arguments: Any, **headers: str) -> Any:
    """Return what a call makes of one body: the first page of a list, or a record."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    server = Server(in_turn(httpx.Response(200, content=content, headers=headers)))

    async def work() -> Any:
        backend = open_on(server)
        try:
            if method.endswith("s"):
                return (await all_pages(getattr(backend, method)(*arguments)))[0]
            return await getattr(backend, method)(*arguments)
        finally:
            await backend.aclose()

    return run(work())


def schedule(**parts: Any) -> Any:
    return got("schedule", {"id": "s", **parts}, "s")


def a_run(**parts: Any) -> Any:
    return got("run", {"id": SCHEDULED, **parts}, "s", SCHEDULED)


def query(**parts: Any) -> Any:
    return got("query", {"id": "q", **parts}, "q")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (str(MILLISECONDS), MOMENT),
        (MILLISECONDS, MOMENT),
        (float(MILLISECONDS), MOMENT),
        ("2020-01-08T22:44:18.919Z", MOMENT),
        ("2020-01-08T22:44:18.919z", MOMENT),
        ("2020-01-08T22:44:18.919", MOMENT),
        ("2020-01-08 22:44:18.919", MOMENT),
        ("2020-01-08T22:44:18.919+0000", MOMENT),
        ("2020-01-08T22:44:18.919000000Z", MOMENT),
        ("2020-01-08T23:44:18.919+01:00", MOMENT),
        ("2020-01-08 22:44:18.919 UTC", MOMENT),
        (" 2020-01-08T22:44:18,919Z ", MOMENT),
        ("1578523458", MOMENT.replace(microsecond=0)),
        ("2020-01-08", datetime(2020, 1, 8, tzinfo=UTC)),
        ("20200108", None),
        ("", None),
        (None, None),
        ("soon", None),
        ("nan", None),
        ("1e400", None),
        (10**30, None),
        (float("inf"), None),
        (True, None),
        ("0001-01-01T00:00:00+14:00", None),
        ("٣", None),
    ],
)
def test_q3_q4_q5_q6_times_come_in_many_spellings(value: Any, expected: datetime | None) -> None:
    if value == "20200108":  # digits are milliseconds, never a date
        assert parse_time(value) is not None
        assert parse_time(value).year == 1970  # type: ignore[union-attr]
        return
    assert parse_time(value) == expected


def test_q3_schedule_times_as_milliseconds_iso_or_absent() -> None:
    assert schedule(created=str(MILLISECONDS)).created_at == MOMENT
    assert schedule(created="2020-01-08T22:44:18.919Z").created_at == MOMENT
    assert schedule(created=MILLISECONDS, updated=None).updated_at is None
    assert schedule().created_at is None


def test_q4_the_slot_comes_from_the_id_before_created() -> None:
    record = a_run(created="2020-01-08T20:45:00")
    assert record.slot_at == datetime(2020, 1, 8, 12, 30, tzinfo=UTC)
    page = got(
        "runs", page_of("runsSchedules", [{"id": "opaque", "created": "2020-01-08T20:45:00"}]), "s"
    )
    assert page.records[0].slot_at == datetime(2020, 1, 8, 20, 45, tzinfo=UTC)
    assert page.records[0].decoded_id == ""


def test_q7_an_end_date_may_be_missing() -> None:
    cron = {"schedule": "30 * * * *", "startDate": "2020-01-08T12:30:00.000Z"}
    record = schedule(schedule=cron)
    assert (record.cron, record.end_at, record.max_active_runs) == ("30 * * * *", None, 1)
    record = schedule(schedule=cron | {"endDate": "2021-01-08T12:30:00Z", "maxActiveRuns": "3"})
    assert (record.end_at.year, record.max_active_runs) == (2021, 3)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("false", False), (False, False), ("true", True), (True, True), ("TRUE", True), (None, False)],
)
def test_q8_external_trigger_is_a_string_or_a_bool(value: Any, expected: bool) -> None:
    assert a_run(externalTrigger=value).is_manual is expected


def test_q8_a_manual_id_is_manual_and_no_sign_is_unknown() -> None:
    page = got("runs", page_of("runsSchedules", [{"id": MANUAL}, {"id": "opaque"}]), "s")
    assert [record.is_manual for record in page.records] == [True, None]
    assert page.records[0].slot_at == datetime(2020, 1, 8, 18, 45, 0, 123456, tzinfo=UTC)


@pytest.mark.parametrize("word", ["success", "SUCCESS", " Success "])
def test_q9_states_in_any_case_keep_their_spelling(word: str) -> None:
    record = a_run(state=word)
    assert (record.state, record.raw_state) == (RunState.SUCCESS, word)
    assert schedule(state="enabled").state is ScheduleState.ENABLED


def test_an_unknown_state_is_shown_as_sent() -> None:
    record = a_run(state="QUARANTINED", taskStatusList=[{"taskId": "t", "state": "WEIRD"}])
    assert (record.state, record.raw_state) == (RunState.UNKNOWN, "QUARANTINED")
    assert (record.tasks[0].state, record.tasks[0].raw_state) == (RunState.UNKNOWN, "WEIRD")
    assert a_run().state is RunState.UNKNOWN


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (303, 303),
        ("303", 303),
        (303.5, 303.5),
        ("x", None),
        (None, None),
        (-1, None),
        (1e300, None),
    ],
)
def test_q10_a_task_lasts_seconds_as_number_or_string(value: Any, expected: float | None) -> None:
    task = a_run(taskStatusList=[{"taskId": "t", "state": "SUCCESS", "duration": value}]).tasks[0]
    assert task.duration == (None if expected is None else timedelta(seconds=expected))


def test_q5_q10_a_run_detail_as_in_the_guide() -> None:
    record = a_run(
        state="success",
        created="2020-01-08T20:45:00",
        taskStatusList=[
            {
                "taskId": "7Omob151BM",
                "state": "SUCCESS",
                "message": "Processed Successfully",
                "duration": 303,
                "startDate": "2020-01-08T23:43:58.936269",
                "endDate": "2020-01-08T23:49:02.346318",
            }
        ],
    )
    assert record.started_at == datetime(2020, 1, 8, 23, 43, 58, 936269, tzinfo=UTC)
    assert record.ended_at == datetime(2020, 1, 8, 23, 49, 2, 346318, tzinfo=UTC)
    assert record.tasks[0].message == "Processed Successfully"
    assert a_run().tasks == ()
    assert a_run(taskStatusList=None).tasks == ()


def test_q10_a_query_lasts_milliseconds() -> None:
    assert query(elapsedTime=28411).elapsed == timedelta(seconds=28.411)
    assert query(elapsedTime="28411").elapsed == timedelta(seconds=28.411)
    assert parse_duration(float("nan"), unit_s=1) is None


@pytest.mark.parametrize(
    "link",
    [
        {"href": "https://h/x?start=2020"},
        "https://h/x?start=2020",
        {"href": "https://h/x?start=2020&limit=1000&linkType=next", "method": "GET"},
        {"href": "https://platform-int.adobe.io/query_templates?start=2020"},
    ],
)
def test_q11_q12_q13_next_links_of_every_form(link: Any) -> None:
    server = Server(in_turn(page_of("schedules", [{"id": "a"}], link), page_of("schedules", [])))

    async def work() -> None:
        backend = open_on(server)
        await all_pages(backend.schedules())
        await backend.aclose()

    run(work())
    sent = params_of(server.seen[1])
    assert (sent["start"], sent["orderby"], sent["limit"]) == ("2020", "-created", "100")
    assert server.seen[1].url.host == "server.test"


def test_q1_a_start_that_is_an_offset_is_passed_on() -> None:
    server = Server(
        in_turn(page_of("runsSchedules", [{"id": "a"}], "?start=20"), page_of("runsSchedules", []))
    )

    async def work() -> None:
        backend = open_on(server)
        await all_pages(backend.runs("s"))
        await backend.aclose()

    run(work())
    assert params_of(server.seen[1])["start"] == "20"


def test_q14_link_bodies_are_never_read() -> None:
    links = {"cancel": {"href": "h", "body": "{ not json"}, "self": 5, "soft_delete": [1]}
    record = query(_links=links | {"schedule": {"href": "https://h/schedules/s1", "body": 5}})
    assert (record.schedule_id, record.run_id) == ("s1", "")


def test_q21_errors_on_a_success_are_kept() -> None:
    record = query(
        state="SUCCESS", errors=[{"code": "58000", "message": "m", "errorType": "USER_ERROR"}]
    )
    assert (record.state, record.errors[0].code) == (RunState.SUCCESS, "58000")


@pytest.mark.parametrize(
    "errors",
    [
        [{"code": 408, "message": "timed out"}],
        {"code": "408", "message": "timed out"},
        ["timed out"],
        "timed out",
        [{"message": "timed out"}, {}, None],
    ],
)
def test_errors_of_every_form_are_read(errors: Any) -> None:
    found = query(state="FAILED", errors=errors).errors
    assert len(found) == 1
    assert "timed out" in found[0].message
    assert found[0].raw == "timed out"


def test_q24_the_template_id_in_both_spellings() -> None:
    assert query(request={"templateId": "t"}).template_id == "t"
    assert query(request={"templateID": "t"}).template_id == "t"


@pytest.mark.parametrize("cron", ["@yearly", "1 0 0 1 1 *", "0 0 12 ? * MON-FRI *", "nonsense"])
def test_q26_a_cron_stays_as_sent(cron: str) -> None:
    assert schedule(schedule={"schedule": cron}).cron == cron
    assert schedule(schedule=cron).cron == cron


def test_q31_lists_are_paged_by_their_links_whatever_their_size() -> None:
    page = got("queries", page_of("queries", [{"id": str(n)} for n in range(20)]))
    assert len(page.records) == 20
    assert page.is_last


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("schedules", "schedules"),
        ("schedules", "items"),
        ("schedules", "anything"),
        ("runs", "runsSchedules"),
        ("runs", "runs"),
        ("queries", "queries"),
        ("templates", "templates"),
    ],
)
def test_lists_under_other_names_are_found(path: str, key: str) -> None:
    arguments = ("s",) if path == "runs" else ()
    page = got(path, page_of(key, [{"id": "a"}, {"id": "b"}]), *arguments)
    assert [record.id for record in page.records] == ["a", "b"]
    page = got(path, [{"id": "a"}], *arguments)
    assert [record.id for record in page.records] == ["a"]


def test_an_empty_answer_and_a_null_list_are_empty() -> None:
    assert got("schedules", {"schedules": None}).records == ()
    assert got("schedules", {"schedules": [], "_page": None, "_links": None}).records == ()


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", "latin-1", "no-such-charset", "utf-16"])
def test_charset_byte_order_mark_and_content_type_do_not_matter(charset: str) -> None:
    text = json.dumps(
        page_of("schedules", [{"id": "a", "query": {"name": "Zoë"}}]), ensure_ascii=False
    )
    known = charset if charset != "no-such-charset" else "utf-8"
    header = {"Content-Type": f"text/plain; charset={charset}"}
    assert got("schedules", text.encode(known), **header).records[0].name == "Zoë"
    assert got("schedules", b"\xef\xbb\xbf" + text.encode()).records[0].name == "Zoë"


def test_a_row_that_does_not_fit_is_shown_with_what_could_be_read() -> None:
    rows = [
        {"id": "good", "state": "ENABLED", "query": {"name": "Good"}},
        {"id": 17, "state": ["?"], "query": {"name": "Half", "sql": {"no": 1}}, "created": {}},
        {"state": "ENABLED", "query": {"name": "No id"}},
        {"id": "bare", "query": "SELECT 1", "schedule": 5, "userId": None},
        {"nothing": "known"},
        {},
        "junk",
        None,
        7,
    ]
    page = got("schedules", page_of("schedules", rows))
    by_name = {record.name: record for record in page.records}
    assert set(by_name) == {"Good", "Half", "No id", "bare"}
    assert by_name["Half"].id == "17"
    assert by_name["Half"].state is ScheduleState.UNKNOWN
    assert by_name["No id"].id.startswith("no-id-")
    assert page.bad == 5


def test_a_row_without_id_keeps_its_placeholder() -> None:
    body = page_of("schedules", [{"query": {"name": "No id"}}])
    assert got("schedules", body).records[0].id == got("schedules", body).records[0].id


def test_half_surrogates_become_showable() -> None:
    body = b'{"schedules": [{"id": "a", "query": {"name": "x\\ud800y"}}]}'
    name = got("schedules", body).records[0].name
    assert name.encode("utf-8")
    assert name.startswith("x")


def test_a_name_comes_from_the_sql_and_at_last_from_the_id() -> None:
    assert schedule(query={"name": "Daily", "sql": "SELECT 1"}).name == "Daily"
    commented = schedule(query={"sql": "-- load\n/* x */ INSERT INTO t\n  SELECT 1"})
    assert commented.name == "INSERT INTO t SELECT 1"
    assert len(schedule(query={"sql": "SELECT " + "x" * 500}).name) == 60
    assert schedule(query={"sql": "-- only a remark"}).name == "-- only a remark"
    whole = got("schedule", {"id": SCHEDULE_ID}, "s")
    assert whole.name == "sample_scheduled_query7omob151bm_birvwm"
    assert schedule().name == "s"


def test_lists_keep_the_beginning_of_sql_and_details_all_of_it() -> None:
    sql = "SELECT " + "x" * 5_000
    page = got(
        "queries", page_of("queries", [{"id": "q", "request": {"sql": sql}, "effectiveSQL": sql}])
    )
    assert (len(page.records[0].sql), page.records[0].sql_is_cut) == (200, True)
    assert page.records[0].effective_sql == ""
    whole = query(request={"sql": sql}, effectiveSQL=sql)
    assert (whole.sql, whole.sql_is_cut, whole.effective_sql) == (sql, False, sql)


def test_a_query_as_in_the_guide() -> None:
    record = query(
        state="FAILED",
        request={"name": "Daily", "sql": "SELECT 1", "templateId": "t"},
        rowCount="12",
        isCTAS=True,
        isInsertInto="false",
        client="API",
        userId="u@AdobeID",
        created="2019-12-06T22:00:17.362Z",
        _links={
            "referenced_datasets": [{"id": "d1", "href": "h"}, {"href": "https://h/dataSets/d2"}],
            "created_dataset": {"id": "d3"},
            "schedule": {"id": "s1"},
            "schedule_run": {"href": f"https://h/schedules/s1/runs/{MANUAL.replace('=', '%3D')}"},
        },
    )
    assert record.datasets == ("d1", "d2", "d3")
    assert (record.schedule_id, record.run_id) == ("s1", MANUAL)
    assert (record.row_count, record.is_ctas, record.is_insert) == (12, True, False)
    one = query(
        _links={"referenced_datasets": {"id": "only"}, "schedule": "https://h/schedules/s2"}
    )
    assert (one.datasets, one.schedule_id) == (("only",), "s2")


def test_sandboxes_of_known_and_unknown_type() -> None:
    body = {
        "sandboxes": [
            {"name": "prod", "type": "production", "state": "active", "title": "Prod"},
            {"name": "dev", "type": "DEVELOPMENT", "state": "creating"},
            {"name": "odd", "type": "staging"},
            {"title": "nameless"},
        ]
    }

    async def work() -> None:
        backend = open_on(Server(in_turn(body)))
        found = {s.name: (s.is_production, s.is_active) for s in await backend.sandboxes()}
        assert found == {"prod": (True, True), "dev": (False, False), "odd": (None, True)}
        await backend.aclose()

    run(work())


@pytest.mark.parametrize(
    ("base_url", "path"),
    [
        ("https://server.test", "/data/foundation/query/schedules"),
        ("https://server.test/data/foundation/query/", "/data/foundation/query/schedules"),
        ("https://server.test/behind/proxy/", "/behind/proxy/data/foundation/query/schedules"),
    ],
)
def test_the_base_url_with_or_without_the_services_path(base_url: str, path: str) -> None:
    server = Server(in_turn(page_of("schedules", [])))

    async def work() -> None:
        backend = open_on(server, base_url=base_url)
        await all_pages(backend.schedules())
        await backend.sandboxes()
        await backend.aclose()

    run(work())
    assert server.seen[0].url.path == path
    assert server.seen[1].url.path.endswith("/data/foundation/sandbox-management/")
    assert "x-sandbox-name" not in server.seen[1].headers


def test_ids_are_encoded_whole_in_paths() -> None:
    server = Server(in_turn({"id": "x", "taskStatusList": []}))

    async def work() -> None:
        backend = open_on(server)
        await backend.run("a/b?c#d%2F é", MANUAL)
        await backend.run("s", "manual__2020-01-08T18:45:00.123456+00:00")
        await backend.aclose()

    run(work())
    raw = server.seen[0].url.raw_path.decode()
    assert raw.endswith("/schedules/a%2Fb%3Fc%23d%252F%20%C3%A9/runs/" + MANUAL.replace("=", "%3D"))
    assert server.seen[1].url.raw_path.decode().endswith("/runs/" + MANUAL.replace("=", "%3D"))


def test_times_are_sent_as_iso_with_all_their_digits() -> None:
    assert format_time(MOMENT) == "2020-01-08T22:44:18.919Z"
    assert format_time(MOMENT.replace(microsecond=123456)) == "2020-01-08T22:44:18.123456Z"
