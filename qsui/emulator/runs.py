"""Schedules and their runs: fires by cron, waits, one task after the other, the outcome.

A run that fires at n covers the interval since fire n-1: that earlier fire is its slot. It waits
its start lag, then each statement runs as a query of its own; the first that does not succeed ends
the run.
"""

import json
import math
import sqlite3
from collections import deque
from typing import Any

from qsui.emulator import cron, ids
from qsui.emulator.clock import SECOND, from_us
from qsui.emulator.core import Core
from qsui.emulator.queries import QueryRunner, RunLink, Submission, substitute
from qsui.emulator.store import dumps

REGISTERING_S = 2.0
TRIGGER_S = 1.0
CANCEL_S = 1.0
EARLY_DEATH_S = 2.0
MAX_WAITING = 16
QUARANTINE_AFTER = 10
PROCESSED = "Processed Successfully"
NOT_PROCESSED = "Processing Failed"
SCHEDULED_CLIENT = "Adobe Query Service Scheduler"


def plan(core: Core, model: dict[str, Any], schedule_id: str, slot_us: int) -> tuple[float, float]:
    """Start lag and whole modelled duration of one run in seconds; the same for the same slot."""
    chance = core.chance("run", schedule_id, slot_us)
    lag_s = model["lag_s"] * chance.uniform(0.8, 1.25)
    return lag_s, model["base_s"] * math.exp(chance.gauss(0.0, model["spread"]))


