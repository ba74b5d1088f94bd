"""The tables of jobs and schedules: what changes while an Alteryx Server runs.

Times are microseconds since 1970. `rank` of a job orders the queue (0 low to 3 critical), `step`
is how many of its workflow's tools are done, `messages` a JSON list of `[status, text, tool]`,
`outputs` one of `[id, file name, tool]`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from qsui.emulator.store import dumps

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping

    from qsui.emulator.store import Store

TABLES: Final = """
CREATE TABLE IF NOT EXISTS ayx_jobs (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, workflow_id TEXT NOT NULL, schedule_id TEXT,
  user_id TEXT NOT NULL, status TEXT NOT NULL, disposition TEXT NOT NULL, priority TEXT NOT NULL,
  rank INTEGER NOT NULL, worker_tag TEXT NOT NULL, credential_id TEXT NOT NULL,
  questions TEXT NOT NULL, worker TEXT, created_us INTEGER NOT NULL, started_us INTEGER,
  ended_us INTEGER, modelled_us INTEGER NOT NULL, step INTEGER NOT NULL, stopping INTEGER NOT NULL
  DEFAULT 0, messages TEXT NOT NULL DEFAULT '[]', outputs TEXT NOT NULL DEFAULT '[]');
CREATE INDEX IF NOT EXISTS ayx_jobs_open ON ayx_jobs (status) WHERE ended_us IS NULL;
CREATE INDEX IF NOT EXISTS ayx_jobs_workflow ON ayx_jobs (workflow_id, created_us);
CREATE TABLE IF NOT EXISTS ayx_schedules (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, workflow_id TEXT, owner_id TEXT NOT NULL,
  name TEXT NOT NULL, comment TEXT NOT NULL, priority TEXT NOT NULL, worker_tag TEXT NOT NULL,
  enabled INTEGER NOT NULL, credential_id TEXT NOT NULL, iteration TEXT NOT NULL, zone TEXT NOT
  NULL, questions TEXT NOT NULL, created_us INTEGER NOT NULL, last_run_us INTEGER, run_count
  INTEGER NOT NULL DEFAULT 0, last_error TEXT NOT NULL DEFAULT '', worker TEXT NOT NULL DEFAULT
  '', modified_id TEXT NOT NULL, modified_us INTEGER NOT NULL);
"""
KEPT_JOBS: Final = 5000
RANKS: Final = {"Default": 0, "Low": 0, "Medium": 1, "High": 2, "Critical": 3}
QUEUED, INITIALIZING, RUNNING = "Queued", "Initializing", "Running"
COMPLETED, CANCELLED = "Completed", "Cancelled"
NONE, SUCCESS, WARNING, ERROR = "None", "Success", "Warning", "Error"

FILTERS: Final[Mapping[str, Callable[[sqlite3.Row], bool]]] = {
    "complete": lambda row: row["ended_us"] is not None,
    "error": lambda row: row["disposition"] == ERROR,
    "running": lambda row: row["status"] == RUNNING,
    "queued": lambda row: row["status"] == QUEUED,
    "initializing": lambda row: row["status"] == "Initializing",
}
"""The words of status filters, which are not those of the values."""
RESULTS: Final = {word.lower(): word for word in (SUCCESS, WARNING, ERROR)}

Message = tuple[int, str, int]
"""Engine code, text, tool."""


@dataclass(frozen=True, slots=True)
class Order:
    """A job to be made."""

    workflow_id: str
    user_id: str
    priority: str = "Default"
    worker_tag: str = ""
    credential_id: str = ""
    questions: tuple[tuple[str, str], ...] = ()
    schedule_id: str | None = None


class Records:
    """Jobs and schedules in the store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        store.add_tables(TABLES)

    # Jobs

    def job(self, job_id: str) -> sqlite3.Row | None:
        """A job by id."""
        return self.store.one("SELECT * FROM ayx_jobs WHERE id=?", job_id)

    def add_job(self, job_id: str, order: Order, **columns: object) -> None:
        """Write a job; `columns` are those that `order` does not decide."""
        self.store.insert(
            "ayx_jobs",
            id=job_id,
            workflow_id=order.workflow_id,
            schedule_id=order.schedule_id,
            user_id=order.user_id,
            priority=order.priority,
            rank=RANKS[order.priority],
            worker_tag=order.worker_tag,
            credential_id=order.credential_id,
            questions=dumps(order.questions),
            **columns,
        )

    def change_job(self, job_id: str, **columns: object) -> None:
        """Change columns of a job."""
        self.store.update("ayx_jobs", {"id": job_id}, **columns)

    def forget_old_jobs(self) -> None:
        """Remove all but the newest finished jobs, as a server's housekeeping does."""
        self.store.run(
            "DELETE FROM ayx_jobs WHERE ended_us IS NOT NULL"
            " AND seq <= (SELECT max(seq) FROM ayx_jobs) - ?",
            KEPT_JOBS,
        )

    def remove_job(self, job_id: str) -> None:
        """Remove a job without a trace."""
        self.store.delete("ayx_jobs", {"id": job_id})

    def queue(self) -> list[sqlite3.Row]:
        """Waiting jobs in the order in which they are to start."""
        return self.store.rows(
            "SELECT * FROM ayx_jobs WHERE status='Queued' AND ended_us IS NULL"
            " ORDER BY rank DESC, created_us, seq"
        )

    def busy(self) -> list[sqlite3.Row]:
        """Jobs that occupy a slot."""
        return self.store.rows(
            "SELECT * FROM ayx_jobs WHERE status IN ('Initializing','Running')"
            " AND ended_us IS NULL ORDER BY seq"
        )

    def jobs(self, workflow_id: str | None = None) -> list[sqlite3.Row]:
        """All jobs, or those of a workflow, newest first."""
        where = "" if workflow_id is None else " WHERE workflow_id=?"
        return self.store.rows(
            f"SELECT * FROM ayx_jobs{where} ORDER BY created_us DESC, seq DESC",  # noqa: S608
            () if workflow_id is None else (workflow_id,),
        )

    def last_jobs(self) -> list[sqlite3.Row]:
        """The newest job of every workflow that has one."""
        return self.store.rows(
            "SELECT * FROM ayx_jobs WHERE seq IN"
            " (SELECT seq FROM (SELECT seq, row_number() OVER"
            " (PARTITION BY workflow_id ORDER BY created_us DESC, seq DESC) AS n FROM ayx_jobs)"
            " WHERE n=1) ORDER BY workflow_id"
        )

    # Schedules

    def schedule(self, schedule_id: str) -> sqlite3.Row | None:
        """A schedule by id."""
        return self.store.one("SELECT * FROM ayx_schedules WHERE id=?", schedule_id)

    def schedules(self) -> list[sqlite3.Row]:
        """All schedules in the order of their creation."""
        return self.store.rows("SELECT * FROM ayx_schedules ORDER BY seq")

    def change_schedule(self, schedule_id: str, **columns: object) -> None:
        """Change columns of a schedule."""
        self.store.update("ayx_schedules", {"id": schedule_id}, **columns)


def messages_of(row: Mapping[str, Any] | sqlite3.Row) -> list[Message]:
    """The messages of a job in the server's order: errors first, the engine's own last."""
    found = [(status, text, tool) for status, text, tool in json.loads(row["messages"])]
    return sorted(found, key=lambda message: (message[2] == -1, message[0] != 3))
