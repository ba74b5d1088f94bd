"""What the pane says about a connection that is not well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from qsui.present import text
from qsui.present.role import PaneLine, Role

if TYPE_CHECKING:
    from datetime import datetime

    from qsui.domain.models import Scope
    from qsui.present.layout import LookContext
    from qsui.present.list_states import SeenTrouble


class SeenHealth(Protocol):
    """How a scope is doing, as the live engine knows it."""

    @property
    def scope(self) -> Scope:
        """Which profile and sandbox."""
        ...

    @property
    def last_success_at(self) -> datetime | None:
        """When an answer last came."""
        ...

    @property
    def trouble(self) -> SeenTrouble | None:
        """The latest trouble; `None` if all is well."""
        ...


def connection_pane(health: SeenHealth, ctx: LookContext) -> tuple[PaneLine, ...]:
    """Return what failed, where, what was last read, when it is tried again, what can be done."""
    trouble = health.trouble
    last = health.last_success_at
    read = text.clock(last, ctx.zone) if last else "nothing was read yet"
    lines: list[PaneLine] = []
    if trouble is not None:
        words = text.printable(trouble.message, 400)
        lines.append(
            ("What failed", ((words, Role.TEXT), (f"  {text.tries(trouble.tries)}", Role.MUTED)))
        )
    lines.append(("Where", ((text.printable(health.scope.label, 120), Role.TEXT),)))
    lines.append(("Last good", ((read, Role.TEXT),)))
    if trouble is not None and trouble.next_try_at is not None:
        lines.append(("Next try", ((text.clock(trouble.next_try_at, ctx.zone), Role.TEXT),)))
    elif trouble is not None:
        lines.append(("Next try", (("not by itself", Role.TEXT),)))
    lines.append(("You can", (("read, filter, copy", Role.MUTED),)))
    if trouble is not None and trouble.request_id:
        lines.append(("Request id", ((text.printable(trouble.request_id, 120), Role.TEXT),)))
    lines.append(("Do", (("r", Role.FOCUS), (" try now", Role.MUTED))))
    return tuple(lines)
