"""Acting: what is sent for each verb, when it counts as done, and what is never sent twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from qsui.domain.actions import Action, Verb
from qsui.domain.drafts import QueryDraft, ScheduleDraft
from qsui.domain.models import Kind, Query, Ref
from qsui.domain.pending import Stage
from qsui.domain.states import RunState, ScheduleState
from tests.live.desk import LONG, OFF, ONE, TWO, Desk, desk, kinds
from tests.support.dashboard import READ_ONLY

pytestmark = pytest.mark.anyio


async def test_turning_off_is_sent_once_and_done_when_it_is_read_back() -> None:
    async with desk() as it:
        sent = await it.act_one(Verb.DISABLE)
        assert sent.stage is Stage.SENT
        done = await it.finish(sent)
        assert (done.stage, done.took) == (Stage.DONE, timedelta(seconds=1))
        assert done.words == "seen after 1 s"
        assert it.writes() == [f"PATCH /data/foundation/query/schedules/{it.id_of(ONE)}"]
        assert (await it.schedule()).state is ScheduleState.DISABLED
        known = it.store.snapshot.schedule(it.scope, it.id_of(ONE))
        assert known is not None
        assert known.state is ScheduleState.DISABLED


async def test_turning_on_and_a_new_cadence_are_followed_as_well() -> None:
    async with desk() as it:
        on = await it.finish(await it.act_one(Verb.ENABLE, OFF))
        assert on.stage is Stage.DONE
        (sent,) = await it.act(it.action(Verb.SET_CRON, ONE, cron="15 3 * * 1-5"))
        assert (await it.finish(sent)).stage is Stage.DONE
        assert (await it.schedule()).cron == "15 3 * * 1-5"


async def test_a_triggered_run_is_found_and_linked() -> None:
    async with desk() as it:
        before = {run.id for run in await it.runs()}
        sent = await it.act_one(Verb.TRIGGER)
        assert sent.words == "accepted, waiting for its run"
        done = await it.finish(sent)
        assert done.stage is Stage.DONE
        assert done.result is not None
        assert done.result.kind is Kind.RUN
        assert done.result.id not in before
        run = it.store.snapshot.run(it.scope, it.id_of(ONE), done.result.id)
        assert run is not None
        assert run.is_manual
        assert len(it.writes()) == 1


async def test_a_run_is_cancelled_and_done_when_it_has_ended() -> None:
    async with desk() as it:
        run = await it.running()
        (sent,) = await it.act(it.on_run(run))
        done = await it.finish(sent)
        assert done.stage is Stage.DONE
        again = await it.backend.run(run.schedule_id, run.id)
        assert not again.state.is_active


async def test_a_cancel_that_came_too_late_says_that_it_ended_well() -> None:
    async with desk() as it:
        run = await it.running()
        plan = await it.plan(it.on_run(run))
        it.emulator.fault("patch-ignored")
        (sent,) = await it.control.perform(plan)
        await it.emulator.advance(280)
        done = await it.finish(sent)
        assert done.stage is Stage.DONE
        assert done.words.endswith("it had ended well before the cancel took hold")


async def test_a_query_is_made_then_hidden_by_its_deletion() -> None:
    async with desk() as it:
        draft = QueryDraft(sql="SELECT 41", name="forty_one")
        (sent,) = await it.act(
            Action(Verb.CREATE, new_ref(it, Kind.QUERY), "forty_one", draft=draft)
        )
        made = await it.finish(sent)
        assert made.stage is Stage.DONE
        assert made.result is not None
        query = await it.backend.query(made.result.id)
        assert (query.name, query.sql) == ("forty_one", "SELECT 41")
        await it.emulator.advance(60)
        (gone,) = await it.act(Action(Verb.DELETE, query.ref, query.name))
        assert (await it.finish(gone)).stage is Stage.DONE
        assert it.store.snapshot.query(it.scope, query.id) is None
        assert await listed_queries(it, query) == []
        assert [line.partition(" ")[0] for line in it.writes()] == ["POST", "PATCH"]


async def test_a_deleted_query_too_old_for_the_list_is_not_said_to_be_still_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with desk() as it:
        (made,) = await it.act(
            Action(Verb.CREATE, new_ref(it, Kind.QUERY), "old", draft=QueryDraft(sql="SELECT 41"))
        )
        old = (await it.finish(made)).result
        assert old is not None
        for number in range(3):
            await it.emulator.advance(5)
            draft = QueryDraft(sql=f"SELECT {number}", name=f"new{number}")
            await it.act(Action(Verb.CREATE, new_ref(it, Kind.QUERY), draft.name, draft=draft))
        await it.emulator.advance(60)
        monkeypatch.setattr("qsui.live.deletions.MOST_LISTED", 2)
        (gone,) = await it.act(Action(Verb.DELETE, old, "old"))
        last = await it.finish(gone)
        assert last.stage is Stage.NO_EFFECT
        assert last.words.startswith("accepted; it can still be read by its id")


async def test_a_created_schedule_counts_once_it_is_registered() -> None:
    async with desk() as it:
        start = it.clock.now()
        draft = ScheduleDraft(
            QueryDraft(sql="SELECT 7", name="weekly_seven"),
            cron="0 7 * * 1",
            start_at=start,
            end_at=start + timedelta(days=90),
        )
        (sent,) = await it.act(
            Action(Verb.CREATE, new_ref(it, Kind.SCHEDULE), "weekly_seven", draft=draft)
        )
        done = await it.finish(sent)
        assert done.stage is Stage.DONE
        assert done.result is not None
        made = it.store.snapshot.schedule(it.scope, done.result.id)
        assert made is not None
        assert (made.name, made.state) == ("weekly_seven", ScheduleState.ENABLED)


async def test_the_query_of_a_failed_run_is_sent_again() -> None:
    async with desk() as it:
        runs = await it.runs(TWO)
        failed = next(run for run in runs if run.state is RunState.FAILED)
        (sent,) = await it.act(Action(Verb.RERUN, failed.ref, "profile_merge"))
        done = await it.finish(sent)
        assert done.stage is Stage.DONE
        assert done.result is not None
        assert done.result.kind is Kind.QUERY
        assert (await it.backend.query(done.result.id)).sql == "SELECT * FROM no_such_table"


async def test_deleting_turns_off_waits_for_runs_and_deletes() -> None:
    async with desk() as it:
        await it.running()
        target = await it.target(it.action(Verb.DELETE, LONG))
        assert [outgoing.method for outgoing in target.outgoing] == ["PATCH", "DELETE"]
        assert target.running == 1
        sent = await it.act_one(Verb.DELETE, LONG)
        assert (sent.stage, sent.step) == (Stage.SENT, "disable")
        for _ in range(12):
            await it.clock.sleep(1)
            await it.control.look_once()
        waiting = it.store.snapshot.pending[sent.id]
        assert (waiting.stage, waiting.step) == (Stage.SENT, "wait")
        assert "waits for a run to end" in waiting.words
        assert len(it.writes()) == 1
        done = await it.finish(sent)
        assert (done.stage, done.step) == (Stage.DONE, "")
        assert [line.partition(" ")[0] for line in it.writes()] == ["PATCH", "DELETE"]
        assert it.store.snapshot.schedule(it.scope, it.id_of(LONG)) is None
        health = it.store.snapshot.health[it.scope.label]
        assert health.trouble is None


async def test_deleting_what_is_off_and_idle_is_one_request() -> None:
    async with desk() as it:
        done = await it.finish(await it.act_one(Verb.DELETE, OFF))
        assert done.stage is Stage.DONE
        assert [line.partition(" ")[0] for line in it.writes()] == ["DELETE"]


async def test_a_delete_is_not_sent_while_a_run_goes_on_for_too_long() -> None:
    async with desk(options=short(60)) as it:
        await it.running()
        last = await it.finish(await it.act_one(Verb.DELETE, LONG))
        assert last.stage is Stage.NO_EFFECT
        assert last.words == "it is off, but a run still goes: the delete was not sent"
        await it.clock.sleep(900)
        while await it.control.look_once():
            pass
        assert [line.partition(" ")[0] for line in it.writes()] == ["PATCH"]


async def test_a_patch_that_is_accepted_and_ignored_has_had_no_effect_after_five_minutes() -> None:
    async with desk() as it:
        it.emulator.fault("patch-ignored", count=1)
        last = await it.finish(await it.act_one(Verb.DISABLE))
        assert last.stage is Stage.NO_EFFECT
        assert last.words == "accepted, and it is still on after 5 min"
        assert last.exit_code == 5
        assert len(it.writes()) == 1
        assert kinds(it.kept.entries) == ["intent", "outcome sent", "effect no effect"]


async def test_what_had_no_effect_may_still_turn_out_to_be_done() -> None:
    async with desk() as it:
        it.emulator.fault("patch-ignored", count=1)
        last = await it.finish(await it.act_one(Verb.DISABLE))
        async with it.emulator.client() as http:
            change = {"body": [{"op": "replace", "path": "/state", "value": "disable"}]}
            await http.patch(f"/schedules/{it.id_of(ONE)}", json=change)
        await it.clock.sleep(61)
        assert await it.control.look_once()
        late = it.store.snapshot.pending[last.id]
        assert late.stage is Stage.DONE
        assert late.words == "seen after 6 min, long after it was accepted"


async def test_a_lost_answer_is_unknown_until_the_run_is_seen_and_nothing_is_repeated() -> None:
    async with desk() as it:
        before = len(await it.runs())
        plan = await it.plan(it.action(Verb.TRIGGER))
        lose_posts(it)
        (sent,) = await it.control.perform(plan)
        assert (sent.stage, sent.exit_code) == (Stage.UNKNOWN, 5)
        done = await it.finish(sent)
        assert done.stage is Stage.DONE
        assert done.words.startswith("the answer was lost, the effect was seen after")
        assert len(it.writes()) == 1
        assert len(await it.runs()) == before + 1


async def test_a_lost_request_without_a_run_ends_as_no_effect() -> None:
    async with desk() as it:
        plan = await it.plan(it.action(Verb.TRIGGER))
        lose_posts(it, is_done=False)
        (sent,) = await it.control.perform(plan)
        last = await it.finish(sent)
        assert last.stage is Stage.NO_EFFECT
        assert last.words == "the answer was lost, and no run was seen after 5 min"
        assert len(it.writes()) == 1


async def test_a_creation_whose_answer_was_lost_is_found_by_what_it_looks_like() -> None:
    async with desk() as it:
        draft = QueryDraft(sql="SELECT 42", name="answer")
        plan = await it.plan(Action(Verb.CREATE, new_ref(it, Kind.QUERY), "answer", draft=draft))
        lose_posts(it)
        (sent,) = await it.control.perform(plan)
        assert sent.stage is Stage.UNKNOWN
        done = await it.finish(sent)
        assert done.stage is Stage.DONE
        assert done.result is not None
        assert (await it.backend.query(done.result.id)).name == "answer"
        assert len(it.writes()) == 1


async def test_several_candidates_leave_a_lost_creation_unknown() -> None:
    async with desk() as it:
        draft = QueryDraft(sql="SELECT 42", name="answer")
        plan = await it.plan(Action(Verb.CREATE, new_ref(it, Kind.QUERY), "answer", draft=draft))
        lose_posts(it)
        (sent,) = await it.control.perform(plan)
        async with it.emulator.client() as http:
            body = {"dbName": "prod:all", "sql": "SELECT 42", "name": "answer"}
            assert (await http.post("/queries", json=body)).status_code == 202
        last = await it.finish(sent)
        assert last.stage is Stage.UNKNOWN
        assert "2 like it" in last.words


async def test_a_second_trigger_must_be_argued_with() -> None:
    async with desk() as it:
        await it.act_one(Verb.TRIGGER)
        target = await it.target(it.action(Verb.TRIGGER))
        assert target.must_argue
        assert target.warnings[0] == "you triggered it at 12:00Z, no run seen yet"
        (refused,) = await it.control.perform(await it.plan(it.action(Verb.TRIGGER)))
        assert (refused.stage, refused.words) == (Stage.NOT_SENT, "it needs a reason")
        assert len(it.writes()) == 1
        (sent,) = await it.act(it.action(Verb.TRIGGER), reason="the vendor fixed it")
        assert sent.stage is Stage.SENT
        assert len(it.writes()) == 2


async def test_one_plan_carried_out_twice_triggers_once() -> None:
    async with desk() as it:
        plan = await it.plan(it.action(Verb.TRIGGER))
        await it.control.perform(plan)
        (second,) = await it.control.perform(plan)
        assert second.stage is Stage.REFUSED
        assert second.words.startswith("it changed meanwhile: you triggered it")
        assert len(it.writes()) == 1


async def test_two_triggers_never_claim_the_same_run() -> None:
    async with desk() as it:
        first = await it.act_one(Verb.TRIGGER)
        await it.clock.sleep(2)
        (second,) = await it.act(it.action(Verb.TRIGGER), reason="again")
        ends = await it.done(first, second)
        assert [one.stage for one in ends] == [Stage.DONE, Stage.DONE]
        results = [one.result.id for one in ends if one.result]
        assert len(set(results)) == 2
        slots = {run.id: run.slot_at for run in await it.runs()}
        assert slots[results[0]] < slots[results[1]]  # type: ignore[operator]  # both have one


async def test_a_run_of_the_scheduler_is_never_taken_for_a_triggered_one() -> None:
    async with desk() as it:
        plan = await it.plan(it.action(Verb.TRIGGER, TWO))
        lose_posts(it, is_done=False)
        (sent,) = await it.control.perform(plan)
        await it.emulator.advance(600)  # the cron fires every ten minutes
        last = await it.finish(sent)
        assert last.stage is Stage.NO_EFFECT


async def test_what_changed_meanwhile_is_refused_and_nothing_leaves() -> None:
    async with desk() as it:
        plan = await it.plan(it.action(Verb.DISABLE))
        await switch(it, ONE, "disable")
        (refused,) = await it.control.perform(plan)
        assert refused.stage is Stage.REFUSED
        assert refused.words == "it changed meanwhile: it is off already"
        assert it.writes() == []
        assert it.kept.entries == []


async def test_a_cadence_that_somebody_changed_meanwhile_is_not_overwritten() -> None:
    async with desk() as it:
        plan = await it.plan(it.action(Verb.SET_CRON, cron="5 5 * * *"))
        async with it.emulator.client() as http:
            change = {"op": "replace", "path": "/schedule/schedule", "value": "9 9 * * *"}
            await http.patch(f"/schedules/{it.id_of(ONE)}", json={"body": [change]})
        (refused,) = await it.control.perform(plan)
        assert refused.stage is Stage.REFUSED
        assert "9 9 * * *" in refused.words
        assert it.writes() == []


async def test_bulk_changes_are_seen_by_one_list_not_by_a_read_each() -> None:
    async with desk() as it:
        plan = await it.plan(it.action(Verb.DISABLE, ONE), it.action(Verb.DISABLE, TWO))
        sent = await it.control.perform(plan)
        it.network.seen.clear()
        ends = await it.done(*sent)
        assert [one.stage for one in ends] == [Stage.DONE, Stage.DONE]
        assert len(it.network.seen) == 1


async def test_reads_for_effects_keep_to_half_of_the_budget() -> None:
    async with desk() as it:
        it.emulator.fault("patch-ignored")
        plan = await it.plan(it.action(Verb.DISABLE, ONE), it.action(Verb.ENABLE, OFF))
        sent = await it.control.perform(plan)
        it.network.seen.clear()
        began = it.clock.now()
        await it.done(*sent)
        minutes = (it.clock.now() - began).total_seconds() / 60
        assert len(it.network.seen) <= 30 * minutes + 4


async def test_settled_actions_are_forgotten_after_a_minute_but_not_what_had_no_effect() -> None:
    async with desk() as it:
        done = await it.finish(await it.act_one(Verb.DISABLE))
        it.emulator.fault("patch-ignored", count=1)
        nothing = await it.finish(await it.act_one(Verb.DISABLE, TWO))
        await it.clock.sleep(61)
        await it.control.look_once()
        assert done.id not in it.store.snapshot.pending
        assert nothing.id in it.store.snapshot.pending
        it.control.forget(nothing.id)
        assert nothing.id not in it.store.snapshot.pending


async def test_a_read_only_profile_refuses_everything_with_its_words() -> None:
    async with desk(read_only=True) as it:
        target = await it.target(it.action(Verb.TRIGGER))
        assert target.refusal == READ_ONLY
        assert it.control.can_create() == READ_ONLY
        assert await it.act(it.action(Verb.TRIGGER)) == ()
        assert it.writes() == []


def new_ref(it: Desk, kind: Kind) -> Ref:
    return Ref(it.scope.profile, it.scope.sandbox, kind, "", "")


async def listed_queries(it: Desk, query: Query) -> list[Query]:
    return [
        row async for page in it.backend.queries() for row in page.records if row.id == query.id
    ]


def short(no_effect_s: float) -> Any:
    from qsui.live.plans import FollowOptions

    return FollowOptions(no_effect_s=no_effect_s)


async def switch(it: Desk, name: str, value: str) -> None:
    """Somebody else turns a schedule on or off."""
    async with it.emulator.client() as http:
        change = {"body": [{"op": "replace", "path": "/state", "value": value}]}
        assert (await http.patch(f"/schedules/{it.id_of(name)}", json=change)).status_code == 202


def lose_posts(it: Desk, *, is_done: bool = True) -> None:
    """The next POST loses its answer; it is carried out, or not."""
    it.lossy.loses, it.lossy.is_done = "POST", is_done
