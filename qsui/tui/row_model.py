"""Which rows a list shows and in which order, kept through every change; no screen in it.

Where rows stand, so that nothing moves under a person's eyes:

- A row is placed by its sort key *as it was when it was placed*. A refresh that changes the key
  leaves the row where it is. Rows are placed anew by `rebuild` (a new filter or order, or a person
  who asks for it).
- The one exception is a row whose group changes (`set_sort(group=...)`, for example from "ok" to
  "failed"): it is taken out and put in by bisection.
- A changed row is tested against the filter: it comes in by bisection or goes away.
- New rows come in by bisection, or with `hold_new` wait until `let_in`.

The cost of `apply` follows the number of changed rows, apart from copying two flat lists when
rows move; `counters` shows it. `rebuild` works in slices so that keys are answered meanwhile.
"""

from __future__ import annotations

import asyncio
import heapq
from bisect import bisect_left
from time import perf_counter
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from qsui.tui.row_changes import REBUILT, Counters, Delta, Order, Pending, edited
from qsui.tui.row_marks import Marks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

__all__ = ["Counters", "Delta", "RowModel"]

R = TypeVar("R")

SLICE_S = 0.006
"""How long `rebuild` works before it lets others run; the last step of a slice adds to it."""

SMALL = 2_000
"""Up to so many rows are rebuilt at once."""

_STEP = 64
_RUN = 1_500
_FREED = 10_000

_Key = tuple[Any, ...]


