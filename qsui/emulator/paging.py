"""Lists: order, page size, the time cursor (or the oldest guide's offset), the envelope.

The cursor is the time of the first row of the next page and includes it. So rows of equal times at
a boundary come twice, and more rows of one time than fit on a page lead round in a circle: the
service promises nothing better.
"""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from qsui.emulator.clock import from_us
from qsui.emulator.filters import Field, condition, parse_time
from qsui.emulator.quirks import Quirks
from qsui.emulator.replies import refused
from qsui.emulator.store import Store

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
_MAX_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Listing:
    """One kind of list.

    `source` is the FROM part, `columns` the SELECT part, `times` maps an `orderby` name to a
    column, `where` and `parameters` hold the scope. `default` is the order when the client names
    none.
    """

    key: str
    path: str
    source: str
    columns: str
    times: Mapping[str, str]
    where: str
    parameters: tuple[object, ...]
    fields: Mapping[str, Field]
    default: str
    render: Callable[[sqlite3.Row], dict[str, Any]]
    has_prev: bool = False
    loose_next: bool = False
    epoch_cursor: bool = False
    version: int = 1


@dataclass(frozen=True, slots=True)
class _Ask:
    name: str
    column: str
    descending: bool
    limit: int
    start: int | None
    offset: int | None
    backwards: bool
    latest: bool


def iso_ms(us: int) -> str:
    """`2020-01-08T12:30:00.000Z`."""
    return from_us(us).strftime("%Y-%m-%dT%H:%M:%S.") + f"{us // 1000 % 1000:03d}Z"


def iso_exact(us: int) -> str:
    """ISO with `Z`, without a fraction if there is none, else microseconds."""
    moment = from_us(us)
    return moment.replace(tzinfo=None).isoformat() + "Z"


def _is_count(text: str) -> bool:
    """Whether this is a whole number that a database takes."""
    return text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS


