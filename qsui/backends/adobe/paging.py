"""Walking a list whose pages are cursors in time, against servers that disagree about cursors.

The server's next link is used for its query string only, laid over the parameters that were sent;
where it is to be sent, how rows are ordered and filtered stays ours. A walk ends when there is no
next link, when a page brings nothing unseen, or at the cap. Some servers forget the link: then
`_page.next` leads on, and a full page is asked for once more from its last row's time. Where more
rows of one moment lie than fit on a page, a start at that moment brings the same page for ever:
the walk goes on just beyond it, and owns that it may have lost some by not ending in `is_last`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Generic, TypeVar
from urllib.parse import unquote, urlsplit

from qsui.backends.times import format_time, parse_time
from qsui.domain.errors import NotFound, Rejected

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

Params = tuple[tuple[str, str], ...]
R = TypeVar("R")

LARGEST_PAGE = 100
MOST_PAGES = 5_000
_OURS = frozenset({"orderby", "property", "excludesoftdeleted", "excludehidden", "isprevlink"})
_EPOCH = datetime.fromtimestamp(0, UTC)
_STEP_OVER = timedelta(milliseconds=1)
_MOST_IDLE = 2


@dataclass(frozen=True, slots=True)
class Fetched(Generic[R]):
    """One page as the walk needs it: records in the order sent and what leads on.

    `size` is how many rows were asked for (0: as many as the walk said).
    """

    records: tuple[R, ...]
    bad: int = 0
    next_link: str = ""
    next_start: str = ""
    size: int = 0


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


@dataclass(slots=True)
class _Trace:
    """How a walk gets on: its fullest page, how many in a row were idle, if no row can be lost.

    `is_plain` if what links add beside a start was refused.
    """

    fullest: int = 2
    idle: int = 0
    is_sure: bool = True
    is_plain: bool = False

    def is_stuck(self, count: int, *, is_new: bool) -> bool:
        """Note a page; whether a full one brought nothing new, so that more may lie behind it."""
        is_full = count >= self.fullest
        self.fullest = max(self.fullest, count)
        self.idle = 0 if is_new else self.idle + 1
        return is_full and 0 < self.idle < _MOST_IDLE


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
        trace = _Trace()
        for _page in range(MOST_PAGES):
            if params is None:
                return
            sent = params
            try:
                page = await self.fetch(sent)
            except (Rejected, NotFound):
                params = None if is_guess else _only_known(sent)
                if params == sent:
                    raise
                trace.is_plain = True
                if params is None:  # it only refused a start that it had not offered
                    yield Step((), is_last=trace.is_sure)
                continue  # without what the server's link offered and the server refused
            fresh = self._unseen(page.records, known)
            params, is_guess = self._next(sent, page) if fresh else (None, False)
            if params is not None and trace.is_plain:
                params = _only_known(params)
            if trace.is_stuck(len(page.records), is_new=bool(fresh)) or params == sent:
                params, is_guess = self._beyond(sent, page), True
                trace.is_sure &= not self._is_one_moment(sent, page)
            left = None if self.cap is None else self.cap - yielded
            cut = fresh if left is None else fresh[:left]
            yielded += len(cut)
            is_last = trace.is_sure and params is None and len(cut) == len(fresh)
            yield Step(cut, is_last=is_last, bad=page.bad, onward=params, is_guess=is_guess)
            if self.cap is not None and yielded >= self.cap:
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
        """Return the next parameters (`None`: the end) and whether they are our own guess.

        They are those sent if the server leads back to where it was.
        """
        size = page.size or self.size
        linked = overlay(sent, page.next_link, size)
        if linked is not None:
            return linked, False
        count = len(page.records) + page.bad
        if page.next_start and count:
            return _replaced(sent, {"start": page.next_start}), True
        if count < size:
            return None, False
        oldest = self._oldest(page)
        guessed = _replaced(sent, {"start": format_time(oldest)}) if oldest else sent
        return (guessed, True) if guessed != sent else (None, False)

    def _beyond(self, sent: Params, page: Fetched[R]) -> Params | None:
        """Return the parameters that lead on where the server leads back; `None`: nowhere.

        From the last row's time, or, if the page began with that, from just beyond it.
        """
        oldest = self._oldest(page)
        if oldest is None or dict(sent).get("start", "").isdigit():
            return None
        if self._is_one_moment(sent, page):
            oldest -= _STEP_OVER
        beyond = _replaced(sent, {"start": format_time(oldest)})
        return beyond if beyond != sent else None

    def _is_one_moment(self, sent: Params, page: Fetched[R]) -> bool:
        """Whether a page begins and ends at the same time: its last row leads nowhere."""
        oldest = self._oldest(page)
        return oldest is not None and parse_time(dict(sent).get("start")) == oldest

    def _oldest(self, page: Fetched[R]) -> datetime | None:
        times = [self.time_of(record) for record in page.records]
        return min((moment for moment in times if moment), default=None)


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


def _only_known(sent: Params) -> Params:
    """Leave out what a link added beside a start and a size."""
    known = _OURS | {"limit", "start"}
    return tuple((name, value) for name, value in sent if name.lower() in known)
