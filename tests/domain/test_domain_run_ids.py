"""Run ids in either spelling name the same slot, and no text is fatal."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsui.domain import run_ids

SCHEDULED = "c2NoZWR1bGVkX18yMDIwLTAxLTA4VDEyOjMwOjAwKzAwOjAw"
MANUAL = base64.b64encode(b"manual__2020-01-08T12:30:00+00:00").decode()
WORDS = st.sampled_from(["scheduled", "manual", "backfill_x"])


def test_a_known_id_is_read_in_both_spellings() -> None:
    decoded = "scheduled__2020-01-08T12:30:00+00:00"

    assert run_ids.decoded(SCHEDULED) == run_ids.decoded(decoded) == decoded
    assert run_ids.encoded(decoded) == run_ids.encoded(SCHEDULED) == SCHEDULED
    assert run_ids.slot_of(decoded) == datetime(2020, 1, 8, 12, 30, tzinfo=UTC)


def test_padding_and_spelling_do_not_tell_runs_apart_but_slots_do() -> None:
    assert run_ids.is_same(SCHEDULED, run_ids.decoded(SCHEDULED))
    assert run_ids.is_same(MANUAL, MANUAL.rstrip("="))
    assert not run_ids.is_same(SCHEDULED, MANUAL)
    assert not run_ids.is_same("", "")


@given(WORDS, st.datetimes(datetime(1970, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_every_slot_comes_back_from_its_id(word: str, slot: datetime) -> None:
    decoded = f"{word}__{slot.isoformat()}"
    encoded = run_ids.encoded(decoded)

    assert encoded != decoded
    assert run_ids.decoded(encoded) == decoded
    assert run_ids.decoded(encoded.rstrip("=").replace("+", "-").replace("/", "_")) == decoded
    assert run_ids.encoded(encoded) == encoded
    assert run_ids.slot_of(decoded) == slot


@pytest.mark.parametrize(
    ("time", "slot"),
    [
        ("2020-01-08T12:30:00", datetime(2020, 1, 8, 12, 30, tzinfo=UTC)),
        ("2020-01-08T12:30:00Z", datetime(2020, 1, 8, 12, 30, tzinfo=UTC)),
        ("2020-01-08T14:30:00+02:00", datetime(2020, 1, 8, 12, 30, tzinfo=UTC)),
        ("0001-01-01T00:00:00+02:00", None),
        ("1969-12-31T23:59:59+00:00", None),
        ("9999-12-31T00:00:00+00:00", None),
        ("2020-01-08 soon", None),
        ("", None),
    ],
)
def test_a_slot_is_utc_unless_it_says_otherwise(time: str, slot: datetime | None) -> None:
    assert run_ids.slot_of(f"scheduled__{time}") == slot


@pytest.mark.parametrize(
    "junk",
    ["", "c2No", "****", "\ud800", "abc=def", "é" * 8, base64.b64encode(b"\xff\x00").decode()],
)
def test_what_is_no_run_id_stays_as_it_is(junk: str) -> None:
    assert run_ids.decoded(junk) == ""
    assert run_ids.encoded(junk) == junk
    assert run_ids.slot_of(run_ids.decoded(junk)) is None
