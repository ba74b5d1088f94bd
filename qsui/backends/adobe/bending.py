"""Asking again in other words what a server refused: its filters and its page sizes differ.

Pure. A time filter is asked for with `>=` as documented, then with `>` (all that some servers
accept), then not at all: the rows come newest first, so the reader stops at the bound by itself.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.backends.times import format_time, parse_time

if TYPE_CHECKING:
    from datetime import datetime

    from qsui.backends.adobe.paging import Params
    from qsui.domain.errors import ApiError

SMALLER_PAGES = (50, 20)
_PROPERTY = "property"
_CLAUSE = re.compile(r"(\w+)(>=|<=|[^\w]+)(.*)", re.DOTALL)
_TICK = timedelta(milliseconds=1)


def fields_of(params: Params) -> frozenset[str]:
    """Return the names of the fields that parameters filter by."""
    return frozenset(match[1] for match in _clauses(params))


def with_strict_signs(params: Params) -> Params | None:
    """Say `at or after` as `after the millisecond before`; `None` if nothing is said that way."""
    clauses = [_strict(match) for match in _clauses(params)]
    text = ",".join(clauses)
    return None if text == dict(params).get(_PROPERTY, "") else _with_property(params, text)


def without_filter(params: Params, order: str) -> tuple[Params, datetime] | None:
    """Return parameters without a filter, and where to stop instead.

    `None` if there is no lower bound for the field that rows are ordered by.
    """
    for match in _clauses(params):
        since = parse_time(match[3]) if match[1] == order and match[2] == ">=" else None
        if since is not None:
            return tuple(pair for pair in params if pair[0] != _PROPERTY), since
    return None


def page_sizes(params: Params, largest: int) -> tuple[int, ...]:
    """Return the page sizes to try, largest first; `largest` is what this list took before."""
    size = min(int(dict(params)["limit"]), largest)
    return (size, *(smaller for smaller in SMALLER_PAGES if smaller < size))


def with_size(params: Params, size: int) -> Params:
    """Ask for that many rows."""
    return tuple((name, str(size) if name == "limit" else value) for name, value in params)


def may_be_about_size(error: ApiError, params: Params) -> bool:
    """Whether a refusal may mean the page size: it says so, or says nothing where no filter is."""
    words = error.detail.lower()
    return "limit" in words or not (words or _PROPERTY in dict(params))


def _clauses(params: Params) -> list[re.Match[str]]:
    text = dict(params).get(_PROPERTY, "")
    found = [_CLAUSE.fullmatch(clause) for clause in text.split(",")] if text else []
    return [match for match in found if match is not None]


def _strict(match: re.Match[str]) -> str:
    name, sign, value = match.groups()
    moment = parse_time(value) if name in ("created", "updated") else None
    if moment is None or sign not in (">=", "<="):
        return match[0]
    outside = moment - _TICK if sign == ">=" else moment + _TICK
    return f"{name}{sign[0]}{format_time(outside)}"


def _with_property(params: Params, text: str) -> Params:
    return tuple((name, text if name == _PROPERTY else value) for name, value in params)
