"""Every role can be read on every ground, in truecolor and in 256 colours."""

from __future__ import annotations

import asyncio
import colorsys
from typing import TYPE_CHECKING

import pytest
from rich.color import Color, ColorSystem
from rich.style import Style
from textual.app import App, ComposeResult
from textual.widgets import Input, Label, Tree

from qsui.present.role import Role
from qsui.tui.themes import colour, grounds, role_styles, themes

if TYPE_CHECKING:
    from textual.theme import Theme

DARK, LIGHT, ANSI = themes()
GROUNDS = ("background", "surface", "panel", "q-cursor", "q-mark", "q-field")
WORST = {
    DARK.name: {
        "foreground": 9.8,
        "q-muted": 5.5,
        "success": 6.3,
        "warning": 7.1,
        "error": 5.6,
        "accent": 7.0,
        "secondary": 6.3,
        "primary": 6.3,
    },
    LIGHT.name: {
        "foreground": 12.6,
        "q-muted": 5.5,
        "success": 5.5,
        "warning": 6.8,
        "error": 5.7,
        "accent": 5.2,
        "secondary": 7.4,
        "primary": 5.6,
    },
}


def value(theme: Theme, name: str) -> str:
    return theme.variables.get(name) or str(getattr(theme, name))


def luminance(rgb: tuple[int, int, int]) -> float:
    def linear(part: int) -> float:
        share = part / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(part) for part in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: tuple[int, int, int], two: tuple[int, int, int]) -> float:
    light, dark = sorted((luminance(one), luminance(two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def seen(text: str, *, in_256: bool) -> tuple[int, int, int]:
    shown = colour(text)
    assert shown is not None
    if in_256:
        shown = shown.downgrade(ColorSystem.EIGHT_BIT)
    triplet = shown.get_truecolor()
    return (triplet.red, triplet.green, triplet.blue)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("in_256", [False, True], ids=["truecolor", "256"])
def test_text_roles_reach_4_5_on_every_ground(theme: Theme, in_256: bool) -> None:
    for name in WORST[theme.name]:
        for ground in GROUNDS:
            ratio = contrast(
                seen(value(theme, name), in_256=in_256), seen(value(theme, ground), in_256=in_256)
            )
            assert ratio >= 4.5, (name, ground, ratio)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_the_worst_contrasts_are_as_designed(theme: Theme) -> None:
    for name, designed in WORST[theme.name].items():
        worst = min(
            contrast(
                seen(value(theme, name), in_256=False), seen(value(theme, ground), in_256=False)
            )
            for ground in GROUNDS
        )
        assert worst == pytest.approx(designed, abs=0.06), name
    rule = contrast(
        seen(value(theme, "q-rule"), in_256=False), seen(value(theme, "background"), in_256=False)
    )
    assert rule >= 3
    for chip in ("primary", "warning", "error"):
        on = contrast(
            seen(value(theme, "q-on"), in_256=False), seen(value(theme, chip), in_256=False)
        )
        assert on >= 6.2, chip


def test_greys_take_the_grey_ramp_in_256_colours() -> None:
    for name in ("foreground", "q-muted", "q-rule", "background", "surface", "panel"):
        red, green, blue = seen(value(DARK, name), in_256=False)
        assert colorsys.rgb_to_hls(red / 255, green / 255, blue / 255)[2] < 0.15, name
        number = Color.from_rgb(red, green, blue).downgrade(ColorSystem.EIGHT_BIT).number
        assert number is not None
        assert number >= 232 or number in (16, 231), name


def test_every_role_has_a_style_and_errors_are_bold() -> None:
    for no_color, ansi in ((False, False), (False, True), (True, True)):
        styles = role_styles(_variables(ANSI if ansi else DARK), no_color=no_color, ansi=ansi)
        assert set(styles) == set(Role)
        assert styles[Role.ERROR].bold
        assert styles[Role.WARN].bold
        assert not styles[Role.TEXT].bold


def test_without_colour_bold_reverse_and_underline_are_left() -> None:
    styles = role_styles({}, no_color=True)
    assert all(style.color is None and style.bgcolor is None for style in styles.values())
    assert styles[Role.CHIP_ERROR].reverse
    assert styles[Role.HEAD].underline
    assert styles[Role.FOCUS].bold
    assert grounds({}, no_color=True).cursor == Style(reverse=True)


def _near(one: Color | None, two: Color | None) -> bool:
    """Whether two colours are the same but for the rounding that Textual does."""
    assert one is not None
    assert two is not None
    if one.triplet is None or two.triplet is None:
        return one == two
    return all(abs(a - b) <= 1 for a, b in zip(one.triplet, two.triplet, strict=True))


def _variables(theme: Theme) -> dict[str, str]:
    names = ("foreground", "success", "warning", "error", "accent", "secondary", "primary")
    known = {name: str(getattr(theme, name)) for name in (*names, "background")}
    return known | theme.variables


@pytest.mark.parametrize("theme", [DARK, LIGHT, ANSI], ids=lambda theme: theme.name)
def test_an_app_starts_and_paints_in_every_theme(theme: Theme) -> None:
    class Small(App[None]):
        def compose(self) -> ComposeResult:
            yield Label("text")
            yield Input("field")
            yield Tree("tree")

    async def main() -> None:
        app = Small()
        for known in themes():
            app.register_theme(known)
        async with app.run_test(size=(40, 10)) as pilot:
            app.theme = theme.name
            await pilot.pause()
            styles = role_styles(app.theme_variables, ansi=theme.ansi)
            assert _near(styles[Role.ERROR].color, colour(str(theme.error)))
            assert styles[Role.MUTED].color == colour(theme.variables["q-muted"])

    asyncio.run(main())
