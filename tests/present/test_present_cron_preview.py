"""What the cadence editor says: words, tree, faults, fires, numbers, remarks, ruler."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsui.domain.cron import parse, try_parse
from qsui.domain.cron_effect import effect
from qsui.domain.cron_load import Load
from qsui.domain.models import Kind, Ref, Schedule
from qsui.domain.states import ScheduleState
from qsui.present import cron_preview, cron_words
from qsui.present.cron_preview import Paces, Preview
from qsui.present.cron_ruler import left_out, others_range, ruler
from qsui.present.cron_words import TREE_LINES, fault_lines, sentence, tree, typed, values_of
from qsui.present.layout import LookContext
from qsui.present.role import Role, Spans, plain
from qsui.present.signs import ASCII

NOW = datetime(2026, 6, 4, 3, 12, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
CTX = LookContext(NOW, PARIS)
MINUTES = timedelta(minutes=1)


def a_view(
    old: str = "0 2 * * *",
    new: str = "30 */6 * * *",
    *,
    load: Load | None = None,
    paces: Paces | None = None,
    ctx: LookContext = CTX,
    has_run: bool = True,
    **changes: object,
) -> Preview:
    values: dict[str, object] = {
        "ref": Ref("p", "s", Kind.SCHEDULE, "", "one"),
        "name": "one",
        "state": ScheduleState.ENABLED,
        "raw_state": "ENABLED",
        "cron": old,
    }
    schedule = Schedule(**(values | changes))  # type: ignore[arg-type]  # built from a table
    known = paces or Paces(18 * MINUTES, 31 * MINUTES)
    both = effect(schedule, try_parse(old), try_parse(new), NOW, count=8, has_run=has_run)
    return Preview(schedule, both, known, load or Load(), ctx)


def rows(lines: list[Spans]) -> list[str]:
    return [plain(line).rstrip() for line in lines]


def busy_at(text: str, others: int) -> Load:
    load = Load()
    load.add(parse(text), others)
    return load


# Beside and under the field


def test_the_tree_leads_from_each_field_to_its_values() -> None:
    assert rows(tree(typed("30 */6 * * MON-FRI"), 2, 60, CTX)) == [
        "  │  │   │ │ └───── weekday  Mon-Fri",
        "  │  │   │ └─────── month    any",
        "  │  │   └───────── day      any",
        "  │  └───────────── hour     0, 6, 12, 18",
        "  └──────────────── minute   30",
    ]


def test_the_tree_in_ascii_and_of_an_alias() -> None:
    plain_tree = "\n".join(rows(tree(typed("0 2 * * *"), 2, 60, LookContext(NOW, signs=ASCII))))
    assert plain_tree.isascii()
    assert "+---" in plain_tree
    assert rows(tree(typed("@daily"), 2, 60, CTX))[3] == " " * 20 + "hour     0"
    assert rows(tree(typed("@once"), 2, 60, CTX)) == [""] * TREE_LINES


@pytest.mark.parametrize(
    ("index", "field", "words"),
    [
        (0, "*/15", "0, 15, 30, 45"),
        (0, "0-29,45", "0-29, 45"),
        (1, "*", "any"),
        (1, "0-23", "any"),
        (3, "jan,6-8", "Jan, Jun-Aug"),
        (4, "0,6", "Sat, Sun"),
        (4, "7", "Sun"),
        (4, "*/2", "Tue, Thu, Sat, Sun"),
        (0, "*/2", "0, 2, 4, 6, 8, 10, 12 … 58"),
    ],
)
def test_values_are_named_as_people_do(index: int, field: str, words: str) -> None:
    assert values_of(index, field, 28, CTX) == words


def test_a_fault_has_its_caret_its_reason_and_what_the_field_takes() -> None:
    value = typed("30 25 * * *")
    assert value.fault is not None
    assert rows(fault_lines(value.fault, 7, 80, CTX)) == [
        " " * 10 + "^",
        " " * 7 + "hour: 25 is outside 0-23.",
        " " * 7 + "It takes *, 0-23, lists 1,3, ranges 1-3, steps */2.",
    ]


def test_a_bad_field_is_told_before_missing_ones() -> None:
    half, wrong = typed("30"), typed("30 25")
    assert half.fault is not None
    assert "1 field" in half.fault.reason
    assert wrong.fault is not None
    assert (wrong.fault.field, wrong.fault.position) == ("hour", 3)


@pytest.mark.parametrize("text", ["0 0 2 * * ?", "0 0 2 * * ? 2026", "0 0 ? * *", "0 0 L * *"])
def test_quartz_is_refused_with_an_explanation(text: str) -> None:
    value = typed(text)
    assert value.fault is not None
    said = " ".join(rows(fault_lines(value.fault, 2, 90, CTX)))
    assert "Quartz" in said


def test_words_say_what_is_valid_unchanged_or_never() -> None:
    def words(text: str, *, is_changed: bool = True, width: int = 60) -> str:
        return plain(sentence(typed(text), CTX, width, is_changed=is_changed))

    assert words("30 */6 * * *") == "at minute 30 of every 6th hour UTC   ✓ valid"
    assert words("0 2 * * *", is_changed=False) == "every day at 02:00 UTC   as now"
    assert words("0 0 30 2 *") == "! never fires: no such date"
    assert words("@once") == "once   ✓ valid"
    assert words("0 25 * * *") == "✗ not valid"
    assert (
        words("30 */6 * * *", width=30) == "at minute 30 of … UTC   ✓ valid"
        or len(words("30 */6 * * *", width=30)) <= 30
    )
    french = LookContext(NOW, PARIS, locale="fr")
    assert "lundi" in plain(sentence(typed("20 6 * * 1"), french, 80, is_changed=True))


def test_what_is_sent_and_how_it_is_put_back() -> None:
    lines = rows(cron_words.outcome_lines("0 2 * * *", typed(" 30  */6 * * *"), 12, 90, CTX))
    assert lines[0].endswith('PATCH replace /schedule/schedule "0 2 * * *" → "30 */6 * * *"')
    assert lines[1].endswith("u puts 0 2 * * * back, if nobody changed it since")


# Fires and numbers


def test_fires_are_old_and_new_in_the_order_of_time_with_local_time_and_company() -> None:
    view = a_view(load=busy_at("30 6 * * *", 3))
    assert rows(cron_preview.fires(view, 94, 6)) == [
        "Now               New               Paris      Starts with",
        "                  + Thu 04 06:30    08:30      ! 3 others",
        "                  + Thu 04 12:30    14:30      none",
        "                  + Thu 04 18:30    20:30      none",
        "                  + Fri 05 00:30    02:30      none",
        "- Fri 05 02:00    removed           04:00",
        "                  + Fri 05 06:30    08:30      ! 3 others",
    ]


def test_unchanged_fires_stand_in_both_columns_and_utc_has_no_second_time() -> None:
    view = a_view(new="0 2,14 * * *", ctx=LookContext(NOW))
    lines = rows(cron_preview.fires(view, 94, 2))
    assert lines[0].split() == ["Now", "New", "Starts", "with"]
    assert lines[2].startswith("  Fri 05 02:00      Fri 05 02:00")


def test_a_local_time_on_another_day_says_which() -> None:
    view = a_view(new="30 22 * * *")
    assert "Fri 00:30" in rows(cron_preview.fires(view, 94, 1))[1]


def test_what_is_not_valid_lists_only_the_present_fires() -> None:
    lines = rows(cron_preview.fires(a_view(new="0 25 * * *"), 94, 2))
    assert lines[1].startswith("  Fri 05 02:00")
    assert "removed" not in "".join(lines)
    assert cron_preview.numbers(a_view(new="0 25 * * *")) == []
    assert "-" not in rows(ruler(a_view(new="0 25 * * *"), 94))[2]


def test_the_numbers_before_and_after() -> None:
    found = {label: plain(value) for label, value in cron_preview.numbers(a_view())}
    assert found == {
        "Runs a day": "1 → 4",
        "Run time": "18m → 1h12 a day",
        "Overlap": "none → none",
        "": "longest run 31m, gap 6h",
        "First run": "in 3h18",
    }


def test_what_is_known_by_its_servers_words_alone_is_not_said_to_run_never() -> None:
    found = {label: plain(value) for label, value in cron_preview.numbers(a_view(old=""))}
    assert found["Runs"] == "not known → 4 a day"
    assert "Run time" not in found


def test_seldom_fires_are_counted_in_the_unit_that_fits() -> None:
    assert [cron_preview.rate_words(rate) for rate in (4, 1, 5 / 7, 1 / 7, 0.033, 0.0028, 0)] == [
        "4 a day",
        "1 a day",
        "5 a week",
        "1 a week",
        "1 a month",
        "1 a year",
        "0 a day",
    ]


def test_overlap_is_a_warning_that_says_what_the_limit_does() -> None:
    tight = a_view(new="*/15 * * * *")
    assert dict(cron_preview.numbers(tight))["Overlap"][-1] == ("usually", Role.WARN)
    assert any("the next run waits" in words for words, _ in cron_preview.remarks(tight))
    wide = a_view(new="*/15 * * * *", max_active_runs=4)
    assert any("up to 4 run at once" in words for words, _ in cron_preview.remarks(wide))
    unknown = a_view(paces=Paces(None, None))
    assert plain(dict(cron_preview.numbers(unknown))["Overlap"]) == "not known"


def said(view: Preview) -> str:
    return " | ".join(words for words, _ in cron_preview.remarks(view))


def test_remarks_on_clocks_company_ends_and_starts() -> None:
    assert said(a_view()) == "08:30 Paris is 07:30 from 25 Oct"
    assert "06:30 starts with 5 others" in said(a_view(load=busy_at("30 6 * * *", 5)))
    ends = a_view(new="0 0 1 1 *", end_at=NOW + timedelta(days=2))
    assert "! Ends before: Sat 06 Jun 03:12Z" in said(ends)
    assert plain(cron_preview.first_run(ends)) == "never, it ends before"
    assert "Off: nothing runs" in said(a_view(state=ScheduleState.DISABLED))
    assert "Begins Sun 07 Jun" in said(a_view(start_at=NOW + timedelta(days=3)))
    assert "same times as now" in said(a_view(new="0 2 */1 * *"))


def test_an_hourly_cadence_needs_no_remark_on_the_clocks() -> None:
    assert "from 25 Oct" not in said(a_view(new="30 * * * *"))
    half_past = LookContext(NOW, ZoneInfo("Australia/Lord_Howe"))  # moves by half an hour
    assert "from" in said(a_view(new="30 * * * *", ctx=half_past))


def test_never_and_once_say_why_nothing_runs() -> None:
    assert plain(cron_preview.first_run(a_view(new="0 0 30 2 *"))) == "never"
    assert plain(cron_preview.first_run(a_view(new="@once"))) == "never, it ran once already"
    assert plain(cron_preview.first_run(a_view(new="@once", has_run=False))) == "at once"


# The ruler


def test_the_ruler_marks_what_goes_and_what_comes_by_the_hour() -> None:
    load = busy_at("0 3,4 * * *", 2)
    load.add(parse("0 4 * * *"), 6)
    load.add(parse("30 12 * * *"), 3)
    scale, others, now, new = rows(ruler(a_view(load=load), 94))
    at = cron_preview.LABEL
    assert scale[at + 1 : at + 3] == "04"
    assert others[at:] == "▂█       ▃              ▂█       ▃"
    assert now[at:].index("-") == 23
    assert [place for place, sign in enumerate(new[at : at + 48]) if sign in "+!"] == list(
        range(3, 48, 6)
    )
    assert new[at + 9] == "!"


def test_the_ruler_in_ascii_counts_in_digits() -> None:
    ctx = LookContext(NOW, signs=ASCII)
    lines = rows(ruler(a_view(load=busy_at("0 4 * * *", 7), ctx=ctx), 94))
    assert "\n".join(lines).isascii()
    assert lines[1].split() == ["Others", "7", "7"]


def test_what_starts_every_minute_does_not_level_the_hours() -> None:
    load = busy_at("* * * * *", 2)
    load.add(parse("0 4 * * *"), 6)
    view = a_view(load=load)
    bars = rows(ruler(view, 94))[1][cron_preview.LABEL :]
    assert set(bars[:48]) == {"▁", "█"}
    assert bars.index("█") == 1
    assert others_range(view) == "120 to 126"


def test_no_remark_is_lost_between_ruler_and_list() -> None:
    view = a_view(
        new="*/15 * * * *",
        load=busy_at("* * * * *", 5),
        start_at=NOW + timedelta(hours=30),
        state=ScheduleState.DISABLED,
    )
    beside = "\n".join(rows(ruler(view, 94)))
    left = [words for words, _ in left_out(view, 94)]
    for words, _ in cron_preview.remarks(view):
        assert (words in beside) != (words in left)


@given(
    st.one_of(
        st.text(max_size=40),
        st.sampled_from(["* * * * *", "@once", "0 0 29 2 *", "0,1,2,3,4,5,6,7,9 1-9/2 1,3 * *"]),
    ),
    st.integers(1, 130),
    st.booleans(),
)
def test_nothing_that_is_typed_breaks_a_line_at_any_width(
    words: str,
    width: int,
    plain_signs: bool,
) -> None:
    ctx = LookContext(NOW, PARIS, signs=ASCII) if plain_signs else CTX
    value = typed(words)
    sentence(value, ctx, width, is_changed=True)
    if value.fault is not None:
        fault_lines(value.fault, 7, width, ctx)
    tree(value, 7, width, ctx)
    cron_words.now_line(words, 7, 30, width, ctx)
    cron_words.outcome_lines(words, value, 12, width, ctx)
    view = a_view(new=words, ctx=ctx)
    for line in cron_preview.fires(view, width, 6) + cron_preview.below(view, width):
        assert plain(line).isprintable()