class Pager:
    """Answers list requests from the store."""

    def __init__(self, store: Store, quirks: Quirks) -> None:
        self._store = store
        self._quirks = quirks

    def page(self, listing: Listing, query: Mapping[str, str], base: str) -> dict[str, Any]:
        """One page with its envelope; `base` is the public URL that links begin with.

        Raises:
            Refusal: 400 for a parameter that makes no sense, 404 for an empty list if so chosen.
        """
        ask = self._ask(listing, query)
        rows, more = self._rows(listing, ask, query.get("property"))
        if not rows and self._quirks["Q23"] == "404":
            raise refused(404, f"No {listing.key} found")
        page = self._page(listing, ask, rows, more, query.get("property"))
        items = [listing.render(row) for row in rows[: ask.limit]]
        links = self._links(listing, ask, page, query, base)
        return {listing.key: items, "_page": page, "_links": links, "version": listing.version}

    # What is asked

    def _ask(self, listing: Listing, query: Mapping[str, str]) -> _Ask:
        offsets = self._quirks["Q1"] == "offset"
        order = query.get("orderby", "").replace(" ", "+")
        latest = not order and self._quirks["Q2"] == "latest"
        order = order or self._default_order(listing)
        name = order.lstrip("+-")
        if name not in listing.times or len(order) - len(name) > 1:
            raise refused(
                400,
                f"orderby: {order!r} is not {' or '.join(listing.times)} with an optional sign",
            )
        start, offset = query.get("start", ""), 0 if offsets else None
        start_us = None
        if start:
            if offsets and _is_count(start):
                offset = int(start)
            else:
                start_us, offset = self._start_time(start), None
        return _Ask(
            name=name,
            column=listing.times[name],
            descending=order.startswith("-") or latest,
            limit=self._limit(query.get("limit")),
            start=start_us,
            offset=offset,
            backwards=listing.has_prev and query.get("isPrevLink", "").lower() == "true",
            latest=latest,
        )

    def _start_time(self, text: str) -> int:
        if self._quirks["Q6"] == "epoch" and _is_count(text):
            return int(text) * 1000
        return parse_time(text, "start")

    def _default_order(self, listing: Listing) -> str:
        mode = self._quirks["Q2"]
        if mode == "mixed":
            return listing.default
        return "+created" if mode in ("oldest", "latest") else "-created"

    def _limit(self, text: str | None) -> int:
        if not text:
            return MAX_LIMIT * MAX_LIMIT if self._quirks["Q31"] == "all" else DEFAULT_LIMIT
        usable = text.isascii() and text.isdigit() and len(text) <= len(str(MAX_LIMIT))
        if not usable or not 1 <= int(text) <= MAX_LIMIT:
            raise refused(400, f"limit: {text!r} is not a whole number from 1 to {MAX_LIMIT}")
        return int(text)

    # Rows

    def _rows(
        self, listing: Listing, ask: _Ask, property_: str | None
    ) -> tuple[list[sqlite3.Row], bool]:
        """The rows of the page, often with the first of the next, and whether more follow."""
        clause, values = condition(property_, listing.fields)
        descending = ask.descending != ask.backwards
        where = f"{listing.where} AND {clause}"
        parameters = [*listing.parameters, *values]
        if ask.start is not None:
            where += f" AND {ask.column} {'<=' if descending else '>='} ?"
            parameters.append(ask.start)
        direction = "DESC" if descending else "ASC"
        alias = ask.column.partition(".")[0]
        rows = self._store.rows(
            f"SELECT {listing.columns}, {ask.column} AS cursor_us FROM {listing.source}"  # noqa: S608
            f" WHERE {where} ORDER BY {ask.column} {direction}, {alias}.seq {direction}"
            " LIMIT ? OFFSET ?",
            [*parameters, ask.limit + 1, ask.offset or 0],
        )
        more = len(rows) > ask.limit
        if ask.latest:
            rows = rows[: ask.limit][::-1]
        return rows, more

    # Envelope

    def _page(
        self,
        listing: Listing,
        ask: _Ask,
        rows: list[sqlite3.Row],
        more: bool,
        property_: str | None,
    ) -> dict[str, Any]:
        sign = "+" if ask.latest or not ask.descending else "-"
        page: dict[str, Any] = {"orderby": f"{sign}{ask.name}"}
        if ask.offset is not None:
            page["start"] = str(ask.offset)
            if more:
                page["next"] = str(ask.offset + ask.limit)
        elif rows:
            page["start"] = self._cursor(listing, rows[0]["cursor_us"])
            if more:
                page["next"] = self._cursor(listing, rows[ask.limit]["cursor_us"])
        if property_:
            page["property"] = property_
        page["count"] = min(len(rows), ask.limit)
        return page

    def _cursor(self, listing: Listing, us: int) -> str:
        if listing.epoch_cursor and self._quirks["Q6"] == "epoch":
            return str(us // 1000)
        return iso_exact(us) if us % 1000 else iso_ms(us)

    def _links(
        self, listing: Listing, ask: _Ask, page: dict[str, Any], query: Mapping[str, str], base: str
    ) -> dict[str, Any]:
        links: dict[str, Any] = {}
        forward, backward = page.get("next"), page.get("start")
        if ask.backwards:
            forward, backward = backward, forward
        if forward is not None:
            links["next"] = self._href(listing, ask, forward, base, back=False)
        asked_further = bool(query.get("start")) and ask.offset is None
        if listing.has_prev and backward is not None and (asked_further or ask.backwards):
            links["prev"] = self._href(listing, ask, backward, base, back=True)
        return links

    def _href(self, listing: Listing, ask: _Ask, start: str, base: str, *, back: bool) -> object:
        if self._quirks["Q12"] == "oas":
            query = {
                "start": start,
                "limit": str(ask.limit),
                "linkType": "prev" if back else "next",
            }
        elif ask.latest:
            query = {"start": start}
        else:
            query = {"orderby": f"{'-' if ask.descending else '+'}{ask.name}", "start": start}
        if back:
            query["isPrevLink"] = "true"
        href = f"{base}{listing.path}?{urlencode(query, quote_via=quote, safe=':')}"
        return href if listing.loose_next and self._quirks["Q11"] == "string" else {"href": href}
