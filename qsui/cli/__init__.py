"""The command line: verbs, and the one place where the layers are put together.

Importing this module costs nothing; every verb imports what it needs, and the dashboard not even
click unless options are given.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from qsui.domain.errors import QsuiError

if TYPE_CHECKING:
    from collections.abc import Sequence

EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `qsui` with the process's arguments and end the process with the verb's exit code."""
    _replace_closed_streams()
    sys.exit(run(arguments))


def _replace_closed_streams() -> None:
    """Let what was started with `>&-` or `2>&-` write to nowhere.

    The lowest free descriptor is taken, so no socket or file gets the number of a closed stream.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; every failure is one sentence on stderr."""
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except OSError as error:
        # Python flushes stdout once more while it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):  # the reader has seen enough, as `head` does
            return 0
        _say(f"cannot write the output: {error.strerror or error}")
        return 1
    return code


def _run(arguments: Sequence[str] | None) -> int:
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        return _invoke(given) if given else _show_dashboard()
    except KeyboardInterrupt:
        sys.stderr.write("qsui: interrupted\n")
        return EXIT_INTERRUPTED
    except QsuiError as error:
        _say(str(error))
        return error.exit_code


def _show_dashboard() -> int:
    from qsui.cli.common import Common
    from qsui.cli.dashboard import show_dashboard

    return show_dashboard(Common())


def _invoke(given: Sequence[str]) -> int:
    import click

    from qsui.cli.root import root

    try:
        # Not `root.main`: it ends the process by itself when the reader of stdout has gone.
        with root.make_context("qsui", list(given)) as context:
            result = root.invoke(context)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        error.show()
        return error.exit_code
    return result if isinstance(result, int) else 0


def _say(sentence: str) -> None:
    """Print an error; it may hold a server's words, so every line is made harmless."""
    from qsui.present.text import printable_lines

    sys.stderr.write("qsui: " + "\n".join(printable_lines(sentence)) + "\n")
