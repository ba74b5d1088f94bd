"""The parts a `RowModel` is made of: what a change did, what waits, and the splice of a list."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

R = TypeVar("R")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Delta:
    """What a change did to the list: whether rows came, went or moved, and which rows differ.

    `changed_keys` holds the rows in view whose record is another one, moved or not. `rebuilt` is
    true if all rows were filtered and placed anew.
    """

    view_changed: bool = False
    changed_keys: frozenset[str] = frozenset()
    rebuilt: bool = False

    def __bool__(self) -> bool:
        """Whether anything is to be painted."""
        return self.view_changed or bool(self.changed_keys)


REBUILT = Delta(view_changed=True, rebuilt=True)


@dataclass(slots=True)
class Counters:
    """How much work was done since the start."""

    tested: int = 0
    keyed: int = 0
    rebuilds: int = 0
    longest_slice_s: float = 0.0


@dataclass(slots=True)
class Order(Generic[R]):
    """How rows are ordered (`sort` is `None`: as they came) and what makes a row move."""

    sort: Callable[[R], Any] | None = None
    reverse: bool = False
    group: Callable[[R], object] | None = None


@dataclass(slots=True)
class Pending(Generic[R]):
    """Changes that wait, each row once."""

    upserts: dict[str, R] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)

    def add(self, upserts: Mapping[str, R], removed: Iterable[str]) -> None:
        """Put newer changes over those that wait; a row both removed and given is given."""
        for key in removed:
            self.upserts.pop(key, None)
            self.removed.add(key)
        self.upserts.update(upserts)
        self.removed.difference_update(upserts)


def edited(old: list[T], edits: list[tuple[int, int]], values: list[T]) -> list[T]:
    """Return a copy with each place of `edits` left out (-1) or preceded by that value."""
    new: list[T] = []
    start = 0
    for place, value in edits:
        new += old[start:place]
        start = place
        if value < 0:
            start += 1
        else:
            new.append(values[value])
    new += old[start:]
    return new
