"""Whatever JSON or bytes a server sends, reading ends in records or in an error of ours."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from qsui.backends import reading
from qsui.backends.adobe import wire
from qsui.backends.adobe.convert import query_of, run_of, sandbox_of, schedule_of, template_of
from qsui.backends.faults import Place, error_for
from qsui.backends.times import format_time, parse_time
from qsui.backends.transport import Answer
from qsui.domain.errors import ApiError
from qsui.domain.models import Scope
from tests.support.backends import Server, all_records, open_on, run

SCOPE = Scope("p", "s")
SHAPES = [wire.QUERIES, wire.SCHEDULES, wire.RUNS, wire.TEMPLATES, wire.SANDBOXES]

FIELDS = [
    "id", "state", "request", "query", "schedule", "startDate", "endDate", "maxActiveRuns",
    "sql", "name", "errors", "code", "message", "errorType", "_links", "schedule_run", "href",
    "cancel", "referenced_datasets", "created_dataset", "created", "updated", "elapsedTime",
    "rowCount", "isCTAS", "taskStatusList", "taskId", "duration", "externalTrigger",
    "queryParameters", "effectiveSQL", "queries", "schedules", "runsSchedules", "templates",
    "sandboxes", "_page", "next", "type", "title", "statusCode", "status",
]  # fmt: skip

words = st.sampled_from(
    ["", "SUCCESS", "failed", "true", "1578523458919", "2020-01-08T12:30:00Z", "@daily", "NaN",
     "c2NoZWR1bGVkX18yMDIwLTAxLTA4VDEyOjMwOjAwKzAwOjAw", "https://h/x?start=1", "-1", "\ud800"]
)  # fmt: skip
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | words
    | st.text(max_size=12)
    | st.just(10**400)
)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=8)
    ),
    max_leaves=25,
)


def records(rows: Any) -> None:
    """Convert every row to whatever it is."""
    for row in rows:
        match row:
            case wire.QueryWire():
                hash(query_of(row, SCOPE, whole=True))
            case wire.ScheduleWire():
                hash(schedule_of(row, SCOPE))
            case wire.RunWire():
                hash(run_of(row, SCOPE, "s"))
            case wire.TemplateWire():
                hash(template_of(row, SCOPE))
            case _:
                hash(sandbox_of(row))


@settings(max_examples=120)
@given(values, st.sampled_from(SHAPES))
def test_any_json_is_read_or_refused(value: Any, shape: Any) -> None:
    answer = Answer(json.dumps(value).encode())
    for read in (
        lambda: reading.read_page(answer, shape).rows,
        lambda: [reading.read_record(answer, shape)],
    ):
        try:
            rows = read()
        except reading.UnreadableError:
            continue
        records(rows)


@settings(max_examples=100)
@given(st.lists(values, max_size=5), st.sampled_from(SHAPES))
def test_no_row_of_a_list_is_lost_without_being_counted(rows: list[Any], shape: Any) -> None:
    answer = Answer(json.dumps({shape.keys[0]: rows}).encode())
    page = reading.read_page(answer, shape)
    assert len(page.rows) + page.bad == len(rows)
    records(page.rows)


@given(st.binary(max_size=200), st.sampled_from(["", "utf-8", "utf-16", "latin-1", "hex", "x"]))
def test_any_bytes_are_read_or_refused(body: bytes, charset: str) -> None:
    with suppress(reading.UnreadableError):
        reading.read_page(Answer(body, 200, charset), wire.QUERIES)


@given(
    st.integers(300, 599), st.binary(max_size=100) | values.map(lambda v: json.dumps(v).encode())
)
def test_any_failure_becomes_a_sentence(status: int, body: bytes) -> None:
    error = error_for(status, body, Place("h", "p/s", "s"))
    assert str(error).isprintable()
    assert str(error).endswith(".")


@settings(max_examples=60)
@given(st.integers(200, 599), values | st.binary(max_size=60))
def test_any_answer_ends_in_records_or_an_api_error(status: int, value: Any) -> None:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()

    async def work() -> None:
        backend = open_on(Server(lambda _request: httpx.Response(status, content=body)))
        with suppress(ApiError):
            await all_records(backend.schedules())
        with suppress(ApiError):
            await all_records(backend.runs("s"))
        with suppress(ApiError):
            await backend.query("q")
        await backend.aclose()

    run(work())


@given(
    st.datetimes(datetime(1970, 1, 2), datetime(8999, 12, 30), timezones=st.timezones())  # noqa: DTZ001
)
def test_a_time_that_was_written_is_read_again(moment: Any) -> None:
    assert parse_time(format_time(moment)) == moment.astimezone(UTC)


@given(st.datetimes(timezones=st.just(UTC)))
def test_no_time_is_so_far_away_that_counting_from_it_fails(moment: datetime) -> None:
    read = parse_time(format_time(moment))
    if moment.year < 1970:
        assert read is None
    else:
        assert read == min(moment, datetime(9000, 1, 1, tzinfo=UTC))


@given(st.text() | st.integers() | st.floats() | st.booleans() | st.none())
def test_no_time_is_fatal(value: Any) -> None:
    moment = parse_time(value)
    assert moment is None or moment.utcoffset() is not None
