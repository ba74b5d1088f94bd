"""What was done from here, by whom, why, and what came of it: the values of the journal.

An action is three lines at most, each written when it happens and flushed before going on: the
intent (before the request leaves), the outcome (what the server answered), the effect (what was
read back). A macro or a second look adds further outcomes and effects; the last ones count.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from qsui.domain.pending import Stage

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from qsui.domain.models import Ref


class EntryKind(StrEnum):
    """What a line of the journal tells."""

    INTENT = "intent"
    OUTCOME = "outcome"
    EFFECT = "effect"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line.

    `action_id` joins the lines of an action. `scope_key` is that of the scope, `actor` the account
    name on this machine. `before` and `after` are what a change replaces and puts (a cron, `on` or
    `off`); `request` is `METHOD path`, `body` what was sent, both without secrets. Outcome lines
    carry `stage` (`sent`, `unknown`, `refused`, `not sent`), `status`, `request_id` and `words`;
    effect lines `stage` (`done`, `no effect`), `result_id` of what was made, and `version`: the
    record's time of change as read back (RFC 3339), by which an undo tells that nobody changed it
    since. `server_at` of an intent is the server's time then (RFC 3339), by which what it made is
    told from what was there, whatever the clocks do later. `step` names the part of a macro. `host`
    and `pid` of an intent say which process sends, so that another one leaves it alone while that
    one lives.
    """

    action_id: str
    kind: EntryKind
    at: datetime
    scope_key: str = ""
    ref: Ref | None = None
    actor: str = ""
    verb: str = ""
    name: str = ""
    before: str = ""
    after: str = ""
    reason: str = ""
    request: str = ""
    body: str = ""
    undoes: str = ""
    stage: str = ""
    status: int = 0
    request_id: str = ""
    words: str = ""
    result_id: str = ""
    version: str = ""
    server_at: str = ""
    step: str = ""
    host: str = ""
    pid: int = 0


@dataclass(frozen=True, slots=True)
class Deed:
    """All that the journal knows of one action: its intent, last outcome and last effect.

    `undone_by` is the id of the action that put it back with effect, empty if none did.
    """

    intent: Entry
    outcome: Entry | None = None
    effect: Entry | None = None
    undone_by: str = ""

    @property
    def id(self) -> str:
        """The id of the action."""
        return self.intent.action_id

    @property
    def stage(self) -> Stage:
        """How far it got; `SENDING` if nothing was written after the intent."""
        last = self.effect or self.outcome
        if last is None:
            return Stage.SENDING
        try:
            return Stage(last.stage)
        except ValueError:
            return Stage.UNKNOWN

    @property
    def took(self) -> timedelta | None:
        """From the first line to the effect; `None` while it was not seen."""
        if self.effect is None or self.stage is not Stage.DONE:
            return None
        return self.effect.at - self.intent.at


def deeds(entries: Iterable[Entry]) -> tuple[Deed, ...]:
    """Join lines to actions, in the order of their intents; lines without an intent are left out.

    An outcome that comes after an effect (the next part of a macro) reopens the action.
    """
    found: dict[str, Deed] = {}
    for entry in entries:
        known = found.get(entry.action_id)
        if entry.kind is EntryKind.INTENT:
            if known is None:
                found[entry.action_id] = Deed(entry)
        elif known is not None and entry.kind is EntryKind.OUTCOME:
            found[entry.action_id] = replace(known, outcome=entry, effect=None)
        elif known is not None:
            found[entry.action_id] = replace(known, effect=entry)
    for deed in tuple(found.values()):
        undone = found.get(deed.intent.undoes)
        if undone is not None and deed.stage is Stage.DONE:
            found[undone.id] = replace(undone, undone_by=deed.id)
    return tuple(found.values())
