"""Scenes hold what they promise, at whatever time of day they are started."""

from __future__ import annotations

import re
import threading
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from qsui.emulator import shop_texts
from qsui.emulator.cron import parse
from qsui.emulator.lake import Lake, split_statements
from qsui.emulator.scenes import QuerySeed, ScheduleSeed, TemplateSeed, build, names
from qsui.emulator.shop_schedules import Dial

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 6, 4, 3, 12, 38, tzinfo=UTC)
MOMENTS = (
    NOW,
    datetime(2026, 6, 4, 0, 0, tzinfo=UTC),
    datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC),
    datetime(2026, 6, 7, 4, 31, 20, tzinfo=UTC),
    datetime(2026, 3, 1, 22, 20, 1, tzinfo=UTC),
)
HEAVY = "product_affinity"  # keeps the engine busy for seconds, so it is never run to its end
MINUTE_US = 60_000_000
SESSION = re.compile(r"sessionId: \S+")


@pytest.fixture(scope="module")
def lake() -> Iterator[Lake]:
    lake = Lake()
    yield lake
    lake.close()


def demo(now: datetime = NOW) -> dict[str, ScheduleSeed]:
    return {seed.name: seed for seed in build("demo", now=now).schedules}


def failure(lake: Lake, sql: str) -> tuple[int, str, str]:
    """Number of the failing statement (-1: none), its code and its message."""
    for number, statement in enumerate(split_statements(sql)):
        outcome = lake.prepare(statement).run()
        assert not outcome.killed
        if outcome.error:
            return number, outcome.error.code, outcome.error.message
    return -1, "", ""


# The texts


@pytest.mark.parametrize("name", [one for one in shop_texts.names() if one != HEAVY])
def test_texts_run_again_and_again_or_fail_as_intended(lake: Lake, name: str) -> None:
    expected = shop_texts.FAILING.get(name, "")
    for _ in range(2):
        number, code, message = failure(lake, shop_texts.sql(name))
        assert code == expected, message
        if expected:
            said = shop_texts.past_error(name)
            assert SESSION.sub("", message) == SESSION.sub("", said.message)
            assert said.code == code
    if name == "customer_360":
        assert number == 1


def test_the_heavy_text_is_valid_and_can_be_stopped(lake: Lake) -> None:
    text = shop_texts.sql(HEAVY)
    assert lake.prepare(f"EXPLAIN {text}").run().error is None
    execution = lake.prepare(text)
    timer = threading.Timer(0.02, execution.cancel)
    timer.start()
    assert execution.run().killed
    timer.join()


def test_one_delivery_of_prices_in_seven_is_bad() -> None:
    lake = Lake()
    text = shop_texts.sql("partner_price_load")
    results = [failure(lake, text) for _ in range(30)]
    lake.close()
    bad = [number for number, (_, code, _) in enumerate(results) if code]
    assert bad == [5, 12, 19, 26]
    at, code, message = results[5]
    said = shop_texts.past_error("partner_price_load")
    assert (at, code) == (1, "58000")
    assert SESSION.sub("", message) == SESSION.sub("", said.message)


def test_texts_are_of_a_believable_length() -> None:
    for name in shop_texts.names():
        lines = shop_texts.sql(name).count("\n") + 1
        assert 3 <= lines <= 40 or name == "pricing_rules_wide", name
    assert shop_texts.sql("pricing_rules_wide").count("\n") > 300
    assert not shop_texts.sql("kundenwert_größe").isascii()
    with pytest.raises(KeyError):
        shop_texts.sql("../errors")


@pytest.mark.parametrize("template", build("demo", now=NOW).templates, ids=lambda one: one.name)
def test_templates_run_with_their_usual_values(lake: Lake, template: TemplateSeed) -> None:
    text = template.sql
    for key, value in template.parameters.items():
        text = text.replace(f"${key}", value)
    assert failure(lake, text) == (-1, "", "")


def test_successful_queries_of_the_demo_run(lake: Lake) -> None:
    fine = {
        query.sql
        for query in build("demo", now=NOW).queries
        if query.state == "SUCCESS" and not query.hidden
    }
    for text in sorted(fine):
        assert failure(lake, text) == (-1, "", ""), text


def test_failed_queries_of_the_demo_fail_for_the_reason_they_give(lake: Lake) -> None:
    for query in build("demo", now=NOW).queries:
        if query.state != "FAILED" or query.sql == "SELECT 1":
            continue
        assert query.error is not None
        _, code, message = failure(lake, query.sql)
        assert code == query.error.code, query.sql
        assert SESSION.sub("", message).startswith(SESSION.sub("", query.error.message)[:150])


# The demo


@pytest.mark.parametrize("now", MOMENTS)
def test_the_demo_has_about_forty_schedules_with_distinct_names_and_valid_crons(
    now: datetime,
) -> None:
    seeds = build("demo", now=now).schedules
    assert 38 <= len(seeds) <= 45
    assert len({seed.name for seed in seeds}) == len(seeds)
    assert len({seed.owner for seed in seeds}) >= 5
    for seed in seeds:
        assert parse(seed.cron).after(0) is not None


def test_three_fire_every_minute_with_different_durations() -> None:
    often = [seed for seed in demo().values() if seed.cron == "* * * * *"]
    assert len(often) == 3
    assert len({seed.base_s for seed in often}) == 3


