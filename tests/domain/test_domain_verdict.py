"""The one word for a schedule: each rule by an example, and what always holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsui.domain import cron as crons
from qsui.domain.facts import Mark, ScheduleFacts, Verdict
from qsui.domain.lateness import due_info, timetable
from qsui.domain.models import Kind, Ref, Run, Schedule, Task
from qsui.domain.states import RunState, ScheduleState
from qsui.domain.verdict import judge, sort_key

NOW = datetime(2026, 6, 4, 3, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LAST_DUE = NOW.replace(minute=0)
S = RunState


def schedule(cron: str = "0 * * * *", **changes: Any) -> Schedule:
    values: dict[str, Any] = {
        "ref": Ref("p", "s", Kind.SCHEDULE, "", "one"),
        "name": "one",
        "state": ScheduleState.ENABLED,
        "raw_state": "ENABLED",
        "cron": cron,
        "created_at": NOW - 60 * DAY,
    }
    return Schedule(**(values | changes))


def run(
    slot: datetime,
    state: RunState = S.SUCCESS,
    *,
    start: datetime | None = None,
    took: timedelta = 5 * MINUTE,
    manual: bool = False,
) -> Run:
    tasks: tuple[Task, ...] | None = None
    if start is not None:
        end = None if state.is_active else start + took
        tasks = (Task("t", state, state.value, start, end),)
    ref = Ref("p", "s", Kind.RUN, "one", slot.isoformat())
    return Run(ref, state, state.value, slot_at=slot, is_manual=manual, tasks=tasks)


def hourly(outcomes: str, *, last_due: datetime = LAST_DUE, lag: timedelta = MINUTE) -> list[Run]:
    """Runs of an hourly schedule, oldest outcome first, the last one due at `last_due`."""
    states = {".": S.SUCCESS, "x": S.FAILED, "t": S.TIMEOUT, "c": S.CANCELLED, ">": S.RUNNING}
    states |= {"q": S.QUEUED, "?": S.UNKNOWN}
    runs: list[Run] = []
    for back, letter in enumerate(reversed(outcomes)):
        due = last_due - back * HOUR
        if letter != "-":
            state = states[letter]
            start = None if state is S.QUEUED else due + lag
            runs.append(run(due - HOUR, state, start=start))
    return runs


def judged(
    runs: list[Run],
    of: Schedule | None = None,
    *,
    now: datetime = NOW,
    read_at: datetime | None = NOW,
    ok: bool = True,
) -> ScheduleFacts:
    return judge(of or schedule(), runs, now=now, read_at=read_at, last_read_ok=ok)


def marks(facts: ScheduleFacts) -> str:
    signs = {Mark.OK: ".", Mark.FAILED: "x", Mark.TIMEOUT: "t", Mark.CANCELLED: "c"}
    signs |= {Mark.RUNNING: ">", Mark.QUEUED: "q", Mark.NO_RUN: "-", Mark.UNKNOWN: "?"}
    signs |= {Mark.LATE: "!"}
    return "".join(signs[cell.mark] for cell in facts.history)


@pytest.mark.parametrize(
    ("outcomes", "verdict", "streak", "missed", "strip"),
    [
        ("..........", Verdict.OK, 0, 0, ".........."),
        ("........xx", Verdict.FAILED, 2, 0, "........xx"),
        (".......xtx", Verdict.FAILED, 3, 0, ".......xtx"),
        ("......xxcc", Verdict.FAILED, 2, 0, "......xxcc"),
        ("......xx?.", Verdict.OK, 0, 0, "......xx?."),
        (".........c", Verdict.OK, 0, 0, ".........c"),
        ("...>", Verdict.RUNNING, 0, 0, "...>"),
        (".........>", Verdict.SLOW, 0, 0, ".........>"),
        ("........x>", Verdict.FAILED, 1, 0, "........x>"),
        (".........q", Verdict.QUEUED, 0, 0, ".........q"),
        (".........-", Verdict.LATE, 0, 0, ".........!"),
        ("........--", Verdict.MISSED, 0, 1, "........-!"),
        (".......---", Verdict.MISSED, 0, 2, ".......--!"),
        ("...>-", Verdict.HELD, 0, 0, "...>!"),
        ("...--.-...", Verdict.OK, 0, 0, "...--.-..."),
        (".......x--", Verdict.FAILED, 1, 1, ".......x-!"),
        ("." * 40, Verdict.OK, 0, 0, "." * 20),
        ("x" * 40, Verdict.FAILED, 40, 0, "x" * 20),
    ],
)
def test_the_past_gives_the_verdict(
    outcomes: str, verdict: Verdict, streak: int, missed: int, strip: str
) -> None:
    facts = judged(hourly(outcomes))

    assert facts.verdict is verdict
    assert (facts.streak, facts.missed) == (streak, missed)
    assert marks(facts) == strip
    assert facts.history_read
    assert facts.known_runs == len(outcomes) - outcomes.count("-")


def test_a_healthy_schedule_says_all_there_is_to_say() -> None:
    runs = hourly("." * 40)
    facts = judged(runs)

    assert facts.next_fire_at == NOW.replace(hour=4, minute=0)
    assert facts.then_fires == (NOW.replace(hour=5, minute=0), NOW.replace(hour=6, minute=0))
    assert facts.due_at == NOW.replace(minute=0)
    assert facts.last_run == facts.last_final == facts.last_good == runs[0]
    assert facts.active is None
    assert facts.median == 5 * MINUTE
    assert facts.start_lag == facts.start_lag_p95 == MINUTE
    assert facts.ok_ratio == 1
    assert facts.valid_until == facts.next_fire_at
    assert [cell.ratio for cell in facts.history] == [1.0] * 20
    assert "p95" in facts.evidence[0]
    assert "Median duration 5m00s of 30 successes" in facts.evidence[1]


def test_trouble_says_when_it_began() -> None:
    assert judged(hourly("....xx")).since == NOW.replace(hour=2, minute=1)
    assert judged(hourly("....x>")).due_at == NOW.replace(hour=2, minute=0)
    assert judged(hourly("....--")).since == NOW.replace(hour=2, minute=0)
    assert judged(hourly("....>")).since == NOW.replace(minute=1)
    late = judged(hourly(".....-"))
    assert late.since == late.due_at == NOW.replace(minute=0)


def test_more_missing_runs_than_are_looked_at_are_counted_all_the_same() -> None:
    facts = judged(hourly(".....", last_due=NOW.replace(minute=0) - 100 * HOUR))

    assert facts.verdict is Verdict.MISSED
    assert facts.missed == 99
    assert facts.since == NOW.replace(minute=0) - 99 * HOUR
    assert marks(facts) == "-" * 19 + "!"


@pytest.mark.parametrize(
    ("minutes", "verdict"),
    [(0, Verdict.OK), (6, Verdict.OK), (7, Verdict.LATE), (29, Verdict.LATE), (30, Verdict.MISSED)],
)
def test_a_run_with_a_learned_lag_is_late_then_missed(minutes: int, verdict: Verdict) -> None:
    now = NOW.replace(hour=4, minute=minutes)
    facts = judged(hourly("." * 20), now=now, read_at=now)

    assert facts.verdict is verdict


def test_without_known_starts_a_run_is_missed_only_after_a_whole_interval() -> None:
    runs = [run(NOW.replace(minute=0) - (2 + back) * HOUR) for back in range(20)]
    due = NOW.replace(minute=0)
    words = {}
    for minutes in (3, 10, 59, 60):
        now = due + minutes * MINUTE
        words[minutes] = judged(runs, now=now, read_at=now).verdict

    assert words == {3: Verdict.OK, 10: Verdict.LATE, 59: Verdict.LATE, 60: Verdict.MISSED}
    assert any("being learned" in sentence for sentence in judged(runs).evidence)


@pytest.mark.parametrize(
    ("read_minutes", "ok", "verdict"),
    [(-30, True, Verdict.UNKNOWN), (1, True, Verdict.UNKNOWN), (2, True, Verdict.LATE)],
)
def test_nothing_is_late_on_data_read_before_it_was_expected(
    read_minutes: int, ok: bool, verdict: Verdict
) -> None:
    due = NOW.replace(minute=0)
    facts = judged(hourly("." * 20 + "-"), read_at=due + read_minutes * MINUTE, ok=ok)

    assert facts.verdict is verdict
    assert facts.due_at == due


def test_after_a_failed_read_nothing_new_is_claimed() -> None:
    assert judged(hourly(".....--"), ok=False).verdict is Verdict.UNKNOWN
    assert judged(hourly(".....xx"), ok=False).verdict is Verdict.FAILED


def test_a_server_that_names_the_slot_by_the_fire_itself_is_understood() -> None:
    due = NOW.replace(minute=0)
    runs = [run(due - n * HOUR, start=due - n * HOUR + MINUTE) for n in range(10)]

    table = timetable(schedule(), runs, NOW)
    assert (table.lag.offset, table.lag.is_learned) == (0, True)
    assert judged(runs).verdict is Verdict.OK
    assert judged(runs[1:]).verdict is Verdict.LATE
    bare = [run(due - n * HOUR) for n in range(10)]
    assert timetable(schedule(), bare, NOW).lag.offset == 0


def test_a_schedule_of_which_no_run_is_known_alarms_only_after_a_whole_interval() -> None:
    monthly = schedule("0 8 1 * *", created_at=NOW - 12 * DAY)

    facts = judged([], monthly)
    assert facts.verdict is Verdict.NOT_BEGUN
    assert facts.since == facts.next_fire_at == datetime(2026, 7, 1, 8, tzinfo=UTC)
    later = datetime(2026, 7, 1, 8, 1, tzinfo=UTC)
    assert judged([], monthly, now=later, read_at=later).verdict is Verdict.MISSED


def test_manual_runs_are_not_taken_for_due_ones() -> None:
    manual = run(NOW - 2 * MINUTE, start=NOW - MINUTE, manual=True)
    facts = judged([manual, *hourly("." * 10 + "-")])

    assert facts.verdict is Verdict.LATE
    assert facts.last_run is manual
    assert judged([manual, *hourly("." * 10 + "x")]).streak == 0


def test_a_manual_run_between_slot_and_due_time_does_not_hide_a_later_failure() -> None:
    by_hand = LAST_DUE - 30 * MINUTE  # after the slot of the last run, before it was due
    manual = run(by_hand, start=by_hand, manual=True)
    facts = judged([manual, *hourly("." * 10 + "x")])

    assert facts.verdict is Verdict.FAILED
    assert facts.streak == 1
    assert facts.last_run is not manual


def test_a_run_is_slow_far_above_its_own_median() -> None:
    def active_for(minutes: int) -> list[Run]:
        start = NOW - minutes * MINUTE
        return [run(NOW.replace(minute=0) - HOUR, S.RUNNING, start=start), *hourly("." * 9 + "-")]

    assert judged(active_for(9)).verdict is Verdict.RUNNING
    slow = judged(active_for(11))
    assert slow.verdict is Verdict.SLOW
    assert slow.since == NOW - 11 * MINUTE
    few = [run(NOW.replace(minute=0) - HOUR, S.RUNNING, start=NOW - 50 * MINUTE), *hourly("...-")]
    assert judged(few).verdict is Verdict.RUNNING


def test_a_slow_run_that_holds_the_next_is_called_slow() -> None:
    runs = hourly("." * 9 + ">-")

    assert judged(runs).verdict is Verdict.SLOW


def test_a_second_run_may_be_late_while_the_first_runs_if_two_are_allowed() -> None:
    runs = hourly("....>-")

    assert judged(runs, schedule(max_active_runs=2)).verdict is Verdict.LATE
    held = judged(runs)
    assert held.verdict is Verdict.HELD
    assert held.since == NOW.replace(minute=0)
    assert held.active is not None


@pytest.mark.parametrize(
    ("changes", "outcomes", "read", "verdict"),
    [
        ({"state": ScheduleState.DISABLED}, "...xx", True, Verdict.OFF),
        ({"state": ScheduleState.DISABLED}, "....>", True, Verdict.RUNNING),
        ({"state": ScheduleState.DISABLED}, "", False, Verdict.OFF),
        ({"state": ScheduleState.DELETED}, "...xx", True, Verdict.DELETED),
        ({"state": ScheduleState.REGISTERING}, "", False, Verdict.REGISTERING),
        ({"state": ScheduleState.UNKNOWN}, "....", True, Verdict.UNKNOWN),
        ({"state": ScheduleState.UNKNOWN}, "...x", True, Verdict.FAILED),
        ({"end_at": NOW - DAY}, "...x", True, Verdict.ENDED),
        ({"end_at": NOW - DAY}, "...>", True, Verdict.RUNNING),
        ({"start_at": NOW + DAY}, "", False, Verdict.NOT_BEGUN),
        ({"start_at": NOW + DAY}, "", True, Verdict.NOT_BEGUN),
        ({"created_at": NOW - MINUTE}, "", True, Verdict.NOT_BEGUN),
        ({}, "", False, Verdict.UNREAD),
        ({}, "", True, Verdict.MISSED),
        ({"created_at": None}, "", True, Verdict.NOT_BEGUN),
        ({"updated_at": NOW - MINUTE}, "...--", True, Verdict.OK),
        ({"cron": "1 0 0 1 1 *"}, "...x", True, Verdict.FAILED),
        ({"cron": "1 0 0 1 1 *"}, "...-", True, Verdict.OK),
        ({"cron": "0 0 30 2 *"}, "....", True, Verdict.OK),
        ({"cron": "@once", "start_at": NOW + HOUR}, "", True, Verdict.NOT_BEGUN),
        ({"cron": "@once", "start_at": NOW - 9 * MINUTE}, "", True, Verdict.LATE),
        ({"cron": "@once", "start_at": NOW - HOUR}, "", True, Verdict.MISSED),
        ({"cron": "@once", "start_at": NOW - HOUR}, ".", True, Verdict.ENDED),
        ({"cron": "@once", "start_at": NOW - HOUR}, "x", True, Verdict.FAILED),
        ({"cron": "@once", "start_at": NOW - HOUR}, ">", True, Verdict.RUNNING),
    ],
)
def test_the_record_itself_decides_where_runs_do_not(
    changes: dict[str, Any], outcomes: str, read: bool, verdict: Verdict
) -> None:
    facts = judged(hourly(outcomes), schedule(**changes), read_at=NOW if read else None)

    assert facts.verdict is verdict
    assert facts.history_read is bool(read or outcomes)


def test_only_an_enabled_schedule_has_a_next_fire() -> None:
    assert judged([], schedule(state=ScheduleState.DISABLED)).next_fire_at is None
    ending = judged([], schedule(end_at=NOW + 2 * HOUR))
    assert ending.next_fire_at == NOW.replace(hour=4, minute=0)
    assert ending.then_fires == (NOW.replace(hour=5, minute=0),)
    assert ending.valid_until == ending.next_fire_at


def test_gaps_are_claimed_only_where_the_runs_are_known_without_holes() -> None:
    runs = hourly("..--....-..")
    since = NOW.replace(minute=0) - 5 * HOUR

    assert marks(judged(runs)) == "..--....-.."
    assert marks(judged(runs, read_at=None)) == "........"
    facts = judge(schedule(), runs, now=NOW, read_at=NOW, runs_from=since)
    assert marks(facts) == "......-.."
    assert marks(judged(runs, schedule(updated_at=since))) == "......-.."


def test_a_schedule_that_fires_every_minute_is_not_late_for_its_usual_lag() -> None:
    every = schedule("* * * * *")
    now = NOW + timedelta(seconds=30)
    runs = []
    for n in range(2, 40):
        due = NOW - n * MINUTE + MINUTE
        runs.append(run(due - MINUTE, start=due + timedelta(seconds=65), took=MINUTE / 2))

    assert judge(every, runs, now=now, read_at=now).verdict is Verdict.OK


def test_the_share_of_good_runs_leaves_out_cancelled_ones_and_old_ones() -> None:
    assert judged(hourly("...xc")).ok_ratio == 0.75
    assert judged(hourly("c")).ok_ratio is None
    old = run(NOW - 40 * DAY, S.FAILED)
    assert judged([*hourly("..."), old]).ok_ratio == 1


def test_runs_may_come_in_any_order() -> None:
    runs = hourly("..x.--.tt.>")

    assert judged(runs) == judged(list(reversed(runs)))


def test_due_info_names_the_fire_to_look_out_for() -> None:
    fine = due_info(schedule(), hourly("." * 20), NOW)
    assert fine is not None
    assert fine.due_at == NOW.replace(hour=4, minute=0)
    assert fine.expect_by == fine.due_at + 2 * MINUTE
    assert fine.late_at == fine.due_at + 7 * MINUTE
    assert fine.missed_at == fine.due_at + 30 * MINUTE

    runs = hourly("." * 20 + "-")
    open_one = due_info(schedule(), runs, NOW)
    assert open_one is not None
    assert open_one.due_at == NOW.replace(minute=0)
    later = NOW + HOUR / 2
    again = due_info(schedule(), runs, later, read_at=NOW)
    assert again == open_one
    done = due_info(schedule(), runs, later, read_at=later)
    assert done is not None
    assert done.due_at == NOW.replace(hour=4, minute=0)


@pytest.mark.parametrize(
    "of",
    [
        schedule(state=ScheduleState.DISABLED),
        schedule("1 0 0 1 1 *"),
        schedule("0 0 30 2 *"),
        schedule(end_at=NOW - DAY),
    ],
)
def test_nothing_is_due_where_nothing_will_run(of: Schedule) -> None:
    assert due_info(of, [], NOW) is None


def test_the_list_puts_trouble_first_and_then_the_next_fire() -> None:
    def named(name: str, **changes: Any) -> Schedule:
        return schedule(**({"name": name} | changes))

    rows = {
        "six fails": (named("b"), hourly("....xxxxxx")),
        "one fail": (named("a"), hourly("....x")),
        "missed": (named("c"), hourly("....--")),
        "late": (named("d"), hourly("....-")),
        "runs": (named("e"), hourly("....>")),
        "ok soon": (named("z"), hourly("....")),
        "ok later": (named("a", cron="0 9 * * *", updated_at=NOW), hourly("....")),
        "off": (named("a", state=ScheduleState.DISABLED), []),
    }
    keys = {name: sort_key(judged(runs, of), of) for name, (of, runs) in rows.items()}

    assert sorted(keys, key=lambda name: keys[name]) == list(rows)


def test_names_decide_between_equals_whatever_their_case() -> None:
    facts = judged(hourly("...."))
    names = ["Beta", "alpha", "gamma"]

    assert sorted(names, key=lambda n: sort_key(facts, schedule(name=n))) == [
        "alpha",
        "Beta",
        "gamma",
    ]


CRONS = ("0 * * * *", "*/5 * * * *", "* * * * *", "0 2 * * *", "30 6 * * 1-5", "@once", "x")
STATES = (S.SUCCESS, S.FAILED, S.TIMEOUT, S.CANCELLED, S.RUNNING, S.QUEUED, S.UNKNOWN, S.WARNING)


@st.composite
def situations(draw: st.DrawFn) -> tuple[Schedule, list[Run], datetime, datetime | None]:
    now = NOW + timedelta(seconds=draw(st.integers(0, 86_400)))
    text = draw(st.sampled_from(CRONS))
    cron = crons.try_parse(text)
    fires = crons.previous_fires(cron, now.replace(second=0), 12) if cron else ()
    outcomes = [draw(st.sampled_from((*STATES, None))) for _ in fires]
    lag = timedelta(seconds=draw(st.integers(0, 1200)))
    runs = [
        run(slot, state, start=due + lag if draw(st.booleans()) else None, took=lag / 2)
        for slot, due, state in zip(fires, fires[1:], outcomes, strict=False)
        if state is not None
    ]
    near = st.none() | st.integers(-90_000, 90_000).map(lambda s: now + timedelta(seconds=s))
    of = schedule(
        text,
        state=draw(st.sampled_from(ScheduleState)),
        created_at=draw(st.sampled_from((None, NOW - 60 * DAY))),
        updated_at=draw(st.sampled_from((None, now - HOUR))),
        start_at=draw(near),
        end_at=draw(near),
        max_active_runs=draw(st.integers(0, 2)),
    )
    read_at = draw(st.none() | st.integers(0, 7200).map(lambda s: now - timedelta(seconds=s)))
    return of, runs, now, read_at


@given(situations(), st.floats(0, 1, exclude_max=True), st.booleans())
def test_facts_do_not_change_before_they_say_so(
    situation: tuple[Schedule, list[Run], datetime, datetime | None], share: float, ok: bool
) -> None:
    of, runs, now, read_at = situation
    facts = judged(runs, of, now=now, read_at=read_at, ok=ok)
    until = facts.valid_until or now + 400 * DAY

    assert until > now
    last = until - timedelta(microseconds=1)
    then = min(now + share * (until - now), last)
    assert judged(runs, of, now=then, read_at=read_at, ok=ok) == facts
    assert judged(runs, of, now=last, read_at=read_at, ok=ok) == facts


@given(situations())
def test_no_alarm_rests_on_data_older_than_the_expectation(
    situation: tuple[Schedule, list[Run], datetime, datetime | None],
) -> None:
    of, runs, now, read_at = situation
    facts = judged(runs, of, now=now, read_at=read_at)

    if facts.verdict in {Verdict.LATE, Verdict.MISSED, Verdict.HELD}:
        assert read_at is not None
        assert facts.since is not None
        assert read_at > facts.since
    assert len(facts.history) <= 20
    dated = [cell.due_at for cell in facts.history if cell.due_at]
    assert dated == sorted(dated)
    assert facts.next_fire_at is None or facts.next_fire_at > now
    info = due_info(of, runs, now, read_at=read_at)
    assert info is None or info.due_at <= info.expect_by <= info.late_at <= info.missed_at


@given(st.lists(st.integers(0, 10**9), max_size=6), st.text(max_size=20))
def test_no_record_makes_it_raise(times: list[int], cron: str) -> None:
    moments = [NOW - timedelta(seconds=seconds) for seconds in times]
    runs = [run(moment, S.SUCCESS, start=moment) for moment in moments]
    runs.append(Run(Ref("p", "s", Kind.RUN, "one", ""), S.ENDED, "odd"))

    for state in ScheduleState:
        judged(runs, schedule(cron, state=state))
