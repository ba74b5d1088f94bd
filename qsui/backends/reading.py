"""From a body to wire models, bending to every server.

A body is validated from its bytes in one go. Only if that fails is it read again row by row, each
row losing what does not fit until the rest does; see `salvage`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from qsui.backends.decoding import is_plain_utf8, json_of
from qsui.backends.faults import looks_like_html, read_error_body
from qsui.backends.wire import Shape, Wire

if TYPE_CHECKING:
    from qsui.backends.transport import Answer

W = TypeVar("W", bound=Wire)
_Path = tuple[str | int, ...]

_OTHER_KEYS = ("items", "results", "content", "data", "children")


@dataclass(frozen=True, slots=True)
class WirePage(Generic[W]):
    """A page as read: rows in the order sent, rows that were lost, and what leads to the next.

    `next_link` is the link as sent (empty: none), `next_start` what `_page.next` says.
    """

    rows: tuple[W, ...]
    bad: int = 0
    next_link: str = ""
    next_start: str = ""


class UnreadableError(ValueError):
    """A body is not what was asked for; the text ends a sentence that begins with the server.

    `status` and `code` are those of an error body that came with a 2xx status, else 0 and empty.
    """

    def __init__(self, text: str, *, status: int = 0, detail: str = "") -> None:
        super().__init__(text)
        self.status = status
        self.detail = detail


def read_page(answer: Answer, shape: Shape[W]) -> WirePage[W]:
    """Read a list.

    Raises:
        UnreadableError: It is not JSON, or has no list.
    """
    if answer.status == 204 and not answer.body.strip():
        return WirePage(())
    if is_plain_utf8(answer.body, answer.charset):
        try:
            page = shape.envelope.validate_json(answer.body)
        except ValidationError:
            pass  # what follows finds out why, and saves what it can
        else:
            return WirePage(
                tuple(page.rows),
                0,
                href_of(page.links.next if page.links else None),
                _scalar(page.page.next if page.page else None),
            )
    found = _json(answer)
    rows = _list_in(found, shape.keys)
    if rows is None:
        raise _not_a(answer, found, "a list")
    read = [salvage(row, shape.row) for row in rows]
    good = tuple(row for row in read if row is not None)
    envelope = found if isinstance(found, Mapping) else {}
    return WirePage(
        good,
        len(read) - len(good),
        href_of(_inside(envelope.get("_links"), "next")),
        _scalar(_inside(envelope.get("_page") or envelope.get("page"), "next")),
    )


def read_record(answer: Answer, shape: Shape[W]) -> W:
    """Read one record.

    Raises:
        UnreadableError: It is not JSON, or not an object.
    """
    return read_one(answer, shape.row)


def read_rows(
    answer: Answer, row: TypeAdapter[W], keys: tuple[str, ...] = ()
) -> tuple[tuple[W, ...], int]:
    """Read a list that comes whole, bare or in an envelope: its rows, and how many were lost.

    Raises:
        UnreadableError: It is not JSON, or has no list.
    """
    found = _json(answer)
    rows = _list_in(found, keys)
    if rows is None:
        raise _not_a(answer, found, "a list")
    read = [salvage(each, row) for each in rows]
    good = tuple(each for each in read if each is not None)
    return good, len(read) - len(good)


def read_one(answer: Answer, row: TypeAdapter[W]) -> W:
    """Read one record.

    Raises:
        UnreadableError: It is not JSON, or not an object.
    """
    if is_plain_utf8(answer.body, answer.charset):
        try:
            record = row.validate_json(answer.body)
        except ValidationError:
            pass  # read again below, leaving out what does not fit
        else:
            if getattr(record, "id", None):
                return record
    found = _json(answer)
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    saved = salvage(found, row)
    if saved is None or not isinstance(found, Mapping):
        raise _not_a(answer, found, "a record")
    if not getattr(saved, "id", None) and "statusCode" in found:
        raise _not_a(answer, found, "a record")
    return saved


def salvage(row: object, adapter: TypeAdapter[W]) -> W | None:
    """Read what fits of a row; `None` if it is no object or nothing in it could be read."""
    if not isinstance(row, Mapping):
        return None
    left: Any = dict(row)
    while True:
        try:
            model = adapter.validate_python(left)
        except ValidationError as error:
            misfits = _misfits(left, error)
            if not misfits:
                return None
            for path in misfits:
                left = _without(left, path)
        else:
            return model if model.model_dump(exclude_defaults=True) else None


def href_of(link: object) -> str:
    """Return the address in a link, whether it is an object or a bare string; else empty."""
    if isinstance(link, Mapping):
        link = link.get("href")
    return link.strip() if isinstance(link, str) else ""


def _misfits(row: Mapping[str, Any], error: ValidationError) -> list[_Path]:
    """Return the innermost parts of a row to leave out, last ones first.

    Where a field may have one of several types every type reports its own fault: those that lead
    deepest into the data tell of the smallest loss.
    """
    deepest: dict[str | int, set[_Path]] = {}
    for fault in error.errors(include_url=False, include_context=False):
        path = _resolved(row, fault["loc"])
        if not path:
            continue
        known = deepest.setdefault(path[0], set())
        depth = max((len(other) for other in known), default=0)
        if len(path) > depth:
            known.clear()
        if len(path) >= depth:
            known.add(path)
    return sorted(
        (path for paths in deepest.values() for path in paths),
        key=lambda path: [(str(step), 0) if isinstance(step, str) else ("", step) for step in path],
        reverse=True,
    )


def _resolved(row: Mapping[str, Any], location: Sequence[str | int]) -> _Path:
    """Return a fault's location without the names of union members, which are not in the data."""
    path: list[str | int] = []
    value: Any = row
    for step in location:
        is_key = isinstance(value, Mapping) and step in value
        is_index = isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value)
        if is_key or is_index:
            path.append(step)
            value = value[step]
    return tuple(path)


