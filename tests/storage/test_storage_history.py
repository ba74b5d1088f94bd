"""The history outlives the process, and nothing that happens to its file hurts."""

from __future__ import annotations

import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsui.domain.models import Kind, QueryError, Ref, Run, Schedule, Scope, Task
from qsui.domain.ports import History
from qsui.domain.states import RunState, ScheduleState
from qsui.storage import records
from qsui.storage.history import FILE_NAME, open_history

if TYPE_CHECKING:
    from pathlib import Path

SCOPE = Scope("prod", "main", "key-1")
NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ERROR = QueryError("58000", "USER_ERROR", "no such column", "raw", "fix it")


def schedule(id: str, name: str = "daily") -> Schedule:
    ref = Ref(SCOPE.profile, SCOPE.sandbox, Kind.SCHEDULE, "", id)
    return Schedule(ref, name, ScheduleState.ENABLED, "ENABLED", "0 2 * * *", created_at=NOON)


def run(id: str, state: RunState = RunState.SUCCESS, *, slot: datetime = NOON) -> Run:
    ref = Ref(SCOPE.profile, SCOPE.sandbox, Kind.RUN, "s1", id)
    return Run(ref, state, state.value, slot_at=slot, decoded_id=f"scheduled__{id}")


def test_a_history_is_what_the_port_asks_for(tmp_path: Path) -> None:
    history = open_history(tmp_path)
    assert isinstance(history, History)
    history.close()


def test_schedules_and_runs_come_back_as_they_were_kept(tmp_path: Path) -> None:
    task = Task("t1", RunState.FAILED, "FAILED", NOON, NOON + HOUR, HOUR, "Processing Failed")
    failed = replace(run("r1", RunState.FAILED), tasks=(task,), error=ERROR, query_id="q1")
    first = open_history(tmp_path / "new" / "folder")
    first.save_schedules(SCOPE, (schedule("s2"), schedule("s1")), NOON, replace=True)
    first.save_runs(SCOPE, (failed, run("r2", RunState.RUNNING)))
    first.close()

    second = open_history(tmp_path / "new" / "folder")
    assert second.load_schedules(SCOPE) == ((schedule("s2"), schedule("s1")), NOON)
    assert second.load_runs(SCOPE, NOON - HOUR) == (failed,)
    assert second.trouble == ""
    second.close()


def test_replacing_schedules_forgets_the_others_and_adding_does_not(tmp_path: Path) -> None:
    history = open_history(tmp_path)
    history.save_schedules(SCOPE, (schedule("s1"), schedule("s2")), NOON, replace=True)
    history.save_schedules(SCOPE, (schedule("s2", "renamed"),), NOON + HOUR, replace=False)
    assert [s.name for s in history.load_schedules(SCOPE)[0]] == ["daily", "renamed"]
    history.save_schedules(SCOPE, (schedule("s3"),), NOON, replace=True)
    assert [s.id for s in history.load_schedules(SCOPE)[0]] == ["s3"]
    history.close()


def test_a_scope_sees_its_own_rows_only_and_under_its_present_name(tmp_path: Path) -> None:
    history = open_history(tmp_path)
    history.save_runs(SCOPE, (run("r1"),))
    history.save_schedules(SCOPE, (schedule("s1"),), NOON, replace=True)
    elsewhere, renamed = replace(SCOPE, key="key-2"), replace(SCOPE, profile="live")
    assert history.load_runs(elsewhere, NOON) == ()
    assert history.load_schedules(elsewhere) == ((), None)
    assert history.load_runs(renamed, NOON)[0].ref.profile == "live"
    history.close()


def test_runs_come_newest_first_and_no_more_of_each_schedule_than_asked(tmp_path: Path) -> None:
    history = open_history(tmp_path)
    history.save_runs(SCOPE, tuple(run(f"r{n}", slot=NOON + n * HOUR) for n in range(5)))
    kept = history.load_runs(SCOPE, NOON, per_schedule=2)
    assert [r.id for r in kept] == ["r4", "r3"]
    assert [r.id for r in history.load_runs(SCOPE, NOON + 4 * HOUR)] == ["r4"]
    history.close()


