"""What is open on the same targets: left by processes that ended, or under way in others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.domain.actions import Action, Verb
from qsui.domain.pending import Pending

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from qsui.domain.journal import Deed
    from qsui.domain.models import Ref
    from qsui.live.control import Control
    from qsui.live.store import Store

MOST_LOOKS = 5


async def take_up(control: Control, store: Store, actions: Sequence[Action], now: datetime) -> None:
    """Make the control know what is open on the targets, so that a second trigger is argued with.

    What an ended process left open is looked at once, and told in the journal if it was seen; what
    a living one (a dashboard) follows is only known of. Other targets are left to the dashboard.
    """
    targets = [action.target for action in actions if action.target.id]
    if not targets:
        return
    left = await control.recover()
    mine = [pending.id for pending in left if pending.action.target in targets]
    control.forget(*(pending.id for pending in left if pending.id not in mine))
    for _ in range(min(len(mine), MOST_LOOKS)):
        if not await control.look_once():
            break
    store.set_pending(*_elsewhere(control, store, targets, now))


def _elsewhere(
    control: Control, store: Store, targets: Sequence[Ref], now: datetime
) -> Iterator[Pending]:
    """Yield the open actions of other processes on these targets, of the last day."""
    from datetime import timedelta

    by_id = {(ref.kind, ref.parent, ref.id): ref for ref in targets}
    for deed in control.deeds():
        intent = deed.intent
        ref = intent.ref and by_id.get((intent.ref.kind, intent.ref.parent, intent.ref.id))
        is_new = deed.stage.is_open and now - intent.at < timedelta(days=1)
        if not ref or not is_new or deed.id in store.snapshot.pending:
            continue
        pending = _pending(deed, ref)
        if pending is not None:
            yield pending


def _pending(deed: Deed, ref: Ref) -> Pending | None:
    try:
        verb = Verb(deed.intent.verb)
    except ValueError:
        return None
    action = Action(verb, ref, deed.intent.name)
    return Pending(deed.id, action, deed.stage, deed.intent.at, sent_at=deed.intent.at)
