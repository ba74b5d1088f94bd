"""Values as text: harmless, cut to cells, short and unambiguous."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsui.present import text
from qsui.present.cadence import long, short

NOW = datetime(2026, 6, 4, 3, 12, 38, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain", "plain"),
        ("a\tb\r\nc", "a b  c"),
        ("\x1b]52;c;aGk=\x07", "\\x1b]52;c;aGk=\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("ev\u202eil\u2066", "ev\\u202eil\\u2066"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("lone\ud800", "lone\\ud800"),
        ("✓\ufe0f", "✓"),
        ("日本 é", "日本 é"),
        ("a\u00a0b\u2028c", "a b c"),
        ("tag\U000e0041", "tag\\U000e0041"),
    ],
)
def test_printable_shows_what_is_there_and_does_no_harm(raw: str, shown: str) -> None:
    assert text.printable(raw) == shown


@given(st.text())
def test_no_text_leaks_a_control_character(raw: str) -> None:
    for shown in (text.printable(raw), text.printable_name(raw), *text.printable_lines(raw)):
        assert all(char.isprintable() for char in shown)
        shown.encode("utf-8")


def test_a_megabyte_on_one_line_is_cut() -> None:
    assert len(text.printable("x" * 1_000_000)) == text.LINE_LIMIT + 1
    name = text.printable_name("a" * 500_000 + "b" * 500_000)
    assert (name[0], name[-1], len(name)) == ("a", "b", 400)


@given(st.text(max_size=80), st.integers(0, 30))
def test_cut_texts_never_exceed_their_width(raw: str, width: int) -> None:
    shown = text.printable(raw)
    for cut in (text.elide_end(shown, width), text.elide_middle(shown, width)):
        assert text.width_of(cut) <= width
    assert text.width_of(text.take_last_cells(shown, width)) <= width
    assert text.width_of(text.pad(text.elide_end(shown, width), width)) == width


def test_names_keep_both_ends_and_wide_characters_are_not_halved() -> None:
    assert text.elide_middle("cart_abandon_audience", 20) == "cart_aband…_audience"
    assert text.elide_middle("日本語の名前です", 9) == "日本…です"
    assert text.elide_end("日本語", 4) == "日…"
    assert text.id_short("7a3f90c2-1111-2222-3333-44445555e41b") == "7a3f90c2…e41b"
    assert text.elide_end("abcdef", 4, "~") == "abc~"


@pytest.mark.parametrize(
    ("seconds", "short_form", "exact"),
    [
        (0, "0s", "0s"),
        (42.9, "42s", "42s"),
        (372, "6m", "6m12"),
        (3600 * 3 + 7 * 60, "3h07", "3h07"),
        (86_400 * 3 + 4 * 3600, "3d04", "3d04"),
        (86_400 * 150, "150d", "150d"),
        (-5, "0s", "0s"),
    ],
)
def test_durations(seconds: float, short_form: str, exact: str) -> None:
    assert text.duration(seconds) == short_form
    assert text.duration_exact(timedelta(seconds=seconds)) == exact


def test_ages_step_by_five_seconds_then_by_minutes() -> None:
    ages = [text.age(NOW - timedelta(seconds=s), NOW) for s in (0, 17, 59, 61, 7300, 300_000, -9)]
    assert ages == ["0s", "15s", "55s", "1m", "2h", "3d", "0s"]
    assert text.until(NOW + timedelta(seconds=61), NOW) == "2m"
    assert text.until(NOW + timedelta(hours=22, minutes=47), NOW) == "22h47"
    assert text.until(NOW, NOW) == "now"


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        (datetime(2026, 6, 4, 2, 0, tzinfo=UTC), "02:00"),
        (datetime(2026, 6, 3, 2, 0, tzinfo=UTC), "Wed 02:00"),
        (datetime(2026, 6, 10, 2, 0, tzinfo=UTC), "Wed 02:00"),
        (datetime(2026, 5, 28, 2, 0, tzinfo=UTC), "28 May"),
        (datetime(2025, 11, 3, 2, 0, tzinfo=UTC), "2025-11-03"),
    ],
)
def test_moments_are_as_short_as_they_stay_clear(at: datetime, shown: str) -> None:
    assert text.moment(at, NOW) == shown


def test_times_name_their_zone() -> None:
    at = datetime(2026, 6, 5, 2, 0, tzinfo=UTC)
    assert text.moment_long(at, NOW) == "Fri 05 Jun 02:00Z"
    assert text.moment_long(at, NOW, PARIS) == "Fri 05 Jun 04:00 Paris"
    assert text.moment_long(at.replace(year=2025), NOW) == "Thu 05 Jun 2025 02:00Z"
    assert text.clock(NOW) == "03:12:38Z"
    assert text.clock_short(NOW, PARIS) == "05:12 Paris"
    assert text.day(at, NOW) == "Fri 05 Jun"


def test_counts_ratios_and_shares() -> None:
    counts = [text.count(n) for n in (0, 982, 1204, 12_000, 1_204_118, 999_999_999, 10**20)]
    assert counts == ["0", "982", "1.2k", "12k", "1.2M", "1.0G", ">999P"]
    assert text.count_exact(1_204_118) == "1,204,118"
    assert [text.ratio(r) for r in (0.34, 1.0, 12.3)] == ["0.3x", "1.0x", "12x"]
    assert [text.percent(p) for p in (0.8, 0.999, 1.0)] == ["80%", "99%", "100%"]


@given(st.integers(0, 10**22))
def test_counts_fit_five_cells(number: int) -> None:
    assert len(text.count(number)) <= 5


@pytest.mark.parametrize(
    ("cron", "words", "sentence"),
    [
        ("0 2 * * *", "every day 02:00", "every day at 02:00"),
        ("@daily", "every day 00:00", "every day at 00:00"),
        ("@hourly", "hourly at :00", "every hour"),
        ("*/30 * * * *", "every 30 min", "every 30 minutes"),
        ("* * * * *", "every minute", "every minute"),
        ("8 * * * *", "hourly at :08", "at 8 minutes past the hour"),
        ("0 */6 * * *", "every 6 hours", "every 6 hours"),
        ("30 */6 * * *", "every 6 h at :30", "at minute 30 of every 6th hour"),
        ("20 6 * * 1-5", "Mon-Fri 06:20", "at 06:20, Monday through Friday"),
        ("0 6 * * 0,6", "Sat,Sun 06:00", "at 06:00, only on Sunday and Saturday"),
        ("0 2 1 * *", "day 1 at 02:00", "at 02:00, on day 1 of the month"),
        ("0 2 4 6 *", "4 Jun 02:00", "at 02:00, on day 4 of the month, only in June"),
        ("@once", "once", "once"),
        ("0 0 12 ? * MON", "0 0 12 ? * MON", "0 0 12 ? * MON"),
        ("", "", ""),
    ],
)
def test_cadences_in_words(cron: str, words: str, sentence: str) -> None:
    assert short(cron) == words
    assert long(cron) == sentence


def test_a_cadence_reads_in_four_languages() -> None:
    assert long("20 6 * * 1-5", "fr_FR") == "à 06:20, de lundi à vendredi"
    assert long("0 0 1 6 *", "de") == "Um 00:00, am 1 Tag des Monats, nur im Juni"
    assert "月曜日" in long("20 6 * * 1-5", "ja")
    assert long("20 6 * * 1-5", "xx") == long("20 6 * * 1-5", "en")
    assert ", or at" in long("0 0 1 1 MON")


def test_more_room_gives_the_fuller_short_form() -> None:
    assert short("0 2 1 * *", 18) == "monthly on 1 02:00"
    assert text.width_of(short("1,2,3,4,5 1,2,3 * * *", 16)) <= 16


@given(st.text(max_size=40), st.integers(4, 20))
def test_any_expression_reads_as_something_harmless(cron: str, width: int) -> None:
    assert text.width_of(short(cron, width)) <= width
    assert all(char.isprintable() for char in long(cron))
