"""The cells of a query's row, and the keys its list is sorted by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.present import text
from qsui.present.cells_run import state_cell, state_rank
from qsui.present.role import BLANK, Cell, Role
from qsui.present.scopes import scope_cell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, timedelta

    from qsui.domain.models import Query
    from qsui.present.cells_schedule import SortKey
    from qsui.present.layout import Fitted, LookContext


def query_title(query: Query) -> str:
    """Return what a query is called: its name, its template's, else its SQL on one line."""
    for words in (query.name, query.template_name):
        if words.strip():
            return text.printable_name(words.strip())
    return " ".join(text.printable(query.sql.strip(), 400).split())


def _state(query: Query, ctx: LookContext, width: int) -> Cell:
    elapsed = query.took(ctx.now) if query.state.is_active else None
    return state_cell(query.state, query.raw_state, elapsed, ctx, width)


def _sql(query: Query, ctx: LookContext, width: int) -> Cell:  # noqa: ARG001
    return Cell(((query_title(query) or text.id_short(query.id, ctx.signs.ellipsis), Role.TEXT),))


def _took(query: Query, ctx: LookContext, width: int) -> Cell:  # noqa: ARG001
    took = query.took(ctx.now)
    return _muted(text.duration(took) if took is not None else ctx.signs.nothing, right=True)


def _time(at: datetime | None, ctx: LookContext) -> Cell:
    return _muted(text.moment(at, ctx.now, ctx.zone) if at else ctx.signs.nothing, right=True)


def _rows(query: Query, ctx: LookContext, width: int) -> Cell:  # noqa: ARG001
    rows = query.row_count
    return _muted(text.count(rows) if rows is not None else ctx.signs.nothing, right=True)


def _name(words: str, ctx: LookContext) -> Cell:
    shown = text.printable_name(words) or ctx.signs.nothing
    return Cell(((shown, Role.MUTED),), elide="middle")


def _why(query: Query, ctx: LookContext, width: int) -> Cell:
    if query.errors:
        return Cell(((text.printable(query.errors[0].message, 200), Role.TEXT),))
    return _took(query, ctx, width)


def _muted(words: str, *, right: bool = False) -> Cell:
    return Cell(((words, Role.MUTED),), "right" if right else "left") if words else BLANK


_MAKERS: Mapping[str, Callable[[Query, LookContext, int], Cell]] = {
    "state": _state,
    "state_narrow": _state,
    "sql": _sql,
    "took": _took,
    "created": lambda query, ctx, _: _time(query.created_at, ctx),
    "client": lambda query, ctx, _: _name(query.client, ctx),
    "user": lambda query, ctx, _: _name(query.user.partition("@")[0], ctx),
    "rows": _rows,
    "why": _why,
    "updated": lambda query, ctx, _: _time(query.updated_at, ctx),
    "id": lambda query, ctx, _: _muted(text.id_short(query.id, ctx.signs.ellipsis)),
    "scope": lambda query, ctx, _: scope_cell(query.ref, ctx),
}


def query_cells(query: Query, ctx: LookContext, fitted: Sequence[Fitted]) -> tuple[Cell, ...]:
    """Make the cells of a query's row for the columns that fit."""
    return tuple(_MAKERS[column.id](query, ctx, width) for column, width in fitted)


def _known(value: datetime | timedelta | int | None) -> SortKey:
    return (False, value) if value is not None else (True,)


QUERY_SORTS: Mapping[str, Callable[[Query], SortKey]] = {
    "state": lambda query: (state_rank(query.state),),
    "sql": lambda query: (query_title(query).casefold(),),
    "took": lambda query: _known(query.elapsed),
    "created": lambda query: _known(query.created_at),
    "updated": lambda query: _known(query.updated_at),
    "client": lambda query: (query.client.casefold(),),
    "user": lambda query: (query.user.casefold(),),
    "rows": lambda query: _known(query.row_count),
}
"""What each column sorts by, ascending; what is not known comes last."""
