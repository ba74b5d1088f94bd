"""The emulator's state on SQLite: schema, rows, and nothing that decides anything.

Times are microseconds since 1970 (`*_us`). Queries, schedules and templates keep whole
milliseconds because that is what their JSON shows and what cursors compare. What a query asked for
is kept once in `texts` and shared by all its executions. `tasks` of a run is a JSON list of
`{"id", "state", "message", "start", "end", "query"}`.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

VERSION = 1
_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE sandboxes (name TEXT PRIMARY KEY, type TEXT NOT NULL, id TEXT NOT NULL);
CREATE TABLE schedules (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, sandbox TEXT NOT NULL, state TEXT NOT NULL,
  name TEXT NOT NULL, request TEXT NOT NULL, template_id TEXT, cron TEXT NOT NULL, start_us
  INTEGER NOT NULL,
  end_us INTEGER, max_active INTEGER NOT NULL, user TEXT NOT NULL, updated_user TEXT NOT NULL,
  created_us INTEGER NOT NULL, updated_us INTEGER NOT NULL, model TEXT NOT NULL, deleted INTEGER
  NOT NULL DEFAULT 0);
CREATE TABLE runs (
  seq INTEGER PRIMARY KEY, schedule_id TEXT NOT NULL, id TEXT NOT NULL, state TEXT NOT NULL,
  external INTEGER NOT NULL, created_us INTEGER NOT NULL, tasks TEXT NOT NULL);
CREATE TABLE queries (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL, sandbox TEXT NOT NULL, state TEXT NOT NULL, text
  INTEGER NOT NULL,
  row_count INTEGER NOT NULL, started_us INTEGER, ended_us INTEGER, client TEXT NOT NULL, user
  TEXT NOT NULL,
  errors TEXT NOT NULL, created_us INTEGER NOT NULL, updated_us INTEGER NOT NULL, hidden INTEGER
  NOT NULL,
  deleted INTEGER NOT NULL, schedule_id TEXT, run_id TEXT, task INTEGER, due_us INTEGER,
  modelled_us INTEGER);
CREATE TABLE texts (
  seq INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, request TEXT NOT NULL, sql TEXT NOT
  NULL, effective_sql TEXT,
  template_id TEXT, template_name TEXT, datasets TEXT NOT NULL, created_dataset TEXT);
CREATE TABLE templates (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, sandbox TEXT NOT NULL, name TEXT NOT NULL,
  sql TEXT NOT NULL,
  parameters TEXT NOT NULL, user TEXT NOT NULL, last_user TEXT, created_us INTEGER NOT NULL,
  updated_us INTEGER NOT NULL, deleted INTEGER NOT NULL DEFAULT 0);
"""
_INDEXES = """
CREATE INDEX schedules_created ON schedules (sandbox, deleted, created_us);
CREATE INDEX schedules_updated ON schedules (sandbox, deleted, updated_us);
CREATE UNIQUE INDEX runs_id ON runs (schedule_id, id);
CREATE INDEX runs_created ON runs (schedule_id, created_us);
CREATE INDEX runs_open ON runs (schedule_id) WHERE state = 'IN_PROGRESS';
CREATE UNIQUE INDEX queries_id ON queries (id);
CREATE INDEX queries_created ON queries (sandbox, created_us);
CREATE INDEX queries_updated ON queries (sandbox, updated_us);
CREATE INDEX queries_run ON queries (schedule_id, run_id) WHERE schedule_id IS NOT NULL;
CREATE INDEX queries_open ON queries (state)
  WHERE state IN ('SUBMITTED', 'IN_PROGRESS');
"""
_COLUMNS: dict[str, tuple[str, ...]] = {
    "schedules": (
        "id", "sandbox", "state", "name", "request", "template_id", "cron", "start_us",
        "end_us", "max_active", "user", "updated_user", "created_us", "updated_us", "model",
    ),
    "runs": ("schedule_id", "id", "state", "external", "created_us", "tasks"),
    "queries": (
        "id", "sandbox", "state", "text", "row_count", "started_us", "ended_us", "client",
        "user", "errors", "created_us", "updated_us", "hidden", "deleted", "schedule_id",
        "run_id", "task", "due_us", "modelled_us",
    ),
    "templates": (
        "id", "sandbox", "name", "sql", "parameters", "user", "last_user", "created_us",
        "updated_us",
    ),
}  # fmt: skip


