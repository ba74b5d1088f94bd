"""A terminal program measured from outside: keys in, stamped bytes out, figures from /proc.

    with PtyRun([sys.executable, "-m", "qsui"], env) as run:
        shown_s = run.wait_for(b"Schedules")
        run.settle()
        press = run.press(DOWN)
        ended_s = run.quit(b"q")

It needs Linux. Nothing is drawn: words are looked for in what the program wrote, and a key counts
as answered when printable text came after it. The terminal says that it has no synchronized output,
so that what was written is what is seen.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import statistics
import struct
import subprocess
import termios
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

COLUMNS, ROWS = 120, 40
DOWN, PAGE_DOWN, PAGE_UP = b"\x1b[B", b"\x1b[6~", b"\x1b[5~"
REPAINT = b"\x0c"
QUIET_S = 0.06
_PAGE = os.sysconf("SC_PAGE_SIZE")
_ESCAPE = re.compile(
    rb"\x1b(?:\[[0-9;:?<>=]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[P_^X][^\x1b]*\x1b\\|.)"
)
_ASKED = {
    b"\x1b[?2026$p": b"\x1b[?2026;0$y",
    b"\x1b[?2048$p": b"\x1b[?2048;0$y",
    b"\x1b[c": b"\x1b[?62c",
}


@dataclass(frozen=True, slots=True)
class Press:
    """What one key did: seconds to the first printable text and to the last byte, and bytes."""

    change_s: float
    settled_s: float
    bytes: int


@dataclass(frozen=True, slots=True)
class Idle:
    """What a program did while nothing was asked of it."""

    cpu: float
    wakeups_per_s: float
    bytes: int


class PtyRun:
    """The program runs from entering to leaving the context; leaving kills what is left of it."""

    def __init__(
        self,
        command: Sequence[str],
        env: Mapping[str, str],
        *,
        size: tuple[int, int] = (COLUMNS, ROWS),
    ) -> None:
        self._command = list(command)
        self._env = dict(env)
        self._size = size
        self._chunks: list[tuple[float, bytes]] = []
        self._arrived = threading.Condition()
        self._is_over = False

    def __enter__(self) -> Self:
        self._master, slave = pty.openpty()
        columns, rows = self._size
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            self._command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=self._env,
            start_new_session=True,
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, name="terminal", daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        self._is_over = True
        self._reader.join(5)
        os.close(self._master)

    # What came

    @property
    def output(self) -> bytes:
        """Every byte so far."""
        with self._arrived:
            return b"".join(chunk for _, chunk in self._chunks)

    @property
    def text(self) -> str:
        """The words so far, in the order in which they came."""
        return _ESCAPE.sub(b"", self.output).decode("utf-8", "replace")

    def wait_for(self, words: bytes, *, seconds: float = 60.0, mark: int = 0) -> float:
        """Wait until the bytes after `mark` chunks hold the words; seconds from start to then.

        Raises:
            TimeoutError: They did not come, or the program ended.
        """
        seen = bytearray()
        index = mark
        limit = time.perf_counter() + seconds
        with self._arrived:
            while True:
                while index < len(self._chunks):
                    at, chunk = self._chunks[index]
                    seen += chunk
                    index += 1
                    if words in seen:
                        return at - self.began
                left = limit - time.perf_counter()
                if left <= 0 or (self._is_over and index >= len(self._chunks)):
                    raise TimeoutError(f"no {words!r}; last {bytes(seen[-600:])!r}")
                self._arrived.wait(min(left, 0.5))

    def settle(self, *, quiet_s: float = 0.4, limit_s: float = 10.0) -> float:
        """Wait until nothing came for a while; seconds from start to the last byte."""
        limit = time.perf_counter() + limit_s
        while True:
            with self._arrived:
                last = self._chunks[-1][0] if self._chunks else self.began
            now = time.perf_counter()
            if now - last >= quiet_s or now > limit:
                return last - self.began
            time.sleep(min(quiet_s, max(0.005, last + quiet_s - now)))

    # What is done to it

    def send(self, keys: bytes) -> None:
        """Type."""
        os.write(self._master, keys)

    def press(self, key: bytes, *, limit_s: float = 3.0) -> Press | None:
        """Press a key and wait until it is answered and all is quiet; `None` if it is not."""
        mark, at = self._mark(), time.perf_counter()
        self.send(key)
        while not self._printable(self._since(mark)):
            if time.perf_counter() - at > limit_s:
                return None
            with self._arrived:
                self._arrived.wait(0.05)
        while time.perf_counter() - self._since(mark)[-1][0] < QUIET_S:
            time.sleep(0.01)
        came = self._since(mark)
        first = next(when for when, chunk in came if self._printable([(when, chunk)]))
        return Press(first - at, came[-1][0] - at, sum(len(chunk) for _, chunk in came))

    def hold(self, key: bytes, count: int, *, rate: float = 30.0) -> float:
        """Hold a key down; seconds from its last repeat to the last byte that it caused."""
        began = time.perf_counter()
        for number in range(count):
            wait = began + number / rate - time.perf_counter()
            if wait > 0:
                time.sleep(wait)
            self.send(key)
        released = time.perf_counter()
        last = self.settle(quiet_s=0.25) + self.began
        return max(0.0, last - released)

    def idle(self, seconds: float) -> Idle:
        """Do nothing for a while."""
        mark, cpu, wakeups = self._mark(), self.cpu_s(), self._wakeups()
        began = time.perf_counter()
        time.sleep(seconds)
        took = time.perf_counter() - began
        return Idle(
            cpu=(self.cpu_s() - cpu) / took,
            wakeups_per_s=(self._wakeups() - wakeups) / took,
            bytes=sum(len(chunk) for _, chunk in self._since(mark)),
        )

    def quit(self, key: bytes, *, seconds: float = 10.0) -> float:
        """Press the key that ends it; seconds until it has."""
        at = time.perf_counter()
        self.send(key)
        self.process.wait(seconds)
        return time.perf_counter() - at

    # What /proc knows

    def rss_mb(self) -> float:
        """What the process keeps in memory now, without its children."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * _PAGE / 1e6

    def cpu_s(self) -> float:
        """Seconds of CPU that its threads had so far."""
        spent = 0
        for task in self._tasks():
            with contextlib.suppress(OSError, ValueError, IndexError):
                spent += int((task / "schedstat").read_text().split()[0])
        return spent / 1e9

    def _wakeups(self) -> int:
        count = 0
        for task in self._tasks():
            with contextlib.suppress(OSError):
                status = (task / "status").read_text()
                count += int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])
        return count

    def _tasks(self) -> list[Path]:
        with contextlib.suppress(OSError):
            return list(Path(f"/proc/{self.process.pid}/task").iterdir())
        return []

    def _mark(self) -> int:
        with self._arrived:
            return len(self._chunks)

    def _since(self, mark: int) -> list[tuple[float, bytes]]:
        with self._arrived:
            return self._chunks[mark:]

    @staticmethod
    def _printable(chunks: Sequence[tuple[float, bytes]]) -> bool:
        return bool(_ESCAPE.sub(b"", b"".join(chunk for _, chunk in chunks)))

    def _read(self) -> None:
        while not self._is_over:
            ready, _, _ = select.select([self._master], [], [], 0.1)
            if not ready:
                continue
            try:
                chunk = os.read(self._master, 65_536)
            except OSError:
                break
            with self._arrived:
                self._chunks.append((time.perf_counter(), chunk))
                self._arrived.notify_all()
            for asked, answer in _ASKED.items():
                if asked in chunk:
                    os.write(self._master, answer)
        with self._arrived:
            self._is_over = True
            self._arrived.notify_all()


