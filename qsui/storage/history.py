"""`history.db`: what finished and what was last known, so that a new start shows rows at once.

One SQLite file in the state folder, readable by its owner only, shared by any number of processes
(WAL). Rows carry the scope's key. Losing the file costs history and nothing else, so nothing here
raises for a missing, full, read-only or broken store: `trouble` says it instead.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from qsui.domain.models import Kind, Ref, Run, Schedule
from qsui.storage import job_records, records
from qsui.storage.database import Database

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

    from qsui.domain.jobs import Job, Workflow
    from qsui.domain.models import Scope

T = TypeVar("T")

FILE_NAME = "history.db"
JOBS_PER_WORKFLOW = 500
"""So many jobs of each workflow are kept; the oldest go."""

_NEWEST_RUNS = """
SELECT schedule_id, id, body FROM (
    SELECT schedule_id, id, body, slot,
           row_number() OVER (PARTITION BY schedule_id ORDER BY slot DESC) AS place
    FROM runs WHERE scope = ? AND slot >= ?
) WHERE place <= ? ORDER BY slot DESC, schedule_id, id
"""

_SAVE_RUN = """
INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (scope, schedule_id, id) DO UPDATE SET
    decoded_id = excluded.decoded_id, slot = excluded.slot,
    richness = excluded.richness, body = excluded.body
WHERE excluded.richness >= runs.richness
"""

_NEWEST_JOBS = """
SELECT id, body FROM (
    SELECT id, body, at,
           row_number() OVER (PARTITION BY workflow_id ORDER BY at DESC, id DESC) AS place
    FROM jobs WHERE scope = ? AND at >= ?
) WHERE place <= ? ORDER BY at DESC, id DESC LIMIT ?
"""

_SAVE_JOB = """
INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (scope, id) DO UPDATE SET
    workflow_id = excluded.workflow_id, at = excluded.at,
    richness = excluded.richness, body = excluded.body
