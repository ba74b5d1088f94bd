"""Rows keep their place through refreshes; the work follows the number of changed rows."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsui.tui.row_model import RowModel


@dataclass(frozen=True, slots=True)
class Row:
    rank: int
    name: str
    size: int = 0


def model_of(count: int, *, reverse: bool = False) -> RowModel[Row]:
    model: RowModel[Row] = RowModel()
    model.set_sort(lambda row: (row.rank, row.name), reverse=reverse, group=lambda row: row.rank)
    model.apply({f"k{i:06}": Row(5, f"n{i:06}", i) for i in range(count)})
    model.rebuild_now()
    return model


def test_a_changed_sort_key_alone_moves_no_row() -> None:
    model = model_of(10)
    before = list(model.view)
    delta = model.apply({"k000003": Row(5, "zzz")})
    assert list(model.view) == before
    assert not delta.view_changed
    assert delta.changed_keys == {"k000003"}
    model.rebuild_now()
    assert model.view[-1] == "k000003"


def test_another_group_moves_the_row_by_bisection() -> None:
    model = model_of(1000)
    delta = model.apply({"k000700": Row(0, "n000700")})
    assert delta.view_changed
    assert model.view[0] == "k000700"
    assert model.index_of("k000700") == 0
    assert model.index_of("k000999") == 999


@pytest.mark.parametrize("reverse", [False, True])
def test_index_and_key_agree_in_both_directions(reverse: bool) -> None:
    model = model_of(50, reverse=reverse)
    model.apply({"x": Row(1, "x")}, ["k000010"])
    assert [model.index_of(key) for key in model.view] == list(range(model.shown))
    assert [model.key_at(i) for i in range(model.shown)] == list(model.view)
    assert model.keys_between(3, 7) == list(model.view)[3:7]
    assert model.index_of("k000010") is None
    with pytest.raises(IndexError):
        model.key_at(model.shown)


def test_equal_rows_change_nothing() -> None:
    model = model_of(20)
    assert not model.apply({"k000001": Row(5, "n000001", 1)})


def test_a_changed_row_is_tested_against_the_filter() -> None:
    model = model_of(20)
    model.set_filter(lambda row: row.size >= 10)
    model.rebuild_now()
    assert model.shown == 10
    assert model.apply({"k000001": Row(5, "n000001", 99)}).view_changed
    assert model.view[0] == "k000001"
    assert model.apply({"k000001": Row(5, "n000001", 1)}).view_changed
    assert model.shown == 10
    model.set_filter(None, only=frozenset({"k000002"}))
    model.rebuild_now()
    assert list(model.view) == ["k000002"]


def test_new_rows_wait_until_they_are_let_in() -> None:
    model = model_of(3)
    model.hold_new = True
    assert not model.apply({"a": Row(1, "a"), "b": Row(1, "b")})
    assert (model.shown, model.held_count, "a" in model) == (3, 2, True)
    model.apply({}, ["b"])
    assert model.held_count == 1
    assert model.let_in().view_changed
    assert (model.view[0], model.held_count) == ("a", 0)
    model.apply({"a": Row(1, "again")})
    assert model.held_count == 0


def test_marks_of_rows_that_go_are_dropped_and_hidden_ones_counted() -> None:
    model = model_of(5)
    model.marks |= {"k000000", "k000004"}
    model.set_filter(lambda row: row.size > 2)
    model.rebuild_now()
    assert model.hidden_marks == 1
    model.apply({}, ["k000004"])
    assert set(model.marks) == {"k000000"}


def test_without_an_order_rows_stand_as_they_came() -> None:
    model: RowModel[Row] = RowModel()
    for name in ("b", "a", "c"):
        model.apply({name: Row(1, name)})
    model.rebuild_now()
    assert list(model.view) == ["b", "a", "c"]
    model.apply({"a": Row(1, "changed")})
    model.rebuild_now()
    assert list(model.view) == ["b", "a", "c"]


@pytest.mark.parametrize("count", [1_000, 50_000])
def test_applying_200_changes_tests_and_places_only_those(count: int) -> None:
    model = model_of(count)
    model.set_filter(lambda row: row.size >= 0)
    model.rebuild_now()
    tested, keyed, rebuilds = (
        model.counters.tested,
        model.counters.keyed,
        model.counters.rebuilds,
    )
    changes = {f"k{i:06}": Row(i % 3, f"m{i}", i) for i in range(0, count, count // 200)}
    model.apply(changes)
    assert model.counters.tested - tested == len(changes)
    assert model.counters.keyed - keyed == len(changes)
    assert model.counters.rebuilds == rebuilds


def test_a_rebuild_lets_others_run_and_keeps_what_came_meanwhile() -> None:
    async def main() -> None:
        model = model_of(30_000)
        model.set_sort(lambda row: (-row.size,))
        turns = 0
        task = asyncio.create_task(model.rebuild())
        while not task.done():
            await asyncio.sleep(0)
            turns += 1
            if turns == 3:
                assert not model.apply({"late": Row(0, "late", 99_999)}, ["k000000"])
        assert (await task).rebuilt
        assert turns > 3
        assert model.view[0] == "late"
        assert model.index_of("k000000") is None

    asyncio.run(main())


def test_a_newer_rebuild_wins_and_a_cancelled_one_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("qsui.tui.row_model.SLICE_S", 0)

    async def main() -> None:
        model = model_of(10_000)
        model.set_filter(lambda row: row.size < 10)
        first = asyncio.create_task(model.rebuild())
        await asyncio.sleep(0)
        model.set_filter(lambda row: row.size < 5)
        assert await model.rebuild()
        assert not await first
        assert model.shown == 5
        model.set_filter(None)
        third = asyncio.create_task(model.rebuild())
        await asyncio.sleep(0)
        model.apply({"late": Row(0, "late")})
        third.cancel()
        with pytest.raises(asyncio.CancelledError):
            await third
        assert "late" in model

    asyncio.run(main())


_rows = st.dictionaries(
    st.sampled_from([f"k{i}" for i in range(12)]),
    st.builds(Row, st.integers(0, 3), st.sampled_from("abc"), st.integers(0, 5)),
    max_size=6,
)


@given(
    st.lists(st.tuples(_rows, st.sets(st.sampled_from([f"k{i}" for i in range(12)]))), max_size=8)
)
def test_any_changes_keep_view_index_and_filter_consistent(
    steps: list[tuple[dict[str, Row], set[str]]],
) -> None:
    model: RowModel[Row] = RowModel()
    model.set_sort(lambda row: (row.rank, row.name), group=lambda row: row.rank)
    model.set_filter(lambda row: row.size < 4)
    expected: dict[str, Row] = {}
    for upserts, removed in steps:
        model.apply(upserts, removed)
        expected = {k: v for k, v in expected.items() if k not in removed} | upserts
        assert model.items == expected
        assert set(model.view) == {k for k, v in expected.items() if v.size < 4}
        assert [model.index_of(key) for key in model.view] == list(range(model.shown))
        ranks = [expected[key].rank for key in model.view]
        assert ranks == sorted(ranks)
    stale = {key: replace(row) for key, row in expected.items()}
    assert not model.apply(stale)
