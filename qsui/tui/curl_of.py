"""The request of a journalled action, put together again from its lines and the live scope."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qsui.domain.actions import Action, Verb
from qsui.domain.models import Kind, Ref

if TYPE_CHECKING:
    from qsui.domain.journal import Deed
    from qsui.domain.ports import Outgoing
    from qsui.tui.options import Session


def request_of(deed: Deed, session: Session) -> Outgoing | None:
    """Return what an action sent; `None` if its request was not recorded.

    The journal keeps method, path and body; host and headers are those of the scope, which the
    action belongs to.
    """
    method, _, path = deed.intent.request.partition(" ")
    if not path.startswith("/"):
        return None
    scope = session.scope
    any_schedule = Ref(scope.profile, scope.sandbox, Kind.SCHEDULE, "", "any")
    like = session.backend.outgoing(Action(Verb.ENABLE, any_schedule, ""))[0]
    origin = like.url[: len(like.url) - len(like.path)]
    return replace(like, method=method, url=f"{origin}{path}", body=deed.intent.body)