def dumps(value: object) -> str:
    """Compact JSON for a column."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


class Store:
    """One SQLite database, in memory or in a file; used from the event loop's thread only."""

    def __init__(self, path: Path | None = None) -> None:
        self._db = sqlite3.connect(
            path or ":memory:", isolation_level=None, check_same_thread=False
        )
        self._db.row_factory = sqlite3.Row
        if path is not None:
            self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, VERSION):
            self._db.close()
            raise ValueError(f"{path} was written by another version of the emulator ({version})")
        self.is_new = version == 0
        if self.is_new:
            self._db.executescript(_TABLES)

    def add_tables(self, script: str) -> None:
        """Make further tables and indexes; the script must leave existing ones alone."""
        self._db.executescript(script)

    def finish_seeding(self) -> None:
        """Build the indexes and mark the database usable, once the first rows are in."""
        self._db.executescript(_INDEXES)
        self._db.execute("ANALYZE")
        self._db.execute(f"PRAGMA user_version={VERSION}")
        self.is_new = False

    def close(self) -> None:
        """Close the database; further calls fail."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write everything inside at once, or nothing of it."""
        self._db.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def one(self, sql: str, *parameters: object) -> sqlite3.Row | None:
        """The first row, or None."""
        row: sqlite3.Row | None = self._db.execute(sql, parameters).fetchone()
        return row

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[sqlite3.Row]:
        """All rows."""
        return self._db.execute(sql, parameters).fetchall()

    def insert(self, table: str, **values: object) -> int:
        """Add one row and return its number; other columns are NULL or their default."""
        names = ",".join(values)
        marks = ",".join("?" * len(values))
        cursor = self._db.execute(
            f"INSERT INTO {table} ({names}) VALUES ({marks})",  # noqa: S608
            tuple(values.values()),
        )
        return cursor.lastrowid or 0

    def insert_many(self, table: str, rows: Iterable[tuple[object, ...]]) -> None:
        """Add many rows in the column order of `columns(table)`."""
        names = columns(table)
        marks = ",".join("?" * len(names))
        self._db.executemany(
            f"INSERT INTO {table} ({','.join(names)}) VALUES ({marks})",  # noqa: S608
            rows,
        )

    def update(self, table: str, where: dict[str, object], **values: object) -> None:
        """Change the rows that equal `where` in every named column."""
        changes = ",".join(f"{name}=?" for name in values)
        test = " AND ".join(f"{name}=?" for name in where)
        self._db.execute(
            f"UPDATE {table} SET {changes} WHERE {test}",  # noqa: S608
            (*values.values(), *where.values()),
        )

    def run(self, sql: str, *parameters: object) -> None:
        """Change what `sql` says."""
        self._db.execute(sql, parameters)

    def delete(self, table: str, where: dict[str, object]) -> None:
        """Remove the rows that equal `where` in every named column."""
        test = " AND ".join(f"{name}=?" for name in where)
        self._db.execute(f"DELETE FROM {table} WHERE {test}", tuple(where.values()))  # noqa: S608

    def meta(self, key: str) -> Any:  # noqa: ANN401 - whatever was remembered
        """A remembered value (any JSON), or None."""
        row = self.one("SELECT value FROM meta WHERE key=?", key)
        return None if row is None else json.loads(row["value"])

    def set_meta(self, key: str, value: object) -> None:
        """Remember a JSON value."""
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?,?)", (key, dumps(value)))


def columns(table: str) -> tuple[str, ...]:
    """The columns of a bulk row, in order."""
    return _COLUMNS[table]
