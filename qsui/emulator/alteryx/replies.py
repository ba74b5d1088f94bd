"""Answers of an Alteryx Server: JSON or XML, and the forms of its errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from starlette.responses import Response

from qsui.emulator.replies import JsonReply, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

_XML_TYPE = "application/xml"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call answers; None is an empty body."""

    body: Any
    status: int = 200

    def reply(self, *, as_xml: bool) -> Response:
        """The answer on the wire."""
        if self.body is None:
            return Response(status_code=self.status)
        if as_xml:
            return Response(to_xml(self.body), self.status, media_type=_XML_TYPE)
        return JsonReply(self.body, status_code=self.status)


def invalid(message: str, faults: Mapping[str, list[str]] | None = None) -> Refusal:
    """400, with what is wrong field by field if that is known."""
    body: dict[str, object] = {"message": message}
    if faults:
        body["modelState"] = dict(faults)
    return Refusal(400, body)


def to_xml(value: object) -> str:
    """Any JSON value as an XML document."""
    return f'<?xml version="1.0" encoding="utf-8"?>{_element("Response", value)}'


def _element(name: str, value: object) -> str:
    if value is None:
        return f'<{name} nil="true"/>'
    if isinstance(value, dict):
        inner = "".join(_element(key, part) for key, part in value.items())
    elif isinstance(value, list):
        inner = "".join(_element("Item", part) for part in value)
    elif isinstance(value, bool):
        inner = str(value).lower()
    else:
        inner = escape(str(value))
    return f"<{name}>{inner}</{name}>"
