"""What texts depend on besides their record, by whose clock their times were taken."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qsui.present.layout import LookContext

if TYPE_CHECKING:
    from qsui.tui.bridge import LiveApp
    from qsui.tui.options import Session


def servers_look(app: LiveApp, session: Session | None = None) -> LookContext:
    """For records of a session, by default the first: ages count on its server's clock."""
    session = session or app.session
    now = app.now if session is None else session.now
    return LookContext(now=now, zone=app.zone, signs=app.signs)


def own_look(app: LiveApp, session: Session | None = None) -> LookContext:
    """For actions and the journal, whose times are this machine's."""
    session = session or app.session
    look = servers_look(app, session)
    return look if session is None else replace(look, now=session.clock.now())
