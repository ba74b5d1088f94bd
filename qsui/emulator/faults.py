"""What can go wrong between a client and the service, switched on and off while the server runs.

`PUT /_emulator/faults` takes one fault as JSON; `GET` lists those that are on; `DELETE`
ends all, or one with `?name=`:

    {"name": "rate-limit", "arg": "5", "count": 3, "path": "/runs"}

`count` is how many requests it still hits (absent: until cleared), `path` a part of the path that
it is limited to. On the command line the same is `NAME[:ARG]`.

    expired-token    401 on every call but the login; no body with `arg` "empty"
    forbidden-list   403 on lists whose path ends in `arg`, such as `schedules` (default: all);
                     401 on those of Alteryx
    rate-limit       429 with `Retry-After: arg` (5)
    rate-limit-bare  429 without it
    server-errors    500, 502, 503 in turn, or always `arg`
    slow             waits `arg` real seconds (3), then answers
    truncated        half of the body
    html             a web page instead of JSON; status `arg` (200)
    xml              an XML error document instead of JSON; status `arg` (200)
    reset            the connection is torn down, nothing is done
    lost-answer      the request is carried out, then the connection is torn down
    patch-ignored    PATCH is accepted and does nothing
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import count


class FaultName(StrEnum):
    """The names of the faults."""

    EXPIRED_TOKEN = "expired-token"  # noqa: S105 - a name
    FORBIDDEN_LIST = "forbidden-list"
    RATE_LIMIT = "rate-limit"
    RATE_LIMIT_BARE = "rate-limit-bare"
    SERVER_ERRORS = "server-errors"
    SLOW = "slow"
    TRUNCATED = "truncated"
    HTML = "html"
    XML = "xml"
    RESET = "reset"
    LOST_ANSWER = "lost-answer"
    PATCH_IGNORED = "patch-ignored"


_NUMERIC = (
    FaultName.RATE_LIMIT,
    FaultName.SERVER_ERRORS,
    FaultName.SLOW,
    FaultName.HTML,
    FaultName.XML,
)
_STATUSES = (FaultName.SERVER_ERRORS, FaultName.HTML, FaultName.XML)
_FIRST_STATUS, _LAST_STATUS = 200, 599


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault that is on; `left` requests from its end, None if it stays."""

    name: FaultName
    arg: str = ""
    left: int | None = None
    path: str = ""

    def as_json(self) -> dict[str, object]:
        """The form in which it was switched on."""
        return {
            "name": self.name.value,
            "arg": self.arg or None,
            "count": self.left,
            "path": self.path or None,
        }


def _fault(name: object, arg: object = None, left: object = None, path: object = None) -> Fault:
    try:
        known = FaultName(str(name))
    except ValueError as error:
        raise ValueError(f"no fault {name!r}; there are {', '.join(FaultName)}") from error
    text = "" if arg is None else str(arg)
    if text and known in _NUMERIC and not text.replace(".", "", 1).isdigit():
        raise ValueError(f"fault {known} takes a number, not {text!r}")
    if text and known in _STATUSES and not _FIRST_STATUS <= float(text) <= _LAST_STATUS:
        raise ValueError(f"fault {known} takes a status from 200 to 599, not {text!r}")
    if left is not None and (not isinstance(left, int) or isinstance(left, bool) or left < 1):
        raise ValueError(f"count is a whole number of requests from 1, not {left!r}")
    return Fault(known, text, left, "" if path is None else str(path))


def parse_option(text: str) -> Fault:
    """A fault from `NAME[:ARG]`.

    Raises:
        ValueError: An unknown name or a wrong argument.
    """
    name, _, arg = text.partition(":")
    return _fault(name, arg or None)


def parse_json(body: object) -> Fault:
    """A fault from the body of a PUT.

    Raises:
        ValueError: Not such a body; the sentence says why.
    """
    if not isinstance(body, Mapping):
        raise ValueError(  # noqa: TRY004 - one exception for every wrong body
            'a fault is an object such as {"name": "slow", "arg": 3}'
        )
    unknown = sorted(set(body) - {"name", "arg", "count", "path"})
    if unknown:
        raise ValueError(f"no such key: {', '.join(unknown)}; there are name, arg, count, path")
    return _fault(body.get("name"), body.get("arg"), body.get("count"), body.get("path"))


class Faults:
    """The faults that are on, at most one of each name."""

    def __init__(self) -> None:
        self._on: dict[FaultName, Fault] = {}
        self._turn = count()

    def switch_on(self, fault: Fault) -> None:
        """Add a fault, or replace the one of its name."""
        self._on[fault.name] = fault

    def clear(self, name: str | None = None) -> None:
        """End one fault (`ValueError` for an unknown name), or all."""
        if name is None:
            self._on.clear()
        else:
            self._on.pop(_fault(name).name, None)

    def listed(self) -> list[dict[str, object]]:
        """All that are on, as JSON."""
        return [fault.as_json() for fault in self._on.values()]

    def peek(self, name: FaultName) -> Fault | None:
        """The fault if it is on, without using it up."""
        return self._on.get(name)

    def hit(self, name: FaultName, path: str) -> Fault | None:
        """The fault if it strikes this request; uses up one of its `count`."""
        fault = self._on.get(name)
        if fault is None or (fault.path and fault.path not in path):
            return None
        if fault.left == 1:
            del self._on[name]
        elif fault.left is not None:
            self._on[name] = replace(fault, left=fault.left - 1)
        return fault

    def server_error(self, fault: Fault) -> int:
        """The status that a burst answers with this time."""
        return int(float(fault.arg)) if fault.arg else (500, 502, 503)[next(self._turn) % 3]
