"""What a failed statement says: engine exceptions turned into entries of a query's `errors[]`.

The codes are the PostgreSQL-style ones that Query Service uses, and analysis errors come wrapped
the way its batch engine wraps them (the code twice, a session id, the reason innermost). The
engine's classes are recognised by name, so that this module costs nothing to import.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from uuid import NAMESPACE_URL, uuid5

USER_ERROR: Final = "USER_ERROR"
SYSTEM_ERROR: Final = "SYSTEM_ERROR"

_BATCH: Final = (
    "Batch query execution gets : [failed reason ErrorCode: {code} Batch query execution gets: "
    "[Analysis error encountered. Reason: [sessionId: {session} {reason}]]]"
)
_PREFIX: Final = re.compile(r"^[A-Z][\w ]*? Error: ")
_PLACE: Final = re.compile(r"^LINE (\d+):", re.MULTILINE)
_HINT: Final = re.compile(r'Did you mean "([^"]+)"\?')
_TABLE: Final = re.compile(
    r'(?:Table|View) with name "?([^"\s]+?)"? (does not exist|already exists)'
)
_NO_TABLE: Final = re.compile(r'Table with name "?([^"\s]+?)"? does not exist because schema')
_FUNCTION: Final = re.compile(r"Function with name \"?([^\"\s]+?)\"? does not exist")
_ENGINE_NAMES: Final = ("pg_", "duckdb_", "information_schema", "sqlite_", "pragma_")
_SYSTEM_CLASSES: Final = frozenset(
    {
        "OutOfMemoryException",
        "IOException",
        "InternalException",
        "FatalException",
        "TransactionException",
    }
)


@dataclass(frozen=True, slots=True)
class SqlError:
    """One entry of `errors[]` of a failed query, worded and wrapped as the service does.

    Attributes:
        code: Five characters, SQLSTATE style, such as `42P01`.
        message: The whole text, wrapping included.
        error_type: `USER_ERROR` or `SYSTEM_ERROR`.
    """

    code: str
    message: str
    error_type: str


def wrapped(reason: str, sql: str, *, code: str = "58000") -> SqlError:
    """An analysis error as the batch engine reports it; the session id depends only on `sql`."""
    session = uuid5(NAMESPACE_URL, sql)
    return SqlError(code, _BATCH.format(code=code, session=session, reason=reason), USER_ERROR)


def table_missing(table: str, hint: str = "", place: str = "") -> SqlError:
    """42P01; `hint` is a table with a similar name, `place` a line of SQL (`line 3: FROM x`)."""
    similar = f" Did you mean {hint}?" if hint else ""
    return SqlError("42P01", f"Table {table} not found.{similar}{_at(place)}", USER_ERROR)


def table_exists(table: str) -> SqlError:
    """42P07, the fate of a CTAS that runs twice."""
    return SqlError("42P07", f"Table {table} already exists.", USER_ERROR)


def function_missing(function: str, sql: str) -> SqlError:
    """58000 in the wording of the service's own documentation."""
    return wrapped(f"Function [{function}] not defined.", sql)


def access_lost(dataset: str) -> SqlError:
    """42501 for a dataset that the statement's owner may not read (any more)."""
    text = f"Access denied: the owner of this query has no permission on dataset {dataset}."
    return SqlError("42501", text, USER_ERROR)


def not_owner(verb: str, table: str) -> SqlError:
    """42501 for a change to a table that was ingested, not made by a query."""
    text = f"{verb} of {table} refused: the table was not created by Query Service."
    return SqlError("42501", text, USER_ERROR)


def not_supported(feature: str) -> SqlError:
    """0A000 for a statement that the service does not offer."""
    return SqlError("0A000", f"{feature} is not supported by Query Service.", USER_ERROR)


def timeout_error(limit_s: float) -> SqlError:
    """53400 for a statement that ran longer than `limit_s` seconds."""
    limit = f"{limit_s / 60:g} minutes" if limit_s >= 60 else f"{limit_s:g} seconds"
    return SqlError("53400", f"Statement timeout: the query ran longer than {limit}.", USER_ERROR)


def from_exception(exc: Exception, sql: str) -> SqlError:
    """The entry of `errors[]` for what the engine raised while running `sql`.

    An engine error of a kind not named here is a 58000, as on the service.
    """
    kind = type(exc).__name__
    raw = str(exc).strip()
    text, place = _sentence(raw), _place(raw, sql)
    if kind == "ParserException":
        return SqlError("42601", f"Syntax error: {text}.{_at(place)}", USER_ERROR)
    if kind == "CatalogException":
        return _catalog(raw, text, place, sql)
    if kind == "PermissionException":
        # What stands before the dash is a path of this machine.
        return SqlError("42501", f"Permission denied: {text.rsplit(' - ', 1)[-1]}.", USER_ERROR)
    if kind == "BinderException":
        return wrapped(f"AnalysisException: {text}.{_at(place)}", sql)
    if kind in _SYSTEM_CLASSES:
        return SqlError("58000", f"Batch query execution gets : [{text}]", SYSTEM_ERROR)
    return wrapped(f"{text}.{_at(place)}", sql)


def _catalog(raw: str, text: str, place: str, sql: str) -> SqlError:
    if function := _FUNCTION.search(raw):
        return function_missing(function[1], sql)
    if table := _TABLE.search(raw) or _NO_TABLE.search(raw):
        if "already exists" in table[0]:
            return table_exists(table[1])
        return table_missing(table[1], _hint(raw, table[1]), place)
    return wrapped(f"AnalysisException: {text}.{_at(place)}", sql)


def _sentence(raw: str) -> str:
    """The first paragraph of an engine message on one line, without its kind and final stop."""
    paragraph = _PREFIX.sub("", raw.split("\n\n", 1)[0])
    lines = [line.strip() for line in paragraph.splitlines() if not line.startswith("LINE ")]
    return " ".join(line for line in lines if line).rstrip(".!")


def _place(raw: str, sql: str) -> str:
    """`line 3: FROM x`, quoted from `sql` since the engine shortens it; empty if not said."""
    found, lines = _PLACE.search(raw), sql.splitlines()
    if found is None or not 0 < int(found[1]) <= len(lines):
        return ""
    return f"line {found[1]}: {lines[int(found[1]) - 1].strip()}"


def _at(place: str) -> str:
    return f" At {place}" if place else ""


def _hint(raw: str, wanted: str) -> str:
    """The engine's "did you mean", if it is one of our tables and really looks alike."""
    from difflib import SequenceMatcher

    found = _HINT.search(raw)
    name = found[1] if found else ""
    alike = SequenceMatcher(None, name, wanted).ratio() >= 0.75
    return name if alike and not name.startswith(_ENGINE_NAMES) else ""
