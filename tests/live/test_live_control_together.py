"""Several processes on one journal, clocks that run apart, and requests too long to be kept."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from qsui.backends.adobe.backend import AdobeBackend
from qsui.domain.actions import Action, Verb
from qsui.domain.drafts import QueryDraft
from qsui.domain.models import Kind, Ref
from qsui.domain.pending import Stage
from qsui.storage.journal import open_journal
from tests.live.desk import TWO, Desk, desk

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio


def creation(it: Desk, sql: str = "SELECT 1") -> Action:
    draft = QueryDraft(sql=sql, name="once")
    return Action(
        Verb.CREATE,
        Ref(it.scope.profile, it.scope.sandbox, Kind.QUERY, "", ""),
        "once",
        draft=draft,
    )


@pytest.mark.parametrize("verb", [Verb.TRIGGER, Verb.CREATE])
async def test_of_two_processes_at_once_one_sends(tmp_path: Path, verb: Verb) -> None:
    async with desk(open_journal(tmp_path)) as one:
        other = Desk(one.emulator, open_journal(tmp_path))
        wanted = creation(one) if verb is Verb.CREATE else one.action(verb)
        plans = [await it.plan(wanted) for it in (one, other)]
        assert not any(plan.must_argue for plan in plans)
        one.lossy.loses = other.lossy.loses = "POST"
        ends = await asyncio.gather(
            *(it.control.perform(plan) for it, plan in zip((one, other), plans, strict=True))
        )
        stages = sorted(pending.stage for end in ends for pending in end)
        assert stages == [Stage.NOT_SENT, Stage.UNKNOWN]
        (kept,) = (p for end in ends for p in end if p.stage is Stage.NOT_SENT)
        assert kept.words.startswith("it needs a reason: you ")
        assert kept.exit_code == 2
        assert len(one.writes() + other.writes()) == 1
        await other.backend.aclose()


async def test_with_a_reason_both_go(tmp_path: Path) -> None:
    async with desk(open_journal(tmp_path)) as one:
        other = Desk(one.emulator, open_journal(tmp_path))
        plans = [await it.plan(it.action(Verb.TRIGGER)) for it in (one, other)]
        for it, plan in zip((one, other), plans, strict=True):
            await it.control.perform(plan, reason="two days to fill")
        assert len(one.writes() + other.writes()) == 2
        await other.backend.aclose()


async def test_other_targets_do_not_stand_in_the_way(tmp_path: Path) -> None:
    async with desk(open_journal(tmp_path)) as one:
        other = Desk(one.emulator, open_journal(tmp_path))
        plans = [await one.plan(one.action(Verb.TRIGGER))]
        plans.append(await other.plan(other.action(Verb.TRIGGER, TWO)))
        await asyncio.gather(one.control.perform(plans[0]), other.control.perform(plans[1]))
        assert len(one.writes() + other.writes()) == 2
        await other.backend.aclose()


@pytest.mark.parametrize("minutes", [-40, 40])
async def test_a_run_is_found_although_the_clocks_went_apart_since(
    monkeypatch: pytest.MonkeyPatch, minutes: int
) -> None:
    async with desk() as it:
        it.kept.failing_kinds = {"outcome", "effect"}  # as if killed after the intent
        await it.act_one(Verb.TRIGGER)
        it.kept.failing_kinds = set()
        apart = timedelta(minutes=minutes)
        monkeypatch.setattr(AdobeBackend, "server_offset", apart)
        later = Desk(it.emulator, it.journal)
        (taken,) = await later.control.recover()
        last = await later.finish(taken)
        assert last.stage is Stage.DONE, last.words
        assert last.result is not None
        await later.backend.aclose()


async def test_a_creation_too_long_for_the_journal_is_left_to_a_person() -> None:
    async with desk(emulated={}) as it:
        it.kept.failing_kinds = {"outcome", "effect"}
        await it.act(creation(it))
        intent = it.kept.entries[0]
        it.kept.entries[0] = replace(intent, body=f"{intent.body[:20]} … (cut: 90000 characters)")
        it.kept.failing_kinds = set()
        later = Desk(it.emulator, it.journal)
        (taken,) = await later.control.recover()
        last = await later.finish(taken)
        assert (last.stage, last.exit_code) == (Stage.UNKNOWN, 5)
        assert "too long for the journal" in last.words
        await later.backend.aclose()


async def test_what_a_process_left_is_looked_at_before_the_next_plan() -> None:
    async with desk() as it:
        sent = await it.act_one(Verb.TRIGGER)
        await it.clock.sleep(30)
        later = Desk(it.emulator, it.journal)
        target = await later.target(later.action(Verb.TRIGGER))
        assert not target.must_argue
        assert target.earlier is None
        assert later.store.snapshot.pending[sent.id].stage is Stage.DONE
        await later.backend.aclose()


async def test_what_left_no_trace_must_be_argued_with_in_the_next_process_too() -> None:
    async with desk() as it:
        it.lossy.loses, it.lossy.is_done = "POST", False
        await it.act_one(Verb.TRIGGER)
        later = Desk(it.emulator, it.journal)
        target = await later.target(later.action(Verb.TRIGGER))
        assert target.must_argue
        assert target.warnings[0] == "you triggered it at 12:00Z, no run seen yet"
        await later.backend.aclose()


async def test_a_creation_whose_answer_was_lost_is_not_made_again_without_a_reason() -> None:
    async with desk() as it:
        it.lossy.loses = "POST"
        (lost,) = await it.act(creation(it))
        assert lost.stage is Stage.UNKNOWN
        later = Desk(it.emulator, it.journal)
        assert (await later.plan(creation(later))).must_argue
        assert not (await later.plan(creation(later, "SELECT 2"))).must_argue
        await later.backend.aclose()


async def test_a_creation_that_was_accepted_stands_in_nobodys_way() -> None:
    async with desk() as it:
        await it.act(creation(it))
        later = Desk(it.emulator, it.journal)
        (made,) = await later.act(creation(later))
        assert made.stage is Stage.SENT
        await later.backend.aclose()
