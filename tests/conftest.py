"""What holds for every test: a fixed environment, no way off this machine, the same examples.

Time zone, locale, terminal and settings are pinned before anything of qsui or Textual is imported,
since both read some of them only once. A socket reaches loopback only.
"""

from __future__ import annotations

import atexit
import ipaddress
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parent.parent
HOME = Path(tempfile.mkdtemp(prefix="qsui-tests-"))

# A shell that starts a command in the background without job control has it ignore SIGINT, and so
# would every program that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_PINNED = {
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
    "LANG": "C.UTF-8",
    "TERM": "xterm-256color",
    "COLORTERM": "truecolor",
    "HOME": str(HOME),
    "XDG_CONFIG_HOME": str(HOME / "config"),
    "XDG_STATE_HOME": str(HOME / "state"),
    "XDG_DATA_HOME": str(HOME / "data"),
    "XDG_CACHE_HOME": str(HOME / "cache"),
}
_REMOVED = {
    "NO_COLOR",
    "FORCE_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "COLUMNS",
    "LINES",
    "SSH_CONNECTION",
    "SSH_TTY",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "PYTHONWARNINGS",
}


def _pin_environment() -> None:
    for name in list(os.environ):
        if name == "TEXTUAL_SNAPSHOT_TEMPDIR":  # how the snapshot plugin finds its own pictures
            continue
        if name.upper() in _REMOVED or name.startswith(("QSUI_", "TEXTUAL")):
            del os.environ[name]
    os.environ.update(_PINNED)
    time.tzset()
    if str(ROOT) not in sys.path:  # `tests.support` is importable however pytest was started
        sys.path.insert(0, str(ROOT))


_pin_environment()
atexit.register(shutil.rmtree, HOME, ignore_errors=True)

settings.register_profile(
    "qsui",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("qsui")


class LeftTheMachineError(RuntimeError):
    """A test tried to reach something other than loopback."""


def _is_loopback(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


def _check(address: object) -> None:
    if isinstance(address, tuple) and not _is_loopback(address[0]):
        raise LeftTheMachineError(f"a test tried to reach {address[0]!r}; only loopback is allowed")


def _guarded(original: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: socket.socket, *arguments: Any) -> Any:
        if self.family != getattr(socket, "AF_UNIX", None):
            _check(arguments[-1])
        return original(self, *arguments)

    return method


@pytest.fixture(scope="session", autouse=True)
def _loopback_only() -> Iterator[None]:
    """Refuse every connection, datagram and name that is not of this machine.

    Names under `.invalid` fail to resolve, as they do everywhere.
    """
    real_getaddrinfo = socket.getaddrinfo

    def getaddrinfo(host: Any, *arguments: Any, **keywords: Any) -> Any:
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
        if name.endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        _check((host,))
        return real_getaddrinfo(host, *arguments, **keywords)

    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        yield


_numbers = count(1)


@pytest.fixture(autouse=True)
def state_folder(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give every test a state folder of its own; it exists only once something is kept in it."""
    folder = HOME / f"state-{os.getpid()}-{next(_numbers)}"
    monkeypatch.setenv("QSUI_STATE_DIR", str(folder))
    return folder
