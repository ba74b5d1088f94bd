"""The styles behind the colour roles, for widgets that draw strips themselves."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from qsui.tui.themes import role_styles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.style import Style
    from textual.app import App

    from qsui.present.role import Role

_cache: dict[tuple[str, bool, bool], Mapping[Role, Style]] = {}


def roles_of(app: App[Any]) -> Mapping[Role, Style]:
    """Return the style of each role under the app's present theme and colour depth."""
    key = (app.theme, app.no_color, app.native_ansi_color)
    styles = _cache.get(key)
    if styles is None:
        styles = _cache[key] = role_styles(
            app.theme_variables, no_color=app.no_color, ansi=app.native_ansi_color
        )
    return styles


def theme_for_terminal() -> str:
    """Return the dark theme, or the 16-colour one where the terminal claims fewer than 256."""
    if os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "qsui-dark"
    term = os.environ.get("TERM", "")
    modern = ("256color", "direct", "kitty", "alacritty", "ghostty", "wezterm")
    return "qsui-dark" if any(word in term for word in modern) else "qsui-16"
