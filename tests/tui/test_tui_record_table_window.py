"""The arithmetic of a list's window: the cursor is always in it, and no line is wasted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qsui.tui.widgets.table_window import Window

steps = st.lists(
    st.tuples(st.sampled_from(["go", "turn", "half", "scroll"]), st.integers(-60, 60)), max_size=20
)


@given(st.integers(0, 12), st.integers(1, 60), steps)
def test_whatever_a_person_does_the_cursor_is_on_screen(
    height: int, count: int, moves: list[tuple[str, int]]
) -> None:
    window = Window(height, count)
    for kind, amount in moves:
        if kind == "go":
            window.go(window.cursor + amount)
        elif kind == "scroll":
            window.scroll(amount)
        else:
            window.turn(1 if amount > 0 else -1, 2 if kind == "half" else 1)
        assert 0 <= window.cursor < count
        assert window.top >= 0
        if window.room:
            assert 0 <= window.line < window.page()
        if window.room > 3:
            assert window.top <= max(0, count - window.room) or window.cursor == window.top


def test_rows_that_go_above_leave_the_cursor_on_its_line() -> None:
    window = Window(20, 100)
    window.go(5)
    window.keep_line(2)
    assert (window.line, window.top) == (5, -3)
    window.go(3)
    assert (window.top, window.line) == (0, 3)


def test_the_last_line_says_how_many_follow_unless_none_does() -> None:
    assert Window(20, 19).below == 0
    assert Window(20, 20).below == 2
    assert Window(20, 20, top=1).below == 0
    assert Window(3, 50).below == 0