def _without(value: Any, path: _Path) -> Any:  # noqa: ANN401 any JSON
    """Return a copy without the part at the end of `path`."""
    step, rest = path[0], path[1:]
    copy: Any = dict(value) if isinstance(value, Mapping) else list(value)
    if rest:
        copy[step] = _without(copy[step], rest)
    else:
        del copy[step]
    return copy


def _json(answer: Answer) -> Any:  # noqa: ANN401 any JSON
    try:
        return json_of(answer.body, answer.charset)
    except ValueError as error:
        if not answer.body.strip():
            raise UnreadableError("answered with nothing.") from error
        if answer.body[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml"):
            raise UnreadableError(
                "answered with XML instead of JSON: something in between changes requests, or "
                "base_url is wrong."
            ) from error
        if looks_like_html(answer.body):
            raise UnreadableError(
                "answered with HTML instead of JSON: a log-in page or a proxy stands in between, "
                "or base_url is wrong."
            ) from error
        raise UnreadableError("answered with JSON that is cut off or broken.") from error


def _list_in(found: object, keys: tuple[str, ...]) -> list[Any] | None:
    """Find the list in an envelope: by its key, by a common one, else the only list of objects."""
    if isinstance(found, list):
        return found
    if not isinstance(found, Mapping):
        return None
    for key in (*keys, *_OTHER_KEYS):
        value = found.get(key)
        if isinstance(value, list):
            return value
        if key in keys and key in found and value is None:
            return []
        if isinstance(value, Mapping) and key in _OTHER_KEYS:
            return _list_in(value, keys)
    lists = [
        value
        for key, value in found.items()
        if isinstance(value, list) and key != "errors" and not str(key).startswith("_")
    ]
    if len(lists) == 1 and all(isinstance(row, Mapping) for row in lists[0]):
        return list(lists[0])
    return None


def _inside(value: object, key: str) -> object:
    return value.get(key) if isinstance(value, Mapping) else None


def _scalar(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).strip()


def _not_a(answer: Answer, found: object, expected: str) -> UnreadableError:
    said = read_error_body(answer.body)
    status = 0
    if isinstance(found, Mapping):
        code = str(found.get("statusCode") or found.get("status") or said.code[:3])
        status = int(code) if code.isascii() and code.isdigit() and len(code) == 3 else 0
    return UnreadableError(
        f"answered with something that is not {expected}.",
        status=status if status >= 400 else 0,
        detail=said.text,
    )
