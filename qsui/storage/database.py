"""The SQLite file of the history: opened for its owner only, migrated, and set aside if broken.

Nothing here raises for a missing, full, read-only or broken file: `Database.trouble` says it.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from pathlib import Path

T = TypeVar("T")

BUSY_MS = 2000

_RUNS_AND_SCHEDULES = """
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
CREATE INDEX runs_by_id ON runs (scope, id)
"""

_JOBS_AND_WORKFLOWS = """
CREATE TABLE workflows (
    scope TEXT NOT NULL, id TEXT NOT NULL, place INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (scope, id)
) WITHOUT ROWID;
CREATE TABLE workflow_readings (scope TEXT PRIMARY KEY, read_at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE job_readings (scope TEXT PRIMARY KEY, read_at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE jobs (
    scope TEXT NOT NULL, id TEXT NOT NULL, workflow_id TEXT NOT NULL,
    at REAL NOT NULL, richness INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (scope, id)
) WITHOUT ROWID;
CREATE INDEX jobs_by_workflow ON jobs (scope, workflow_id, at, id)
"""

_STEPS = (_RUNS_AND_SCHEDULES, _JOBS_AND_WORKFLOWS)
"""What leads from each version to the next; nothing that was kept is touched by a step."""

VERSION = len(_STEPS)


class UnknownVersionError(Exception):
    """The file was written by another version of the program."""


class Database:
    """One file; may be used from any thread, one call at a time. `None` keeps nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._trouble = ""
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        if path is not None:
            with self._lock:
                self._connection = self._open(path)

    @property
    def trouble(self) -> str:
        """Why nothing is kept, as a sentence; empty if all is well."""
        return self._trouble

    @property
    def connection(self) -> sqlite3.Connection | None:
        """The open file, if it is open."""
        return self._connection

    def close(self) -> None:
        """Flush and close; later calls find and keep nothing."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def write(self, work: Callable[[sqlite3.Connection], object]) -> None:
        """Change the file in one transaction, or not at all."""

        def write(db: sqlite3.Connection) -> None:
            with _transaction(db):
                work(db)

        self.do(write, None)

    def do(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
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
    """Make the tables that an empty or older file lacks; `UnknownVersionError` for other files."""
    version = db.execute("PRAGMA user_version").fetchone()[0]
    has_tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if not 0 <= version <= VERSION or bool(version) != bool(has_tables):
        raise UnknownVersionError(f"version {version}")
    for step in _STEPS[version:]:
        for statement in step.split(";"):
            db.execute(statement)
    if version < VERSION:
        db.execute(f"PRAGMA user_version = {VERSION}")


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
