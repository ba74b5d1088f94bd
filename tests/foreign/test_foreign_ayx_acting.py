"""Every verb on Alteryx Servers that neither we nor our emulator wrote: sent once, then seen."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.foreign import ayx_facts as facts
from tests.foreign.ayx_peers import AYX_PEERS
from tests.foreign.ayx_server import AyxServer, ayx_server
from tests.foreign.ayx_watching import AyxClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.foreign.ayx_spelling import AyxHabits
    from tests.support.cli import Done, Qsui

CANCELS = [peer for peer in AYX_PEERS if peer.release != "2024.2"]
OLDER = [peer for peer in AYX_PEERS if peer.release != "current"]
BY_NAME = {peer.name: peer for peer in AYX_PEERS}


def named(peer: AyxHabits) -> str:
    return peer.name


@dataclass
class AyxBench:
    """A foreign server that takes writes, and the command line on it."""

    server: AyxServer
    qsui: Qsui
    clock: AyxClock

    def act(self, *arguments: str, who: facts.Person = facts.CURATOR) -> Done:
        env = self.server.env(who)
        return self.qsui(*arguments, "--yes", "--wait", "-o", "json", env=env)

    def done(self, *arguments: str) -> dict[str, Any]:
        """Run a verb to its end: it must be seen as done after one write."""
        before = len(self.server.state.taken)
        done = self.act(*arguments)
        assert done.code == 0, done.out + done.err
        (record,) = done.json["records"]
        assert record["stage"] == "done", record
        assert len(self.server.state.taken) == before + 1
        found: dict[str, Any] = record
        return found

    def left_out(self, *arguments: str) -> str:
        """Run a verb that sends nothing; why."""
        before = len(self.server.state.taken)
        done = self.act(*arguments)
        assert done.code == 1, done.out + done.err
        assert len(self.server.state.taken) == before
        (record,) = done.json["records"]
        assert record["stage"] == "not sent"
        return str(record["words"])

    def job(self, key: str) -> facts.Job:
        return next(job for job in self.server.state.jobs if job.key == key)

    def id_of(self, key: str) -> str:
        return self.server.state.job_id(self.job(key))

    def schedule(self, key: str) -> facts.Schedule:
        return next(row for row in self.server.state.schedules if row.key == key)


@contextmanager
def ayx_bench(habits: AyxHabits, qsui: Qsui, patch: pytest.MonkeyPatch) -> Iterator[AyxBench]:
    """Run a server whose time passes while the program waits."""
    clock = AyxClock()
    patch.setattr("qsui.cli.clocks.SystemClock", lambda: clock)
    with ayx_server(habits) as server:
        server.state.now = clock.now
        yield AyxBench(server, qsui, clock)


@pytest.fixture(autouse=True)
def state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("QSUI_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture(params=AYX_PEERS, ids=named)
def at(
    request: pytest.FixtureRequest, qsui: Qsui, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AyxBench]:
    with ayx_bench(request.param, qsui, monkeypatch) as made:
        yield made


@pytest.fixture
def peer(
    request: pytest.FixtureRequest, qsui: Qsui, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AyxBench]:
    """The server whose habits are the parameter."""
    with ayx_bench(request.param, qsui, monkeypatch) as made:
        yield made


@pytest.fixture(params=[False, True], ids=["answered", "lost"])
def is_lost(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def test_a_workflow_is_run_once(at: AyxBench, *, is_lost: bool) -> None:
    at.server.loses_answers = is_lost
    record = at.done("trigger", facts.LOAD.name)
    assert record["result_id"] == at.id_of("made-1")
    assert at.server.state.made == 1
    assert at.server.state.taken[0][2] == {}


def test_a_schedule_runs_its_workflow_once(at: AyxBench, *, is_lost: bool) -> None:
    at.server.loses_answers = is_lost
    record = at.done("trigger", "Zoned stop")
    assert record["result_id"] == at.id_of("made-1")
    assert at.job("made-1").workflow == facts.STOPPED.key


def test_a_schedule_without_a_workflow_is_left_out(at: AyxBench) -> None:
    assert "deleted" in at.left_out("trigger", "Orphan")


@pytest.mark.parametrize("peer", CANCELS, ids=named, indirect=True)
def test_a_waiting_job_leaves_the_queue(peer: AyxBench, *, is_lost: bool) -> None:
    peer.server.loses_answers = is_lost
    record = peer.done("cancel", "job", peer.id_of("waiting-1"))
    assert "left the queue" in record["words"]
    assert [job.key for job in peer.server.state.jobs if job.state == "Queued"] == ["waiting-2"]


@pytest.mark.parametrize("peer", CANCELS, ids=named, indirect=True)
def test_a_running_job_is_seen_to_end(peer: AyxBench, *, is_lost: bool) -> None:
    peer.server.loses_answers = is_lost
    record = peer.done("cancel", "job", peer.id_of("long-1"))
    assert record["took_s"] >= peer.server.habits.stops_s
    assert peer.job("long-1").state == "Cancelled"


@pytest.mark.parametrize("peer", CANCELS, ids=named, indirect=True)
def test_a_job_that_ended_is_left_out(peer: AyxBench) -> None:
    assert "ended" in peer.left_out("cancel", "job", peer.id_of("load-1"))


@pytest.mark.parametrize(
    "peer", [p for p in AYX_PEERS if p.release == "2024.2"], ids=named, indirect=True
)
def test_a_release_without_cancel_says_so_and_nothing_ends(peer: AyxBench) -> None:
    done = peer.act("cancel", "job", peer.id_of("long-1"))
    assert done.code != 0
    assert "before 2025.1" in done.out + done.err
    assert peer.job("long-1").state == "Running"


def test_off_and_on_are_one_patch_each(at: AyxBench, *, is_lost: bool) -> None:
    at.server.loses_answers = is_lost
    at.done("disable", "Hourly load")
    assert not at.schedule("hourly").enabled
    at.done("enable", "Hourly load")
    assert at.schedule("hourly").enabled
    assert [body for _, _, body in at.server.state.taken] == [{"enabled": False}, {"enabled": True}]


def test_a_new_cadence_is_seen_though_reads_tell_only_its_start(
    at: AyxBench, *, is_lost: bool
) -> None:
    at.server.loses_answers = is_lost
    at.done("set-cron", "Hourly load", "30 6 * * 1-5")
    row = at.schedule("hourly")
    is_newest = at.server.habits.release == "current"
    assert row.iteration["iterationType"] == ("Cron" if is_newest else "Daily")
    assert f"{row.starts:%Y-%m-%dT%H:%M}" == "2026-03-11T06:30"


def test_a_new_cadence_counts_in_the_schedules_zone(at: AyxBench, *, is_lost: bool) -> None:
    at.server.loses_answers = is_lost
    at.done("set-cron", "Zoned stop", "0 7 * * *")
    row = at.schedule("zoned")
    assert row.zone == "America/New_York"
    assert f"{row.starts:%Y-%m-%dT%H:%M}" == "2026-03-11T11:00"  # summer time since the 8th


@pytest.mark.parametrize("peer", OLDER, ids=named, indirect=True)
def test_what_an_older_release_cannot_express_is_refused_before(peer: AyxBench) -> None:
    assert peer.left_out("set-cron", "Hourly load", "*/7 * * * *")


def test_a_schedule_is_deleted_once(at: AyxBench, *, is_lost: bool) -> None:
    at.server.loses_answers = is_lost
    at.done("delete", "schedule", "Extra load")
    assert "extra" not in [row.key for row in at.server.state.schedules]


def test_a_cadence_that_was_lost_on_the_way_is_no_effect(
    qsui: Qsui, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ayx_bench(BY_NAME["newest"], qsui, monkeypatch) as at:
        at.server.loses_writes = True
        done = at.act("set-cron", "Hourly load", "30 6 * * 1-5")
        assert done.code == 5
        assert done.json["records"][0]["stage"] == "no effect"
        assert at.schedule("hourly").frequency == "Hourly"


@pytest.mark.parametrize("name", ["newest", "loose", "mid"])
def test_a_run_that_was_lost_on_the_way_is_sent_once(
    qsui: Qsui, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with ayx_bench(BY_NAME[name], qsui, monkeypatch) as at:
        at.server.loses_writes = True
        done = at.act("trigger", facts.LOAD.name)
        assert done.code == 5
        assert done.json["records"][0]["stage"] == "no effect"
        posts = [line for line in at.server.seen if line.startswith("POST") and "v3" in line]
        assert len(posts) == 1


@pytest.mark.parametrize("habits", CANCELS, ids=named)
def test_who_may_not_cancel_is_told_and_nothing_ends(
    qsui: Qsui, monkeypatch: pytest.MonkeyPatch, habits: AyxHabits
) -> None:
    with ayx_bench(replace(habits, shows_all=True), qsui, monkeypatch) as at:
        done = at.act("cancel", "job", at.id_of("long-1"), who=facts.ARTISAN)
        assert done.code in (1, 4), done.out + done.err
        assert "permission" in done.out + done.err
        assert at.job("long-1").state == "Running"
        assert at.server.logins <= 2


@pytest.mark.parametrize("habits", AYX_PEERS, ids=named)
def test_who_may_not_run_a_workflow_is_told_and_sends_it_once(
    qsui: Qsui, monkeypatch: pytest.MonkeyPatch, habits: AyxHabits
) -> None:
    with ayx_bench(replace(habits, shows_all=True), qsui, monkeypatch) as at:
        done = at.act("trigger", facts.LONG.name, who=facts.ARTISAN)
        assert done.code in (1, 4), done.out + done.err
        assert at.server.state.made == 0
        assert len(at.server.state.taken) <= 1
