"""Calls on workflows: list, one, its questions, its jobs, run now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qsui.emulator.alteryx.iteration import read_time
from qsui.emulator.alteryx.replies import Answer, invalid
from qsui.emulator.alteryx.service import Service, number, read_object, words
from qsui.emulator.alteryx.tables import FILTERS, RANKS, RESULTS, Order
from qsui.emulator.clock import to_us
from qsui.emulator.replies import Refusal

if TYPE_CHECKING:
    import sqlite3

    from starlette.requests import Request
    from starlette.routing import Route

    from qsui.emulator.alteryx.catalogue import User, Workflow

VIEWS = ("", "default", "full")
_STATUSES = ("complete", "error", "running", "queued")
_MOST = 1000


class WorkflowCalls:
    """Handlers of `/v3/workflows`."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self) -> list[Route]:
        """The routes of this part."""
        route = self._service.route
        return [
            route("v3/workflows", self.listed),
            route("v3/workflows/{id}", self.one),
            route("v3/workflows/{id}/questions", self.questions),
            route("v3/workflows/{id}/jobs", self.jobs),
            route("v3/workflows/{id}/jobs", self.run, "POST"),
        ]

    async def listed(self, request: Request, user: User) -> Answer:
        """All workflows that the caller can see, in one answer."""
        service, query = self._service, request.query_params
        full = is_full(request)
        name, owner = query.get("name", "").lower(), query.get("ownerId", "")
        after, before = _moment(request, "createdAfter"), _moment(request, "createdBefore")
        view = service.views.whole_workflow if full else service.views.workflow
        return Answer(
            [
                view(workflow)
                for workflow in service.catalogue.workflows_of(user)
                if (not name or workflow.seed.name.lower() == name)
                and (not owner or workflow.owner.id == owner)
                and (after is None or workflow.created_us >= after)
                and (before is None or workflow.created_us < before)
            ]
        )

    async def one(self, request: Request, user: User) -> Answer:
        """One workflow."""
        workflow = self._service.workflow(request, user)
        return Answer(self._service.views.whole_workflow(workflow))

    async def questions(self, request: Request, user: User) -> Answer:
        """What an analytic app asks; nothing for other workflows."""
        workflow = self._service.workflow(request, user)
        return Answer(
            [
                {
                    "name": question.name,
                    "questionType": question.kind,
                    "description": question.description,
                    "value": question.value,
                    "multiple": False,
                    "items": [{"key": key, "value": value} for key, value in question.items],
                }
                for question in workflow.seed.questions
            ]
        )

    async def jobs(self, request: Request, user: User) -> Answer:
        """The jobs of a workflow that the caller can see, without their outcome."""
        service = self._service
        workflow = self._service.workflow(request, user)
        rows = visible_jobs(service, workflow, user)
        if service.quirks["A7"] == "none":
            rows = [row for row in rows if row["schedule_id"] is None]
        rows = [row for row in rows if _passes(request, row)]
        return Answer([service.views.workflow_job(row) for row in paged(service, request, rows)])

    async def run(self, request: Request, user: User) -> Answer:
        """Put a job of the workflow into the queue."""
        row = await start_job(self._service, request, user)
        return Answer(self._service.views.job(row, fresh=True))


async def start_job(service: Service, request: Request, user: User) -> sqlite3.Row:
    """Make a job as a request asks for it.

    Raises:
        Refusal: 404 without such a workflow, 403 without the right to run it, 400 for a bad body.
    """
    workflow = service.catalogue.workflow(request.path_params["id"])
    if workflow is None:
        raise service.missing()
    if not service.catalogue.can_run(user, workflow):
        raise Refusal(403, {"message": "You do not have permission to run this workflow."})
    if workflow.seed.package == "Macro":
        raise invalid("Macros cannot be run.")
    body = await read_object(request)
    faults: dict[str, list[str]] = {}
    priority = body.get("priority") or "Default"
    if priority not in RANKS:
        faults["priority"] = [f"The value '{priority}' is not valid."]
    credential = str(body.get("credentialId") or "")
    if credential and service.catalogue.credential(credential) is None:
        faults["credentialId"] = [f"There is no credential '{credential}'."]
    answers = read_answers(body.get("questions"), faults)
    if faults:
        raise invalid("The request is invalid.", faults)
    order = Order(
        workflow.id,
        user.id,
        priority if user.may("prioritize") else "Default",
        str(body.get("workerTag") or workflow.seed.worker_tag)
        if user.may("assign")
        else workflow.seed.worker_tag,
        credential,
        answers,
    )
    row = service.records.job(service.floor.enqueue(workflow, order))
    if row is None:
        raise service.missing()
    return row


def read_answers(value: object, faults: dict[str, list[str]]) -> tuple[tuple[str, str], ...]:
    """The answers to an app's questions."""
    if value is None:
        return ()
    if not isinstance(value, list) or not all(
        isinstance(one, dict) and isinstance(one.get("name"), str) for one in value
    ):
        faults["questions"] = ["Questions are a list of objects with name and value."]
        return ()
    return tuple((one["name"], str(one.get("value") or "")) for one in value)


def visible_jobs(service: Service, workflow: Workflow, user: User) -> list[sqlite3.Row]:
    """The jobs of a workflow that the user may see, newest first."""
    rows = service.records.jobs(workflow.id)
    return [row for row in rows if service.catalogue.sees_job(user, row)]


def paged(service: Service, request: Request, rows: list[sqlite3.Row]) -> list[sqlite3.Row]:
    """The rows that the request asks for, in its order; `rows` come newest first."""
    default = "desc" if service.quirks["A8"] == "newest" else "asc"
    direction = request.query_params.get("direction", "").lower() or default
    ordered = rows if direction == "desc" else rows[::-1]
    offset = number(request, "offset", 0)
    return ordered[offset : offset + (number(request, "limit", _MOST) or _MOST)]


def is_full(request: Request) -> bool:
    """Whether `view=Full` is asked for.

    Raises:
        Refusal: 400 for a view that does not exist.
    """
    view = request.query_params.get("view", "").lower()
    if view not in VIEWS:
        raise invalid("The request is invalid.", {"view": [f"The value '{view}' is not valid."]})
    return view == "full"


def _passes(request: Request, row: Any) -> bool:  # noqa: ANN401 - a row of the store
    """Whether a job passes `status` and `resultCode`, whose words differ from the values."""
    for name, known in (("status", _STATUSES), ("resultCode", tuple(RESULTS))):
        for word in words(request, name):
            if word.lower() not in known:
                raise invalid("The request is invalid.", {name: [f"'{word}' is not valid."]})
    statuses = [FILTERS[word.lower()] for word in words(request, "status")]
    results = [RESULTS[word.lower()] for word in words(request, "resultCode")]
    return (not statuses or any(test(row) for test in statuses)) and (
        not results or row["disposition"] in results
    )


def _moment(request: Request, name: str) -> int | None:
    text = request.query_params.get(name, "")
    if not text:
        return None
    moment = read_time(text)
    if moment is None:
        raise invalid("The request is invalid.", {name: [f"The value '{text}' is not valid."]})
    return to_us(moment)
