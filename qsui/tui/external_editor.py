"""Edits a text in the program that a person chose: `VISUAL`, then `EDITOR`, then what is there.

`edit` blocks until the editor ends; who calls it has given the terminal away before. It never
raises: whatever goes wrong comes back as words, with the text as it was.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import FrameType

USUAL = ("vi", "nano", "vim", "emacs", "micro", "notepad")
"""Looked for, in this order, if neither variable is set."""


@dataclass(frozen=True, slots=True)
class Edited:
    """What came back. `trouble` is a sentence if it is the text as it was because of a fault."""

    text: str
    is_changed: bool = False
    trouble: str = ""


def editor_command(env: Mapping[str, str]) -> tuple[str, ...]:
    """Return the editor and its arguments; empty if none is set and none was found.

    Raises:
        ValueError: The variable cannot be split into words; the text names it and says why.
    """
    for name in ("VISUAL", "EDITOR"):
        if words := env.get(name, "").strip():
            try:
                return tuple(shlex.split(words, posix=os.name == "posix"))
            except ValueError as error:
                raise ValueError(f"{name} cannot be read: {error}") from error
    for usual in USUAL:
        if shutil.which(usual, path=env.get("PATH")):
            return (usual,)
    return ()


def editor_name(env: Mapping[str, str]) -> str:
    """Return what a button calls the editor: the program's name, or `$EDITOR` if there is none."""
    try:
        command = editor_command(env)
    except ValueError:
        return "$EDITOR"
    return Path(command[0]).name[:20] if command else "$EDITOR"


def edit(text: str, env: Mapping[str, str]) -> Edited:
    """Let a person change a text in a private file; `env` is what the editor gets."""
    try:
        command = editor_command(env)
    except ValueError as error:
        return Edited(text, trouble=f"{error}.")
    if not command:
        return Edited(text, trouble="No editor found: set VISUAL or EDITOR.")
    name = Path(command[0]).name
    try:
        with tempfile.TemporaryDirectory(prefix="qsui-", ignore_cleanup_errors=True) as folder:
            file = Path(folder) / "query.sql"
            _write(file, text)
            code = _run((*command, str(file)), env)
            if code:
                how = f"ended with {code}" if code > 0 else f"was ended by signal {-code}"
                return Edited(text, trouble=f"{name} {how}: the SQL is as before.")
            return _read(file, text, name)
    except UnicodeEncodeError:
        return Edited(text, trouble="The SQL holds characters that cannot stand in a file.")
    except FileNotFoundError:
        return Edited(text, trouble=f"Editor {name} not found: set VISUAL or EDITOR.")
    except OSError as error:
        reason = error.strerror or str(error)
        return Edited(text, trouble=f"{name} cannot be used ({reason}): the SQL is as before.")


def _write(file: Path, text: str) -> None:
    """Write the text and a line end, so that editors do not complain; for this person only."""
    content = text if not text or text.endswith("\n") else f"{text}\n"
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content.encode("utf-8"))


def _read(file: Path, before: str, name: str) -> Edited:
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return Edited(before, trouble=f"{name} left no file: the SQL is as before.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Edited(before, trouble=f"{name} wrote no UTF-8: the SQL is as before.")
    if "\r\n" not in before:
        text = text.replace("\r\n", "\n")
    for end in ("\r\n", "\n"):
        if text.endswith(end) and not before.endswith(end):
            text = text.removesuffix(end)
            break
    return Edited(text, is_changed=text != before)


def _run(command: Sequence[str], env: Mapping[str, str]) -> int:
    """Run the editor on this terminal to its end and return its exit code."""
    with (
        subprocess.Popen(command, env=dict(env)) as process,  # noqa: S603  # the person's choice
        _signals_to(process),
    ):
        return process.wait()


@contextlib.contextmanager
def _signals_to(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Keep signals from this program while the editor has the terminal.

    Ctrl+C is the editor's alone. What asks this program to end is passed on to the editor, and
    raised again once that has ended.
    """
    waiting: list[int] = []

    def end(number: int, _frame: FrameType | None) -> None:
        waiting.append(number)
        process.terminate()

    def ignore(_number: int, _frame: FrameType | None) -> None:
        """The editor got it as well."""

    asked = [getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP")]
    try:
        wakeup = signal.set_wakeup_fd(-1)
    except ValueError:  # not the main thread: signals go to another one
        yield
        return
    before = {number: signal.signal(number, end) for number in asked if number is not None}
    before[signal.SIGINT] = signal.signal(signal.SIGINT, ignore)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(wakeup)
        for number in waiting:
            signal.raise_signal(number)
