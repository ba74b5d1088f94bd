"""Signals around the dashboard: before it listens itself, and while it is being cleared away.

Without them a SIGTERM or SIGHUP in the first second, or a second one at the end, ends the process
on the spot: the demo's child would have to notice by itself, and its folder would stay.
"""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

ENDING = ("SIGTERM", "SIGHUP")


@contextmanager
def unwinding_signals() -> Iterator[None]:
    """Let signals that end the process unwind the stack instead: `SystemExit` with 128 + number."""
    before = {number: signal.signal(number, _unwind) for number in _numbers()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def deaf() -> Iterator[None]:
    """Ignore signals that end the process, Ctrl+C included; for clearing up that ends by itself."""
    numbers = (*_numbers(), signal.SIGINT)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _unwind(number: int, _: object) -> NoReturn:
    raise SystemExit(128 + number)


def _numbers() -> list[signal.Signals]:
    return [signal.Signals[name] for name in ENDING if os.name == "posix"]
