"""The three themes, and what a role looks like in the one that is in use.

Colours are named here and nowhere else. `qsui-16` keeps to the terminal's own sixteen colours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.color import Color, ColorParseError
from rich.style import Style
from textual.theme import Theme

from qsui.present.role import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

DARK: Final = "qsui-dark"
LIGHT: Final = "qsui-light"
ANSI: Final = "qsui-16"


def _theme(name: str, colours: Mapping[str, str], *, dark: bool) -> Theme:
    focus, field, on = colours["focus"], colours["field"], colours["on"]
    return Theme(
        name=name,
        primary=focus,
        secondary=colours["wait"],
        accent=colours["run"],
        success=colours["ok"],
        warning=colours["warn"],
        error=colours["error"],
        foreground=colours["text"],
        background=colours["background"],
        surface=colours["surface"],
        panel=colours["panel"],
        dark=dark,
        variables={
            "q-muted": colours["muted"],
            "q-rule": colours["rule"],
            "q-cursor": colours["cursor"],
            "q-mark": colours["mark"],
            "q-field": field,
            "q-on": on,
            "footer-key-foreground": focus,
            "border": focus,
            "border-blurred": colours["rule"],
            "block-cursor-background": colours["cursor"],
            "block-cursor-foreground": colours["text"],
            "block-cursor-text-style": "none",
            "block-cursor-blurred-background": colours["panel"],
            "block-cursor-blurred-foreground": colours["text"],
            "input-cursor-background": focus,
            "input-cursor-foreground": field,
            "input-selection-background": colours["cursor"],
            "input-selection-foreground": colours["text"],
            "screen-selection-background": colours["cursor"],
            "screen-selection-foreground": colours["text"],
        },
    )


def _ansi_theme() -> Theme:
    default = "ansi_default"
    return Theme(
        name=ANSI,
        primary="ansi_bright_blue",
        secondary="ansi_magenta",
        accent="ansi_cyan",
        success="ansi_green",
        warning="ansi_yellow",
        error="ansi_red",
        foreground=default,
        background=default,
        surface=default,
        panel=default,
        ansi=True,
        variables={
            "q-muted": default,
            "q-rule": default,
            "q-cursor": default,
            "q-mark": default,
            "q-field": default,
            "q-on": default,
            "ansi-background": default,
            "ansi-foreground": default,
            "footer-key-foreground": "ansi_bright_blue",
            "border": "ansi_bright_blue",
            "border-blurred": default,
            "block-cursor-background": default,
            "block-cursor-foreground": default,
            "block-cursor-text-style": "reverse",
            "block-cursor-blurred-background": default,
            "block-cursor-blurred-foreground": default,
            "input-cursor-background": default,
            "input-cursor-foreground": default,
            "screen-selection-background": "ansi_cyan",
            "screen-selection-foreground": "ansi_black",
        },
    )


_DARK_COLOURS = {
    "text": "#dfe2e7",
    "muted": "#a2abb8",
    "ok": "#74c69d",
    "warn": "#f2b84b",
    "error": "#ff8a75",
    "run": "#56cfe1",
    "wait": "#bfaaff",
    "focus": "#8ab8ff",
    "rule": "#667180",
    "background": "#14171b",
    "surface": "#1b1f24",
    "panel": "#23282f",
    "cursor": "#222e58",
    "mark": "#3d2a4f",
    "field": "#0c0d0f",
    "on": "#111317",
}
_LIGHT_COLOURS = {
    "text": "#20242a",
    "muted": "#545c68",
    "ok": "#0b6846",
    "warn": "#6f4400",
    "error": "#b0103a",
    "run": "#0063a0",
    "wait": "#5a2ca0",
    "focus": "#1d54bd",
    "rule": "#858f9d",
    "background": "#fcfcfc",
    "surface": "#f4f5f6",
    "panel": "#e9ebee",
    "cursor": "#dbe8fd",
    "mark": "#ede5fc",
    "field": "#ffffff",
    "on": "#ffffff",
}


def themes() -> tuple[Theme, ...]:
    """Return the themes to register, the default first."""
    return (
        _theme(DARK, _DARK_COLOURS, dark=True),
        _theme(LIGHT, _LIGHT_COLOURS, dark=False),
        _ansi_theme(),
    )


_VARIABLE_OF = {
    Role.TEXT: "foreground",
    Role.STRONG: "foreground",
    Role.MUTED: "q-muted",
    Role.HEAD: "q-muted",
    Role.OK: "success",
    Role.WARN: "warning",
    Role.ERROR: "error",
    Role.RUN: "accent",
    Role.WAIT: "secondary",
    Role.FOCUS: "primary",
    Role.TITLE: "primary",
    Role.RULE: "q-rule",
    Role.CHIP_FILTER: "secondary",
}
_CHIP_GROUND = {
    Role.CHIP_FOCUS: "primary",
    Role.CHIP_WARN: "warning",
    Role.CHIP_ERROR: "error",
}
_BOLD = {Role.WARN, Role.ERROR, Role.STRONG, Role.TITLE, *_CHIP_GROUND}


def role_styles(
    theme_variables: Mapping[str, str], *, no_color: bool = False, ansi: bool = False
) -> Mapping[Role, Style]:
    """Return the style of every role; the variables are `App.theme_variables`.

    Only chips bring a ground. With `no_color` what is left is bold, reverse and underline.
    """
    return {
        role: _no_colour_style(role) if no_color else _role_style(role, theme_variables, ansi=ansi)
        for role in Role
    }


def _no_colour_style(role: Role) -> Style:
    chip = role in _CHIP_GROUND or role is Role.CHIP_FILTER
    return Style(
        bold=role in _BOLD or role is Role.FOCUS or None,
        reverse=(chip and role is not Role.CHIP_FILTER) or None,
        underline=role is Role.HEAD or None,
    )


def _role_style(role: Role, variables: Mapping[str, str], *, ansi: bool) -> Style:
    bold = role in _BOLD or None
    if role is Role.CHIP_FILTER:
        ground = None if ansi else colour(variables.get("q-mark", ""))
        return Style(color=colour(variables.get("secondary", "")), bgcolor=ground, bold=True)
    if role in _CHIP_GROUND:
        fill = colour(variables.get(_CHIP_GROUND[role], ""))
        if ansi:
            return Style(color=fill, reverse=True, bold=bold)
        return Style(color=colour(variables.get("q-on", "")), bgcolor=fill, bold=bold)
    return Style(color=colour(variables.get(_VARIABLE_OF[role], "")), bold=bold)


@dataclass(frozen=True, slots=True)
class Grounds:
    """What lies under the text of a list: the list's own ground, the cursor row, marked rows.

    `is_flat` is true where no coloured grounds exist: the cursor row is then reversed.
    """

    base: Style
    cursor: Style
    mark: Style
    is_flat: bool = False


def grounds(
    theme_variables: Mapping[str, str],
    *,
    no_color: bool = False,
    ansi: bool = False,
    base: str = "background",
) -> Grounds:
    """Return the grounds of a list that lies on the theme variable `base`."""
    if no_color or ansi:
        return Grounds(Style(), Style(reverse=True), Style(), is_flat=True)
    return Grounds(
        Style(bgcolor=colour(theme_variables.get(base, ""))),
        Style(bgcolor=colour(theme_variables.get("q-cursor", ""))),
        Style(bgcolor=colour(theme_variables.get("q-mark", ""))),
    )


def colour(value: str) -> Color | None:
    """Read a theme variable: `#rrggbb` or `ansi_red`; `None` for a blend or `transparent`."""
    name = value.strip().lower()
    if name.startswith("ansi_"):
        name = name.removeprefix("ansi_")
    try:
        return Color.parse(name)
    except ColorParseError:
        return None
