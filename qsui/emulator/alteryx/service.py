"""What every call of the Alteryx API shares: the parts of the server, roles, guarded routes."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qsui.emulator.alteryx.catalogue import User, Workflow
from qsui.emulator.alteryx.login import Login, denied
from qsui.emulator.alteryx.replies import Answer, invalid
from qsui.emulator.replies import Refusal
from qsui.emulator.store import dumps

if TYPE_CHECKING:
    import sqlite3

    from qsui.emulator.alteryx.catalogue import Catalogue
    from qsui.emulator.alteryx.floor import Floor
    from qsui.emulator.alteryx.releases import Release
    from qsui.emulator.alteryx.schedule_views import ScheduleViews
    from qsui.emulator.alteryx.tables import Records
    from qsui.emulator.alteryx.timetable import Timetable
    from qsui.emulator.alteryx.views import Views
    from qsui.emulator.core import Core
    from qsui.emulator.faults import Faults
    from qsui.emulator.quirks import Quirks

BASE = "/webapi"
_LONGEST_NUMBER = 9
_LONE_HALF = re.compile("[\ud800-\udfff]")
Call = Callable[[Request, User], Awaitable[Answer | Response]]


@dataclass(frozen=True, slots=True)
class Service:
    """The parts that calls work with."""

    core: Core
    records: Records
    catalogue: Catalogue
    floor: Floor
    timetable: Timetable
    views: Views
    schedule_views: ScheduleViews
    login: Login
    quirks: Quirks
    faults: Faults
    release: Release

    def route(self, path: str, call: Call, method: str = "GET") -> Route:
        """A route under the base path that wants a good token; answers refusals itself."""

        async def guarded(request: Request) -> Response:
            return await self.answer(request, call)

        return Route(f"{BASE}/{path}", guarded, methods=[method])

    async def answer(self, request: Request, call: Call) -> Response:
        """Carry out a call for whoever sends the request."""
        try:
            found = await call(request, self.login.user(request.headers))
        except Refusal as refusal:
            found = Answer(refusal.body, refusal.status)
        if isinstance(found, Response):
            return found
        return found.reply(as_xml=self.speaks_xml(request))

    def speaks_xml(self, request: Request) -> bool:
        """Whether the answer is XML: by the request, or by the server's odd default."""
        accept = request.headers.get("accept", "").lower()
        if "json" in accept:
            return False
        return "xml" in accept or self.quirks["A6"] == "xml"

    def missing(self) -> Refusal:
        """404."""
        body = {"message": "The requested resource was not found."}
        return Refusal(404, body if self.quirks["A10"] == "json" else None)

    def workflow(self, request: Request, user: User) -> Workflow:
        """The workflow that the path names, if the user may see it."""
        found = self.catalogue.workflow(request.path_params["id"])
        if found is None or not self.catalogue.can_run(user, found):
            raise self.missing()
        return found

    def job(self, request: Request, user: User) -> sqlite3.Row:
        """The job that the path names, if the user may see it."""
        row = self.records.job(request.path_params["id"])
        if row is None or not self.catalogue.sees_job(user, row):
            raise self.missing()
        return row


def curator_only(user: User) -> None:
    """Refuse everyone but a Curator, in the words for a bad token."""
    if not user.is_curator:
        raise denied()


async def read_object(request: Request) -> dict[str, Any]:
    """The JSON object of a request; an empty body counts as an empty object."""
    raw = await request.body()
    if not raw.strip():
        return {}
    try:
        body = json.loads(raw)
    except ValueError:
        raise invalid("The request body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise invalid("The request is invalid.", {"body": ["A JSON object is required."]})
    if _LONE_HALF.search(dumps(body)):
        raise invalid("The request body is not valid Unicode.")
    return body


def words(request: Request, name: str) -> list[str]:
    """The values of a query parameter, given several times or separated by commas."""
    found: Sequence[str] = request.query_params.getlist(name)
    return [word.strip() for value in found for word in value.split(",") if word.strip()]


def number(request: Request, name: str, default: int) -> int:
    """A whole number of the query.

    Raises:
        Refusal: 400 if it is not one, or below 0.
    """
    text = request.query_params.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER):
        raise invalid("The request is invalid.", {name: [f"The value '{text}' is not valid."]})
    return int(text)


def flag(request: Request, name: str, *, default: bool) -> bool:
    """A boolean of the query; empty counts as absent."""
    text = request.query_params.get(name, "").strip().lower()
    return default if not text else text == "true"
