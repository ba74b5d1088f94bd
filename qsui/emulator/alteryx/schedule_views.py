"""Schedules as the API shows them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from qsui.emulator.alteryx.timetable import recurrence_of

if TYPE_CHECKING:
    import sqlite3

    from qsui.emulator.alteryx.catalogue import Catalogue, User
    from qsui.emulator.alteryx.recurrence import Recurrence
    from qsui.emulator.alteryx.views import Json, Views
    from qsui.emulator.clock import VirtualClock
    from qsui.emulator.quirks import Quirks


class ScheduleViews:
    """Schedules as JSON values."""

    def __init__(
        self, catalogue: Catalogue, views: Views, clock: VirtualClock, quirks: Quirks
    ) -> None:
        self._catalogue = catalogue
        self._views = views
        self._clock = clock
        self._quirks = quirks

    def next_run(self, row: sqlite3.Row, after: int | None = None) -> int | None:
        """The next run of an enabled schedule, or its first one from `after` on."""
        if not row["enabled"]:
            return None
        now = self._clock.now_us()
        if after is None and self._catalogue.is_stalled(row):
            return recurrence_of(row).after(row["last_run_us"] or row["created_us"])
        return recurrence_of(row).after(now if after is None else max(after - 1, now))

    def reduced(self, row: sqlite3.Row, *, run_us: int | None) -> Json:
        """A row of the list; `run_us` is the run that it shows."""
        return {
            "id": row["id"],
            "name": row["name"],
            "workflowId": row["workflow_id"],
            "ownerId": row["owner_id"],
            "runDateTime": self._views.times.maybe(run_us),
            "timeZone": row["zone"],
        }

    def whole(self, row: sqlite3.Row, user: User, *, run_us: int | None = None) -> Json:
        """A whole schedule as `user` sees it."""
        times, rule = self._views.times, recurrence_of(row)
        run = self.next_run(row) if run_us is None else run_us
        workflow = self._catalogue.workflow(row["workflow_id"])
        return self.reduced(row, run_us=run) | {
            "versionId": workflow.version_ids[-1] if workflow else None,
            "comment": row["comment"],
            "enabled": bool(row["enabled"]),
            "priority": row["priority"],
            "workerTag": row["worker_tag"],
            "status": "Active" if row["enabled"] else "Inactive",
            "credentialId": row["credential_id"],
            "creationTime": times.read(row["created_us"]),
            "lastRunTime": times.maybe(row["last_run_us"]),
            "state": _state(row, run),
            "runCount": row["run_count"],
            "iteration": self._iteration(rule),
            "frequency": rule.frequency(),
            "lastError": row["last_error"],
            "cpuName": row["worker"],
            "lastModifiedId": row["modified_id"],
            "lastModifiedDate": times.read(row["modified_us"]),
            "canEdit": self._catalogue.edits_schedule(user, row),
            "questions": [
                {"name": name, "value": value} for name, value in json.loads(row["questions"])
            ],
        }

    def _iteration(self, rule: Recurrence) -> Json:
        if self._quirks["A15"] == "full":
            return rule.as_json()
        return {
            "startTime": rule.start.isoformat(),
            "endTime": rule.end.isoformat() if rule.end else None,
        }

    def old(self, row: sqlite3.Row) -> Json:
        """A schedule as the older admin API shows it."""
        times, run = self._views.times, self.next_run(row)
        workflow = self._catalogue.workflow(row["workflow_id"])
        owner = self._catalogue.user(row["owner_id"])
        credential = self._catalogue.credential(row["credential_id"])
        rule = recurrence_of(row)
        return {
            "id": row["id"],
            "name": row["name"],
            "comment": row["comment"],
            "application": {"id": workflow.id, "name": workflow.seed.name} if workflow else None,
            "owner": self.owner(owner) if owner else None,
            "credential": {"id": credential.id, "userName": credential.user_name}
            if credential
            else None,
            "nextRunTime": times.maybe(run),
            "lastRunTime": times.maybe(row["last_run_us"]),
            "creationTime": times.read(row["created_us"]),
            "enabled": bool(row["enabled"]),
            "state": _state(row, run),
            "priority": row["priority"],
            "workerTag": row["worker_tag"],
            "runCount": row["run_count"],
            "iteration": self._iteration(rule),
            "frequency": rule.frequency(),
            "timezone": row["zone"],
            "lastError": row["last_error"],
            "cpuName": row["worker"],
            "lastModifiedId": row["modified_id"],
            "lastModifiedDate": times.read(row["modified_us"]),
        }

    @staticmethod
    def owner(user: User) -> Json:
        """A person inside another record of the older API."""
        return {
            "id": user.id,
            "firstName": user.seed.first,
            "lastName": user.seed.last,
            "email": user.seed.email,
            "subscriptionId": user.subscription_id,
        }


def _state(row: sqlite3.Row, run_us: int | None) -> str:
    if not row["enabled"]:
        return "Disabled"
    return "Completed" if run_us is None else "Scheduled"
