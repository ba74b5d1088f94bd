"""The workers: a queue by priority and age, slots, and every job from its start to its end.

A job waits for a worker of its tag with a free slot, takes two seconds to initialise, then runs
its workflow's tools one after the other. The server ends scheduled jobs that run too long; jobs
that were started by hand may run for ever.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections import Counter
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Final

from qsui.emulator.alteryx import talk
from qsui.emulator.alteryx.ids import new_id
from qsui.emulator.alteryx.seeds import ToolKind
from qsui.emulator.alteryx.tables import (
    CANCELLED,
    COMPLETED,
    ERROR,
    INITIALIZING,
    NONE,
    QUEUED,
    RUNNING,
    Message,
    Order,
    Records,
)
from qsui.emulator.clock import SECOND
from qsui.emulator.store import dumps

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from qsui.emulator.alteryx.catalogue import Catalogue, Workflow
    from qsui.emulator.core import Core, Execution, Outcome

PICKUP_S: Final = 1.0
INITIALIZE_S: Final = 2.0
CANCEL_S: Final = 1.5
SCHEDULED_LIMIT_S: Final = 4 * 3600
_HOUSEKEEPING: Final = 100
SERVER: Final = "the server's run-time limit"


class Floor:
    """Runs jobs; `on_end` is called with the row of one that is over."""

    def __init__(
        self, core: Core, records: Records, catalogue: Catalogue, *, style: str, full: bool
    ) -> None:
        self._core = core
        self._records = records
        self._catalogue = catalogue
        self._style = style
        self._full = full
        self._executing: dict[str, Execution] = {}
        self._turn = count()
        self._made = count(1)
        self._closing = False
        self.on_end: Callable[[sqlite3.Row], None] | None = None

    def new_job_id(self, us: int) -> str:
        """An id for a job made at `us`."""
        return new_id(self._style, us, self._core.chance("ayx-job", us, next(self._turn)))

    def modelled_us(self, workflow: Workflow, key: str) -> int:
        """How long a job of a workflow takes, the same for the same key."""
        chance = self._core.chance("ayx-run", workflow.seed.name, key)
        seconds = workflow.seed.base_s * math.exp(chance.gauss(0.0, workflow.seed.spread))
        return int(seconds * SECOND)

    def enqueue(self, workflow: Workflow, order: Order) -> str:
        """Put a job at its place in the queue; returns its id."""
        now = self._core.clock.now_us()
        job_id = self.new_job_id(now)
        self._records.add_job(
            job_id,
            order,
            status=QUEUED,
            disposition=NONE,
            created_us=now,
            modelled_us=self.modelled_us(workflow, job_id),
            step=0,
        )
        self._core.after(PICKUP_S, self.dispatch)
        if next(self._made) % _HOUSEKEEPING == 0:
            self._records.forget_old_jobs()
        return job_id

    def cancel(self, row: sqlite3.Row, user: str) -> str | None:
        """Delete a queued job or end a running one in about a second; None if it is neither.

        Returns the sentence that the server answers.
        """
        if row["status"] == QUEUED:
            self._records.remove_job(row["id"])
            return "Deleted Successfully."
        if row["status"] != RUNNING:
            return None
        if not row["stopping"]:
            self._stop(row["id"], user)
        return "Cancelled Successfully."

    def resume(self) -> None:
        """Take up the jobs of an earlier process, or of a scene."""
        for row in self._records.busy():
            if row["status"] == INITIALIZING:
                self._core.after(INITIALIZE_S, partial(self._begin, row["id"]))
            else:
                self._watch_limit(row)
                self._plan_step(row["id"])
        self._core.after(PICKUP_S, self.dispatch)

    def close(self) -> None:
        """Interrupt what is being executed; the jobs stay as they are."""
        self._closing = True
        for execution in self._executing.values():
            execution.cancel()

    # The queue

    def dispatch(self) -> None:
        """Start every waiting job for which a worker is free, the most urgent first."""
        used = Counter(row["worker"] for row in self._records.busy())
        for row in self._records.queue():
            worker = self._free_worker(row["worker_tag"], used)
            if worker is not None:
                used[worker] += 1
                self._records.change_job(row["id"], status=INITIALIZING, worker=worker)
                self._core.after(INITIALIZE_S, partial(self._begin, row["id"]))

    def _free_worker(self, tag: str, used: Counter[str]) -> str | None:
        for worker in self._catalogue.scene.workers:
            takes = tag in worker.tags if tag else worker.takes_untagged
            if takes and used[worker.name] < worker.slots:
                return worker.name
        return None

    # One job

    def _begin(self, job_id: str) -> None:
        row = self._records.job(job_id)
        if row is None or row["status"] != INITIALIZING:
            return
        self._records.change_job(job_id, status=RUNNING, started_us=self._core.clock.now_us())
        row = self._records.job(job_id)
        if row is not None:
            self._watch_limit(row)
        self._plan_step(job_id)

    def _watch_limit(self, row: sqlite3.Row) -> None:
        if row["schedule_id"] is not None:
            at = row["started_us"] + SCHEDULED_LIMIT_S * SECOND
            self._core.agenda.at(at, lambda: self._stop(row["id"], SERVER))

    def _plan_step(self, job_id: str) -> None:
        """Let the next tool end when its share of the time is over."""
        row = self._running(job_id)
        workflow = self._catalogue.workflow(row["workflow_id"]) if row is not None else None
        if row is None or workflow is None:
            return
        due = min(workflow.ends_us(row), self._next_batch_us(row, workflow))
        self._core.agenda.at(max(due, self._core.clock.now_us()), lambda: self._execute(job_id))

    @staticmethod
    def _next_batch_us(row: sqlite3.Row, workflow: Workflow) -> int:
        """When the tool at work tells of its next batch; its end if it has none."""
        tool = workflow.tool_at(row["step"])
        if tool is None or tool.kind is not ToolKind.BATCH:
            return workflow.ends_us(row)
        told = talk.batches(tool, json.loads(row["messages"]))
        return workflow.begins_us(row) + int((told + 1) * tool.every_s * SECOND)

    def _execute(self, job_id: str) -> None:
        row = self._running(job_id)
        workflow = self._catalogue.workflow(row["workflow_id"]) if row is not None else None
        if row is None or workflow is None or row["stopping"] or job_id in self._executing:
            return
        if row["step"] >= len(workflow.seed.tools):
            self._complete(row, workflow)
            return
        tool = workflow.seed.tools[row["step"]]
        batch = str(talk.batches(tool, json.loads(row["messages"])) + 1)
        execution = self._core.engine.prepare(tool.sql.replace("{batch}", batch))
        self._executing[job_id] = execution
        self._core.spawn(self._run(job_id, workflow, row["step"], execution))

    async def _run(self, job_id: str, workflow: Workflow, step: int, execution: Execution) -> None:
        outcome = await asyncio.to_thread(execution.run)
        del self._executing[job_id]
        row = self._running(job_id)
        if row is None or (self._closing and outcome.killed):
            return
        if outcome.killed or row["stopping"]:
            self._end(row, CANCELLED, NONE)
            return
        self._hear(row, workflow, step, outcome)

    def _hear(self, row: sqlite3.Row, workflow: Workflow, step: int, outcome: Outcome) -> None:
        tool = workflow.seed.tools[step]
        before: list[Message] = json.loads(row["messages"])
        batch = talk.batches(tool, before) + 1
        said = talk.heard(tool, outcome, full=self._full, batch=batch)
        goes_on = (
            tool.kind is ToolKind.BATCH
            and outcome.error is None
            and self._core.clock.now_us() < workflow.ends_us(row)
        )
        outputs = json.loads(row["outputs"])
        if tool.kind is ToolKind.WRITE and outcome.error is None:
            now = self._core.clock.now_us()
            chance = self._core.chance("ayx-output", row["id"], tool.number)
            outputs.append([new_id(self._style, now, chance), tool.file, tool.number])
        self._records.change_job(
            row["id"],
            messages=dumps([*before, *said]),
            outputs=dumps(outputs),
            step=step if goes_on else step + 1,
        )
        after = self._running(row["id"])
        if after is None:
            return
        is_last = step + 1 >= len(workflow.seed.tools) and not goes_on
        if talk.verdict(said) == ERROR or is_last:
            self._complete(after, workflow)
        else:
            self._plan_step(row["id"])

    def _complete(self, row: sqlite3.Row, workflow: Workflow) -> None:
        said: list[Message] = json.loads(row["messages"])
        ran_s = (self._core.clock.now_us() - row["started_us"]) / SECOND
        said.append(talk.farewell(workflow.seed.name, ran_s, said))
        self._records.change_job(row["id"], messages=dumps(said))
        self._end(row, COMPLETED, talk.verdict(said))

    def _stop(self, job_id: str, user: str) -> None:
        row = self._running(job_id)
        if row is None or row["stopping"]:
            return
        said = [*json.loads(row["messages"]), talk.stopped(user)]
        self._records.change_job(job_id, stopping=1, messages=dumps(said))
        self._core.after(CANCEL_S, lambda: self._stopped(job_id))

    def _stopped(self, job_id: str) -> None:
        row, execution = self._running(job_id), self._executing.get(job_id)
        if execution is not None:
            execution.cancel()
        elif row is not None:
            self._end(row, CANCELLED, NONE)

    def _end(self, row: sqlite3.Row, status: str, disposition: str) -> None:
        self._records.change_job(
            row["id"],
            status=status,
            disposition=disposition,
            ended_us=self._core.clock.now_us(),
            stopping=0,
        )
        ended = self._records.job(row["id"])
        if ended is not None and self.on_end is not None:
            self.on_end(ended)
        self.dispatch()

    def _running(self, job_id: str) -> sqlite3.Row | None:
        row = self._records.job(job_id)
        return row if row is not None and row["status"] == RUNNING else None