class RowModel(Generic[R]):
    """Rows by key, and the view of those that pass the filter, in order.

    `hold_new` may be set at any time. `marks` and `changed` belong to the screen; keys that leave
    the list are taken out of them.
    """

    def __init__(self) -> None:
        self.items: dict[str, R] = {}
        self.changed: set[str] = set()
        self.hold_new = False
        self.counters = Counters()
        self._held: dict[str, R] = {}
        self._predicate: Callable[[R], bool] | None = None
        self._only: frozenset[str] | None = None
        self._order: Order[R] = Order()
        self._view: list[str] = []
        self._keys: list[_Key] = []
        self._placed: dict[str, _Key] = {}
        self.marks = Marks(self._placed)
        self._arrivals = 0
        self._late: Pending[R] | None = None
        self._generation = 0
        self.is_unplaced = False
        """Whether rows were not placed yet, because a rebuild is under way or was given up."""

    @property
    def view(self) -> Sequence[str]:
        """The keys of the rows shown, in order. A copy if the order is reversed."""
        return self._view[::-1] if self._order.reverse else self._view

    def __len__(self) -> int:
        """Return how many rows there are, shown or filtered out, without those held back."""
        return len(self.items)

    def __contains__(self, key: object) -> bool:
        """Whether there is such a row, shown or filtered out, held back or not."""
        return key in self.items or key in self._held

    def keys(self) -> list[str]:
        """Return the keys of all rows, shown, filtered out or held back, in no order."""
        return [*self.items, *self._held]

    @property
    def shown(self) -> int:
        """How many rows are shown."""
        return len(self._view)

    @property
    def held_count(self) -> int:
        """How many new rows wait for `let_in`, of those that pass the filter."""
        if self._predicate is None and self._only is None:
            return len(self._held)
        return sum(self._passes(key, item) for key, item in self._held.items())

    @property
    def hidden_marks(self) -> int:
        """How many marked rows the filter hides."""
        return self.marks.hidden

    def key_at(self, index: int) -> str:
        """Return the key of a row shown; raises `IndexError` outside of the view."""
        if not 0 <= index < len(self._view):
            raise IndexError(index)
        return self._view[-1 - index if self._order.reverse else index]

    def keys_between(self, start: int, stop: int) -> list[str]:
        """Return the keys of rows shown from `start` up to `stop`, both cut to the view."""
        count = len(self._view)
        start, stop = max(0, min(start, count)), max(0, min(stop, count))
        if self._order.reverse:
            return self._view[count - stop : count - start][::-1]
        return self._view[start:stop]

    def index_of(self, key: str) -> int | None:
        """Return where a row is shown; `None` if it is not."""
        placed = self._placed.get(key)
        if placed is None:
            return None
        position = bisect_left(self._keys, placed)
        return len(self._view) - 1 - position if self._order.reverse else position

    def get(self, key: str) -> R | None:
        """Return the row with that key, shown or filtered out; `None` if there is none."""
        return self.items.get(key)

    def set_filter(
        self, predicate: Callable[[R], bool] | None, *, only: frozenset[str] | None = None
    ) -> None:
        """Set which rows are shown (`None`: all); takes effect with the next rebuild.

        With `only` rows of other keys are not shown whatever they are.
        """
        self._predicate = predicate
        self._only = only

    def set_sort(
        self,
        key: Callable[[R], Any] | None,
        *,
        reverse: bool = False,
        group: Callable[[R], object] | None = None,
    ) -> None:
        """Set the order (`None`: of arrival); takes effect with the next rebuild.

        `key` returns a value or a tuple; equal ones stand by row key. A row whose `group` changes
        is moved by a refresh, others stay.
        """
        self._order = Order(key, reverse, group)

    def apply(self, upserts: Mapping[str, R], removed: Iterable[str] = ()) -> Delta:
        """Take changes in; rows that are equal to the known ones count as unchanged."""
        if self._late is not None:
            self._late.add(upserts, removed)
            return Delta()
        return self._apply(upserts, removed)

    def load(self, items: Mapping[str, R]) -> None:
        """Take a whole new set of rows without placing them; `rebuild` must follow.

        For a first load: the cost is that of copying a dict, so that nothing stalls.
        """
        self.items = dict(items)
        self.is_unplaced = True
        self._held.clear()
        self.marks.keep(self.items.keys())
        self.changed.intersection_update(self.items)

    def let_in(self) -> Delta:
        """Take in the new rows that were held back."""
        held, self._held = self._held, {}
        return self._apply(held, (), is_known=True)

    def admit(self, keys: Iterable[str]) -> Delta:
        """Take in some of the new rows that were held back."""
        known = {key: self._held.pop(key) for key in keys if key in self._held}
        return self._apply(known, (), is_known=True)

    def put(self, upserts: Mapping[str, R], removed: Iterable[str] = ()) -> Delta:
        """Take in rows that a person waits for: at once, never held back."""
        return self._apply(upserts, removed, is_known=True)

    def rebuild_now(self) -> Delta:
        """Filter and order all rows at once; for small lists."""
        self._generation += 1
        for _ in self._rebuild():
            pass
        return REBUILT

    async def rebuild(self) -> Delta:
        """Filter and order all rows, in slices if there are many.

        Changes that come meanwhile are taken in at the end. Returns an empty delta if a newer call
        took over; then nothing was changed by this one.
        """
        if len(self.items) <= SMALL:
            return self.rebuild_now()
        self._generation += 1
        generation = self._generation
        self.is_unplaced = True
        self._late = self._late or Pending()
        began = perf_counter()
        try:
            for _ in self._rebuild():
                if perf_counter() - began < SLICE_S:
                    continue
                self._note(began)
                await asyncio.sleep(0)
                if generation != self._generation:
                    return Delta()
                began = perf_counter()
            self._note(began)
        finally:
            if generation == self._generation:
                self._take_late()  # also when this was cancelled: nothing that came is lost
        return REBUILT

    def _take_late(self) -> None:
        late, self._late = self._late, None
        if late is not None:
            self.apply(late.upserts, late.removed)

    def _note(self, began: float) -> None:
        took = perf_counter() - began
        self.counters.longest_slice_s = max(self.counters.longest_slice_s, took)

    def _rebuild(self) -> Iterator[None]:
        """Work out the view step by step; the last step puts it in place."""
        self.counters.rebuilds += 1
        order = self._order
        entries: list[_Key] = []
        runs: list[list[_Key]] = []
        items = self.items
        for done, key in enumerate(list(items)):
            item = items[key]
            if self._passes(key, item):
                entries.append(self._sort_key(key, item, order))
            if len(entries) == _RUN:
                entries.sort()
                runs.append(entries)
                entries = []
                yield
            elif done % _STEP == 0:
                yield
        entries.sort()
        runs.append(entries)
        keys: list[_Key] = []
        view: list[str] = []
        placed: dict[str, _Key] = {}
        for done, entry in enumerate(runs[0] if len(runs) == 1 else heapq.merge(*runs)):
            keys.append(entry)
            view.append(entry[-1])
            placed[entry[-1]] = entry
            if done % _STEP == 0:
                yield
        old = self._keys
        self._keys, self._view, self._placed = keys, view, placed
        self.is_unplaced = False
        self.marks.all_placed(placed.keys(), placed)
        self._take_late()
        if len(old) > SMALL:
            _let_go(old)

    def _sort_key(self, key: str, item: R, order: Order[R]) -> _Key:
        self.counters.keyed += 1
        if order.sort is None:
            old = self._placed.get(key)
            if old is not None and len(old) == 2 and isinstance(old[0], int):
                return old
            self._arrivals += 1
            return (self._arrivals, key)
        value = order.sort(item)
        return (*value, key) if isinstance(value, tuple) else (value, key)

    def _passes(self, key: str, item: R) -> bool:
        if self._only is not None and key not in self._only:
            return False
        if self._predicate is None:
            return True
        self.counters.tested += 1
        return self._predicate(item)

    def _apply(
        self, upserts: Mapping[str, R], removed: Iterable[str], *, is_known: bool = False
    ) -> Delta:
        leaving: list[_Key] = []
        coming: list[_Key] = []
        changed: set[str] = set()
        for key in removed:
            self._forget(key, leaving)
        for key, item in upserts.items():
            old = self.items.get(key)
            if old is None and self.hold_new and not is_known:
                self._held[key] = item
            elif old is None or (old is not item and old != item):
                self.items[key] = item
                if self._place(key, item, old, leaving, coming):
                    changed.add(key)
        if leaving or coming:
            self._splice(leaving, coming)
        return Delta(bool(leaving or coming), frozenset(changed))

    def _forget(self, key: str, leaving: list[_Key]) -> None:
        self._held.pop(key, None)
        self.items.pop(key, None)
        self.marks.discard(key)
        self.changed.discard(key)
        placed = self._placed.pop(key, None)
        if placed is not None:
            leaving.append(placed)

    def _place(
        self, key: str, item: R, old: R | None, leaving: list[_Key], coming: list[_Key]
    ) -> bool:
        """Decide where one changed row stands; true if it is shown."""
        placed = self._placed.get(key)
        if not self._passes(key, item):
            if placed is not None:
                leaving.append(self._placed.pop(key))
                self.marks.left(key)
            return False
        group = self._order.group
        if placed is not None and (group is None or old is None or group(old) == group(item)):
            return True
        if placed is not None:
            leaving.append(placed)
        self._placed[key] = self._sort_key(key, item, self._order)
        self.marks.came(key)
        coming.append(self._placed[key])
        return True

    def _splice(self, leaving: list[_Key], coming: list[_Key]) -> None:
        """Take keys out of and put keys into the two lists, each copied once."""
        coming.sort()
        edits: list[tuple[int, int]] = [(bisect_left(self._keys, key), -1) for key in leaving]
        edits += [(bisect_left(self._keys, key), index) for index, key in enumerate(coming)]
        edits.sort(key=lambda edit: (edit[0], edit[1] < 0))
        self._keys = edited(self._keys, edits, coming)
        self._view = edited(self._view, edits, [key[-1] for key in coming])


def _let_go(old: list[_Key]) -> None:
    """Free a long list a piece at a time: many small objects at once are a stall of their own."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return

    def free() -> None:
        del old[-_FREED:]
        if old:
            loop.call_soon(free)

    loop.call_soon(free)
