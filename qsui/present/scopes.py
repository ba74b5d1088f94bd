"""Which scope a row is of, once rows of several stand in one list: the column and its words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from qsui.present import text
from qsui.present.layout import Column, LookContext
from qsui.present.role import Cell, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from qsui.domain.models import Ref, Scope

SCOPE_COLUMN: Final = Column("scope", "Scope", 6, sort_key="scope")
MOST_CELLS: Final = 12

_IMPORTANCE = 3
"""So many columns drop only after it; it goes before the first of these, if it is there."""

_STANDS_BEFORE = (
    "median",
    "x_median",
    "by",
    "priority",
    "client",
    "owner",
    "user",
    "worker",
    "who",
)


_SMALL_BESIDE = {
    "history": ("Last 8", 8),
    "cadence": ("Cadence, UTC", 16),
    "error": ("Error", 11),
    "result": ("Result", 15),
}
"""What makes room for the scope on a screen under 112 columns: title and width."""


def scope_names(scopes: Iterable[Scope]) -> Callable[[Ref], str]:
    """Return what names the scope of a record: its profile, `profile/sandbox` if that has two.

    Other scopes than `scopes` are named by their profile. Names are harmless.
    """
    sandboxes: dict[str, set[str]] = {}
    for scope in scopes:
        sandboxes.setdefault(scope.profile, set()).add(scope.sandbox)

    def name(ref: Ref) -> str:
        is_alone = len(sandboxes.get(ref.profile, ())) < 2 or not ref.sandbox
        words = ref.profile if is_alone else f"{ref.profile}/{ref.sandbox}"
        return text.printable_name(words)

    return name


def with_scope(columns: Sequence[Column], scopes: Iterable[Scope]) -> tuple[Column, ...]:
    """Return a list's columns with the scope among them, if there is more than one.

    It is as wide as the longest name needs, within limits, and stands before what is of less
    importance than it. On a small screen others are narrower for it: which system a row is of
    matters more than the whole of its history.
    """
    known = tuple(scopes)
    if len(known) < 2:
        return tuple(columns)
    drop = min(_IMPORTANCE, 1 + max((column.drop for column in columns), default=0))
    place = next(
        (at for at, column in enumerate(columns) if column.id in _STANDS_BEFORE), len(columns)
    )
    small = (SCOPE_COLUMN.title, SCOPE_COLUMN.width)
    column = replace(SCOPE_COLUMN, width=_width(known), drop=drop, small=small)
    moved = [_moved(other, drop) for other in columns]
    return (*moved[:place], column, *moved[place:])


def _moved(column: Column, drop: int) -> Column:
    """Return a column as it stands beside the scope."""
    small = _SMALL_BESIDE.get(column.id, column.small)
    return replace(column, drop=column.drop + (column.drop >= drop), small=small)


def _width(scopes: Iterable[Scope]) -> int:
    known = tuple(scopes)
    names = scope_names(known)
    longest = max(text.width_of(names(_ref_in(scope))) for scope in known)
    return max(SCOPE_COLUMN.width, min(longest, MOST_CELLS))


def _ref_in(scope: Scope) -> Ref:
    from qsui.domain.models import Kind, Ref

    return Ref(scope.profile, scope.sandbox, Kind.SCHEDULE, "", "")


def scope_cell(ref: Ref, ctx: LookContext) -> Cell:
    """Make the cell that says which scope a record is of."""
    return Cell(((ctx.scope_of(ref), Role.MUTED),), elide="middle")


def scope_key(ref: Ref) -> tuple[object, ...]:
    """Return what a list is sorted by, by its scopes."""
    return (ref.profile.casefold(), ref.sandbox.casefold())
