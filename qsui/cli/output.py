"""Results on stdout: JSON, JSON lines, CSV, a table, or label and value.

Server text never reaches a terminal as it came: JSON escapes what a terminal would obey, the other
forms make it visible.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import sys
from typing import TYPE_CHECKING, Any

from qsui.cli.times import iso

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from qsui.cli.records import Fields

VERSION = 1
SHORT_ID = 24
_FRACTION = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z")
# DEL and C1 controls, zero-width and bidi controls, lone surrogates: what `json` leaves as it is.
_UNSAFE = re.compile("[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")

Column = tuple[str, str, int]
"""Title, key of the record, and how many cells at most (0: all)."""

PROFILE: Column = ("PROFILE", "profile", 24)
TABLES: dict[str, tuple[Column, ...]] = {
    "schedules": (
        ("STATE", "state", 0),
        ("NAME", "name", 40),
        ("LAST RUN", "last_run_state", 0),
        ("AT", "last_run_at", 0),
        ("FAILS", "streak", 0),
        ("NEXT", "next_fire_at", 0),
        ("CADENCE", "cadence", 32),
        ("OWNER", "owner", 24),
        ("ID", "id", 0),
    ),
    "runs": (
        ("STATE", "state", 0),
        ("SCHEDULE", "name", 40),
        ("SLOT", "slot_at", 0),
        ("STARTED", "started_at", 0),
        ("TOOK S", "duration_s", 0),
        ("BY", "triggered_by", 0),
        ("ERROR", "error", 60),
        ("SCHEDULE ID", "schedule_id", 0),
        ("ID", "id", 0),
    ),
    "queries": (
        ("STATE", "state", 0),
        ("CREATED", "created_at", 0),
        ("TOOK MS", "elapsed_ms", 0),
        ("ROWS", "row_count", 0),
        ("USER", "user", 24),
        ("CLIENT", "client", 24),
        ("SQL", "sql", 48),
        ("ERROR", "errors", 60),
        ("ID", "id", 0),
    ),
    "workflows": (
        ("LAST JOB", "last_job_state", 0),
        ("AT", "last_job_at", 0),
        ("NAME", "name", 40),
        ("OWNER", "owner", 24),
        ("RUNS", "run_count", 0),
        ("ID", "id", 0),
    ),
    "jobs": (
        ("STATE", "state", 0),
        ("WORKFLOW", "name", 40),
        ("QUEUED", "queued_at", 0),
        ("TOOK S", "duration_s", 0),
        ("PRIORITY", "priority", 0),
        ("BY", "submitted_by", 24),
        ("ID", "id", 0),
    ),
    "templates": (
        ("NAME", "name", 40),
        ("OWNER", "owner", 24),
        ("UPDATED", "updated_at", 0),
        ("SQL", "sql", 48),
        ("ID", "id", 0),
    ),
}


def write_list(
    kind: str,
    records: Sequence[Fields],
    *,
    form: str,
    as_of: datetime,
    complete: bool,
    several: bool = False,
) -> None:
    """Write a list of records in one of the forms `table`, `json`, `jsonl`, `csv`.

    With `several` they may be of several profiles: the table names that of each.
    """
    match form:
        case "json":
            envelope = {
                "qsui": VERSION,
                "kind": kind,
                "as_of": iso(as_of),
                "complete": complete,
                "records": list(records),
            }
            write_text(to_json(envelope, indent=2) + "\n")
        case "jsonl":
            write_text("".join(to_json(record) + "\n" for record in records))
        case "csv":
            write_text(_csv(kind, records))
        case _:
            columns = TABLES[kind]
            write_text(_table((PROFILE, *columns) if several else columns, records))


def write_record(kind: str, record: Fields, *, form: str, as_of: datetime) -> None:
    """Write one record as `text` or `json`."""
    if form == "json":
        envelope = {"qsui": VERSION, "kind": kind, "as_of": iso(as_of), "record": record}
        write_text(to_json(envelope, indent=2) + "\n")
    elif kind == "job":
        from qsui.cli.job_text import job_lines

        plain = {key: value for key, value in record.items() if key not in ("messages", "outputs")}
        write_text("".join(f"{_clean(line)}\n" for line in job_lines(record, _lines(plain))))
    else:
        write_text("".join(f"{line}\n" for line in _lines(record)))


def to_json(value: object, *, indent: int | None = None) -> str:
    """Write JSON that is safe to show in a terminal, in ASCII unless stdout takes UTF-8."""
    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "")
    text = json.dumps(value, ensure_ascii=encoding != "utf8", indent=indent, allow_nan=False)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def write_text(text: str) -> None:
    """Write to stdout, with what its encoding lacks escaped."""
    try:
        sys.stdout.write(text)
    except UnicodeEncodeError:  # a locale without these letters
        encoding = sys.stdout.encoding or "ascii"
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))


def _csv(kind: str, records: Sequence[Fields]) -> str:
    from qsui.cli.shapes import COLUMNS

    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(COLUMNS[kind])
    for record in records:
        writer.writerow([_csv_cell(record[key]) for key in COLUMNS[kind]])
    return target.getvalue()


def _csv_cell(value: Any) -> str:  # noqa: ANN401 (any JSON value)
    if value is None:
        return ""
    if isinstance(value, str):
        return "\n".join(_clean(line) for line in value.splitlines())
    return to_json(value)


def _table(columns: Sequence[Column], records: Sequence[Fields]) -> str:
    from qsui.present.text import elide_middle, pad, width_of

    rows = [[title for title, _, _ in columns]]
    rows += [[_short(record[key], limit) for _, key, limit in columns] for record in records]
    widths = [max(width_of(row[i]) for row in rows) for i in range(len(columns))]
    for index in _ids_that_shrink(columns, widths):
        widths[index] = SHORT_ID
        for row in rows:
            row[index] = elide_middle(row[index], SHORT_ID)
    lines = ("  ".join(map(pad, row, widths)) for row in rows)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _ids_that_shrink(columns: Sequence[Column], widths: Sequence[int]) -> list[int]:
    """Return the columns of ids to elide: only on a terminal that is too narrow for them."""
    if not sys.stdout.isatty():
        return []
    room = shutil.get_terminal_size().columns
    if sum(widths) + 2 * (len(widths) - 1) <= room:
        return []
    return [
        index
        for index, (_, key, _) in enumerate(columns)
        if key.endswith("id") and widths[index] > SHORT_ID
    ]


def _short(value: Any, limit: int) -> str:  # noqa: ANN401 (any JSON value)
    from qsui.present.text import elide_end

    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("message")
    if value is None:
        return "-"
    text = _clean(" ".join(str(value).split()))
    if _FRACTION.fullmatch(text):
        text = f"{text[:19]}Z"
    return elide_end(text, limit) if limit else text


def _lines(record: Fields, indent: str = "") -> Iterable[str]:
    """Yield label and value; long texts and lists of records below their label."""
    width = max((len(key) for key in record), default=0)
    for key, value in record.items():
        label = f"{indent}{key.ljust(width)}  "
        match value:
            case None:
                yield f"{label}-"
            case str() if "\n" in value.strip():
                yield f"{indent}{key}"
                yield from (f"{indent}    {_clean(line)}".rstrip() for line in value.splitlines())
            case list() if any(isinstance(item, dict) for item in value):
                yield f"{indent}{key}"
                for number, item in enumerate(value):
                    if number:
                        yield ""
                    yield from _lines(item, indent + "    ")
            case dict() if value:
                yield f"{indent}{key}"
                yield from _lines(value, indent + "    ")
            case list() | dict():
                yield f"{label}{_clean(' '.join(str(item) for item in value)) or '-'}"
            case bool():
                yield f"{label}{'yes' if value else 'no'}"
            case _:
                yield f"{label}{_clean(str(value))}"


def _clean(text: str) -> str:
    from qsui.present.text import printable

    return printable(text, None)
