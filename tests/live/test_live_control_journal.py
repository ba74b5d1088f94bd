"""What acting writes down, in which order, and what happens when it cannot be written."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from qsui.domain.actions import Verb
from qsui.domain.journal import EntryKind
from qsui.domain.pending import Stage
from qsui.domain.states import ScheduleState
from qsui.storage.journal import open_journal
from tests.live.desk import LONG, ONE, Desk, desk

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio


async def test_intent_outcome_and_effect_are_written_with_all_that_a_shift_asks_for() -> None:
    async with desk() as it:
        (sent,) = await it.act(
            it.action(Verb.SET_CRON, cron="20 6 * * 1-5"), reason=" OPS-4119 collides "
        )
        await it.finish(sent)
        intent, outcome, effect = it.kept.entries
        assert (intent.kind, intent.verb, intent.actor) == (EntryKind.INTENT, "set-cron", "jd")
        assert (intent.before, intent.after) == ("0 * * * *", "20 6 * * 1-5")
        assert intent.reason == "OPS-4119 collides"
        assert intent.request == f"PATCH /data/foundation/query/schedules/{it.id_of(ONE)}"
        assert json.loads(intent.body)["body"][0]["value"] == "20 6 * * 1-5"
        assert (intent.pid, intent.scope_key) == (os.getpid(), it.scope.key)
        assert (outcome.stage, outcome.status) == ("sent", 202)
        assert outcome.request_id
        assert (effect.stage, effect.at - outcome.at) == ("done", timedelta(seconds=1))
        assert effect.version.startswith("2026-01-14T12:00:3")


async def test_the_intent_is_on_the_disk_before_the_request_leaves(tmp_path: Path) -> None:
    async with desk(open_journal(tmp_path)) as it:
        seen: list[list[str]] = []
        synced: list[str] = []
        it.lossy.on_write = lambda: seen.append(lines_on_disk(tmp_path))
        real = os.fsync

        def fsync(descriptor: int) -> None:
            real(descriptor)
            synced.append("fsync" if not seen else "later")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "fsync", fsync)
            await it.act_one(Verb.DISABLE)
        assert seen == [["intent"]]
        assert synced[0] == "fsync"


async def test_without_a_journal_nothing_goes_unless_it_is_said_twice() -> None:
    async with desk() as it:
        it.kept.trouble = "The disk is full."
        plan = await it.plan(it.action(Verb.DISABLE))
        assert plan.journal_trouble == "The disk is full."
        assert plan.undo == "not with u, since nothing is recorded"
        (kept,) = await it.control.perform(plan)
        assert (kept.stage, kept.exit_code) == (Stage.NOT_SENT, 2)
        assert "The disk is full." in kept.words
        assert it.writes() == []
        (sent,) = await it.control.perform(plan, unrecorded=True)
        assert (sent.stage, sent.is_recorded) == (Stage.SENT, False)
        assert (await it.finish(sent)).stage is Stage.DONE


async def test_a_full_disk_never_stops_a_cancel_and_never_hides_it(tmp_path: Path) -> None:
    async with desk(open_journal(tmp_path)) as it:
        run = await it.running()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "write", no_room)
            (kept,) = await it.act(it.on_run(run))
            assert (kept.stage, kept.is_recorded) == (Stage.NOT_SENT, True)
            assert "No space left on device" in kept.words
            plan = await it.plan(it.on_run(run))
            assert "No space left on device" in plan.journal_trouble
            (sent,) = await it.control.perform(plan, unrecorded=True)
            done = await it.finish(sent)
            assert (done.stage, done.is_recorded) == (Stage.DONE, False)
        assert not (await it.backend.run(run.schedule_id, run.id)).state.is_active
        assert (await it.plan(it.on_run(run))).journal_trouble == ""


async def test_a_journal_that_breaks_after_the_intent_is_told_of() -> None:
    async with desk() as it:
        it.kept.failing_kinds = {"outcome", "effect"}
        sent = await it.act_one(Verb.DISABLE)
        assert (sent.stage, sent.is_recorded) == (Stage.SENT, False)
        assert (await it.finish(sent)).stage is Stage.DONE


async def test_nothing_is_recorded_if_that_is_what_is_wanted() -> None:
    async with desk() as it:
        alone = Desk(it.emulator, None)
        plan = await alone.plan(alone.action(Verb.DISABLE))
        assert plan.journal_trouble == ""
        (sent,) = await alone.control.perform(plan)
        assert (sent.stage, sent.is_recorded) == (Stage.SENT, False)
        assert alone.control.deeds() == ()
        await alone.backend.aclose()


async def test_what_an_earlier_process_left_open_is_taken_up_and_checked() -> None:
    async with desk() as it:
        it.kept.failing_kinds = {"outcome", "effect"}  # as if killed after the intent
        await it.act_one(Verb.DISABLE)
        it.kept.failing_kinds = set()
        other = Desk(it.emulator, it.journal)
        (taken,) = await other.control.recover()
        assert (taken.stage, taken.action.verb) == (Stage.UNKNOWN, Verb.DISABLE)
        assert other.store.snapshot.pending_of(other.ref(ONE)) == (taken,)
        done = await other.finish(taken)
        assert done.stage is Stage.DONE
        assert done.words.startswith("the answer was lost, the effect was seen after")
        assert other.writes() == []
        assert other.control.deeds()[-1].stage is Stage.DONE
        assert await Desk(it.emulator, it.journal).control.recover() == ()
        await other.backend.aclose()


async def test_a_run_whose_trigger_was_cut_short_is_found_by_its_moment() -> None:
    async with desk() as it:
        before = len(await it.runs())
        it.kept.failing_kinds = {"outcome", "effect"}  # as if killed after the intent
        await it.act_one(Verb.TRIGGER)
        it.kept.failing_kinds = set()
        other = Desk(it.emulator, it.journal)
        (taken,) = await other.control.recover()
        done = await other.finish(taken)
        assert done.stage is Stage.DONE
        assert done.result is not None
        assert len(await other.runs()) == before + 1
        await other.backend.aclose()


async def test_what_was_accepted_and_left_is_taken_up_as_that() -> None:
    async with desk() as it:
        sent = await it.act_one(Verb.TRIGGER)
        other = Desk(it.emulator, it.journal)
        (taken,) = await other.control.recover()
        assert (taken.id, taken.stage) == (sent.id, Stage.SENT)
        done = await other.finish(taken)
        assert done.stage is Stage.DONE
        assert done.result is not None
        await other.backend.aclose()


async def test_a_living_process_keeps_its_own_and_others_are_warned() -> None:
    async with desk() as it:
        await it.act_one(Verb.TRIGGER)
        it.kept.entries[0] = replace(it.kept.entries[0], pid=1)
        other = Desk(it.emulator, it.journal, actor="mk")
        assert await other.control.recover() == ()
        target = await other.target(other.action(Verb.TRIGGER))
        assert target.warnings[0] == "jd triggered it at 12:00Z, no run seen yet"
        assert target.must_argue
        await other.backend.aclose()


async def test_a_delete_that_was_cut_short_is_not_carried_on_by_the_next_process() -> None:
    async with desk() as it:
        await it.running()
        await it.act_one(Verb.DELETE, LONG)
        other = Desk(it.emulator, it.journal)
        (taken,) = await other.control.recover()
        last = await other.finish(taken)
        assert last.stage is Stage.NO_EFFECT
        assert last.words == "qsui ended before it was deleted: it is still there, it is off"
        assert other.writes() == []
        assert (await other.schedule(LONG)).state is ScheduleState.DISABLED
        await other.backend.aclose()


def lines_on_disk(folder: Path) -> list[str]:
    text = (folder / "journal.jsonl").read_text()
    return [json.loads(line)["kind"] for line in text.splitlines()]


def no_room(_descriptor: int, _data: bytes) -> int:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