def test_a_poorer_version_of_a_run_does_not_replace_a_richer_one(tmp_path: Path) -> None:
    history = open_history(tmp_path)
    rich = replace(run("r1", RunState.FAILED), tasks=(), error=ERROR)
    history.save_runs(SCOPE, (rich,))
    history.save_runs(SCOPE, (run("r1", RunState.FAILED),))
    assert history.load_runs(SCOPE, NOON) == (rich,)
    history.close()


def test_a_run_is_found_by_either_spelling_of_its_id(tmp_path: Path) -> None:
    history = open_history(tmp_path)
    history.save_runs(SCOPE, (run("r1"),))
    assert history.find_run(SCOPE, "r1") == (run("r1").ref,)
    assert history.find_run(SCOPE, "scheduled__r1") == (run("r1").ref,)
    assert history.find_run(SCOPE, "r2") == ()
    assert history.find_run(replace(SCOPE, key="another"), "r1") == ()
    history.close()


def test_an_id_that_has_no_utf8_is_left_out(tmp_path: Path) -> None:
    history = open_history(tmp_path)
    history.save_runs(SCOPE, (run("r1"), run("\ud800")))
    history.save_schedules(SCOPE, (schedule("\ud800"), schedule("s1")), NOON, replace=True)
    assert [r.id for r in history.load_runs(SCOPE, NOON)] == ["r1"]
    assert [s.id for s in history.load_schedules(SCOPE)[0]] == ["s1"]
    history.close()


def test_only_the_owner_may_read_the_files(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).touch(mode=0o644)
    history = open_history(tmp_path)
    history.save_runs(SCOPE, (run("r1"),))
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    history.close()


