"""What failed, how often, and when it may be tried again.

Trouble with the way to the server (no answer, refused, throttled, forbidden) belongs to an
endpoint; trouble with one record only to that record, until several in a row say otherwise.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.domain import errors
from qsui.live.store import Trouble, TroubleKind

if TYPE_CHECKING:
    import random
    from datetime import datetime

    from qsui.live.reading import Read

FIRST_S = 5.0
LONGEST_S = 60.0
FORBIDDEN_S = 300.0
BARE_THROTTLE_S = 15.0
LONGEST_THROTTLE_S = 900.0
MANY_IN_A_ROW = 3

_KINDS: tuple[tuple[type[errors.ApiError], TroubleKind], ...] = (
    (errors.Unreachable, "unreachable"),
    (errors.Unauthorized, "refused"),
    (errors.Forbidden, "forbidden"),
    (errors.NotFound, "not_found"),
    (errors.RateLimited, "throttled"),
    (errors.ServerError, "server_error"),
    (errors.BadResponse, "bad_response"),
)
_OF_THE_WAY: frozenset[TroubleKind] = frozenset(
    {"unreachable", "refused", "forbidden", "throttled"}
)


def kind_of(error: errors.ApiError) -> TroubleKind:
    """Return the word for an error."""
    return next((kind for cls, kind in _KINDS if isinstance(error, cls)), "rejected")


class Backoff:
    """Remembers trouble by endpoint and by read, and the pause a server asked for."""

    def __init__(self, random: random.Random) -> None:
        self._random = random
        self._troubles: dict[str, Trouble] = {}
        self._in_a_row: dict[str, int] = {}
        self.paused_until: datetime | None = None
        self.is_refused = False
        self.latest: Trouble | None = None
        self.failing_since: datetime | None = None

    def failed(self, read: Read, error: errors.ApiError, now: datetime) -> Trouble:
        """Take note of a failure and decide when to try again."""
        kind = kind_of(error)
        in_a_row = self._in_a_row[read.endpoint] = self._in_a_row.get(read.endpoint, 0) + 1
        key = read.endpoint
        if read.is_about_one and kind not in _OF_THE_WAY:
            key = read.name
            if in_a_row >= MANY_IN_A_ROW and kind in ("server_error", "bad_response"):
                self._note(read.endpoint, kind, error, now)
        trouble = self._note(key, kind, error, now)
        if kind == "refused":
            self.is_refused = True
        elif kind == "throttled":
            until = trouble.next_try_at
            if until and (self.paused_until is None or until > self.paused_until):
                self.paused_until = until
        if key == read.endpoint:
            self.latest = trouble
            self.failing_since = self.failing_since or now
        return trouble

    def succeeded(self, read: Read) -> None:
        """Forget the trouble of a read that worked, and of its endpoint."""
        self._in_a_row.pop(read.endpoint, None)
        self._troubles.pop(read.name, None)
        self._troubles.pop(read.endpoint, None)
        self.latest = max(
            (t for k, t in self._troubles.items() if _is_endpoint(k)),
            key=lambda trouble: trouble.since,
            default=None,
        )
        if self.latest is None:
            self.failing_since = None

    def forgive(self) -> None:
        """Let everything be tried at once, except before a pause that the server asked for."""
        self._troubles.clear()
        self._in_a_row.clear()
        self.is_refused = False

    def forget(self, read_name: str) -> None:
        """Forget the trouble of one read, for example of a record that is gone."""
        self._troubles.pop(read_name, None)

    def ready_at(self, read: Read) -> datetime | None:
        """When a read may be tried; `None` if nothing holds it back."""
        times = [
            trouble.next_try_at
            for trouble in (self._troubles.get(read.endpoint), self._troubles.get(read.name))
            if trouble and trouble.next_try_at
        ]
        if self.paused_until:
            times.append(self.paused_until)
        return max(times, default=None)

    def is_paused(self, now: datetime) -> bool:
        """Whether the server asked for a pause that is not over."""
        return self.paused_until is not None and now < self.paused_until

    def is_failing(self, *kinds: TroubleKind) -> bool:
        """Whether an endpoint fails now (in one of these ways, if any are named)."""
        return any(
            not kinds or trouble.kind in kinds
            for key, trouble in self._troubles.items()
            if _is_endpoint(key)
        )

    def _note(self, key: str, kind: TroubleKind, error: errors.ApiError, now: datetime) -> Trouble:
        before = self._troubles.get(key)
        tries = before.tries + 1 if before else 1
        trouble = Trouble(
            kind=kind,
            message=str(error),
            status=error.status,
            request_id=error.request_id,
            since=before.since if before else now,
            tries=tries,
            next_try_at=self._next_try(kind, error, now, tries),
        )
        self._troubles[key] = trouble
        return trouble

    def _next_try(
        self, kind: TroubleKind, error: errors.ApiError, now: datetime, tries: int
    ) -> datetime | None:
        if kind == "refused":
            return None
        if kind == "forbidden":
            return now + timedelta(seconds=FORBIDDEN_S * self._jitter())
        growth: float = 2.0 ** min(tries - 1, 10)
        if isinstance(error, errors.RateLimited):
            asked = error.retry_after_s
            if asked is not None:
                return now + timedelta(seconds=min(max(asked, 1.0), LONGEST_THROTTLE_S))
            wait = min(BARE_THROTTLE_S * growth, LONGEST_THROTTLE_S)
            return now + timedelta(seconds=wait * self._jitter())
        return now + timedelta(seconds=min(FIRST_S * growth, LONGEST_S) * self._jitter())

    def _jitter(self) -> float:
        return self._random.uniform(0.8, 1.2)


def _is_endpoint(key: str) -> bool:
    return ":" not in key
