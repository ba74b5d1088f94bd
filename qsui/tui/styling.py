"""Styles are parsed once for each theme.

Textual parses every rule again for each new screen, because that has not seen the theme yet; before
the first paint that costs a sixth of the start, and later a wait at each screen's first opening.
"""

from __future__ import annotations

from textual.app import App

NEVER_STYLED = -1
"""What a screen says of itself until its widgets are styled for the first time."""


class StyledOnce(App[None]):
    """Parses when the theme is another one; a new screen is styled as it is mounted."""

    _styled_theme = ""

    def parse_for_theme(self) -> None:
        """Let the first parse be the one for the theme just chosen; call it before any."""
        self.stylesheet.set_variables(self.get_css_variables())
        self._styled_theme = self.theme

    def refresh_css(self, animate: bool = True) -> None:
        """Bring the screens up to date with the theme."""
        if self._styled_theme != self.theme:
            self._styled_theme = self.theme
            super().refresh_css(animate)
            return
        for stack in self._screen_stacks.values():
            for screen in stack:
                styled_at = screen._css_update_count  # noqa: SLF001  # there is no other way
                if styled_at not in (NEVER_STYLED, self._css_update_count):
                    self.stylesheet.update(screen, animate=animate)
                screen._css_update_count = self._css_update_count  # noqa: SLF001
