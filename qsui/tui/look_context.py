"""What texts depend on besides their record, by whose clock their times were taken."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qsui.present.layout import LookContext

if TYPE_CHECKING:
    from qsui.tui.bridge import LiveApp


def servers_look(app: LiveApp) -> LookContext:
    """For records: ages count on the server's clock."""
    return LookContext(now=app.now, zone=app.zone, signs=app.signs)


def own_look(app: LiveApp) -> LookContext:
    """For actions and the journal, whose times are this machine's."""
    look = servers_look(app)
    return look if app.session is None else replace(look, now=app.session.clock.now())