def median(values: Sequence[float]) -> float:
    """Return the median; NaN of nothing."""
    return statistics.median(values) if values else float("nan")


def p95(values: Sequence[float]) -> float:
    """Return the value that 95 of 100 do not exceed; NaN of nothing."""
    return sorted(values)[max(0, round(len(values) * 0.95) - 1)] if values else float("nan")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a report: what was measured, the figure, and its budget if it has one."""

    what: str
    value: float
    budget: float | None = None
    unit: str = "x"
    note: str = ""

    @property
    def holds(self) -> bool:
        """Whether the budget is kept; true if there is none."""
        return self.budget is None or self.value <= self.budget


def report(lines: Sequence[Line], say: Callable[[str], object] = print) -> int:
    """Print the table; how many budgets are not kept."""
    width = max(len(line.what) for line in lines)
    for line in lines:
        budget = "" if line.budget is None else f"<= {line.budget:g} {line.unit}"
        verdict = "" if line.budget is None else "holds" if line.holds else "OVER"
        say(
            f"{line.what:<{width}}  {line.value:>9.3g} {line.unit:<6} {budget:<16} {verdict:<6}"
            f" {line.note}".rstrip()
        )
    over = sum(not line.holds for line in lines)
    say(f"{over} over budget" if over else "every budget holds")
    return over


def terminal_env(**more: str) -> dict[str, str]:
    """Return the environment of a true-colour terminal, without settings of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QSUI_")}
    for name in ("NO_COLOR", "TEXTUAL", "COVERAGE_PROCESS_START"):
        kept.pop(name, None)
    return kept | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "TZ": "UTC"} | more