@pytest.mark.parametrize(
    "content", [b"this is not a database at all" * 50, b"SQLite format 3\0bad"]
)
def test_a_broken_file_is_set_aside_and_a_new_one_begun(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    history = open_history(tmp_path)
    history.save_runs(SCOPE, (run("r1"),))
    assert history.trouble == ""
    assert len(history.load_runs(SCOPE, NOON)) == 1
    history.close()
    aside = [file for file in tmp_path.iterdir() if ".bad-" in file.name]
    assert [file.read_bytes() for file in aside] == [content]


@pytest.mark.parametrize("version", [0, 3, 99])
def test_a_file_of_another_version_is_set_aside(tmp_path: Path, version: int) -> None:
    db = sqlite3.connect(tmp_path / FILE_NAME)
    db.execute("CREATE TABLE other (x)")
    db.execute(f"PRAGMA user_version = {version}")
    db.close()
    history = open_history(tmp_path)
    history.save_runs(SCOPE, (run("r1"),))
    assert len(history.load_runs(SCOPE, NOON)) == 1
    history.close()
    assert any(".bad-" in file.name for file in tmp_path.iterdir())


def test_a_file_that_breaks_while_in_use_costs_history_only(tmp_path: Path) -> None:
    history = open_history(tmp_path)
    history.save_runs(SCOPE, tuple(run(f"r{n}", slot=NOON + n * HOUR) for n in range(500)))
    history.close()
    path = tmp_path / FILE_NAME
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    history = open_history(tmp_path)
    assert history.load_runs(SCOPE, NOON) == ()
    history.save_runs(SCOPE, (run("r1"),))
    assert len(history.load_runs(SCOPE, NOON)) == 1
    history.close()


def test_a_row_of_another_shape_is_left_out(tmp_path: Path) -> None:
    history = open_history(tmp_path)
    history.save_runs(SCOPE, (run("r1"), run("r2")))
    history.close()
    db = sqlite3.connect(tmp_path / FILE_NAME)
    db.execute("UPDATE runs SET body = '{\"state\": 7}' WHERE id = 'r1'")
    db.commit()
    db.close()
    history = open_history(tmp_path)
    assert [r.id for r in history.load_runs(SCOPE, NOON)] == ["r2"]
    history.close()


def test_without_a_folder_nothing_is_kept_and_nothing_is_said(tmp_path: Path) -> None:
    del tmp_path
    history = open_history(None)
    history.save_runs(SCOPE, (run("r1"),))
    assert history.load_runs(SCOPE, NOON) == ()
    assert history.load_schedules(SCOPE) == ((), None)
    assert history.find_run(SCOPE, "r1") == ()
    assert history.trouble == ""
    history.close()


def test_a_folder_that_cannot_be_made_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    history = open_history(tmp_path / "file")
    history.save_runs(SCOPE, (run("r1"),))
    assert history.load_runs(SCOPE, NOON) == ()
    assert history.trouble.startswith("History is not kept: ")
    assert history.trouble.endswith(".")
    history.close()


def test_a_full_disk_is_said_and_forgotten_once_there_is_room(tmp_path: Path) -> None:
    history = open_history(tmp_path)
    connection = history._database.connection
    assert connection is not None
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    many = tuple(run(f"r{n}", slot=NOON + n * HOUR) for n in range(500))
    history.save_runs(SCOPE, many)
    assert "full" in history.trouble
    connection.execute("PRAGMA max_page_count = 100000")
    history.save_runs(SCOPE, many)
    assert history.trouble == ""
    history.close()


def test_several_processes_may_keep_at_once(tmp_path: Path) -> None:
    def keep(number: int) -> str:
        history = open_history(tmp_path)
        for part in range(10):
            history.save_runs(SCOPE, (run(f"r{number}-{part}"),))
        trouble = history.trouble
        history.close()
        return trouble

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(keep, range(4))) == {""}
    history = open_history(tmp_path)
    assert len(history.load_runs(SCOPE, NOON)) == 40
    history.close()


def test_a_closed_history_keeps_nothing(tmp_path: Path) -> None:
    history = open_history(tmp_path)
    history.close()
    history.close()
    history.save_runs(SCOPE, (run("r1"),))
    assert history.load_runs(SCOPE, NOON) == ()


_times = st.none() | st.datetimes(
    min_value=datetime(1990, 1, 1),  # noqa: DTZ001  # the zone is given beside it
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
_tasks = st.builds(
    Task,
    id=st.text(),
    state=st.sampled_from(RunState),
    raw_state=st.text(),
    started_at=_times,
    ended_at=_times,
    duration=st.none() | st.integers(0, 10**6).map(lambda s: timedelta(seconds=s)),
    message=st.text(),
)


@given(
    state=st.sampled_from(RunState),
    slot=_times,
    tasks=st.none() | st.lists(_tasks, max_size=3).map(tuple),
    error=st.none() | st.builds(QueryError, st.text(), st.text(), st.text(), st.text(), st.text()),
    manual=st.none() | st.booleans(),
)
def test_any_run_survives_being_written_and_read(
    state: RunState,
    slot: datetime | None,
    tasks: tuple[Task, ...] | None,
    error: QueryError | None,
    manual: bool | None,
) -> None:
    given = replace(
        run("r1", state), slot_at=slot, tasks=tasks, error=error, is_manual=manual, from_query=True
    )
    assert records.run_of(SCOPE, "s1", "r1", records.run_text(given)) == given


@given(name=st.text(), sql=st.text(), start=_times, cut=st.booleans())
def test_any_schedule_survives_being_written_and_read(
    name: str, sql: str, start: datetime | None, cut: bool
) -> None:
    given = replace(schedule("s1", name), sql=sql, start_at=start, sql_is_cut=cut)
    assert records.schedule_of(SCOPE, "s1", records.schedule_text(given)) == given
