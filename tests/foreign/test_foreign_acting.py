"""Every verb against servers that neither we nor our emulator wrote: from pending to done."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.foreign import facts
from tests.foreign.peers import PEERS
from tests.foreign.server import foreign
from tests.foreign.spelling import Habits
from tests.foreign.watching import Clock
from tests.foreign.writing import Desk, Manners

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.cli import Done, Qsui

PLAIN = Habits("plain")
MANNERS = (
    Manners("guides"),
    Manners("curt", ok=200, words="empty", killed="FAILED", gone="list"),
    Manners("texts", words="string", killed="cancelled", gone="detail", lag_s=9),
    Manners("records", ok=200, words="record", gone="word", is_still=True),
    Manners("nameless", words="bare", created="nameless", lag_s=0, registers_s=70),
)


@dataclass
class Bench:
    """A server that takes writes, and the command line on it."""

    desk: Desk
    qsui: Qsui
    clock: Clock

    def act(self, *arguments: str) -> Done:
        env = self.desk.server.env
        return self.qsui(*arguments, "--yes", "--wait", "-o", "json", env=env)

    def done(self, *arguments: str) -> dict[str, Any]:
        """Run a verb to its end; it must be seen as done, and have been sent once."""
        done = self.act(*arguments)
        assert done.code == 0, done.out + done.err
        (record,) = done.json["records"]
        assert record["stage"] == "done", record
        assert len({(method, path, str(body)) for method, path, body in self.desk.taken}) == len(
            self.desk.taken
        )
        found: dict[str, Any] = record
        return found

    def schedule(self, id: str) -> facts.Schedule | None:
        rows = [row for row in self.desk.server.schedules if row.id == id]
        return rows[0] if rows else None


@contextmanager
def bench(
    habits: Habits,
    manners: Manners,
    qsui: Qsui,
    patch: pytest.MonkeyPatch,
    *,
    skew: timedelta = timedelta(),
) -> Iterator[Bench]:
    """Run a server that takes writes; waiting lets its time pass, and ours is behind by `skew`."""
    clock = Clock()
    clock.time -= skew
    patch.setattr("qsui.cli.clocks.SystemClock", lambda: clock)
    with foreign(habits) as server:
        server.now = lambda: clock.time + skew
        server.desk = Desk(server, manners)
        yield Bench(server.desk, qsui, clock)


@pytest.fixture(params=PEERS, ids=lambda peer: peer.name)
def peer(
    request: pytest.FixtureRequest, qsui: Qsui, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bench]:
    with bench(request.param, MANNERS[0], qsui, monkeypatch) as made:
        yield made


@pytest.fixture(params=MANNERS, ids=lambda manners: manners.name)
def at(
    request: pytest.FixtureRequest, qsui: Qsui, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bench]:
    with bench(PLAIN, request.param, qsui, monkeypatch) as made:
        yield made


def verbs(at: Bench, tmp_path: Path) -> None:
    """Play every verb once, each until it is done."""
    rollup, running = facts.FINE, facts.RUNS[facts.RUNNING.id][0]
    made = at.done("trigger", rollup.name)
    runs = at.desk.server.runs[rollup.id]
    assert made["result_id"] == runs[0].id
    assert runs[0].is_manual
    at.done("disable", rollup.name)
    assert at.schedule(rollup.id).state == "DISABLED"  # type: ignore[union-attr]
    at.done("enable", rollup.id)
    assert at.schedule(rollup.id).state == "ENABLED"  # type: ignore[union-attr]
    at.done("set-cron", rollup.name, "15 3 * * *")
    assert at.schedule(rollup.id).cron == "15 3 * * *"  # type: ignore[union-attr]
    at.done("cancel", "run", running.id, "--schedule", running.schedule.name)
    killed = at.desk.server.runs[running.schedule.id][0]
    assert killed.state == at.desk.manners.killed
    query = next(query for query in facts.QUERIES if query.state == "SUBMITTED")
    at.done("cancel", "query", query.id)
    at.done("delete", "query", next(q for q in facts.QUERIES if q.state == "SUCCESS").id)
    at.done("delete", "template", facts.TEMPLATES[3].id)
    sql = tmp_path / "one.sql"
    sql.write_text("SELECT 1,\n  'a'  FROM t")
    again = at.done("create", "query", "--sql", str(sql), "--name", "by hand")
    assert again["result_id"] in {row.id for row in at.desk.server.queries}
    plan = ("--cron", "@daily", "--start", "2026-04-01T00:00Z", "--end", "2027-01-01T00:00Z")
    new = at.done("create", "schedule", "--sql", str(sql), "--name", "Brand New", *plan)
    assert at.schedule(new["result_id"]).state == "ENABLED"  # type: ignore[union-attr]
    failed = facts.RUNS[facts.MERGE.id][0]
    rerun = at.done("rerun", failed.id, "--schedule", facts.MERGE.name)
    copies = [row for row in at.desk.server.queries if row.id == rerun["result_id"]]
    assert [row.sql for row in copies] == [facts.MERGE.sql]
    at.done("delete", "schedule", facts.ODD_IDS.name)
    gone = at.schedule(facts.ODD_IDS.id)
    assert gone is None or at.desk.manners.gone != "both"


def test_every_verb_on_every_peer(peer: Bench, tmp_path: Path) -> None:
    verbs(peer, tmp_path)


def test_every_verb_in_every_manner(at: Bench, tmp_path: Path) -> None:
    verbs(at, tmp_path)


@pytest.mark.parametrize("hours", [-30, 3, 800])
def test_every_verb_with_a_clock_that_is_wrong(
    qsui: Qsui, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, hours: int
) -> None:
    with bench(PLAIN, MANNERS[4], qsui, monkeypatch, skew=timedelta(hours=hours)) as at:
        verbs(at, tmp_path)


def test_every_verb_whose_answer_is_lost(at: Bench, tmp_path: Path) -> None:
    at.desk.loses_answers = True
    verbs(at, tmp_path)


@pytest.mark.parametrize("verb", ["trigger", "disable", "set-cron", "delete", "create", "rerun"])
@pytest.mark.parametrize("is_lost", [False, True])
def test_nothing_comes_of_it(
    qsui: Qsui, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, verb: str, *, is_lost: bool
) -> None:
    sql = tmp_path / "one.sql"
    sql.write_text("SELECT 1")
    words = {
        "trigger": (facts.FINE.name,),
        "disable": (facts.FINE.name,),
        "set-cron": (facts.FINE.name, "@daily"),
        "delete": ("template", facts.TEMPLATES[0].id),
        "create": ("query", "--sql", str(sql)),
        "rerun": (f"{facts.MERGE.id}/{facts.RUNS[facts.MERGE.id][0].id}",),
    }
    manners = replace(MANNERS[0], lag_s=10_000, created="nameless", gone="word")
    with bench(PLAIN, manners, qsui, monkeypatch) as at:
        at.desk.loses_answers = is_lost
        if verb == "delete":
            at.desk.write = lambda *_: (202, {"message": "ok"})  # type: ignore[method-assign]
        began = at.clock.time
        done = at.act(verb, *words[verb])
        assert done.code == 5, done.out + done.err
        assert done.json["records"][0]["stage"] == "no effect"
        assert (at.clock.time - began).total_seconds() >= 300
        assert len(at.desk.taken) <= 1


def test_a_schedule_that_is_off_and_still_runs_is_deleted_after_its_run(
    qsui: Qsui, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bench(PLAIN, MANNERS[0], qsui, monkeypatch) as at:
        running = facts.RUNS[facts.RUNNING.id][0]
        runs = at.desk.server.runs[facts.RUNNING.id]

        def end() -> None:
            runs[0] = replace(running, state="SUCCESS")

        at.desk.later.append((at.clock.time + timedelta(seconds=60), end))
        record = at.done("delete", "schedule", facts.RUNNING.name)
        assert record["took_s"] >= 60
        assert [method for method, _, _ in at.desk.taken] == ["PATCH", "DELETE"]
        assert at.schedule(facts.RUNNING.id) is None
