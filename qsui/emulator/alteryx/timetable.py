"""Starts workflows by their schedules. Runs missed while the process was down are not caught up."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from qsui.emulator.alteryx.recurrence import Recurrence
from qsui.emulator.alteryx.tables import COMPLETED, ERROR, Order, Records, messages_of

if TYPE_CHECKING:
    import sqlite3

    from qsui.emulator.alteryx.catalogue import Catalogue
    from qsui.emulator.alteryx.floor import Floor
    from qsui.emulator.core import Core

WORKFLOW_GONE = "The workflow of this schedule no longer exists."


def recurrence_of(row: sqlite3.Row) -> Recurrence:
    """The recurrence of a schedule."""
    return Recurrence.of(json.loads(row["iteration"]), row["zone"])


class Timetable:
    """Lets enabled schedules fire."""

    def __init__(self, core: Core, records: Records, catalogue: Catalogue, floor: Floor) -> None:
        self._core = core
        self._records = records
        self._catalogue = catalogue
        self._floor = floor
        self._turns: dict[str, int] = {}
        floor.on_end = self._job_ended

    def resume(self) -> None:
        """Arm every schedule of the store."""
        for row in self._records.schedules():
            self.arm(row["id"])

    def arm(self, schedule_id: str) -> None:
        """Plan the next run of a schedule as it is now; forget the one planned before."""
        turn = self._turns[schedule_id] = self._turns.get(schedule_id, 0) + 1
        row = self._records.schedule(schedule_id)
        if row is None or not row["enabled"] or self._catalogue.is_stalled(row):
            return
        due = recurrence_of(row).after(self._core.clock.now_us())
        if due is not None:
            self._core.agenda.at(due, lambda: self._fire(schedule_id, turn))

    def _fire(self, schedule_id: str, turn: int) -> None:
        row = self._records.schedule(schedule_id)
        if row is None or self._turns.get(schedule_id) != turn:
            return
        workflow = self._catalogue.workflow(row["workflow_id"])
        if workflow is None:
            self._records.change_schedule(schedule_id, last_error=WORKFLOW_GONE)
        else:
            self._floor.enqueue(
                workflow,
                Order(
                    workflow.id,
                    row["owner_id"],
                    row["priority"],
                    row["worker_tag"] or workflow.seed.worker_tag,
                    row["credential_id"],
                    tuple((name, value) for name, value in json.loads(row["questions"])),
                    schedule_id,
                ),
            )
            self._records.change_schedule(
                schedule_id,
                last_run_us=self._core.clock.now_us(),
                run_count=row["run_count"] + 1,
            )
        self.arm(schedule_id)

    def _job_ended(self, job: sqlite3.Row) -> None:
        if job["schedule_id"] is None or job["status"] != COMPLETED:
            return
        first = messages_of(job)[0][1] if job["disposition"] == ERROR else ""
        self._records.change_schedule(
            job["schedule_id"], last_error=first, worker=job["worker"] or ""
        )
