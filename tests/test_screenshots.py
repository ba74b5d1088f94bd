"""The pictures of the README: drawn by the program itself on the emulator, and never out of date.

`UPDATE_SCREENSHOTS=1 pytest tests/test_screenshots.py -n 0` draws them anew.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.dashboard import Dashboard
from tests.support.quiet import quietly

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).resolve().parent.parent / "screenshots"
README = FOLDER.parent / "README.md"


@dataclass(frozen=True, slots=True)
class Picture:
    """One file: the question that it answers, the size of the window and the keys to get there.

    With `both` an Alteryx Server is live beside Query Service.
    """

    file: str
    title: str
    size: tuple[int, int]
    keys: tuple[str, ...] = ()
    plain: bool = False
    opens: str = ""
    both: bool = False


FIND_MERGE = ("slash", *"name:daily_profile_merge", "enter")
FIND_LATE = ("slash", *"late", "enter")
PICTURES = (
    Picture("schedules-160x45.svg", "What failed tonight, and why?", (160, 45)),
    Picture("run-failure-120x36.svg", "What broke in this run?", (120, 36), (*FIND_MERGE, "m")),
    Picture("runs-120x36.svg", "Since when does it fail?", (120, 36), (*FIND_MERGE, "enter")),
    Picture(
        "trigger-80x24.svg",
        "Run it again, safely?",
        (80, 24),
        (*FIND_LATE, "t"),
        opens="Type the sandbox name",
    ),
    Picture(
        "cadence-120x36.svg",
        "What would another cadence change?",
        (120, 36),
        (*FIND_MERGE, "e", *"30 */6 * * *"),
        opens="Runs a day",
    ),
    Picture("queries-120x36.svg", "Who asks what, and how long does it take?", (120, 36), ("4",)),
    Picture("both-160x45.svg", "Which of both systems needs me?", (160, 45), both=True),
    Picture("jobs-120x36.svg", "What waits behind what?", (120, 36), ("5",), both=True),
    Picture(
        "job-120x36.svg",
        "Which tool broke a job that reads Completed?",
        (120, 36),
        ("5", "enter"),
        opens="Error SQLExecute",
        both=True,
    ),
    Picture("ascii-80x24.svg", "The same over a bare line", (80, 24), plain=True),
)


def draw(picture: Picture) -> str:
    """Return the SVG of a bad night, a moment after the dashboard was opened."""
    dash = Dashboard(
        size=picture.size,
        ascii=picture.plain,
        no_color=picture.plain,
        read_only=False,
        production=True,
        alteryx="trouble" if picture.both else None,
    )

    async def main() -> str:
        async with dash.running() as pilot:
            for key in picture.keys:
                await dash.press(pilot, key)
                if picture.both:  # what a screen of jobs asks for is read when it is shown
                    await dash.sync(pilot)
            await dash.until(pilot, lambda: picture.opens in dash.text)
            return dash.app.export_screenshot(title=f"qsui · {picture.title}")

    return asyncio.run(main())


@pytest.fixture(autouse=True)
def _quietly(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with quietly(monkeypatch):
        yield


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.file)
def test_the_screenshot_shows_what_the_program_draws(
    picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    wants_update = bool(os.environ.get("UPDATE_SCREENSHOTS"))
    if picture.plain:
        monkeypatch.setenv("NO_COLOR", "1")
    path, drawn = FOLDER / picture.file, draw(picture)
    if wants_update:
        path.write_text(drawn, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == drawn


def test_the_readme_shows_every_screenshot_and_no_other() -> None:
    text = README.read_text(encoding="utf-8")
    for picture in PICTURES:
        assert f"![{picture.title}](screenshots/{picture.file})" in text
    assert {path.name for path in FOLDER.glob("*.svg")} == {item.file for item in PICTURES}
