"""Run the dashboard in this terminal; the one function the command line calls."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qsui.tui.options import DashboardOptions


def run(options: DashboardOptions) -> int:
    """Show the dashboard until it is left and return the exit code of the process.

    0 after `q`, 143 and 129 after SIGTERM and SIGHUP, 2 to 4 if the session could not be opened
    (its sentence goes to stderr once the terminal is restored).
    """
    gc.disable()  # `QsuiApp` collects garbage from its first paint on
    from qsui.tui.app import QsuiApp

    _tell_colours(wanted=not options.no_color)
    app = QsuiApp(options)
    app.run(mouse=True)
    if app.closing_words:
        sys.stderr.write(f"qsui: {app.closing_words}\n")
    return app.return_code or 0


def _tell_colours(*, wanted: bool) -> None:
    """Textual reads `NO_COLOR` itself, and takes an empty one for a wish as well."""
    if wanted:
        os.environ.pop("NO_COLOR", None)
    else:
        os.environ["NO_COLOR"] = "1"