def test_the_demo_shows_every_kind_of_trouble() -> None:
    seeds = demo()
    assert seeds["daily_profile_merge"].history == "xxxxxx"
    assert seeds["currency_report"].history[-3:] == "xx"
    assert seeds["web_events_ctas"].late_by_s == float("inf")
    assert 0 < seeds["loyalty_dedupe"].late_by_s < 30 * 60
    slow = seeds["segment_export"]
    assert slow.running_for_s is not None
    assert slow.running_for_s > 3 * slow.base_s
    assert slow.base_s * slow.slow_factor_now > slow.running_for_s + 3600
    assert seeds["old_backfill"].state == "DISABLED"
    assert seeds["churn_features"].dies_early
    assert seeds["attribution_rebuild"].history.endswith("t")
    ended = seeds["summer_sale_report"].end_in_s
    assert ended is not None
    assert ended < 0
    assert [seed.name for seed in seeds.values() if seed.heavy] == [HEAVY]
    texts = {seed.past_error.message for seed in seeds.values() if seed.past_error}
    assert len(texts) >= 7


def test_what_failed_before_still_fails_and_nothing_else_does() -> None:
    for seed in demo().values():
        broken = seed.name in shop_texts.FAILING
        assert not broken or seed.past_error is not None
        if seed.history.endswith("x"):
            assert broken or seed.dies_early


@pytest.mark.parametrize("now", MOMENTS)
def test_late_and_missed_runs_were_due_when_they_should(now: datetime) -> None:
    at = int(now.timestamp()) * 1_000_000
    seeds = demo(now)
    for name, minutes in (("loyalty_dedupe", 14), ("web_events_ctas", 51)):
        due = parse(seeds[name].cron).at_or_before(at)
        assert due is not None
        assert minutes <= (at - due) / MINUTE_US < minutes + 1


@pytest.mark.parametrize("now", MOMENTS)
def test_runs_in_progress_began_after_they_were_due(now: datetime) -> None:
    at = int(now.timestamp()) * 1_000_000
    for seed in demo(now).values():
        if seed.running_for_s is not None:
            start = at - int(seed.running_for_s * 1_000_000)
            due = parse(seed.cron).at_or_before(start)
            assert due is not None
            assert (start - due) / 1e6 <= 125, seed.name


@pytest.mark.parametrize("now", MOMENTS)
def test_rare_schedules_keep_clear_of_the_first_minutes(now: datetime) -> None:
    at = int(now.timestamp()) * 1_000_000
    for seed in demo(now).values():
        if seed.cron.split()[1] != "*":
            fire = parse(seed.cron).after(at - 55 * MINUTE_US)
            assert fire is None or fire > at + 25 * MINUTE_US, seed.name


def test_a_dial_writes_crons_around_now() -> None:
    dial = Dial(NOW)
    assert dial.hourly(-14) == "58 * * * *"
    assert dial.hourly(48) == "0 * * * *"
    assert dial.every(30, -42) == "0,30 * * * *"
    assert dial.every(15, 0) == "12,27,42,57 * * * *"
    assert dial.daily(2, 0) == "0 2 * * *"
    assert dial.daily(3, 20, "* * 1-5") == "20 5 * * 1-5"
    assert Dial(datetime(2026, 6, 4, 23, 50, tzinfo=UTC)).daily(23, 55) == "55 1 * * *"


def test_about_sixty_queries_of_a_day_in_every_state() -> None:
    queries = build("demo", now=NOW).queries
    assert 55 <= len(queries) <= 70
    assert all(0 < query.created_s_ago < 86_400 for query in queries)
    states = {query.state for query in queries}
    assert states == {"SUCCESS", "FAILED", "KILLED", "TIMEOUT", "IN_PROGRESS"}
    assert {"Power BI", "psql", "Adobe Query Service UI"} <= {query.client for query in queries}
    assert sum(query.hidden for query in queries) >= 3
    for query in queries:
        assert (query.error is not None) == (query.state in {"FAILED", "TIMEOUT"})


# The others


def test_every_scene_can_be_built_twice_alike() -> None:
    for name in names():
        assert build(name, now=NOW) == build(name, now=NOW)
        assert build(name).name == name


def test_an_unknown_scene_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"unknown scene 'nope'; known: demo, .*scale"):
        build("nope")


def test_scale_has_the_sizes_asked_for() -> None:
    scene = build("scale", schedules=2000, runs=5, queries=300)
    assert (len(scene.schedules), len(scene.queries), scene.history_days) == (2000, 300, 6)
    assert len({seed.name for seed in scene.schedules}) == 2000
    failing = [seed for seed in scene.schedules if "x" in seed.history]
    assert len(failing) == 20
    minutes = {seed.cron.split()[0] for seed in scene.schedules}
    assert len(minutes) == 60
    assert build("scale", schedules=0, queries=0).schedules == ()
    with pytest.raises(ValueError, match="negative"):
        build("scale", schedules=-1)


def test_quiet_is_quiet_and_empty_is_empty() -> None:
    quiet = build("quiet", now=NOW)
    assert all(not seed.history and seed.past_error is None for seed in quiet.schedules)
    assert {query.state for query in quiet.queries} == {"SUCCESS"}
    empty = build("empty")
    assert (empty.schedules, empty.queries, empty.templates) == ((), (), ())


def test_trouble_stands_still_and_registers_one() -> None:
    trouble = build("trouble", now=NOW)
    assert trouble.visitor is None
    assert not [seed for seed in trouble.schedules if seed.cron == "* * * * *"]
    assert [seed.name for seed in trouble.schedules if seed.state == "REGISTERING"] == [
        "new_audience"
    ]


def test_seeds_are_frozen() -> None:
    query = QuerySeed("SELECT 1", "psql", "x", 1)
    with pytest.raises(FrozenInstanceError):
        query.sql = "SELECT 2"  # type: ignore[misc] # the point of the test
