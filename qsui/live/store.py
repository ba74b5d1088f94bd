"""The one owner of what is known: immutable snapshots, and events that say what changed.

Records are kept in partitions (scope label, kind, parent); a partition that did not change is the
same object in the next snapshot. Nothing here reads a server, a clock or a file.

Ages move without an event: if an answer brings nothing new, `read_at` of its partition and the
silent parts of `Health` (`last_success_at`, `requests_last_min`, `server_offset`) are replaced in
`Store.snapshot` under the same revision. Whoever draws an age takes it from `Store.snapshot` when
it draws, and whoever must know of every read asks by `listen_reads`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from qsui.live.snapshot import (
    EMPTY,
    NONE,
    Change,
    Health,
    HealthState,
    Partition,
    PartitionKey,
    Snapshot,
    Trouble,
    TroubleKind,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from qsui.domain.models import Kind, Record, Ref, Scope
    from qsui.domain.pending import Pending

__all__ = [
    "EMPTY",
    "Change",
    "Health",
    "HealthState",
    "Partition",
    "PartitionKey",
    "Snapshot",
    "Store",
    "Trouble",
    "TroubleKind",
]

E = TypeVar("E")


class Store:
    """Holds the current snapshot; the only place where a next one is made.

    Listeners are called synchronously on the caller's thread and must be quick; they may not apply.
    """

    def __init__(self) -> None:
        self._snapshot = Snapshot()
        self._listeners: list[Callable[[Change], None]] = []
        self._read_listeners: list[Callable[[PartitionKey], None]] = []

    @property
    def snapshot(self) -> Snapshot:
        """The newest snapshot."""
        return self._snapshot

    def listen(self, callback: Callable[[Change], None]) -> Callable[[], None]:
        """Call back after every change; returns the function that ends that."""
        self._listeners.append(callback)
        return lambda: _drop(self._listeners, callback)

    def listen_reads(self, callback: Callable[[PartitionKey], None]) -> Callable[[], None]:
        """Call back whenever `read_at` of a partition moves, changed or not."""
        self._read_listeners.append(callback)
        return lambda: _drop(self._read_listeners, callback)

    def apply(
        self,
        scope: Scope,
        kind: Kind,
        parent: str,
        upserts: Iterable[Record],
        *,
        removed: Iterable[str] = (),
        replace: bool = False,
        read_at: datetime | None = None,
        is_complete: bool | None = None,
        from_history: bool = False,
        known_from: datetime | None = None,
    ) -> Change | None:
        """Put records into a partition and tell the listeners; `None` if nothing differs.

        `removed` are ids. With `replace`, whatever is not among the upserts goes (only for a list
        that was read to its end). `read_at` is `None` if this is not the answer to a read of that
        list (then `is_complete`, `from_history` and the trouble stay as they are); a read clears
        the trouble. `None` as `is_complete` or `known_from` means "as before".
        """
        key = (scope.label, kind, parent)
        old = self._snapshot.partitions.get(key, EMPTY)
        records, added, updated, gone = _merged(old.records, upserts, removed, replace=replace)
        is_read = read_at is not None
        new = Partition(
            records=records,
            read_at=read_at if is_read else old.read_at,
            is_complete=old.is_complete if is_complete is None else is_complete,
            from_history=from_history if is_read or not old.records else old.from_history,
            trouble=None if is_read else old.trouble,
            known_from=known_from or old.known_from,
        )
        return self._put(key, old, new, (added, updated, gone))

    def set_trouble(
        self, scope: Scope, kind: Kind, parent: str, trouble: Trouble | None
    ) -> Change | None:
        """Say that the last read of a partition failed; its records stay."""
        key = (scope.label, kind, parent)
        old = self._snapshot.partitions.get(key, EMPTY)
        return self._put(key, old, replace(old, trouble=trouble), ({}, {}, {}))

    def drop(self, scope: Scope, kind: Kind, parent: str) -> Change | None:
        """Forget a partition, for example the runs of a deleted schedule."""
        key = (scope.label, kind, parent)
        old = self._snapshot.partitions.get(key)
        if old is None:
            return None
        partitions = dict(self._snapshot.partitions)
        del partitions[key]
        return self._announce(partitions, removed=frozenset(r.ref for r in old.records.values()))

    def set_health(self, health: Health) -> Change | None:
        """Replace the health of its scope; `None` (no call) if only silent parts moved."""
        label = health.scope.label
        old = self._snapshot.health.get(label)
        if old == health:
            return None
        healths = {**self._snapshot.health, label: health}
        if old is not None and old.loud() == health.loud():
            self._snapshot = replace(self._snapshot, health=healths)
            return None
        return self._announce(self._snapshot.partitions, health=healths)

    def set_pending(self, *pending: Pending) -> Change | None:
        """Put actions in, or in the place of what was known of them; by their id."""
        known = self._snapshot.pending
        changed = {p.id: p for p in pending if known.get(p.id) != p}
        if not changed:
            return None
        return self._tell_pending({**known, **changed}, changed.values())

    def forget_pending(self, *ids: str) -> Change | None:
        """Show actions no more."""
        known = self._snapshot.pending
        gone = [known[id] for id in ids if id in known]
        if not gone:
            return None
        return self._tell_pending({id: p for id, p in known.items() if id not in ids}, gone)

    def _tell_pending(self, pending: Mapping[str, Pending], about: Iterable[Pending]) -> Change:
        refs = frozenset(p.action.target for p in about)
        return self._announce(self._snapshot.partitions, pending=pending, acted_on=refs)

    def _put(
        self,
        key: PartitionKey,
        old: Partition,
        new: Partition,
        diff: tuple[dict[str, Ref], dict[str, Ref], dict[str, Ref]],
    ) -> Change | None:
        is_moved = new.read_at != old.read_at
        is_loud = new.records is not old.records or (
            (new.is_complete, new.from_history, new.trouble, new.known_from)
            != (old.is_complete, old.from_history, old.trouble, old.known_from)
        )
        if not is_moved and not is_loud:
            return None
        partitions = dict(self._snapshot.partitions)
        partitions[key] = new
        change = None
        if is_loud:
            added, updated, gone = (frozenset(part.values()) for part in diff)
            change = self._announce(partitions, added=added, updated=updated, removed=gone)
        else:
            self._snapshot = replace(self._snapshot, partitions=partitions)
        if is_moved:
            for callback in tuple(self._read_listeners):
                callback(key)
        return change

    def _announce(
        self,
        partitions: Mapping[PartitionKey, Partition],
        *,
        added: frozenset[Ref] = NONE,
        updated: frozenset[Ref] = NONE,
        removed: frozenset[Ref] = NONE,
        health: Mapping[str, Health] | None = None,
        pending: Mapping[str, Pending] | None = None,
        acted_on: frozenset[Ref] = NONE,
    ) -> Change:
        before = self._snapshot
        self._snapshot = Snapshot(
            revision=before.revision + 1,
            partitions=partitions,
            health=before.health if health is None else health,
            pending=before.pending if pending is None else pending,
        )
        change = Change(self._snapshot, added, updated, removed, health is not None, acted_on)
        for callback in tuple(self._listeners):
            callback(change)
        return change


def _drop(listeners: list[Callable[[E], None]], callback: Callable[[E], None]) -> None:
    if callback in listeners:
        listeners.remove(callback)


def _merged(
    old: Mapping[str, Record],
    upserts: Iterable[Record],
    removed: Iterable[str],
    *,
    replace: bool,
) -> tuple[Mapping[str, Record], dict[str, Ref], dict[str, Ref], dict[str, Ref]]:
    """Return the records after the change and the refs added, updated and removed, by id.

    The old mapping itself is returned if nothing differs; it is copied at most once.
    """
    changed: dict[str, Record] = {}
    added: dict[str, Ref] = {}
    updated: dict[str, Ref] = {}
    given: set[str] = set()
    for record in upserts:
        id = record.ref.id
        if replace:
            given.add(id)
        known = changed.get(id) or old.get(id)
        if known is None:
            added[id] = record.ref
        elif known == record:
            continue
        elif id not in added:
            updated[id] = record.ref
        changed[id] = record
    goes = set(removed)
    if replace:
        goes.update(id for id in old if id not in given)
    gone = {id: old[id].ref for id in goes if id in old}
    if not changed and not gone:
        return old, added, updated, gone
    records = dict(old)
    records.update(changed)
    for id in goes:
        records.pop(id, None)
        added.pop(id, None)
        updated.pop(id, None)
    return records, added, updated, gone
