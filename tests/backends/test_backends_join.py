"""The query behind a run: by its links, by what filters give, at last by SQL and time."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from qsui.domain.models import Kind, Ref, Run, Task
from qsui.domain.states import RunState
from tests.support.backends import Server, open_on, page_of, params_of, run

if TYPE_CHECKING:
    from qsui.domain.ports import ErrorFound

DECODED = "scheduled__2026-06-04T10:00:00+00:00"
ENCODED = base64.b64encode(DECODED.encode()).decode()
START = datetime(2026, 6, 4, 11, 2, tzinfo=UTC)
END = START + timedelta(minutes=5)
SQL = "INSERT INTO t\n SELECT *   FROM s;"

RUN = Run(
    ref=Ref("p", "prod", Kind.RUN, "sched-1", ENCODED),
    state=RunState.FAILED,
    raw_state="FAILED",
    decoded_id=DECODED,
    tasks=(Task("t", RunState.FAILED, "FAILED", START, END),),
)


def query(
    id: str = "q",
    run_id: str | None = ENCODED,
    schedule: str | None = "sched-1",
    *,
    state: str = "FAILED",
    text: str | None = "boom",
    at: datetime = START,
    sql: str = SQL,
) -> dict[str, Any]:
    links: dict[str, Any] = {}
    if run_id:
        links["schedule_run"] = {"id": run_id, "href": "x"}
    if schedule:
        links["schedule"] = {"id": schedule}
    return {
        "id": id,
        "state": state,
        "created": at.isoformat(),
        "request": {"sql": sql},
        "errors": [{"code": "58000", "message": text, "errorType": "USER_ERROR"}] if text else [],
        "_links": links,
    }


class Rows:
    """A server with these queries that honours the named filters and ignores all others."""

    def __init__(self, *rows: dict[str, Any], honours: str = "", refuses: str = "") -> None:
        self.rows = rows
        self.honours = honours.split()
        self.refuses = refuses.split()
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.endswith("/schedules/sched-1"):
            return httpx.Response(200, json={"id": "sched-1", "query": {"sql": SQL}})
        if not path.endswith("/queries"):
            found = [row for row in self.rows if path.endswith("/" + row["id"])]
            return httpx.Response(200, json=found[0]) if found else httpx.Response(404, json={})
        wanted = params_of(request).get("property", "")
        self.asked.append(wanted)
        rows = list(self.rows)
        for clause in wanted.split(","):
            field = clause.partition("=")[0].rstrip("<>")
            if field in self.refuses:
                return httpx.Response(400, json={"message": "property", "statusCode": 400})
            if field in self.honours:
                value = clause.partition("==")[2]
                link = {"scheduleRunId": "schedule_run", "scheduleId": "schedule"}.get(field)
                if link:
                    rows = [r for r in rows if r["_links"].get(link, {}).get("id") == value]
        return httpx.Response(200, json=page_of("queries", rows))


def find(server: Rows, asked: Run = RUN, sql: str = SQL, times: int = 1) -> ErrorFound | None:
    async def work() -> ErrorFound | None:
        backend = open_on(Server(server))
        found = None
        for _time in range(times):
            found = await backend.run_error(asked, sql)
        await backend.aclose()
        return found

    return run(work())


BOTH = "scheduleRunId scheduleId"


def test_the_encoded_id_is_asked_first_and_is_enough() -> None:
    server = Rows(query(), query("other", "x"), honours=BOTH)
    found = find(server)
    assert found is not None
    assert (found.query.id, found.error.message, found.is_likely) == ("q", "boom", False)
    assert server.asked == [f"scheduleId==sched-1,scheduleRunId=={ENCODED}"]


def test_the_decoded_id_is_asked_next_and_first_from_then_on() -> None:
    server = Rows(query(run_id=DECODED), honours=BOTH)
    found = find(server, times=2)
    assert found is not None
    assert not found.is_likely
    assert [asked.rpartition("==")[2] for asked in server.asked] == [ENCODED, DECODED, DECODED]


def test_a_filter_that_is_ignored_is_never_asked_again() -> None:
    strangers = [query(f"x{n}", "other", "sched-2", at=START - timedelta(days=9)) for n in range(3)]
    server = Rows(*strangers)
    assert find(server, times=2) is None
    assert sum("scheduleRunId" in asked for asked in server.asked) == 1
    assert sum("scheduleId==" in asked for asked in server.asked) == 2


def test_a_match_among_strangers_counts_although_the_filter_was_ignored() -> None:
    server = Rows(query("stranger", "other", "sched-2"), query("mine"))
    found = find(server, times=2)
    assert found is not None
    assert found.query.id == "mine"


def test_a_filter_that_is_refused_falls_back_to_the_schedules_queries() -> None:
    server = Rows(query(), query("other", "x"), honours="scheduleId", refuses="scheduleRunId")
    found = find(server, times=2)
    assert found is not None
    assert (found.query.id, found.is_likely) == ("q", False)
    assert sum("scheduleRunId" in asked for asked in server.asked) == 1
    assert "created>=2026-06-04T11:00:00.000Z" in server.asked[-1]


def test_the_run_of_another_schedule_in_the_same_slot_is_no_match() -> None:
    assert find(Rows(query(schedule="sched-2", text="theirs"))) is None


def test_the_schedule_is_also_known_from_the_address_of_the_run() -> None:
    row = query(schedule=None)
    row["_links"]["schedule_run"] = {"href": f"https://h/x/schedules/sched-1/runs/{ENCODED}"}
    found = find(Rows(row))
    assert found is not None
    assert not found.is_likely
    row["_links"]["schedule_run"] = {"href": f"https://h/x/schedules/sched-2/runs/{ENCODED}"}
    assert find(Rows(row)) is None


def test_links_that_name_no_schedule_count_only_if_the_filter_was_honoured() -> None:
    found = find(Rows(query(schedule=None), query("x", "other"), honours="scheduleRunId"))
    assert found is not None
    assert not found.is_likely
    assert find(Rows(query(schedule=None), query("x", "other"))) is None


def test_same_sql_at_the_right_time_is_likely_and_said_so() -> None:
    server = Rows(
        query("early", None, None, at=START - timedelta(minutes=3), text="early"),
        query("late", None, None, at=END + timedelta(seconds=1), text="late"),
        query("else", None, None, sql="SELECT 2", text="else"),
        query("mine", None, None, sql="INSERT INTO t SELECT * FROM s", text="mine"),
        query("linked", "other-run", "sched-1", text="linked"),
    )
    found = find(server)
    assert found is not None
    assert (found.query.id, found.is_likely) == ("mine", True)


@pytest.mark.parametrize("at", [START - timedelta(minutes=3), END + timedelta(seconds=1)])
def test_same_sql_at_another_time_is_no_match(at: datetime) -> None:
    assert find(Rows(query("mine", None, None, at=at))) is None


def test_sql_that_may_be_cut_is_read_whole_first() -> None:
    server = Rows(query("mine", None, None))
    for given in ("", "x" * 200):
        found = find(server, sql=given)
        assert found is not None
        assert found.is_likely


def test_nothing_is_guessed_without_the_tasks_times() -> None:
    assert find(Rows(query("mine", None, None)), replace(RUN, tasks=None)) is None
    assert find(Rows(query("mine", None, None)), replace(RUN, tasks=())) is None


def test_a_running_task_leaves_the_window_open() -> None:
    tasks = (Task("t", RunState.RUNNING, "IN_PROGRESS", START),)
    late = query("mine", None, None, at=START + timedelta(hours=3))
    found = find(Rows(late), replace(RUN, tasks=tasks))
    assert found is not None
    assert found.query.id == "mine"


def test_of_several_statements_the_first_failed_one_tells() -> None:
    server = Rows(
        query("ok", state="SUCCESS", text=None),
        query("warned", state="SUCCESS", text="a warning"),
        query("second", text="second", at=START + timedelta(minutes=2)),
        query("first", text="first", at=START + timedelta(minutes=1)),
        query("silent", text=None),
        honours=BOTH,
    )
    found = find(server)
    assert found is not None
    assert found.query.id == "first"


def test_queries_that_all_succeeded_explain_nothing() -> None:
    assert find(Rows(query(state="SUCCESS", text=None), honours=BOTH)) is None


def test_a_failure_without_words_is_said_to_be_one() -> None:
    found = find(Rows(query(text=None), honours=BOTH))
    assert found is not None
    assert "gives no reason" in found.error.message
    found = find(Rows(query(text=None, state="TIMEOUT"), honours=BOTH))
    assert found is not None
    assert "time limit" in found.error.message
    found = find(Rows(query(text=None, state="KILLED"), honours=BOTH))
    assert found is not None
    assert "cancelled" in found.error.message


def test_a_known_query_is_read_directly() -> None:
    server = Rows(query())
    found = find(server, replace(RUN, query_id="q"))
    assert found is not None
    assert found.error.message == "boom"
    assert server.asked == []
    found = find(Rows(query("other")), replace(RUN, query_id="gone"))
    assert found is not None
    assert found.query.id == "other"


def test_an_id_that_cannot_stand_in_a_filter_is_not_asked_for() -> None:
    server = Rows(query())
    find(server, replace(RUN, ref=replace(RUN.ref, parent="a,b")), sql="SELECT 1")
    assert not any("scheduleId" in asked for asked in server.asked)
