"""Columns of a list and how they share a width; what every cell maker needs to know.

A line begins with three cells (cursor, mark, blank), then come the columns with two blanks between
them; in the first of the two blanks after the first column stands the sign of a changed row. The
last cell of a line stays blank.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Final, Literal

from qsui.present.signs import UNICODE, SignSet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta

    from qsui.domain.models import Ref

GUTTER: Final = 3
GAP: Final = 2
NARROW: Final = 60
SMALL: Final = 112


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a list.

    `width` is in cells; a `flex` column is never narrower while others can be dropped for it, and
    takes what is left over up to `max_width`. The highest `drop` goes first, 0 never goes. `when`
    says in which layout it stands: `wide` is asked for by a key, `narrow` is a screen under 60
    columns, `normal` any other. `small` is title and width on a screen under 112 columns.
    `sort_key` names an entry of the list's sort table. `ages` marks what time alone changes.
    """

    id: str
    title: str
    width: int
    flex: bool = False
    max_width: int | None = None
    align: Literal["left", "right"] = "left"
    drop: int = 0
    sort_key: str | None = None
    when: Literal["always", "normal", "wide", "narrow"] = "normal"
    small: tuple[str, int] | None = None
    ages: bool = False


STATE: Final = Column("state", "State", 12, sort_key="state")
STATE_NARROW: Final = Column("state_narrow", "", 6, when="narrow")
WHY: Final = Column("why", "Why, next", 14, when="narrow")
"""What every list begins with, and what stands for all the rest where it is narrow."""

Fitted = tuple[Column, int]
"""A column and the width it was given."""


def _no_median(id: str) -> timedelta | None:  # noqa: ARG001 - the shape of a look-up
    return None


def _profile(ref: Ref) -> str:
    return ref.profile


@dataclass(frozen=True, slots=True)
class LookContext:
    """What a value's look depends on besides itself.

    `now` is aware UTC; `zone` is what times are shown in. With `stale` the rows are too old for
    verdicts that time alone would change. `median_of` looks the median duration of a schedule or a
    workflow up by its id. `local` is a second zone in which panes give a time (`None`: they do
    not). `scope_of` names the scope of a record.
    """

    now: datetime
    zone: tzinfo = UTC
    signs: SignSet = UNICODE
    stale: bool = False
    locale: str = "en"
    median_of: Callable[[str], timedelta | None] = _no_median
    local: tzinfo | None = None
    scope_of: Callable[[Ref], str] = _profile


def _standing(columns: Sequence[Column], screen_width: int, *, wide: bool) -> list[Column]:
    if screen_width < NARROW:
        return [column for column in columns if column.when in ("always", "narrow")]
    kept = [
        column
        for column in columns
        if column.when in ("always", "normal") or (wide and column.when == "wide")
    ]
    if screen_width >= SMALL:
        return kept
    return [
        replace(column, title=column.small[0], width=column.small[1]) if column.small else column
        for column in kept
    ]


def fit_columns(
    columns: Sequence[Column],
    width: int,
    *,
    wide: bool = False,
    screen_width: int | None = None,
    skip: int = 0,
) -> tuple[Fitted, ...]:
    """Choose the columns that fit into `width` cells, in their order, each with its width.

    With `skip` the first so many columns that may be dropped are left out, so that later ones come
    into sight. Never raises; a width too small for anything yields the first column cut to it.
    """
    standing = _standing(columns, width if screen_width is None else screen_width, wide=wide)
    skipped = [column.id for column in standing if column.drop][: max(0, skip)]
    standing = [column for column in standing if column.id not in skipped]
    room = width - GUTTER - 1
    while len(standing) > 1 and _needed(standing) > room:
        last = max(standing, key=lambda column: column.drop)
        if last.drop == 0:
            break
        standing.remove(last)
    return _shared(standing, room)


def dropped_count(
    columns: Sequence[Column],
    width: int,
    *,
    wide: bool = False,
    screen_width: int | None = None,
    skip: int = 0,
) -> int:
    """Return how many columns do not fit at the right, after `skip` were left out."""
    screen = width if screen_width is None else screen_width
    shown = fit_columns(columns, width, wide=wide, screen_width=screen_width, skip=skip)
    return len(_standing(columns, screen, wide=wide)) - len(shown) - max(0, skip)


def _needed(columns: Sequence[Column]) -> int:
    return sum(column.width for column in columns) + GAP * (len(columns) - 1)


def _shared(columns: Sequence[Column], room: int) -> tuple[Fitted, ...]:
    widths = {column.id: column.width for column in columns}
    spare = room - _needed(columns)
    for column in columns:
        if not column.flex:
            continue
        least = min(column.width, 4)
        wanted = widths[column.id] + spare
        given = max(least, min(wanted, column.max_width or wanted))
        spare -= given - widths[column.id]
        widths[column.id] = given
    fitted: list[Fitted] = []
    for column in columns:
        given = min(widths[column.id], room)
        if given <= 0:
            break
        fitted.append((column, given))
        room -= given + GAP
    return tuple(fitted)
