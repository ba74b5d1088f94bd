"""Jobs, workflows and a server's schedules outlive the process; files of before keep their rows."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsui.domain.jobs import Job, JobMessage, JobOutput, Severity, Workflow
from qsui.domain.models import Kind, Ref, Run, Schedule, Scope
from qsui.domain.states import RunState, ScheduleState
from qsui.storage import history as history_module
from qsui.storage import job_records, records
from qsui.storage.history import FILE_NAME, SqliteHistory, open_history

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AYX = Scope("ayx", "", "key-of-ayx")
NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
FIRST_FILE = """
CREATE TABLE schedules (
    scope TEXT NOT NULL, id TEXT NOT NULL, place INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (scope, id)
) WITHOUT ROWID;
CREATE TABLE readings (scope TEXT PRIMARY KEY, read_at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE runs (
    scope TEXT NOT NULL, schedule_id TEXT NOT NULL, id TEXT NOT NULL,
    decoded_id TEXT NOT NULL, slot REAL NOT NULL, richness INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (scope, schedule_id, id)
) WITHOUT ROWID;
CREATE INDEX runs_by_slot ON runs (scope, schedule_id, slot);
CREATE INDEX runs_by_id ON runs (scope, id);
PRAGMA user_version = 1;
"""


def ref(kind: Kind, id: str, parent: str = "") -> Ref:
    return Ref(AYX.profile, AYX.sandbox, kind, parent, id)


def job(id: str, state: RunState = RunState.SUCCESS, **more: Any) -> Job:
    plain: dict[str, Any] = {"workflow_id": "w1", "workflow_name": "Load", "queued_at": NOON}
    return Job(ref(Kind.JOB, id), state, "Completed", **(plain | more))


def said(text: str, severity: Severity = Severity.INFO, tool: int = 3) -> JobMessage:
    return JobMessage(severity, {"error": 3, "warning": 2}.get(severity, 1), tool, text)


@pytest.fixture
def history(tmp_path: Path) -> Iterator[SqliteHistory]:
    opened = open_history(tmp_path)
    yield opened
    opened.close()


def loaded(history: SqliteHistory, since: datetime = NOON - HOUR, **more: int) -> list[Job]:
    return list(history.load_jobs(AYX, since, **more)[0])


def test_jobs_that_are_over_come_back_with_log_and_outputs(tmp_path: Path) -> None:
    failed = job(
        "j1",
        RunState.FAILED,
        disposition="Error",
        submitted_by="jd",
        started_at=NOON,
        ended_at=NOON + HOUR,
        seen_duration=timedelta(minutes=3),
        priority="High",
        worker_tag="big",
        is_amp=True,
        messages=(said("no such table", Severity.ERROR), said("read 5 rows")),
        outputs=(JobOutput("o1", "sales.csv", ("Csv", "Xlsx")),),
        times_are_seen=True,
    )
    first = open_history(tmp_path)
    first.save_jobs(AYX, (failed, job("j2", RunState.RUNNING), job("j3", RunState.ENDED)), NOON)
    first.close()
    second = open_history(tmp_path)
    jobs, kept_at = second.load_jobs(AYX, NOON - HOUR)
    assert ({one.id: one for one in jobs}["j1"], kept_at) == (failed, NOON)
    assert {one.id for one in jobs} == {"j1", "j3"}
    second.close()


def test_workflows_come_back_in_their_order_and_those_that_went_do_not(
    history: SqliteHistory,
) -> None:
    one = Workflow(
        ref(Kind.WORKFLOW, "w1"),
        "Load Sales",
        owner="jd",
        version=4,
        run_count=0,
        is_amp=False,
        can_run=False,
        is_whole=True,
        created_at=NOON,
    )
    two = Workflow(ref(Kind.WORKFLOW, "w0"), "Clean")
    history.save_workflows(AYX, (one, two), NOON, replace=True)
    assert history.load_workflows(AYX) == ((one, two), NOON)
    history.save_workflows(AYX, (two,), NOON + HOUR, replace=True)
    assert history.load_workflows(AYX) == ((two,), NOON + HOUR)
    assert history.load_workflows(replace(AYX, key="another")) == ((), None)
    assert history.load_schedules(AYX) == ((), None)


def test_a_servers_schedule_comes_back_with_all_that_it_has(history: SqliteHistory) -> None:
    schedule = Schedule(
        ref(Kind.SCHEDULE, "s1"),
        "Nightly",
        ScheduleState.DISABLED,
        "",
        "0 2 * * *",
        runs_workflow=True,
        workflow_id="w1",
        workflow_name="Load",
        cadence_words="Daily at 02:00",
        time_zone="Europe/Berlin",
        next_run_at=NOON,
        last_run_at=NOON - HOUR,
        last_error="no worker",
        run_count=7,
        priority="High",
        worker_tag="big",
        worker="node-2",
        can_edit=False,
    )
    history.save_schedules(AYX, (schedule,), NOON, replace=True)
    assert history.load_schedules(AYX) == ((schedule,), NOON)


def test_jobs_come_newest_first_and_no_more_than_asked(history: SqliteHistory) -> None:
    history.save_jobs(
        AYX,
        tuple(
            job(f"{of}-{hour}", workflow_id=of, queued_at=NOON + hour * HOUR)
            for of in ("w1", "w2")
            for hour in range(4)
        ),
        NOON,
    )
    assert [one.id for one in loaded(history, per_workflow=1)] == ["w2-3", "w1-3"]
    assert [one.id for one in loaded(history, most=3)] == ["w2-3", "w1-3", "w2-2"]
    assert [one.id for one in loaded(history, NOON + 3 * HOUR)] == ["w2-3", "w1-3"]
    assert history.load_jobs(replace(AYX, key="another"), NOON) == ((), None)


def test_the_oldest_jobs_of_a_workflow_go_when_there_are_too_many(
    history: SqliteHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_module, "JOBS_PER_WORKFLOW", 3)
    for hour in range(6):
        history.save_jobs(AYX, (job(f"j{hour}", queued_at=NOON + hour * HOUR),), NOON)
    history.save_jobs(AYX, (job("other", workflow_id="w2", queued_at=NOON),), NOON)
    assert [one.id for one in loaded(history)] == ["j5", "j4", "j3", "other"]


def test_what_knows_less_of_a_job_never_replaces_what_knows_more(history: SqliteHistory) -> None:
    rich = job("j1", RunState.FAILED, messages=(said("boom", Severity.ERROR),), outputs=())
    history.save_jobs(AYX, (rich,), NOON)
    history.save_jobs(AYX, (job("j1", RunState.ENDED),), NOON)
    history.save_jobs(AYX, (job("j1", RunState.FAILED),), NOON)
    history.save_jobs(AYX, (replace(rich, log_is_cut=True),), NOON)
    assert loaded(history) == [rich]
    whole = replace(rich, submitted_by="jd")
    history.save_jobs(AYX, (whole,), NOON)
    assert loaded(history) == [whole]


def test_of_a_long_log_the_worst_is_kept_in_its_order_and_that_is_said(
    history: SqliteHistory,
) -> None:
    log = [said(f"line {n}") for n in range(5000)]
    log[4000] = said("ends badly", Severity.ERROR)
    log[10] = said("odd field", Severity.WARNING)
    history.save_jobs(AYX, (job("j1", RunState.FAILED, messages=tuple(log)),), NOON)
    (kept,) = loaded(history)
    assert kept.messages is not None
    assert kept.log_is_cut
    assert len(kept.messages) == job_records.LOG_LINES
    texts = [one.text for one in kept.messages]
    assert texts.index("line 0") < texts.index("odd field") < texts.index("ends badly")


def test_a_single_huge_message_is_cut(history: SqliteHistory) -> None:
    huge = said("x" * 1_000_000, Severity.ERROR)
    history.save_jobs(AYX, (job("j1", RunState.FAILED, messages=(huge, said("y"))),), NOON)
    (kept,) = loaded(history)
    assert kept.messages is not None
    assert [len(one.text) for one in kept.messages] == [job_records.LOG_CHARS]
    assert kept.log_is_cut


@pytest.mark.parametrize(
    ("state", "log"),
    [
        (RunState.SUCCESS, None),
        (RunState.CANCELLED, None),
        (RunState.WARNING, (said("odd"),)),
        (RunState.ENDED, ()),
    ],
)
def test_logs_are_kept_of_what_went_wrong_only(
    history: SqliteHistory, state: RunState, log: tuple[JobMessage, ...] | None
) -> None:
    history.save_jobs(AYX, (job("j1", state, messages=(said("odd"),), outputs=()),), NOON)
    (kept,) = loaded(history)
    assert (kept.state, kept.messages, kept.outputs) == (state, log, ())


def test_an_id_that_has_no_utf8_and_a_row_of_another_shape_are_left_out(tmp_path: Path) -> None:
    history = open_history(tmp_path)
    history.save_jobs(AYX, (job("\ud800"), job("j1"), job("j2")), NOON)
    history.save_workflows(
        AYX, tuple(Workflow(ref(Kind.WORKFLOW, id), id) for id in ("w1", "w2")), NOON, replace=True
    )
    history.close()
    with sqlite3.connect(tmp_path / FILE_NAME) as db:
        db.execute("""UPDATE jobs SET body = '{"state": "SUCCESS"}' WHERE id = 'j1'""")
        db.execute("UPDATE workflows SET body = '[]' WHERE id = 'w1'")
    db.close()
    history = open_history(tmp_path)
    assert [one.id for one in loaded(history)] == ["j2"]
    assert [one.id for one in history.load_workflows(AYX)[0]] == ["w2"]
    history.close()


def test_a_file_of_the_first_version_keeps_its_rows_and_takes_jobs(tmp_path: Path) -> None:
    run = Run(ref(Kind.RUN, "r1", "s1"), RunState.SUCCESS, "SUCCESS", slot_at=NOON, decoded_id="x")
    schedule = Schedule(
        ref(Kind.SCHEDULE, "s1"), "daily", ScheduleState.ENABLED, "ENABLED", "0 2 * * *"
    )
    with sqlite3.connect(tmp_path / FILE_NAME) as db:
        db.executescript(FIRST_FILE)
        db.execute(
            "INSERT INTO runs VALUES (?, 's1', 'r1', 'x', ?, 6, ?)",
            (AYX.key, NOON.timestamp(), records.run_text(run)),
        )
        db.execute(
            "INSERT INTO schedules VALUES (?, 's1', 0, ?)",
            (AYX.key, records.schedule_text(schedule)),
        )
        db.execute("INSERT INTO readings VALUES (?, ?)", (AYX.key, NOON.isoformat()))
    db.close()
    for _ in range(2):
        history = open_history(tmp_path)
        assert history.load_runs(AYX, NOON) == (run,)
        assert history.load_schedules(AYX) == ((schedule,), NOON)
        history.save_jobs(AYX, (job("j1"),), NOON)
        assert [one.id for one in loaded(history)] == ["j1"]
        assert history.trouble == ""
        history.close()
    assert not [file for file in tmp_path.iterdir() if ".bad-" in file.name]


_times = st.none() | st.datetimes(
    min_value=datetime(1990, 1, 1),  # noqa: DTZ001  # the zone is given beside it
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
_messages = st.builds(
    JobMessage,
    st.sampled_from(Severity),
    st.none() | st.integers(-5, 40),
    st.none() | st.integers(-1, 900),
    st.text(max_size=20),
)


@given(
    state=st.sampled_from([RunState.FAILED, RunState.WARNING]),
    log=st.none() | st.lists(_messages, max_size=4).map(tuple),
    outputs=st.none()
    | st.lists(
        st.builds(JobOutput, st.text(), st.text(), st.lists(st.text()).map(tuple)), max_size=3
    ).map(tuple),
    times=st.tuples(_times, _times, _times),
    took=st.none() | st.integers(0, 10**6).map(lambda s: timedelta(seconds=s)),
    text=st.text(),
    is_amp=st.none() | st.booleans(),
)
def test_any_job_survives_being_written_and_read(
    state: RunState,
    log: tuple[JobMessage, ...] | None,
    outputs: tuple[JobOutput, ...] | None,
    times: tuple[datetime | None, ...],
    took: timedelta | None,
    text: str,
    is_amp: bool | None,
) -> None:
    queued, started, ended = times
    given = job(
        "j1",
        state,
        messages=log,
        outputs=outputs,
        queued_at=queued,
        started_at=started,
        ended_at=ended,
        seen_duration=took,
        workflow_name=text,
        priority=text,
        is_amp=is_amp,
    )
    assert job_records.job_of(AYX, "j1", job_records.job_text(given)) == given
