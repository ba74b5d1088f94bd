"""Which rows of a list are marked, and how many of them the filter hides, without counting anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableSet
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Set


class Marks(MutableSet[str]):
    """Keys of marked rows. `shown` holds those of the rows in view, whatever is in it when asked.

    The model says when a row comes into view or leaves it; a rebuild counts anew once.
    """

    def __init__(self, shown: Container[str] = ()) -> None:
        self._keys: set[str] = set()
        self._hidden: set[str] = set()
        self._shown = shown

    @classmethod
    def _from_iterable(cls, keys: Iterable[str]) -> set[str]:  # type: ignore[override]  # results
        return set(keys)

    def __contains__(self, key: object) -> bool:
        """Whether a row is marked."""
        return key in self._keys

    def __iter__(self) -> Iterator[str]:
        """Yield the keys in no order."""
        return iter(self._keys)

    def __len__(self) -> int:
        """Return how many rows are marked."""
        return len(self._keys)

    @property
    def hidden(self) -> int:
        """How many marked rows are not in view."""
        return len(self._hidden)

    def add(self, key: str) -> None:
        """Mark a row."""
        self._keys.add(key)
        if key not in self._shown:
            self._hidden.add(key)

    def discard(self, key: str) -> None:
        """Take the mark of a row away, if it has one."""
        self._keys.discard(key)
        self._hidden.discard(key)

    def clear(self) -> None:
        """Take all marks away."""
        self._keys.clear()
        self._hidden.clear()

    def add_shown(self, keys: Iterable[str]) -> None:
        """Mark rows that are in view."""
        self._keys.update(keys)
        self._hidden.difference_update(keys)

    def keep(self, known: Set[str]) -> None:
        """Take the marks of rows away that are not known any more."""
        self._keys &= known
        self._hidden &= known

    def came(self, key: str) -> None:
        """A row came into view."""
        self._hidden.discard(key)

    def left(self, key: str) -> None:
        """A row is filtered out."""
        if key in self._keys:
            self._hidden.add(key)

    def all_placed(self, shown: Set[str], container: Container[str]) -> None:
        """All rows were filtered anew; from now on `container` holds those in view."""
        self._shown = container
        self._hidden = self._keys - shown
