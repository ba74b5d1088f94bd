"""Open actions: what is needed to recognise the effect of each, and when it is looked for next."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.domain.pending import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from qsui.domain.actions import Verb
    from qsui.domain.pending import Pending
    from qsui.domain.ports import Outgoing
    from qsui.live.plans import FollowOptions


@dataclass(slots=True)
class Case:
    """One action that is followed.

    The five minutes count from `since`, local. `known_before` are the ids of the runs that a
    trigger did not make. `created_id` names what a creation made, if the server said so.
    `texts` are those of the request, by which what was created is known. `to_send` is what is left
    of a macro. `is_taken_up` marks what an earlier process left open.
    """

    pending: Pending
    since: datetime
    next_at: datetime
    known_before: frozenset[str] = frozenset()
    created_id: str = ""
    texts: frozenset[str] = frozenset()
    to_send: tuple[Outgoing, ...] = ()
    was_lost: bool = False
    is_taken_up: bool = False
    looks: int = 0

    @property
    def id(self) -> str:
        """The journal's id of the action."""
        return self.pending.id

    @property
    def verb(self) -> Verb:
        """What is done."""
        return self.pending.action.verb

    def wait_for_next(self, now: datetime, options: FollowOptions) -> None:
        """Set when it is looked for again, counted from now."""
        waits = options.first_looks_s
        if self.pending.stage is Stage.NO_EFFECT:
            wait = options.late_look_s
        else:
            wait = waits[self.looks] if self.looks < len(waits) else options.look_s
        self.looks += 1
        self.next_at = now + timedelta(seconds=wait)

    def restart(self, now: datetime, options: FollowOptions) -> None:
        """Begin anew with the next part of a macro."""
        self.since, self.looks = now, 0
        self.wait_for_next(now, options)

    def is_overdue(self, now: datetime, options: FollowOptions) -> bool:
        """Whether its effect should have been seen by now."""
        return now - self.since >= timedelta(seconds=options.no_effect_s)

    def is_given_up(self, now: datetime, options: FollowOptions) -> bool:
        """Whether it is looked for no more."""
        return now - self.since >= timedelta(seconds=options.give_up_s)


def texts_in(body: str) -> frozenset[str]:
    """Return every text in the JSON body of a request; nothing if it is none, or was cut."""
    try:
        return frozenset(_texts(json.loads(body))) if body else frozenset()
    except (ValueError, RecursionError):
        return frozenset()


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