class Scheduler:
    """Lets enabled schedules fire and takes runs to their end."""

    def __init__(self, core: Core, queries: QueryRunner, *, quarantine: bool = False) -> None:
        self._core = core
        self._queries = queries
        self._quarantine = quarantine
        self._arms: dict[str, int] = {}
        self._waiting: dict[str, deque[tuple[int, bool]]] = {}
        queries.on_end = self._query_ended

    # Schedules

    def register(self, schedule_id: str) -> None:
        """Turn a REGISTERING schedule into an ENABLED one in about two seconds."""
        self._core.after(REGISTERING_S, lambda: self._registered(schedule_id))

    def arm(self, schedule_id: str) -> None:
        """Plan the next fire of a schedule and forget the one planned before."""
        row = self._schedule(schedule_id)
        turn = self._arms[schedule_id] = self._arms.get(schedule_id, 0) + 1
        if row is None or row["state"] != "ENABLED":
            return
        now = self._core.clock.now_us()
        rule = cron.parse(row["cron"])
        if rule.once:
            self._arm_once(row, turn, now)
            return
        fire = rule.after(now)
        if fire is not None and (row["end_us"] is None or fire <= row["end_us"]):
            self._core.agenda.at(fire, lambda: self._fire(schedule_id, fire, turn))

    def _arm_once(self, row: sqlite3.Row, turn: int, now: int) -> None:
        done = self._core.store.one(
            "SELECT 1 FROM runs WHERE schedule_id=? AND external=0", row["id"]
        )
        if done is None:
            start, schedule_id = row["start_us"], row["id"]
            self._core.agenda.at(max(start, now), lambda: self._fire(schedule_id, start, turn))

    def disarm(self, schedule_id: str) -> None:
        """Forget the planned fire and the fires that wait."""
        self._arms[schedule_id] = self._arms.get(schedule_id, 0) + 1
        self._waiting.pop(schedule_id, None)

    def due(self, schedule_id: str, slot_us: int, *, manual: bool = False) -> None:
        """Start the run of a slot, or let it wait until fewer than `maxActiveRuns` are active."""
        row = self._schedule(schedule_id)
        if row is None:
            return
        if self.active_runs(schedule_id) < row["max_active"]:
            self._start(row, slot_us, manual=manual)
            return
        waiting = self._waiting.setdefault(schedule_id, deque())
        if len(waiting) < MAX_WAITING:
            waiting.append((slot_us, manual))

    def trigger(self, schedule_id: str) -> None:
        """Start a run outside the cron about a second from now; its slot is that moment."""
        clock = self._core.clock
        self._core.after(TRIGGER_S, lambda: self.due(schedule_id, clock.now_us(), manual=True))

    def active_runs(self, schedule_id: str) -> int:
        """Runs of a schedule that are in progress."""
        row = self._core.store.one(
            "SELECT count(*) AS n FROM runs WHERE schedule_id=? AND state='IN_PROGRESS'",
            schedule_id,
        )
        return int(row["n"]) if row else 0

    def resume(self) -> None:
        """Take up schedules and open runs that are in the store; missed fires are not caught up."""
        for row in self._core.store.rows(
            "SELECT id, state FROM schedules WHERE deleted=0 AND state IN ('ENABLED','REGISTERING')"
        ):
            if row["state"] == "ENABLED":
                self.arm(row["id"])
            else:
                self.register(row["id"])
        for row in self._core.store.rows("SELECT * FROM runs WHERE state='IN_PROGRESS'"):
            if not json.loads(row["tasks"]):
                schedule = self._schedule(row["schedule_id"])
                if schedule is not None:
                    self._await_start(schedule, row["id"], row["created_us"])

    def _schedule(self, schedule_id: str) -> sqlite3.Row | None:
        return self._core.store.one("SELECT * FROM schedules WHERE id=? AND deleted=0", schedule_id)

    def _registered(self, schedule_id: str) -> None:
        self._core.store.update(
            "schedules",
            {"id": schedule_id, "state": "REGISTERING"},
            state="ENABLED",
            updated_us=self._core.now_ms_us(),
        )
        self.arm(schedule_id)

    def _fire(self, schedule_id: str, fire: int, turn: int) -> None:
        row = self._schedule(schedule_id)
        if row is None or self._arms.get(schedule_id) != turn:
            return
        rule = cron.parse(row["cron"])
        slot = fire if rule.once else rule.at_or_before(fire - 1)
        if not rule.once:
            self.arm(schedule_id)
        if slot is not None and slot >= row["start_us"]:
            self.due(schedule_id, slot)

    # Runs

    def _start(self, row: sqlite3.Row, slot_us: int, *, manual: bool) -> None:
        run_id = ids.run_id(slot_us, manual=manual)
        if self._run(row["id"], run_id) is not None:
            return
        self._core.store.insert(
            "runs",
            schedule_id=row["id"],
            id=run_id,
            state="IN_PROGRESS",
            external=int(manual),
            created_us=slot_us,
            tasks="[]",
        )
        self._await_start(row, run_id, slot_us)

    def _await_start(self, schedule: sqlite3.Row, run_id: str, slot_us: int) -> None:
        lag_s, _ = plan(self._core, json.loads(schedule["model"]), schedule["id"], slot_us)
        self._core.after(lag_s, lambda: self._begin(schedule["id"], run_id))

    def _begin(self, schedule_id: str, run_id: str) -> None:
        schedule, run = self._schedule(schedule_id), self._run(schedule_id, run_id)
        if schedule is None or run is None or run["state"] != "IN_PROGRESS":
            return
        model = json.loads(schedule["model"])
        tasks: list[dict[str, Any]] = [
            {
                "id": task,
                "state": "QUEUED",
                "message": "",
                "start": None,
                "end": None,
                "query": None,
            }
            for task in model["tasks"]
        ]
        if model["dies_early"]:
            tasks[0].update(state="IN_PROGRESS", start=self._core.clock.now_us())
            self._save(schedule_id, run_id, tasks)
            self._core.after(
                EARLY_DEATH_S, lambda: self._query_ended(schedule_id, run_id, 0, "FAILED")
            )
            return
        _, duration_s = plan(self._core, model, schedule_id, run["created_us"])
        factor = model.pop("slow_once", 1.0)
        if factor != 1.0:
            self._core.store.update("schedules", {"id": schedule_id}, model=dumps(model))
        self._begin_task(schedule, run, tasks, 0, modelled_s=duration_s * factor / len(tasks))

    def _begin_task(
        self,
        schedule: sqlite3.Row,
        run: sqlite3.Row,
        tasks: list[dict[str, Any]],
        at: int,
        *,
        modelled_s: float,
    ) -> None:
        request = json.loads(schedule["request"])
        slot = from_us(run["created_us"]).isoformat(timespec="seconds").replace("+00:00", "Z")
        parameters = {"schedule_time": slot, **request.get("queryParameters", {})}
        template = json.loads(schedule["model"]).get("template") or {}
        statement = self._core.split(template.get("sql") or request["sql"])[at]
        if "sql" in request:
            request["sql"] = statement
        query_id = self._queries.submit(
            Submission(
                sandbox=schedule["sandbox"],
                request=request,
                sql=substitute(wrap(request, statement), parameters),
                user=schedule["user"],
                client=SCHEDULED_CLIENT,
                template_name=template.get("name"),
                link=RunLink(schedule["id"], run["id"], at, modelled_s),
            )
        )
        tasks[at].update(state="IN_PROGRESS", start=self._core.clock.now_us(), query=query_id)
        self._save(schedule["id"], run["id"], tasks)

    def cancel_run(self, schedule_id: str, run_id: str) -> None:
        """End an open run about a second from now: its query KILLED, itself FAILED."""
        run = self._run(schedule_id, run_id)
        tasks = json.loads(run["tasks"]) if run is not None else []
        if any(task["query"] and self._queries.is_executing(task["query"]) for task in tasks):
            self._cancel(schedule_id, run_id)
            return
        self._core.after(CANCEL_S, lambda: self._cancel(schedule_id, run_id))

    def _cancel(self, schedule_id: str, run_id: str) -> None:
        run = self._run(schedule_id, run_id)
        if run is None or run["state"] != "IN_PROGRESS":
            return
        for task in json.loads(run["tasks"]):
            if task["state"] == "IN_PROGRESS" and task["query"]:
                self._queries.kill(task["query"])
                return
        self._finish(schedule_id, run_id, "FAILED")

    def _query_ended(self, schedule_id: str, run_id: str, at: int, state: str) -> None:
        schedule, run = self._schedule(schedule_id), self._run(schedule_id, run_id)
        if schedule is None or run is None or run["state"] != "IN_PROGRESS":
            return
        tasks = json.loads(run["tasks"])
        good = state == "SUCCESS"
        tasks[at].update(
            state="SUCCESS" if good else "FAILED",
            message=PROCESSED if good else NOT_PROCESSED,
            end=self._core.clock.now_us(),
        )
        if good and at + 1 < len(tasks):
            query = self._core.store.one(
                "SELECT modelled_us FROM queries WHERE id=?", tasks[at]["query"]
            )
            modelled_s = query["modelled_us"] / SECOND if query else 1.0
            self._begin_task(schedule, run, tasks, at + 1, modelled_s=modelled_s)
            return
        self._save(schedule_id, run_id, tasks[: at + 1])
        self._finish(schedule_id, run_id, "SUCCESS" if good else "FAILED")

    def _finish(self, schedule_id: str, run_id: str, state: str) -> None:
        self._core.store.update("runs", {"schedule_id": schedule_id, "id": run_id}, state=state)
        if self._quarantine and state == "FAILED":
            self._quarantine_if_hopeless(schedule_id)
        waiting = self._waiting.get(schedule_id)
        if waiting:
            slot_us, manual = waiting.popleft()
            self.due(schedule_id, slot_us, manual=manual)

    def _quarantine_if_hopeless(self, schedule_id: str) -> None:
        last = self._core.store.rows(
            "SELECT state FROM runs WHERE schedule_id=? ORDER BY created_us DESC LIMIT ?",
            (schedule_id, QUARANTINE_AFTER),
        )
        if len(last) == QUARANTINE_AFTER and all(row["state"] == "FAILED" for row in last):
            self._core.store.update(
                "schedules",
                {"id": schedule_id},
                state="DISABLED",
                updated_us=self._core.now_ms_us(),
            )
            self.disarm(schedule_id)

    def _run(self, schedule_id: str, run_id: str) -> sqlite3.Row | None:
        return self._core.store.one(
            "SELECT * FROM runs WHERE schedule_id=? AND id=?", schedule_id, run_id
        )

    def _save(self, schedule_id: str, run_id: str, tasks: list[dict[str, Any]]) -> None:
        self._core.store.update(
            "runs", {"schedule_id": schedule_id, "id": run_id}, tasks=dumps(tasks)
        )


def wrap(request: dict[str, Any], statement: str) -> str:
    """The statement as it runs: inside the CTAS or INSERT that the request asks for."""
    ctas, insert = request.get("ctasParameters"), request.get("insertIntoParameters")
    if ctas and ctas.get("datasetName"):
        return f"CREATE TABLE {ctas['datasetName']} AS {statement}"
    if insert and insert.get("datasetName"):
        return f"INSERT INTO {insert['datasetName']} {statement}"
    return statement
