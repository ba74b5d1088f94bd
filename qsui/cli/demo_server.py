"""The demo's server: the emulator in a child process that cannot outlive this one.

The child ends when its standard input closes, which the system sees to even if we are killed; it
then removes the temporary folder, which nobody else would.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from qsui.domain.errors import ConfigError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NEEDED = ("starlette", "uvicorn", "duckdb")
START_LIMIT_S = 30.0
END_LIMIT_S = 3.0
_OURS = "QSUI_"
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


def check_installed() -> None:
    """Refuse to start without the demo extra.

    Raises:
        ConfigError: Says what is missing and the command that installs it.
    """
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"the demo server needs {', '.join(missing)}: "
            f"run `{sys.executable} -m pip install 'qsui[demo]'`"
        )


def bare_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without our settings and without proxies."""
    return {
        name: value
        for name, value in environ.items()
        if not name.startswith(_OURS) and name.lower() not in _PROXIES
    }


class DemoServer:
    """The child process and its temporary folder; `start` returns at once."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path, errors: IO[bytes]) -> None:
        self._process = process
        self._errors = errors
        self._lock = threading.Lock()
        self._is_closed = False
        self.folder = folder

    @classmethod
    def start(
        cls, scene: str, speed: float, environ: Mapping[str, str], *, alteryx: str = "current"
    ) -> DemoServer:
        """Start the child on a free loopback port; `alteryx` is a release of that server."""
        folder = Path(tempfile.mkdtemp(prefix="qsui-demo-"))
        try:
            options = ["--scene", scene, "--speed", repr(speed), "--alteryx", alteryx]
            return cls._start_in(folder, options, environ)
        except BaseException:  # also a signal: nobody else knows of the folder yet
            shutil.rmtree(folder, ignore_errors=True)
            raise

    @classmethod
    def _start_in(
        cls, folder: Path, options: Sequence[str], environ: Mapping[str, str]
    ) -> DemoServer:
        errors = (folder / "server.log").open("w+b")
        command = [sys.executable, "-m", "qsui.cli.demo_child", str(folder), str(os.getpid())]
        command += ["--port", "0", "--exit-on-stdin-close", *options]
        process = subprocess.Popen(  # noqa: S603 (our own module, our own arguments)
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=folder,
            env=bare_environment(environ),
            start_new_session=True,
        )
        return cls(process, folder, errors)

    def base_url(self) -> str:
        """Wait for the child's first line and return it. Blocks: call it in a thread.

        Raises:
            ConfigError: It refused its options, for example an unknown scene.
            Unreachable: It ended otherwise, or said nothing for 30 s.
        """
        watchdog = threading.Timer(START_LIMIT_S, self._process.kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            assert self._process.stdout is not None  # noqa: S101 (asked for in `start`)
            line = self._process.stdout.readline().decode("utf-8", "replace").strip()
        finally:
            watchdog.cancel()
        if not line.startswith("http://127.0.0.1:"):
            words = f"the demo server did not start: {self._last_words()}"
            raise ConfigError(words) if self._process.poll() == 2 else Unreachable(words)
        threading.Thread(target=self._drain, name="demo-output", daemon=True).start()
        return line

    def virtual_now(self, base_url: str) -> datetime:
        """Ask the server for its virtual time, aware UTC; answers once it can serve. Blocks.

        Raises:
            Unreachable: It ended, does not answer, or not with a time.
        """
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(f"{base_url}/_emulator/clock", timeout=START_LIMIT_S) as answer:
                return datetime.fromisoformat(json.load(answer)["now"])
        except (OSError, ValueError, KeyError, TypeError, urllib.error.URLError) as error:
            if self._process.poll() is not None:
                words = f"the demo server did not start: {self._last_words()}"
            else:
                words = f"the demo server does not tell its time: {error}"
            raise Unreachable(words) from error

    def close(self) -> None:
        """End the child and remove its folder; may be called twice and from any thread."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        try:
            self._process.wait(END_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._errors.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _drain(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 (asked for in `start`)
        with contextlib.suppress(OSError, ValueError):
            while self._process.stdout.read1(65_536):  # type: ignore[attr-defined]  # a BufferedReader
                pass

    def _last_words(self) -> str:
        try:
            status = self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            return f"it said nothing for {START_LIMIT_S:.0f} s"
        self._errors.seek(0, os.SEEK_SET)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        words = lines[-1].strip() if lines else "it printed no reason"
        return f"it ended with status {status}: {words[:300]}"
