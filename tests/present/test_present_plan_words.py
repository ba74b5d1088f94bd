"""What a plan and its outcome say: titles, buttons, states, requests, outcomes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from qsui.domain.actions import Action, Verb
from qsui.domain.models import Kind, Query, Ref, Run, Schedule
from qsui.domain.pending import Pending, Stage
from qsui.domain.ports import Outgoing
from qsui.domain.states import RunState, ScheduleState
from qsui.live.plans import Target
from qsui.present import outcomes, plan_words, target_words
from qsui.present.role import plain
from qsui.present.signs import ASCII, UNICODE

NOW = datetime(2026, 6, 4, 3, 12, 38, tzinfo=UTC)
BASE = "https://platform.adobe.io/data/foundation/query"


def ref(kind: Kind, id: str = "7a3f90c2d5b14e0c9a87000000e41b") -> Ref:
    return Ref("acme", "prod", kind, "s1" if kind is Kind.RUN else "", id)


def action(verb: Verb, kind: Kind = Kind.SCHEDULE, name: str = "daily", **given: Any) -> Action:
    return Action(verb, ref(kind), name, **given)


def schedule(state: ScheduleState, raw: str = "ENABLED", sql: str = "") -> Schedule:
    return Schedule(ref(Kind.SCHEDULE), "daily", state, raw, "0 2 * * *", sql=sql)


def target(verb: Verb = Verb.TRIGGER, **given: Any) -> Target:
    given = {"record": schedule(ScheduleState.ENABLED), "read_at": NOW, **given}
    return Target(action(verb), **given)


@pytest.mark.parametrize(
    ("verb", "kind", "name", "title"),
    [
        (Verb.TRIGGER, Kind.SCHEDULE, "daily", "Trigger daily"),
        (Verb.DISABLE, Kind.SCHEDULE, "daily", "Turn off daily"),
        (Verb.ENABLE, Kind.SCHEDULE, "daily", "Turn on daily"),
        (Verb.SET_CRON, Kind.SCHEDULE, "daily", "Set cadence of daily"),
        (Verb.DELETE, Kind.QUERY, "", "Delete query 7a3f90c2…e41b"),
        (Verb.CANCEL, Kind.RUN, "daily 02:30", "Cancel run daily 02:30"),
        (Verb.RERUN, Kind.RUN, "daily 02:30", "Re-run the query of daily 02:30"),
        (Verb.CREATE, Kind.SCHEDULE, "new_one", "Create schedule new_one"),
        (Verb.CREATE, Kind.QUERY, "new_one", "Submit query new_one"),
    ],
)
def test_the_title_of_one(verb: Verb, kind: Kind, name: str, title: str) -> None:
    assert plan_words.plan_title((action(verb, kind, name),)) == title


def test_titles_of_several_count_what_goes() -> None:
    three = (action(Verb.TRIGGER),) * 3
    assert plan_words.plan_title(three, sent=2, marked=3) == "Trigger 2 of 3 marked schedules"
    assert plan_words.plan_title(three, sent=3, marked=3) == "Trigger 3 marked schedules"
    assert plan_words.plan_title(three) == "Trigger 3 schedules"
    queries = (action(Verb.CANCEL, Kind.QUERY),) * 2
    assert plan_words.plan_title(queries, sent=2) == "Cancel 2 queries"


def test_an_undo_says_that_it_is_one() -> None:
    undone = action(Verb.ENABLE, undoes="j1")
    assert plan_words.plan_title((undone,)) == "Undo: turn on daily"


def test_a_name_of_the_server_is_harmless_in_a_title() -> None:
    words = plan_words.plan_title((action(Verb.TRIGGER, name="a\x1b[31mb\nc"),))
    assert words == "Trigger a\\x1b[31mb c"


def test_buttons_name_the_verb_and_the_number() -> None:
    one, two = (action(Verb.DISABLE),), (action(Verb.TRIGGER),) * 2
    assert plan_words.button_words(one, 1) == "Turn off"
    assert plan_words.button_words(two, 2) == "Trigger 2"
    assert plan_words.button_words(two, 1, unrecorded=True) == "Trigger 1, unrecorded"
    assert plan_words.button_words((action(Verb.CREATE, Kind.QUERY),), 1) == "Submit"
    runs = (action(Verb.CANCEL, Kind.RUN),) * 3  # a bare "Cancel" is what the other one is called
    assert plan_words.button_words(runs[:1], 1) == "Cancel run"
    assert plan_words.button_words(runs, 2) == "Cancel 2 runs"


def test_what_cannot_be_put_back_and_what_deletes() -> None:
    assert not plan_words.lasts((action(Verb.DISABLE), action(Verb.SET_CRON)))
    assert plan_words.lasts((action(Verb.TRIGGER),))
    assert plan_words.deletes((action(Verb.DELETE),))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "on, nothing running"),
        ({"running": 2}, "on, 2 runs active"),
        ({"record": None}, "not read"),
        ({"record": schedule(ScheduleState.UNKNOWN, "PAUSED\x1b")}, "PAUSED\\x1b, nothing running"),
    ],
)
def test_states_of_schedules(given: dict[str, Any], words: str) -> None:
    assert target_words.state_words(target(**given)) == words


def test_where_runs_were_not_looked_for_nothing_is_said_about_them() -> None:
    off = target(Verb.ENABLE, record=schedule(ScheduleState.DISABLED))
    assert target_words.state_words(off) == "off"


def test_states_of_runs_and_queries() -> None:
    query = Query(
        ref(Kind.QUERY), RunState.RUNNING, "IN_PROGRESS", created_at=NOW - timedelta(minutes=41)
    )
    assert target_words.state_words(target(Verb.CANCEL, record=query)) == "runs for 41m"
    run = Run(ref(Kind.RUN), RunState.FAILED, "FAILED")
    assert target_words.state_words(target(Verb.RERUN, record=run)) == "failed"


def test_warnings_of_one_that_stays_are_not_told_but_that_it_is_hidden() -> None:
    left = target(refusal="it is off", warnings=("late 14 min",))
    assert plan_words.warnings_of(left, is_hidden=True) == ("hidden by the filter",)
    assert plan_words.left_out_words(left) == "left out: it is off"


def test_the_warning_about_rows_stands_beside_the_datasets() -> None:
    sql = "INSERT INTO daily_out SELECT 1"
    record = schedule(ScheduleState.ENABLED, sql=sql)
    told = target(record=record, writes=("daily_out",), warnings=(plan_words.ADDS_AGAIN, "late"))
    assert plan_words.warnings_of(told, is_hidden=False) == ("late",)
    assert plan_words.adds_again((told,))
    assert plain(plan_words.writes_spans((told,))) == "daily_out by INSERT"


def test_several_requests_are_counted_and_one_is_shown() -> None:
    post = Outgoing("POST", f"{BASE}/schedules/{'a' * 60}/runs")
    both = (target(outgoing=(post,)), target(outgoing=(post,)))
    assert [plain(line) for line in plan_words.sends_lines(both, 60, UNICODE)] == [
        "2 POST run calls"
    ]
    [line] = plan_words.sends_lines(both[:1], 60, UNICODE)
    assert plain(line).startswith("POST /data/foundation/query/")
    assert "…" in plain(line)
    assert plain(line).endswith("aaa/runs")
    assert len(plain(line)) == 60
    assert "~" in plain(plan_words.sends_lines(both[:1], 60, ASCII)[0])


def test_the_body_of_a_change_is_shown_whole_if_it_fits_in_some_lines() -> None:
    body = '{"body":[{"op":"replace","path":"/state","value":"disable"}]}'
    patch = Outgoing("PATCH", f"{BASE}/schedules/s1", body)
    one = target(Verb.DISABLE, outgoing=(patch,))
    shown = [plain(line) for line in plan_words.sends_lines((one,), 40, UNICODE)]
    assert "".join(shown[1:]) == body
    long = Outgoing("PATCH", f"{BASE}/schedules/s1", '"' + "x" * 900 + '"')
    shown = [
        plain(line) for line in plan_words.sends_lines((target(outgoing=(long,)),), 40, UNICODE)
    ]
    assert len(shown) == 1 + plan_words.MOST_BODY_LINES
    assert shown[-1].endswith("…")


def test_a_bulk_delete_counts_both_of_its_calls() -> None:
    off = Outgoing("PATCH", f"{BASE}/schedules/s1", '{"value":"disable"}')
    delete = Outgoing("DELETE", f"{BASE}/schedules/s1")
    both = (target(Verb.DELETE, outgoing=(off, delete)), target(Verb.DELETE, outgoing=(delete,)))
    assert [plain(line) for line in plan_words.sends_lines(both, 60, UNICODE)] == [
        "1 PATCH turn-off call",
        "2 DELETE delete calls",
    ]


def test_a_new_cadence_shows_the_old_one() -> None:
    changed = target(Verb.SET_CRON, before="0 2 * * *", after="30 6 * * *")
    assert plain(plan_words.change_words(changed)) == "0 2 * * * -> 30 6 * * *"
    assert plan_words.change_words(target(Verb.ENABLE, before="off", after="on")) == ()


@pytest.mark.parametrize(
    ("stage", "given", "words"),
    [
        (Stage.SENDING, {}, "sending, no answer yet"),
        (Stage.SENT, {}, "sent 20s ago, waiting for its run"),
        (Stage.DONE, {"seen_at": NOW}, "done, its run was seen after 20s"),
        (Stage.REFUSED, {"words": "no\x1b"}, "refused: no\\x1b"),
        (Stage.NOT_SENT, {}, "not sent"),
        (Stage.UNKNOWN, {"is_recorded": False}, "(not in the journal)"),
        (Stage.NO_EFFECT, {}, "no effect seen in the 20s since it was sent"),
    ],
)
def test_outcomes(stage: Stage, given: dict[str, Any], words: str) -> None:
    begun = NOW - timedelta(seconds=21)
    sent = NOW - timedelta(seconds=20)
    pending = Pending("1", action(Verb.TRIGGER), stage, begun, sent_at=sent, **given)
    assert words in outcomes.outcome_words(pending, NOW)


def test_done_is_said_of_nothing_but_what_was_seen() -> None:
    for stage in Stage:
        pending = Pending("1", action(Verb.TRIGGER), stage, NOW, sent_at=NOW, seen_at=NOW)
        assert ("done" in outcomes.outcome_words(pending, NOW)) == (stage is Stage.DONE)


def test_only_trouble_must_be_read() -> None:
    reads = {
        stage
        for stage in Stage
        if outcomes.needs_reading((Pending("1", action(Verb.TRIGGER), stage, NOW),))
    }
    assert reads == {Stage.UNKNOWN, Stage.REFUSED, Stage.NOT_SENT, Stage.NO_EFFECT}
