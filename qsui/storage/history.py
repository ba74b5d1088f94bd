"""`history.db`: finished runs and last known schedules, so that a new start shows rows at once.

One SQLite file in the state folder, readable by its owner only, shared by any number of processes
(WAL). Rows carry the scope's key. Losing the file costs history and nothing else, so nothing here
raises for a missing, full, read-only or broken store: `trouble` says it instead.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from qsui.domain.models import Kind, Ref, Run, Schedule
from qsui.storage import records

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from qsui.domain.models import Scope

T = TypeVar("T")

FILE_NAME = "history.db"
VERSION = 1
BUSY_MS = 2000

_SCHEMA = """
CREATE TABLE schedules (
    scope TEXT NOT NULL, id TEXT NOT NULL, place INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (scope, id)
) WITHOUT ROWID;
CREATE TABLE readings (scope TEXT PRIMARY KEY, read_at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE runs (
    scope TEXT NOT NULL, schedule_id TEXT NOT NULL, id TEXT NOT NULL,
    decoded_id TEXT NOT NULL, slot REAL NOT NULL, richness INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (scope, schedule_id, id)
) WITHOUT ROWID;
CREATE INDEX runs_by_slot ON runs (scope, schedule_id, slot);
CREATE INDEX runs_by_id ON runs (scope, id);
"""

_NEWEST_RUNS = """
SELECT schedule_id, id, body FROM (
    SELECT schedule_id, id, body, slot,
           row_number() OVER (PARTITION BY schedule_id ORDER BY slot DESC) AS place
    FROM runs WHERE scope = ? AND slot >= ?
) WHERE place <= ? ORDER BY slot DESC, schedule_id, id
"""

_SAVE_RUN = """
INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (scope, schedule_id, id) DO UPDATE SET
    decoded_id = excluded.decoded_id, slot = excluded.slot,
    richness = excluded.richness, body = excluded.body
WHERE excluded.richness >= runs.richness
"""


class UnknownVersionError(Exception):
    """The file was written by another version of the program."""


def open_history(folder: Path | None) -> SqliteHistory:
    """Open or begin `history.db` in the state folder; `None` keeps nothing, without complaint."""
    return SqliteHistory(folder)


class SqliteHistory:
    """See `qsui.domain.ports.History`; may be called from any thread, one call at a time."""

    def __init__(self, folder: Path | None) -> None:
        self._path = folder / FILE_NAME if folder else None
        self._trouble = ""
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        if self._path is not None:
            with self._lock:
                self._connection = self._open(self._path)

    @property
    def trouble(self) -> str:
        """Why nothing is kept, as a sentence; empty if all is well."""
        return self._trouble

    def load_schedules(self, scope: Scope) -> tuple[tuple[Schedule, ...], datetime | None]:
        """Return the last known schedules, in their order, and when they were read."""

        def load(db: sqlite3.Connection) -> tuple[tuple[Schedule, ...], datetime | None]:
            rows = db.execute(
                "SELECT id, body FROM schedules WHERE scope = ? ORDER BY place, id", (scope.key,)
            ).fetchall()
            reading = db.execute(
                "SELECT read_at FROM readings WHERE scope = ?", (scope.key,)
            ).fetchone()
            read_at = datetime.fromisoformat(reading[0]) if reading else None
            found = (_readable(records.schedule_of, scope, *row) for row in rows)
            return tuple(schedule for schedule in found if schedule is not None), read_at

        nothing: tuple[tuple[Schedule, ...], datetime | None] = ((), None)
        return self._do(load, nothing)

    def save_schedules(
        self, scope: Scope, schedules: tuple[Schedule, ...], at: datetime, *, replace: bool
    ) -> None:
        """Keep schedules; with `replace`, forget those not given."""
        rows = [
            (scope.key, schedule.id, place, records.schedule_text(schedule))
            for place, schedule in enumerate(schedules)
            if _is_storable(schedule.id)
        ]

        def save(db: sqlite3.Connection) -> None:
            if replace:
                db.execute("DELETE FROM schedules WHERE scope = ?", (scope.key,))
            db.executemany(
                "INSERT INTO schedules VALUES (?, ?, ?, ?) ON CONFLICT (scope, id)"
                " DO UPDATE SET body = excluded.body",
                rows,
            )
            db.execute(
                "INSERT OR REPLACE INTO readings VALUES (?, ?)",
                (scope.key, at.astimezone(UTC).isoformat()),
            )

        self._write(save)

    def load_runs(
        self, scope: Scope, since: datetime, *, per_schedule: int = 60
    ) -> tuple[Run, ...]:
        """Return kept runs with a slot since then.

        Newest first, at most `per_schedule` of each schedule.
        """

        def load(db: sqlite3.Connection) -> tuple[Run, ...]:
            rows = db.execute(_NEWEST_RUNS, (scope.key, since.timestamp(), per_schedule)).fetchall()
            found = (_readable(records.run_of, scope, *row) for row in rows)
            return tuple(run for run in found if run is not None)

        return self._do(load, ())

    def save_runs(self, scope: Scope, runs: tuple[Run, ...]) -> None:
        """Keep runs that are final; others are ignored."""
        rows = [
            (
                scope.key,
                run.schedule_id,
                run.id,
                run.decoded_id,
                run.slot_at.timestamp() if run.slot_at else 0.0,
                records.richness(run),
                records.run_text(run),
            )
            for run in runs
            if run.state.is_final and _is_storable(run.schedule_id + run.id + run.decoded_id)
        ]
        if rows:
            self._write(lambda db: db.executemany(_SAVE_RUN, rows))

    def find_run(self, scope: Scope, run_id: str) -> tuple[Ref, ...]:
        """Return the refs of kept runs with that id (encoded or decoded), of any schedule."""
        if not _is_storable(run_id):
            return ()

        def find(db: sqlite3.Connection) -> tuple[Ref, ...]:
            rows = db.execute(
                "SELECT schedule_id, id FROM runs WHERE scope = ? AND (id = ? OR decoded_id = ?)"
                " ORDER BY schedule_id, id",
                (scope.key, run_id, run_id),
            ).fetchall()
            return tuple(Ref(scope.profile, scope.sandbox, Kind.RUN, *row) for row in rows)

        return self._do(find, ())

    def close(self) -> None:
        """Flush and close; later calls find and keep nothing."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _write(self, work: Callable[[sqlite3.Connection], object]) -> None:
        def write(db: sqlite3.Connection) -> None:
            with _transaction(db):
                work(db)

        self._do(write, None)

    def _do(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Work on the open file; trouble is noted, and gone with the next success."""
        import sqlite3

        with self._lock:
            if self._connection is None or self._path is None:
                return otherwise
            try:
                result = work(self._connection)
            except sqlite3.OperationalError as error:
                self._trouble = self._sentence(error)
                return otherwise
            except sqlite3.DatabaseError:
                self._connection.close()
                self._connection = self._begin_again(self._path)
                return otherwise
            self._trouble = ""
            return result

    def _open(self, path: Path) -> sqlite3.Connection | None:
        import sqlite3

        try:
            return _connect(path)
        except (UnknownVersionError, sqlite3.DatabaseError) as error:
            if isinstance(error, sqlite3.OperationalError):
                self._trouble = self._sentence(error)
                return None
        except OSError as error:
            self._trouble = self._sentence(error)
            return None
        return self._begin_again(path)

    def _begin_again(self, path: Path) -> sqlite3.Connection | None:
        """Set a file aside that cannot be read, and begin a new one."""
        import sqlite3

        try:
            _set_aside(path)
            return _connect(path)
        except (OSError, sqlite3.DatabaseError, UnknownVersionError) as error:
            self._trouble = self._sentence(error)
            return None

    def _sentence(self, error: Exception) -> str:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return f"History is not kept: {self._path} cannot be used ({reason})."


def _connect(path: Path) -> sqlite3.Connection:
    """Open the file for this user only and see to its tables."""
    import sqlite3

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
    db = sqlite3.connect(
        path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False
    )
    try:
        db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        with _transaction(db):
            _see_to_tables(db)
    except (sqlite3.DatabaseError, UnknownVersionError):
        db.close()
        raise
    return db


def _see_to_tables(db: sqlite3.Connection) -> None:
    """Make the tables in an empty file; `UnknownVersionError` if there are others."""
    version = db.execute("PRAGMA user_version").fetchone()[0]
    has_tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if version == 0 and not has_tables:
        for statement in _SCHEMA.split(";"):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {VERSION}")
    elif version != VERSION:
        raise UnknownVersionError(f"version {version}")


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _set_aside(path: Path) -> None:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    for suffix in ("-wal", "-shm", ""):
        old = path.with_name(path.name + suffix)
        if old.exists():
            old.rename(path.with_name(f"{path.name}.bad-{stamp}{suffix}"))


def _is_storable(text: str) -> bool:
    """Whether SQLite can hold it: a lone surrogate, which JSON may carry, has no UTF-8."""
    return not any("\ud800" <= sign <= "\udfff" for sign in text)


def _readable(read: Callable[..., T], *arguments: object) -> T | None:
    """Return what was read, `None` for a row of another shape: it is as if it were not kept."""
    try:
        return read(*arguments)
    except records.UNREADABLE:
        return None
