"""The emulator's data lake: a real SQL engine (DuckDB) on a small generated shop, locked in.

Locked in means that no statement can read or write a file, load an extension or change a
setting; the tables that came with the lake cannot be dropped or replaced either. Statements run
in the calling thread with a cursor of their own and can be cancelled from any other thread.
"""

from __future__ import annotations

import hashlib
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from qsui.emulator import errors
from qsui.emulator.lake_sql import referenced, split_statements, without_ctas_options, words
from qsui.emulator.shop_tables import INGESTED, RESTRICTED, statements

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import duckdb

    from qsui.emulator.errors import SqlError

__all__ = ["Execution", "Lake", "Outcome", "split_statements"]

TABLE_CAP: Final = 30_000
"""Rows after which a table that grows by INSERT loses its oldest ones."""

_LOCKED_IN: Final = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_persistent_secrets": "false",
    "memory_limit": "512MB",
    "temp_directory": "",
    "threads": "2",
}
_WRITES: Final = frozenset({"INSERT", "CREATE", "DROP", "ALTER"})
# COPY and the like go to the engine on purpose: its lock refuses them.
_PASSED_ON: Final = frozenset(
    {"SELECT", "EXPLAIN", "COPY", "ATTACH", "DETACH", "LOAD", "SET", "EXPORT"}
)
_PRESS_S: Final = 0.01


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a statement ended.

    Attributes:
        row_count: Rows selected or written; 0 unless it succeeded.
        error: What went wrong, if anything.
        killed: It was cancelled; `error` is then None.
    """

    row_count: int
    error: SqlError | None
    killed: bool


_KILLED: Final = Outcome(0, None, killed=True)


class Lake:
    """A generated shop in DuckDB, made on first use; all methods may be called from any thread.

    Args:
        path: A file to keep the tables in; None keeps them in memory.
        seed: Decides the generated values.
    """

    def __init__(self, path: Path | None = None, *, seed: int = 7) -> None:
        self._path = path
        self._seed = seed
        self._opening = threading.Lock()
        self._writing = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._closed = False
        self._running: set[Execution] = set()

    def open(self) -> None:
        """Start the engine and make the tables, unless that was done; takes under a second.

        Raises:
            OSError: The file is in use by another process, or is not a lake.
        """
        self._root()

    def prepare(self, sql: str) -> Execution:
        """One statement, ready to run once; touches nothing yet."""
        return Execution(self, sql)

    def datasets(self, sql: str) -> tuple[str, ...]:
        """Ids (24 hex digits, the same every time) of the tables named in `sql`; never fails."""
        return tuple(dataset_id(name) for name in referenced(sql))

    def tables(self) -> tuple[str, ...]:
        """Names of all tables and views, sorted."""
        with self.cursor() as cursor:
            rows = cursor.execute(
                "SELECT table_name FROM information_schema.tables ORDER BY 1"
            ).fetchall()
        return tuple(str(row[0]) for row in rows)

    def close(self) -> None:
        """Release the engine and its file; running statements end as killed, later ones fail."""
        with self._opening:
            self._closed = True
            running = tuple(self._running)
        for execution in running:
            execution.cancel()
        for execution in running:
            execution.wait()
        with self._opening:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own to the lake, for one thread; the caller closes it."""
        return self._root().cursor()

    @contextmanager
    def session(self, execution: Execution) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor for one execution, which `close` will cancel and wait for."""
        self._root()
        with self._opening:
            if self._connection is None:
                raise OSError("the data lake is closed")
            self._running.add(execution)
            cursor = self._connection.cursor()
        try:
            with cursor:
                yield cursor
        finally:
            with self._opening:
                self._running.discard(execution)

    @property
    def writing(self) -> threading.Lock:
        """Held by a statement that changes tables, so that two never conflict."""
        return self._writing

    def _root(self) -> duckdb.DuckDBPyConnection:
        with self._opening:
            if self._closed:
                raise OSError("the data lake is closed")
            if self._connection is None:
                self._connection = self._connect()
            return self._connection

    def _connect(self) -> duckdb.DuckDBPyConnection:
        import duckdb

        try:
            root = duckdb.connect(str(self._path or ":memory:"), config=dict(_LOCKED_IN))
        except duckdb.IOException as exc:
            raise OSError(f"cannot open the data lake {self._path}: {exc}") from exc
        root.execute("BEGIN")
        for statement in statements(self._seed):
            root.execute(statement)
        root.execute("COMMIT")
        root.execute("SET lock_configuration = true")
        return root


class Execution:
    """One statement of the lake; `run` it once, `cancel` it any time."""

    def __init__(self, lake: Lake, sql: str) -> None:
        self._lake = lake
        self._sql = sql
        self._cancelled = threading.Event()
        self._finished = threading.Event()
        self._guard = threading.Lock()
        self._cursor: duckdb.DuckDBPyConnection | None = None

    def run(self) -> Outcome:
        """Run the statement to its end; blocks, so call it in a thread of its own.

        Raises:
            OSError: The lake is closed, or its file cannot be opened.
        """
        import duckdb

        if self._cancelled.is_set():
            return _KILLED
        try:
            kind = _kind(self._sql)
            if refusal := _refusal(kind, self._sql):
                return Outcome(0, refusal, killed=False)
            return self._run(kind)
        except duckdb.InterruptException:
            return _KILLED
        except duckdb.Error as exc:
            if self._cancelled.is_set():
                return _KILLED
            return Outcome(0, errors.from_exception(exc, self._sql), killed=False)

    def cancel(self) -> None:
        """End the statement as killed; returns at once, does nothing if it has ended."""
        with self._guard:
            if self._cancelled.is_set():
                return
            self._cancelled.set()
            if self._cursor is not None:
                threading.Thread(target=self._press, name="lake-cancel", daemon=True).start()

    def wait(self) -> None:
        """Block until a run that has begun is over."""
        self._finished.wait()

    def _run(self, kind: str) -> Outcome:
        with self._lake.session(self) as cursor:
            try:
                with self._guard:
                    if self._cancelled.is_set():
                        return _KILLED
                    self._cursor = cursor
                if kind not in _WRITES:
                    return Outcome(_read(cursor, kind, self._sql), None, killed=False)
                while not self._lake.writing.acquire(timeout=0.05):
                    if self._cancelled.is_set():
                        return _KILLED
                try:
                    return self._write(cursor, kind)
                finally:
                    self._lake.writing.release()
            finally:
                with self._guard:
                    self._finished.set()
                    self._cursor = None

    def _write(self, cursor: duckdb.DuckDBPyConnection, kind: str) -> Outcome:
        if self._cancelled.is_set():
            return _KILLED
        row = cursor.execute(without_ctas_options(self._sql)).fetchone()
        count = int(row[0]) if row and kind in {"INSERT", "CREATE"} else 0
        if kind == "INSERT" and not self._cancelled.is_set():
            _trim(cursor, self._sql)
        return Outcome(count, None, killed=False)

    def _press(self) -> None:
        """Interrupt until the run has ended: an interrupt before the engine starts is lost."""
        while not self._finished.is_set():
            with self._guard:
                if self._cursor is not None:
                    self._cursor.interrupt()
            self._finished.wait(_PRESS_S)


def dataset_id(table: str) -> str:
    """The catalog id of a table: 24 hex digits that depend only on its name."""
    return hashlib.sha256(table.encode()).hexdigest()[:24]


def _kind(sql: str) -> str:
    """The engine's word for the kind of statement, such as `SELECT`; raises its parser errors."""
    import duckdb

    found = duckdb.extract_statements(sql)
    if len(found) != 1:
        raise duckdb.ParserException(f"one statement expected, found {len(found)}")
    return found[0].type.name