WHERE excluded.richness >= jobs.richness
"""

_FORGET_JOBS = """
DELETE FROM jobs WHERE scope = :scope AND workflow_id = :workflow AND (at, id) <= (
    SELECT at, id FROM jobs WHERE scope = :scope AND workflow_id = :workflow
    ORDER BY at DESC, id DESC LIMIT 1 OFFSET :most
)
"""


def open_history(folder: Path | None) -> SqliteHistory:
    """Open or begin `history.db` in the state folder; `None` keeps nothing, without complaint."""
    return SqliteHistory(folder)


class SqliteHistory:
    """See `qsui.domain.ports.History`; may be called from any thread, one call at a time."""

    def __init__(self, folder: Path | None) -> None:
        self._database = Database(folder / FILE_NAME if folder else None)

    @property
    def trouble(self) -> str:
        """Why nothing is kept, as a sentence; empty if all is well."""
        return self._database.trouble

    def load_schedules(self, scope: Scope) -> tuple[tuple[Schedule, ...], datetime | None]:
        """Return the last known schedules, in their order, and when they were read."""
        return self._load_list(
            "SELECT id, body FROM schedules WHERE scope = ? ORDER BY place, id",
            "SELECT read_at FROM readings WHERE scope = ?",
            scope,
            records.schedule_of,
        )

    def save_schedules(
        self, scope: Scope, schedules: tuple[Schedule, ...], at: datetime, *, replace: bool
    ) -> None:
        """Keep schedules; with `replace`, forget those not given."""
        self._save_list(
            (
                "DELETE FROM schedules WHERE scope = ?",
                "INSERT INTO schedules VALUES (?, ?, ?, ?) ON CONFLICT (scope, id)"
                " DO UPDATE SET body = excluded.body",
                "INSERT OR REPLACE INTO readings VALUES (?, ?)",
            ),
            scope,
            [(schedule.id, records.schedule_text(schedule)) for schedule in schedules],
            at,
            replace=replace,
        )

    def load_workflows(self, scope: Scope) -> tuple[tuple[Workflow, ...], datetime | None]:
        """Return the last known workflows, in their order, and when they were read."""
        return self._load_list(
            "SELECT id, body FROM workflows WHERE scope = ? ORDER BY place, id",
            "SELECT read_at FROM workflow_readings WHERE scope = ?",
            scope,
            job_records.workflow_of,
        )

    def save_workflows(
        self, scope: Scope, workflows: tuple[Workflow, ...], at: datetime, *, replace: bool
    ) -> None:
        """Keep workflows; with `replace`, forget those not given."""
        self._save_list(
            (
                "DELETE FROM workflows WHERE scope = ?",
                "INSERT INTO workflows VALUES (?, ?, ?, ?) ON CONFLICT (scope, id)"
                " DO UPDATE SET body = excluded.body",
                "INSERT OR REPLACE INTO workflow_readings VALUES (?, ?)",
            ),
            scope,
            [(workflow.id, job_records.workflow_text(workflow)) for workflow in workflows],
            at,
            replace=replace,
        )

    def load_runs(
        self, scope: Scope, since: datetime, *, per_schedule: int = 60
    ) -> tuple[Run, ...]:
        """Return kept runs with a slot since then.

        Newest first, at most `per_schedule` of each schedule.
        """

        def load(db: sqlite3.Connection) -> tuple[Run, ...]:
            rows = db.execute(_NEWEST_RUNS, (scope.key, since.timestamp(), per_schedule)).fetchall()
            found = (_readable(records.run_of, scope, *row) for row in rows)
            return tuple(run for run in found if run is not None)

        return self._database.do(load, ())

    def save_runs(self, scope: Scope, runs: tuple[Run, ...]) -> None:
        """Keep runs that are final; others are ignored."""
        rows = [
            (
                scope.key,
                run.schedule_id,
                run.id,
                run.decoded_id,
                run.slot_at.timestamp() if run.slot_at else 0.0,
                records.richness(run),
                records.run_text(run),
            )
            for run in runs
            if run.state.is_final and _is_storable(run.schedule_id + run.id + run.decoded_id)
        ]
        if rows:
            self._database.write(lambda db: db.executemany(_SAVE_RUN, rows))

    def find_run(self, scope: Scope, run_id: str) -> tuple[Ref, ...]:
        """Return the refs of kept runs with that id (encoded or decoded), of any schedule."""
        if not _is_storable(run_id):
            return ()

        def find(db: sqlite3.Connection) -> tuple[Ref, ...]:
            rows = db.execute(
                "SELECT schedule_id, id FROM runs WHERE scope = ? AND (id = ? OR decoded_id = ?)"
                " ORDER BY schedule_id, id",
                (scope.key, run_id, run_id),
            ).fetchall()
            return tuple(Ref(scope.profile, scope.sandbox, Kind.RUN, *row) for row in rows)

        return self._database.do(find, ())

    def load_jobs(
        self, scope: Scope, since: datetime, *, per_workflow: int = 60, most: int = 5000
    ) -> tuple[tuple[Job, ...], datetime | None]:
        """Return kept jobs that were queued since then, and when the last of any were kept.

        Newest first, at most `per_workflow` of each workflow and `most` in all.
        """

        def load(db: sqlite3.Connection) -> tuple[tuple[Job, ...], datetime | None]:
            asked = (scope.key, since.timestamp(), per_workflow, most)
            rows = db.execute(_NEWEST_JOBS, asked).fetchall()
            found = (_readable(job_records.job_of, scope, *row) for row in rows)
            jobs = tuple(job for job in found if job is not None)
            return jobs, _reading(db, "SELECT read_at FROM job_readings WHERE scope = ?", scope)

        nothing: tuple[tuple[Job, ...], datetime | None] = ((), None)
        return self._database.do(load, nothing)

    def save_jobs(self, scope: Scope, jobs: tuple[Job, ...], at: datetime) -> None:
        """Keep jobs that are over; others are ignored."""
        over = [
            job
            for job in jobs
            if not job.state.is_active and _is_storable(job.id + job.workflow_id)
        ]
        rows = [
            (
                scope.key,
                job.id,
                job.workflow_id,
                job_records.time_of(job),
                job_records.richness(job),
                job_records.job_text(job),
            )
            for job in over
        ]
        of = [
            {"scope": scope.key, "workflow": id, "most": JOBS_PER_WORKFLOW}
            for id in {job.workflow_id for job in over}
        ]

        def save(db: sqlite3.Connection) -> None:
            db.executemany(_SAVE_JOB, rows)
            db.executemany(_FORGET_JOBS, of)
            db.execute("INSERT OR REPLACE INTO job_readings VALUES (?, ?)", _note(scope, at))

        self._database.write(save)

    def close(self) -> None:
        """Flush and close; later calls find and keep nothing."""
        self._database.close()

    def _load_list(
        self, of_rows: str, of_reading: str, scope: Scope, read: Callable[[Scope, str, str], T]
    ) -> tuple[tuple[T, ...], datetime | None]:
        def load(db: sqlite3.Connection) -> tuple[tuple[T, ...], datetime | None]:
            rows = db.execute(of_rows, (scope.key,)).fetchall()
            found = (_readable(read, scope, *row) for row in rows)
            known = tuple(record for record in found if record is not None)
            return known, _reading(db, of_reading, scope)

        nothing: tuple[tuple[T, ...], datetime | None] = ((), None)
        return self._database.do(load, nothing)

    def _save_list(
        self,
        statements: tuple[str, str, str],
        scope: Scope,
        bodies: list[tuple[str, str]],
        at: datetime,
        *,
        replace: bool,
    ) -> None:
        """Carry out: forget all (with `replace`), keep each, note when they were read."""
        forget, keep, note = statements
        rows = [
            (scope.key, id, place, body)
            for place, (id, body) in enumerate(bodies)
            if _is_storable(id)
        ]

        def save(db: sqlite3.Connection) -> None:
            if replace:
                db.execute(forget, (scope.key,))
            db.executemany(keep, rows)
            db.execute(note, _note(scope, at))

        self._database.write(save)


def _reading(db: sqlite3.Connection, statement: str, scope: Scope) -> datetime | None:
    found = db.execute(statement, (scope.key,)).fetchone()
    return datetime.fromisoformat(found[0]) if found else None


def _note(scope: Scope, at: datetime) -> tuple[str, str]:
    return scope.key, at.astimezone(UTC).isoformat()


def _is_storable(text: str) -> bool:
    """Whether SQLite can hold it: a lone surrogate, which JSON may carry, has no UTF-8."""
    return not any("\ud800" <= sign <= "\udfff" for sign in text)


def _readable(read: Callable[..., T], *arguments: object) -> T | None:
    """Return what was read, `None` for a row of another shape: it is as if it were not kept."""
    try:
        return read(*arguments)
    except records.UNREADABLE:
        return None
