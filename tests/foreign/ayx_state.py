"""What a foreign Alteryx Server knows now: its records by id, its people, and time passing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.foreign import ayx_facts as facts
from tests.foreign.ayx_spelling import AyxHabits, Json, id_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

QUEUED_S, RUNS_S = 10, 60


class AyxReplyError(Exception):
    """An answer that is not 200; `body` is JSON, a text, or `None` for the server's own form."""

    def __init__(self, status: int, body: Any = None) -> None:
        super().__init__(str(status))
        self.status = status
        self.body = body


@dataclass
class AyxState:
    """All records; jobs that were started here wait, run and end as `now` goes on."""

    habits: AyxHabits
    now: Callable[[], datetime] = lambda: facts.NOW
    jobs: list[facts.Job] = field(default_factory=facts.jobs)
    schedules: list[facts.Schedule] = field(default_factory=facts.schedules)
    taken: list[tuple[str, str, Any]] = field(default_factory=list)
    made: int = 0

    def __post_init__(self) -> None:
        fillers = tuple(
            facts.Workflow(f"filler-{at}", f"Filler {at:04d}") for at in range(self.habits.fillers)
        )
        self.workflows = (*facts.WORKFLOWS, *fillers)

    def settle(self) -> None:
        """Do what is due: jobs that were started here run, those under way end."""
        now = self.now()
        for job in self.jobs:
            if job.key.startswith("made-") and job.state == "Queued":
                start = job.created + timedelta(seconds=QUEUED_S)
                if start <= now:
                    job.state, job.started = "Running", start
                    job.ends = start + timedelta(seconds=RUNS_S)
            if job.ends is not None and job.ends <= now and job.state == "Running":
                stopped = job.outcome == "stopping"
                job.state = "Cancelled" if stopped else "Completed"
                job.outcome = "None" if stopped else "Success"
                job.messages = () if stopped else facts.GOOD_LOG

    def job_id(self, job: facts.Job) -> str:
        return id_of(self.habits, job.key, job.created)

    def workflow_id(self, key: str) -> str:
        row = next(row for row in self.workflows if row.key == key)
        return id_of(self.habits, "workflow " + key, row.created)

    def schedule_id(self, row: facts.Schedule) -> str:
        return id_of(self.habits, "schedule " + row.key, facts.NOW - timedelta(days=90))

    def person_id(self, key: str) -> str:
        return id_of(self.habits, "person " + key, facts.NOW - timedelta(days=900))

    def job(self, id: str) -> facts.Job:
        """The job of that id; raises `AyxReplyError` if there is none, or none yet."""
        for job in self.jobs:
            if self.job_id(job) == id:
                if job.hidden_until is not None and self.now() < job.hidden_until:
                    break
                return job
        raise AyxReplyError(404)

    def workflow(self, id: str) -> facts.Workflow:
        for row in self.workflows:
            if self.workflow_id(row.key) == id:
                return row
        raise AyxReplyError(404)

    def schedule(self, id: str) -> facts.Schedule:
        for row in self.schedules:
            if self.schedule_id(row) == id:
                return row
        raise AyxReplyError(404)

    def jobs_of(self, key: str) -> list[facts.Job]:
        return [job for job in self.jobs if job.workflow == key]

    def name_of(self, job: facts.Job) -> tuple[str, str]:
        """The id and the name of a job's workflow."""
        row = next(row for row in self.workflows if row.key == job.workflow)
        return self.workflow_id(row.key), row.name

    def start(self, workflow: facts.Workflow, by: str, body: Json) -> facts.Job:
        """Put a job into the queue."""
        self.made += 1
        now = self.now()
        job = facts.Job(f"made-{self.made}", workflow.key, now, "Queued", "None", by=by)
        job.tag = str(body.get("workerTag") or "")
        if self.habits.late_s:
            job.hidden_until = now + timedelta(seconds=self.habits.late_s)
        self.jobs.append(job)
        return job

    def cancel(self, job: facts.Job) -> str:
        """End a job; what is said. Raises `AyxReplyError` if it neither waits nor runs."""
        if job.state == "Queued":
            self.jobs.remove(job)
            return "Deleted Successfully."
        if job.state != "Running" or job.outcome == "stopping":
            raise AyxReplyError(400, {"message": "This job is not in 'Queued' or 'Running' state."})
        job.outcome = "stopping" if self.habits.stops_s else "None"
        if self.habits.stops_s:
            job.ends = self.now() + timedelta(seconds=self.habits.stops_s)
        else:
            job.state = "Cancelled"
        return "Cancelled Successfully."


def cut(habits: AyxHabits, rows: Sequence[Any], query: dict[str, str]) -> tuple[list[Any], Json]:
    """Cut a page out of rows; also say where it is."""
    size = int(query.get("limit") or 50)
    size = min(size, habits.page) if habits.page else size
    begin = int(query.get("offset") or 0)
    total = -(-len(rows) // size)
    place = {
        "currentPage": begin // size + 1,
        "pageSize": size,
        "totalItems": len(rows),
        "totalPages": total,
        "hasNextPage": begin + size < len(rows),
        "hasPreviousPage": begin > 0,
    }
    return list(rows[begin : begin + size]), place