def _refusal(kind: str, sql: str) -> SqlError | None:
    """Why the service would not run this statement at all, if so."""
    if kind not in _WRITES and kind not in _PASSED_ON:
        return errors.not_supported(kind.replace("_", " "))
    said = [token.upper for token in words(sql)[:4]]
    if said[0] == "PRAGMA":
        return errors.not_supported("PRAGMA")
    if kind == "CREATE" and not {"TABLE", "VIEW", "SCHEMA"} & set(said):
        return errors.not_supported(" ".join(word for word in said[:2] if word))
    if said[:4] == ["CREATE", "OR", "REPLACE", "TABLE"]:
        return errors.not_supported("CREATE OR REPLACE TABLE")
    if kind in {"DROP", "ALTER"}:
        named = {token.name for token in words(sql)} & INGESTED.keys()
        if named:
            return errors.not_owner(kind, min(named))
    blocked = RESTRICTED.intersection(referenced(sql))
    return errors.access_lost(min(blocked)) if blocked else None


def _read(cursor: duckdb.DuckDBPyConnection, kind: str, sql: str) -> int:
    """Run a statement that changes nothing; the number of rows for a SELECT, else 0.

    The rows stay in the engine: hashing whole rows makes it work out every column of each.
    """
    if kind != "SELECT" or words(sql)[0].upper not in {"SELECT", "WITH", "FROM", "VALUES", ""}:
        cursor.execute(sql)
        return 0
    row = cursor.execute(
        f"SELECT count(*), bit_xor(hash(rows_)) FROM ({sql.rstrip().rstrip(';')}\n) rows_"  # noqa: S608 - the statement is the user's own, already known to be a single SELECT
    ).fetchone()
    return int(row[0]) if row else 0


def _trim(cursor: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Keep the target of an INSERT small: an ingested table its first rows, others the newest."""
    target = _insert_target(sql)
    found = cursor.execute(
        "SELECT estimated_size FROM duckdb_tables() WHERE table_name = $1", [target]
    ).fetchone()
    if not found or int(found[0]) <= TABLE_CAP:
        return
    name = '"' + target.replace('"', '""') + '"'
    order = "ASC" if target in INGESTED else "DESC"
    cursor.execute("BEGIN")
    cursor.execute(
        f"CREATE OR REPLACE TEMP TABLE kept_ AS SELECT * FROM {name} "  # noqa: S608 - quoted
        f"ORDER BY rowid {order} LIMIT {TABLE_CAP // 2}"
    )
    cursor.execute(f"TRUNCATE {name}")
    cursor.execute(f"INSERT INTO {name} SELECT * FROM kept_ ORDER BY rowid {order}")  # noqa: S608
    cursor.execute("COMMIT")
    cursor.execute("DROP TABLE kept_")


def _insert_target(sql: str) -> str:
    row = words(sql)
    at = next((index for index, token in enumerate(row) if token.upper == "INTO"), -1) + 1
    while at + 2 < len(row) and row[at + 1].text == ".":
        at += 2
    return row[at].name
