"""What a read is: its kind, what it is about, how urgent it is, and when it may start."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from qsui.domain.models import Kind

if TYPE_CHECKING:
    from datetime import datetime


class ReadKind(StrEnum):
    """What is asked; the value begins the read's name."""

    SCHEDULES = "schedules"  # the whole list
    RECENT_SCHEDULES = "recent schedules"  # newest change first, to the first page without news
    SCHEDULE = "schedule"
    CHANGES = "changes"  # queries changed since the mark
    QUERIES = "queries"  # the list of the last 24 h
    QUERY = "query"
    RUNS = "runs"  # of one schedule
    RUN = "run"
    FAILURE = "failure"  # a failed run's tasks, and the error behind it
    WORKFLOWS = "workflows"  # the whole list
    WORKFLOW = "workflow"
    JOBS = "jobs"  # of all workflows, as far back as is looked
    OPEN_JOBS = "open jobs"  # what waits or runs
    JOBS_OF = "jobs of"  # of one workflow
    JOB = "job"
    PEOPLE = "people"


class Priority(IntEnum):
    """Who goes first; up to `VISIBLE` a read may take the tokens kept for the user."""

    FIRST = 0
    USER = 1
    VISIBLE = 2
    CHANGES = 3
    FAILURE = 4
    DUE = 5
    BACKGROUND = 6
    SWEEP = 7


_ENDPOINTS = {
    ReadKind.SCHEDULES: "schedules",
    ReadKind.RECENT_SCHEDULES: "schedules",
    ReadKind.SCHEDULE: "schedules",
    ReadKind.CHANGES: "queries",
    ReadKind.QUERIES: "queries",
    ReadKind.QUERY: "queries",
    ReadKind.RUNS: "runs",
    ReadKind.RUN: "runs",
    ReadKind.FAILURE: "runs",
    ReadKind.WORKFLOWS: "workflows",
    ReadKind.WORKFLOW: "workflow",
    ReadKind.JOBS: "jobs",
    ReadKind.OPEN_JOBS: "jobs",
    ReadKind.JOBS_OF: "jobs of a workflow",
    ReadKind.JOB: "job",
    ReadKind.PEOPLE: "people",
}


def name_of(kind: ReadKind, parent: str = "", id: str = "") -> str:
    """Return the identity of a read: its kind, and what it is about."""
    about = f"{parent}/{id}" if parent and id else parent or id
    return f"{kind}:{about}" if about else str(kind)


@dataclass(frozen=True, slots=True)
class Read:
    """One thing to ask; `at` is when it may start at the earliest, `limit` how many rows."""

    kind: ReadKind
    priority: Priority
    at: datetime
    parent: str = ""
    id: str = ""
    limit: int = 0

    @property
    def name(self) -> str:
        """Its identity: two reads of the same name never run at once."""
        return name_of(self.kind, self.parent, self.id)

    @property
    def endpoint(self) -> str:
        """The list of the server that it belongs to; trouble and back-off are counted by it."""
        return _ENDPOINTS[self.kind]

    @property
    def is_user(self) -> bool:
        """Whether someone looks at the answer."""
        return self.priority <= Priority.VISIBLE

    @property
    def is_about_one(self) -> bool:
        """Whether it asks about one record (or one schedule's runs) instead of a whole list."""
        return bool(self.parent or self.id)

    @property
    def partition(self) -> tuple[Kind, str] | None:
        """The partition whose list it reads; `None` for a single record."""
        match self.kind:
            case ReadKind.SCHEDULES | ReadKind.RECENT_SCHEDULES:
                return (Kind.SCHEDULE, "")
            case ReadKind.CHANGES | ReadKind.QUERIES:
                return (Kind.QUERY, "")
            case ReadKind.RUNS:
                return (Kind.RUN, self.parent)
            case ReadKind.WORKFLOWS:
                return (Kind.WORKFLOW, "")
            case ReadKind.JOBS | ReadKind.OPEN_JOBS | ReadKind.JOBS_OF:
                return (Kind.JOB, self.parent)
            case _:
                return None
