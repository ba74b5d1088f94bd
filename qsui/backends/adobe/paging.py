"""Walking a list whose pages are cursors in time, against servers that disagree about cursors.

The server's next link is used for its query string only, laid over the parameters that were sent;
where it is to be sent, how rows are ordered and filtered stays ours. A walk ends when there is no
next link, when a page brings nothing unseen, or at the cap. A full page without a next link is
asked for once more from its last row's time, since some servers forget the link.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Generic, TypeVar
from urllib.parse import unquote, urlsplit

from qsui.backends.adobe.times import format_time
from qsui.domain.errors import NotFound, Rejected

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

Params = tuple[tuple[str, str], ...]
R = TypeVar("R")

LARGEST_PAGE = 100
MOST_PAGES = 5_000
_OURS = frozenset({"orderby", "property", "excludesoftdeleted", "excludehidden", "isprevlink"})
_EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Fetched(Generic[R]):
    """One page as the walk needs it: records in the order sent and what leads on."""

    records: tuple[R, ...]
    bad: int = 0
    next_link: str = ""
    next_start: str = ""


@dataclass(frozen=True, slots=True)
class Step(Generic[R]):
    """One page of a walk: unseen records, newest first.

    `onward` are the parameters that come next (`None` at the end), `is_guess` if they are our own
    and not the server's.
    """

    records: tuple[R, ...]
    is_last: bool
    bad: int = 0
    onward: Params | None = None
    is_guess: bool = False


@dataclass(frozen=True, slots=True)
class Walk(Generic[R]):
    """What to ask and how to look at a record.

    `order` is the field to order by (`created` or `updated`), always descending. `time_of` gives
    the value of that field, `sort_time_of` what rows are shown by (a run's slot); `None` if
    unknown.
    """

    fetch: Callable[[Params], Awaitable[Fetched[R]]]
    id_of: Callable[[R], str]
    time_of: Callable[[R], datetime | None]
    order: str = "created"
    params: Params = ()
    cap: int | None = None
    limit: int = LARGEST_PAGE
    sort_time_of: Callable[[R], datetime | None] | None = None

    @property
    def size(self) -> int:
        """How many rows are asked for at a time."""
        largest = min(self.limit, LARGEST_PAGE)
        return max(1, largest if self.cap is None else min(largest, self.cap))

    def first_params(self) -> Params:
        """Return the parameters of the first page."""
        return (("orderby", f"-{self.order}"), ("limit", str(self.size)), *self.params)

    async def steps(
        self,
        *,
        onward: Params | None = None,
        seen: frozenset[str] = frozenset(),
        is_guess: bool = False,
    ) -> AsyncGenerator[Step[R], None]:
        """Yield pages until the end; the arguments continue a walk begun before."""
        known = set(seen)
        params: Params | None = onward or self.first_params()
        yielded = len(known)
        for _page in range(MOST_PAGES):
            if params is None:
                return
            try:
                page = await self.fetch(params)
            except (Rejected, NotFound):
                if not is_guess:
                    raise
                yield Step((), is_last=True)  # it only refused a start that it had not offered
                return
            fresh = self._unseen(page.records, known)
            params, is_guess = self._next(params, page) if fresh else (None, False)
            left = None if self.cap is None else self.cap - yielded
            cut = fresh if left is None else fresh[:left]
            yielded += len(cut)
            is_full = self.cap is not None and yielded >= self.cap
            more = params is not None or len(cut) < len(fresh)
            yield Step(cut, is_last=not more, bad=page.bad, onward=params, is_guess=is_guess)
            if is_full:
                return

    def _unseen(self, records: tuple[R, ...], known: set[str]) -> tuple[R, ...]:
        fresh: list[R] = []
        for record in records:
            id = self.id_of(record)
            if id not in known:
                known.add(id)
                fresh.append(record)
        return tuple(self._newest_first(fresh))

    def _newest_first(self, records: list[R]) -> list[R]:
        time_of = self.sort_time_of or self.time_of

        def key(record: R) -> tuple[bool, datetime]:
            moment = time_of(record)
            return moment is not None, moment or _EPOCH

        return sorted(records, key=key, reverse=True)

    def _next(self, sent: Params, page: Fetched[R]) -> tuple[Params | None, bool]:
        """Return the next parameters (`None`: the end) and whether they are our own guess."""
        linked = overlay(sent, page.next_link, self.size)
        if linked is not None and linked != sent:
            return linked, False
        if linked is not None or len(page.records) + page.bad < self.size:
            return None, False
        start = page.next_start
        if not start:
            times = [self.time_of(record) for record in page.records]
            oldest = min((moment for moment in times if moment), default=None)
            start = format_time(oldest) if oldest else ""
        guessed = _replaced(sent, {"start": start}) if start else sent
        return (guessed, True) if guessed != sent else (None, False)


def overlay(sent: Params, link: str, size: int) -> Params | None:
    """Lay a link's query string over the parameters sent; `None` if it has none.

    Order and filters stay as sent; a smaller page size is taken over, a larger one is not. `start`
    passes unchanged, a time or an offset.
    """
    try:
        query = urlsplit(link).query
    except ValueError:
        return None
    changes: dict[str, str] = {}
    for part in query.split("&"):
        name, _, raw = part.partition("=")
        name, value = unquote(name), unquote(raw)  # a bare `+` is the sign of an offset in a time
        if not name or name.lower() in _OURS:
            continue
        if name == "limit":
            small = value.isascii() and value.isdigit() and 0 < int(value[:9]) <= size
            value = value if small else str(size)
        changes[name] = value
    return _replaced(sent, changes) if changes else None


def _replaced(sent: Params, changes: dict[str, str]) -> Params:
    kept = tuple((name, changes.get(name, value)) for name, value in sent)
    names = {name for name, _value in sent}
    return (*kept, *((name, value) for name, value in changes.items() if name not in names))
