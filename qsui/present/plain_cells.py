"""Cells that every list has: muted words, times, names, ids; and how what is unknown is ordered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.present import text
from qsui.present.role import BLANK, Cell, Role

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from qsui.present.layout import LookContext

SortKey = tuple[object, ...]


def muted(words: str, *, right: bool = False) -> Cell:
    """Make a cell of a value that is fine; blank without words."""
    return Cell(((words, Role.MUTED),), "right" if right else "left") if words else BLANK


def moment_cell(at: datetime | None, ctx: LookContext) -> Cell:
    """Make the cell of a time, as short as it stays clear; a dash if there is none."""
    return muted(text.moment(at, ctx.now, ctx.zone) if at else ctx.signs.nothing, right=True)


def span_cell(span: timedelta | None, ctx: LookContext) -> Cell:
    """Make the cell of a duration; a dash if there is none."""
    return muted(text.duration(span) if span is not None else ctx.signs.nothing, right=True)


def name_cell(name: str, ctx: LookContext, role: Role = Role.MUTED) -> Cell:
    """Make the cell of a server's name; a dash if there is none."""
    return Cell(((text.printable_name(name.strip()) or ctx.signs.nothing, role),), elide="middle")


def id_cell(id: str, ctx: LookContext) -> Cell:
    """Make the cell of an id: its first and last characters."""
    return muted(text.id_short(id, ctx.signs.ellipsis))


def known(value: datetime | timedelta | float | None) -> SortKey:
    """Return a key by which what is not known comes last."""
    return (False, value) if value is not None else (True,)
