"""Pieces of text set in lines."""

from __future__ import annotations

from qsui.present.role import Role, Spans, plain
from qsui.tui.widgets.lines import pack


def pieces(*words: str) -> list[Spans]:
    return [((word, Role.TEXT),) for word in words]


def test_a_piece_goes_to_the_next_line_whole() -> None:
    lines = pack(pieces("failed", "waited 4s", "by j.dupont"), 22)
    assert [plain(line) for line in lines] == ["failed   waited 4s", "by j.dupont"]
    assert [plain(line) for line in pack(pieces("a", "b"), 5)] == ["a   b"]


def test_only_what_no_line_can_hold_is_broken() -> None:
    lines = [plain(line) for line in pack(pieces("ok", "by a very long name"), 10)]
    assert lines[0] == "ok"
    assert "".join(lines[1:]).replace(" ", "") == "byaverylongname"
    assert all(len(line) <= 10 for line in lines)
