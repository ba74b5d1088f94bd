"""A program in a pseudo-terminal of its own, as a person runs it: keys in, bytes out, exit code.

with Terminal([sys.executable, "-m", "qsui"], env) as terminal:
    terminal.wait_for("Schedules")
    terminal.keys("q")
    assert terminal.end() == 0
    assert terminal.left_clean() == ""
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import signal
    from collections.abc import Mapping, Sequence
    from types import TracebackType

_MODE = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")
_SEQUENCE = re.compile(
    rb"\x1b(?:\[[0-9;?<>=]*[A-Za-z]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_].*?\x1b\\|.)"
)

MODES = {
    "1049": "the alternate screen",
    "1000": "mouse reports",
    "1002": "mouse drags",
    "1003": "mouse moves",
    "1006": "mouse reports",
    "1004": "focus reports",
    "2004": "bracketed paste",
    "2026": "synchronised output",
}
"""Private modes that must be off at the end; the cursor (25) must be on."""

_TAKE_TERMINAL = (
    sys.executable,
    "-ISc",
    "import os, sys; os.close(os.open(os.ttyname(0), os.O_RDWR)); "
    "os.execvp(sys.argv[1], sys.argv[1:])",
)
"""Makes standard input the controlling terminal of the new session, then becomes the program."""


class Terminal:
    """The program runs from entering to leaving the context; leaving kills what is left of it."""

    def __init__(
        self,
        command: Sequence[str],
        env: Mapping[str, str],
        *,
        columns: int = 100,
        rows: int = 30,
        cwd: Path | None = None,
    ) -> None:
        self._command = list(command)
        self._env = dict(env)
        self._size = (rows, columns)
        self._cwd = cwd
        self._lock = threading.Lock()
        self._output = bytearray()
        self._is_open = True

    def __enter__(self) -> Self:
        self._master, self._slave = pty.openpty()
        self.resize(*reversed(self._size))
        self._before = termios.tcgetattr(self._slave)
        self.process = subprocess.Popen(
            [*_TAKE_TERMINAL, *self._command],
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            env=self._env,
            cwd=self._cwd,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, name="terminal", daemon=True)
        self._reader.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        self.hang_up()

    @property
    def output(self) -> bytes:
        """Every byte that was written so far."""
        with self._lock:
            return bytes(self._output)

    @property
    def text(self) -> str:
        """The output without control sequences: the words in the order in which they came."""
        return _SEQUENCE.sub(b"", self.output).decode("utf-8", "replace")

    def wait_for(self, words: str, *, seconds: float = 20.0, after: int = 0) -> None:
        """Wait until the text beyond its first `after` characters holds the words.

        Raises:
            AssertionError: They did not come in time, or the program ended without them.
        """
        limit = time.monotonic() + seconds
        while words not in self.text[after:]:
            ended = self.process.poll() is not None and not self._reader.is_alive()
            if ended or time.monotonic() > limit:
                raise AssertionError(f"no {words!r} in {self.text[after:][-3000:]!r}")
            time.sleep(0.02)

    def settle(self, *, quiet_s: float = 0.15, seconds: float = 5.0) -> None:
        """Wait until nothing was written for a moment, or until the program has ended."""
        limit = time.monotonic() + seconds
        size, since = -1, time.monotonic()
        while time.monotonic() < limit and self.process.poll() is None:
            now = len(self.output)
            if now != size:
                size, since = now, time.monotonic()
            elif time.monotonic() - since > quiet_s:
                return
            time.sleep(0.02)

    def keys(self, keys: str) -> None:
        """Type these characters."""
        os.write(self._master, keys.encode())

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the window."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def signal(self, number: signal.Signals) -> None:
        """Send the program a signal."""
        self.process.send_signal(number)

    def hang_up(self) -> None:
        """Close the terminal, as a window that is closed does."""
        if self._is_open:
            self._is_open = False
            os.close(self._slave)
            self._reader.join(5)
            os.close(self._master)

    def end(self, *, seconds: float = 10.0) -> int:
        """Wait for the end of the program and return its exit code."""
        code = self.process.wait(seconds)
        time.sleep(0.05)  # what it wrote last is on its way through the reader
        return code

    def left_clean(self) -> str:
        """Say what a person would find wrong with the terminal now; empty if nothing."""
        state: dict[str, bool] = {}
        for match in _MODE.finditer(self.output):
            for number in match[1].decode().split(";"):
                state[number] = match[2] == b"h"
        wrong = [name for number, name in MODES.items() if state.get(number)]
        if not state.get("25", True):
            wrong.append("the cursor is hidden")
        if termios.tcgetattr(self._slave)[:4] != self._before[:4]:
            wrong.append("the line discipline is not as before")
        return ", ".join(wrong)

    def _read(self) -> None:
        while self._is_open:
            ready, _, _ = select.select([self._master], [], [], 0.1)
            if not ready:
                continue
            try:
                part = os.read(self._master, 65_536)
            except OSError:
                return
            with self._lock:
                self._output += part


def children(pid: int) -> list[int]:
    """Return the process's children, theirs included (Linux)."""
    found: list[int] = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                stat = (folder / "stat").read_text()
                if int(stat.rpartition(")")[2].split()[1]) == pid:
                    found += [int(folder.name), *children(int(folder.name))]
    return found


def is_running(pid: int) -> bool:
    """Whether the process exists and is no zombie (Linux)."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False
