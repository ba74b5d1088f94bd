"""The older siblings of the API: the same base path and tokens, older names, some better lists."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from qsui.emulator.alteryx.replies import Answer, invalid
from qsui.emulator.alteryx.schedule_calls import window_of
from qsui.emulator.alteryx.service import Service, curator_only, flag, number, words
from qsui.emulator.alteryx.tables import RANKS
from qsui.emulator.alteryx.timetable import recurrence_of
from qsui.emulator.alteryx.views import FORMATS
from qsui.emulator.alteryx.workflow_calls import paged, start_job, visible_jobs
from qsui.emulator.lake import Lake

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import Route

    from qsui.emulator.alteryx.catalogue import User

_MOST_RUNS: Final = 500
_MOST_ROWS: Final = 5000
_PAGE: Final = 25


class OlderCalls:
    """Handlers of `/v1`, `/user/v2`, `/admin/v1` and `/admin/v2`."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self) -> list[Route]:
        """The routes of this part."""
        route = self._service.route
        return [
            route("v1/jobs/{id}", self.job),
            route("v1/jobs/{id}/output/{output}", self.output),
            route("v1/workflows/{id}/jobs", self.jobs),
            route("v1/workflows/{id}/jobs", self.run, "POST"),
            route("user/v2/workflows/{id}/jobs", self.run, "POST"),
            route("admin/v1/workflows/jobs", self.last_jobs),
            route("admin/v1/schedules", self.schedules),
            route("admin/v2/schedule/forecast", self.forecast),
        ]

    async def job(self, request: Request, user: User) -> Answer:
        """One job."""
        row = self._service.job(request, user)
        whole = flag(request, "includeMessages", default=True)
        return Answer(self._service.views.old_job(row, messages=whole))

    async def jobs(self, request: Request, user: User) -> Answer:
        """Jobs of a workflow, with their outcome; usually only those that somebody started."""
        service = self._service
        workflow = service.workflow(request, user)
        rows = [
            row
            for row in visible_jobs(service, workflow, user)
            if row["schedule_id"] is None or service.quirks["A7"] == "both"
        ]
        return Answer(
            [service.views.old_job(row, messages=False) for row in paged(service, request, rows)]
        )

    async def run(self, request: Request, user: User) -> Answer:
        """Put a job of a workflow into the queue."""
        row = await start_job(self._service, request, user)
        return Answer(self._service.views.old_job(row, fresh=True))

    async def last_jobs(self, request: Request, user: User) -> Answer:
        """The last job of every workflow, with status and outcome."""
        curator_only(user)
        wanted = words(request, "appIds")
        whole = flag(request, "includeMessages", default=True)
        return Answer(
            [
                self._service.views.old_job(row, messages=whole)
                for row in self._service.records.last_jobs()
                if not wanted or row["workflow_id"] in wanted
            ]
        )

    async def schedules(self, request: Request, user: User) -> Answer:
        """A page of all schedules; pages count from 0."""
        curator_only(user)
        page, size = number(request, "page", 0), number(request, "pageSize", _PAGE)
        rows = self._service.records.schedules()
        if size:
            rows = rows[page * size : (page + 1) * size]
        return Answer([self._service.schedule_views.old(row) for row in rows])

    async def forecast(self, request: Request, user: User) -> Answer:
        """The runs that schedules have ahead inside a window, at most 500 of each."""
        curator_only(user)
        service = self._service
        window = window_of(request, "afterDate", "beforeDate")
        if window is None:
            fault = ["beforeDate and afterDate are required."]
            raise invalid("The request is invalid.", {"afterDate": fault})
        found: list[tuple[int, dict[str, Any]]] = []
        for row in service.records.schedules():
            workflow = service.catalogue.workflow(row["workflow_id"])
            owner = service.catalogue.user(row["owner_id"])
            if not row["enabled"] or workflow is None or owner is None:
                continue
            rule = recurrence_of(row)
            at = rule.after(max(window[0], service.core.clock.now_us()) - 1)
            most = len(found) + _MOST_RUNS
            while at is not None and at < window[1] and len(found) < most:
                entry = {
                    "id": row["id"],
                    "scheduleName": row["name"],
                    "workflowName": workflow.seed.name,
                    "startTime": service.views.times.read(at),
                    "frequency": rule.frequency(),
                    "owner": service.schedule_views.owner(owner),
                    "priority": RANKS[row["priority"]],
                    "appEstimatedCompletionTime": int(workflow.seed.base_s),
                }
                found.append((at, entry))
                at = rule.after(at)
        return Answer([entry for _, entry in sorted(found, key=lambda pair: pair[0])])

    async def output(self, request: Request, user: User) -> Answer | Response:
        """A file that a job left, as CSV whatever its format is called."""
        service, params = self._service, request.path_params
        row = service.job(request, user)
        wanted = request.query_params.get("format", "Raw").title()
        if wanted not in FORMATS:
            raise invalid("The request is invalid.", {"format": [f"'{wanted}' is not offered."]})
        workflow = service.catalogue.workflow(row["workflow_id"])
        for id, name, number_ in json.loads(row["outputs"]):
            if id != params["output"] or workflow is None:
                continue
            sql = next(tool.sql for tool in workflow.seed.tools if tool.number == number_)
            text = await asyncio.to_thread(self._csv, sql)
            headers = {"content-disposition": f'attachment; filename="{name}"'}
            return Response(text, media_type="text/csv", headers=headers)
        raise service.missing()

    def _csv(self, sql: str) -> str:
        """The rows of a statement, if there is a lake to ask."""
        engine = self._service.core.engine
        if not isinstance(engine, Lake):
            return ""
        with engine.cursor() as cursor:
            result = cursor.execute(sql)
            columns = [column[0] for column in result.description or ()]
            text = io.StringIO()
            writer = csv.writer(text)
            writer.writerow(columns)
            writer.writerows(result.fetchmany(_MOST_ROWS))
        return text.getvalue()
