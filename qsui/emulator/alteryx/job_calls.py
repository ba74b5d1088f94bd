"""Calls on jobs: the server-wide list, one job, its messages, cancel."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from qsui.emulator.alteryx.releases import Release
from qsui.emulator.alteryx.replies import Answer, invalid
from qsui.emulator.alteryx.service import Service, curator_only, flag, number, words
from qsui.emulator.alteryx.tables import FILTERS, RANKS
from qsui.emulator.clock import to_us

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.routing import Route

    from qsui.emulator.alteryx.catalogue import User

PAGE: Final = 50
_MOST: Final = 1000
_STATUSES: Final = ("queued", "initializing", "running", "complete")


class JobCalls:
    """Handlers of `/v3/jobs`."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self) -> list[Route]:
        """The routes that the release knows."""
        service = self._service
        routes = [
            service.route("v3/jobs/{id}", self.one),
            service.route("v3/jobs/{id}/messages", self.messages),
        ]
        if service.release >= Release.R2025_1:
            routes.append(service.route("v3/jobs/{id}", self.cancel, "DELETE"))
        if service.release >= Release.CURRENT:
            routes.append(service.route("v3/jobs", self.listed))
        return routes

    async def listed(self, request: Request, user: User) -> Answer:
        """Jobs of the whole server, or the caller's own without `allUsers`."""
        curator_only(user)
        service = self._service
        offset = number(request, "offset", 0)
        limit = min(number(request, "limit", PAGE) or PAGE, _MOST)
        rows = self._sorted(request, self._wanted(request, user))
        now = service.core.clock.now_us()
        pages = -(-len(rows) // limit)
        return Answer(
            {
                "data": [
                    service.views.listed_job(row, now) for row in rows[offset : offset + limit]
                ],
                "pagination": {
                    "currentPage": offset // limit + 1,
                    "pageSize": limit,
                    "totalItems": len(rows),
                    "totalPages": pages,
                    "hasNextPage": offset + limit < len(rows),
                    "hasPreviousPage": offset > 0,
                },
            }
        )

    def _wanted(self, request: Request, user: User) -> list[sqlite3.Row]:
        """The jobs that pass every filter."""
        tests = [*self._by_people(request, user), *self._by_words(request)]
        statuses = [FILTERS[word] for word in map(str.lower, words(request, "statuses"))
                    if word in _STATUSES]  # fmt: skip
        if statuses:
            tests.append(lambda row: any(test(row) for test in statuses))
        elif words(request, "statuses"):
            return []
        elif self._service.quirks["A12"] == "open":
            tests.append(lambda row: row["ended_us"] is None)
        after, before = _day(request, "completedAfter"), _day(request, "completedBefore")
        if after is not None:
            tests.append(lambda row: row["ended_us"] is not None and row["ended_us"] >= after)
        if before is not None:
            tests.append(lambda row: row["ended_us"] is not None and row["ended_us"] < before)
        return [row for row in self._service.records.jobs() if all(test(row) for test in tests)]

    @staticmethod
    def _by_people(request: Request, user: User) -> list[Callable[[sqlite3.Row], bool]]:
        if not flag(request, "allUsers", default=False):
            return [lambda row: bool(row["user_id"] == user.id)]
        users = words(request, "users")
        return [lambda row: row["user_id"] in users] if users else []

    def _by_words(self, request: Request) -> list[Callable[[sqlite3.Row], bool]]:
        tests: list[Callable[[sqlite3.Row], bool]] = []
        if priorities := {word.title() for word in words(request, "priorities")}:
            ranks = {RANKS[word] for word in priorities if word in RANKS}
            ranks |= {int(word) for word in priorities if word.isdecimal() and len(word) == 1}
            tests.append(lambda row: row["rank"] in ranks)
        if names := words(request, "workflowNames"):
            lowered = {name.lower() for name in names}
            tests.append(lambda row: self._name(row).lower() in lowered)
        return tests

    def _sorted(self, request: Request, rows: list[sqlite3.Row]) -> list[sqlite3.Row]:
        field = request.query_params.get("sortField", "").lower()
        key = {
            "appname": lambda row: (self._name(row).lower(), row["seq"]),
            "completiondatetime": lambda row: (row["ended_us"] or 0, row["seq"]),
            "priority": lambda row: (row["rank"], row["seq"]),
            "status": lambda row: (row["status"], row["seq"]),
        }.get(field, lambda row: (row["created_us"], row["seq"]))
        descending = request.query_params.get("direction", "desc").lower() != "asc"
        return sorted(rows, key=key, reverse=descending)

    def _name(self, row: sqlite3.Row) -> str:
        workflow = self._service.catalogue.workflow(row["workflow_id"])
        return workflow.seed.name if workflow else ""

    async def one(self, request: Request, user: User) -> Answer:
        """One job, with its messages unless told otherwise."""
        row = self._service.job(request, user)
        whole = flag(request, "includeMessages", default=True)
        return Answer(self._service.views.job(row, messages=whole))

    async def messages(self, request: Request, user: User) -> Answer:
        """The messages of a job; documented as one object although they are many."""
        curator_only(user)
        row = self._service.job(request, user)
        found: list[Any] = self._service.views.messages(row)
        shape = self._service.quirks["A1"]
        if shape == "array":
            return Answer(found)
        if shape == "wrapped":
            return Answer({"messages": found})
        return Answer(found[0] if found and shape == "object" else None)

    async def cancel(self, request: Request, user: User) -> Answer:
        """End a running job, remove a queued one."""
        service = self._service
        row = service.records.job(request.path_params["id"])
        if row is None:
            raise service.missing()
        if not service.catalogue.sees_job(user, row):
            raise invalid("You do not have permission to cancel this job.")
        said = service.floor.cancel(row, user.seed.email)
        if said is None:
            raise invalid("This job is not in 'Queued' or 'Running' state.")
        return Answer({"message": said})


def _day(request: Request, name: str) -> int | None:
    """Midnight UTC of a `yyyy-MM-dd` in the query; anything else is ignored."""
    try:
        day = datetime.strptime(request.query_params.get(name, ""), "%Y-%m-%d")  # noqa: DTZ007
    except ValueError:
        return None
    return to_us(day.replace(tzinfo=UTC))
