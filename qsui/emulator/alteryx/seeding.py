"""Writes a scene into an empty store: schedules, their past jobs, jobs that people started.

Jobs of the past are written as if their statements had been run, by the same rules for what a
tool says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from qsui.emulator.alteryx import talk
from qsui.emulator.alteryx.ids import new_id
from qsui.emulator.alteryx.recurrence import Recurrence
from qsui.emulator.alteryx.seeds import JobSeed, ScheduleSeed, Tool, ToolKind
from qsui.emulator.alteryx.tables import (
    CANCELLED,
    COMPLETED,
    ERROR,
    NONE,
    QUEUED,
    RUNNING,
    Message,
    Order,
    Records,
)
from qsui.emulator.clock import DAY, MINUTE, SECOND
from qsui.emulator.store import dumps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qsui.emulator.alteryx.catalogue import Catalogue, User, Workflow
    from qsui.emulator.alteryx.floor import Floor
    from qsui.emulator.core import Core
    from qsui.emulator.errors import SqlError

_LOOKS_BACK: Final = (60 * MINUTE, 6 * 60 * MINUTE, 2 * DAY, 30 * DAY, 59 * DAY)
_WAIT: Final = 4 * SECOND


@dataclass(frozen=True, slots=True)
class _Past:
    """An outcome that was never worked out."""

    row_count: int
    error: SqlError | None
    killed: bool = False


class Seeder:
    """Writes one scene."""

    def __init__(
        self, core: Core, records: Records, catalogue: Catalogue, floor: Floor, *, style: str
    ) -> None:
        self._core = core
        self._records = records
        self._catalogue = catalogue
        self._floor = floor
        self._style = style
        self._now = core.clock.now_us()

    def write(self) -> None:
        """Write everything of the catalogue's scene."""
        scene = self._catalogue.scene
        with self._records.store.transaction():
            for schedule in scene.schedules:
                self._schedule(schedule)
            for job in scene.jobs:
                self._job(job)

    def _owner(self, email: str) -> User:
        found = self._catalogue.person(email)
        if found is None:
            raise ValueError(f"the scene has no user {email}")
        return found

    def _schedule(self, seed: ScheduleSeed) -> None:
        workflow = self._catalogue.workflow_named(seed.workflow) if seed.workflow else None
        owner = self._owner(seed.owner)
        rule = Recurrence.of(seed.iteration, seed.zone)
        schedule_id = self._catalogue.schedule_id(seed.name)
        order = Order(
            workflow.id if workflow else "",
            owner.id,
            seed.priority,
            seed.worker_tag or (workflow.seed.worker_tag if workflow else ""),
            "",
            seed.questions,
            schedule_id,
        )
        fires, last_error = [], ""
        if workflow is not None:
            fires = self._fires(rule, workflow, seed.past_runs)
            fires = fires[:-1] if seed.stalled else fires
            last_error = self._history(seed, workflow, order, fires)
        self._records.store.insert(
            "ayx_schedules",
            id=schedule_id,
            workflow_id=workflow.id if workflow else None,
            owner_id=owner.id,
            name=seed.name,
            comment=seed.comment,
            priority=seed.priority,
            worker_tag=seed.worker_tag,
            enabled=int(seed.enabled),
            credential_id="",
            iteration=dumps(rule.as_json()),
            zone=seed.zone,
            questions=dumps(seed.questions),
            created_us=rule.start_us(),
            last_run_us=fires[-1] if fires else None,
            run_count=len(fires),
            last_error=last_error,
            worker=self._catalogue.scene.workers[0].name if fires else "",
            modified_id=owner.id,
            modified_us=rule.start_us(),
        )

    def _history(
        self, seed: ScheduleSeed, workflow: Workflow, order: Order, fires: Sequence[int]
    ) -> str:
        """Write the past jobs of a schedule; returns the last one's error."""
        last_error = ""
        for at, fire in enumerate(fires):
            back = len(fires) - at
            sign = seed.history[-back] if back <= len(seed.history) else "."
            last_error = self._past_job(workflow, order, fire, cancelled=sign == "k")
        return last_error

    def _fires(self, rule: Recurrence, workflow: Workflow, most: int) -> list[int]:
        """The newest fires before now that have had time to end."""
        found: list[int] = []
        last = self._now - _WAIT - int(2 * workflow.seed.base_s * SECOND)
        for back in _LOOKS_BACK:
            found, at = [], rule.after(self._now - back)
            while at is not None and at < last:
                found.append(at)
                at = rule.after(at)
            if len(found) >= most:
                break
        return found[-most:] if most else []

    def _past_job(self, workflow: Workflow, order: Order, created: int, *, cancelled: bool) -> str:
        """Write a job that is over; returns its first error."""
        job_id = self._floor.new_job_id(created)
        started = created + _WAIT
        modelled = self._floor.modelled_us(workflow, job_id)
        ended = min(started + modelled, self._now - SECOND)
        said = self._said(workflow.seed.tools, job_id)
        if cancelled:
            said = [*said[:1], talk.stopped("j.dupont@acme-outdoor.com")]
            ended = min(ended, started + modelled // 2)
        else:
            said.append(talk.farewell(workflow.seed.name, (ended - started) / SECOND, said))
        disposition = NONE if cancelled else talk.verdict(said)
        worker = self._catalogue.scene.workers[0].name
        self._records.add_job(
            job_id,
            order,
            status=CANCELLED if cancelled else COMPLETED,
            disposition=disposition,
            worker=worker,
            created_us=created,
            started_us=started,
            ended_us=ended,
            modelled_us=modelled,
            step=len(workflow.seed.tools),
            messages=dumps(said),
            outputs=dumps([] if cancelled or disposition == ERROR
                          else self._outputs(workflow.seed.tools, ended, job_id)),
        )  # fmt: skip
        return said[0][1] if disposition == ERROR else ""

    def _said(self, tools: Sequence[Tool], key: str) -> list[Message]:
        said: list[Message] = []
        for tool in tools:
            chance = self._core.chance("ayx-past", key, tool.number)
            drawn = chance.randint(120, 9800)
            rows = drawn if tool.usual_rows is None else tool.usual_rows
            said.extend(talk.heard(tool, _Past(rows, tool.past_error)))
            if tool.past_error is not None:
                break
        return said

    def _outputs(self, tools: Sequence[Tool], us: int, key: str) -> list[list[object]]:
        return [
            [
                new_id(self._style, us, self._core.chance("ayx-output", key, tool.number)),
                tool.file,
                tool.number,
            ]
            for tool in tools
            if tool.kind is ToolKind.WRITE
        ]

    def _job(self, seed: JobSeed) -> None:
        """Write a job that somebody started by hand."""
        workflow, user = self._catalogue.workflow_named(seed.workflow), self._owner(seed.user)
        if workflow is None:
            raise ValueError(f"the scene has no workflow {seed.workflow}")
        created = self._now - int(seed.created_s_ago * SECOND)
        order = Order(workflow.id, user.id, seed.priority, workflow.seed.worker_tag)
        if seed.status in (COMPLETED, CANCELLED):
            self._past_job(workflow, order, created, cancelled=seed.status == CANCELLED)
            return
        job_id = self._floor.new_job_id(created)
        modelled = self._floor.modelled_us(workflow, job_id)
        running = seed.status == RUNNING
        started = created + int(seed.waited_s * SECOND) if running else None
        done: list[Tool] = []
        passed = (self._now - started) / modelled * workflow.shares if started else 0.0
        for tool in workflow.seed.tools[:-1]:
            passed -= tool.share
            if passed <= 0:
                break
            done.append(tool)
        tag = order.worker_tag
        worker = next(
            one.name
            for one in self._catalogue.scene.workers
            if (tag in one.tags if tag else one.takes_untagged)
        )
        self._records.add_job(
            job_id,
            order,
            status=RUNNING if running else QUEUED,
            disposition=NONE,
            worker=worker if running else None,
            created_us=created,
            started_us=started,
            modelled_us=modelled,
            step=len(done),
            messages=dumps([*self._said(done, job_id), *self._batches(workflow, job_id, started)]),
        )

    def _batches(self, workflow: Workflow, key: str, started: int | None) -> list[Message]:
        """What the tool at work in a job has said of its batches so far."""
        if started is None:
            return []
        passed = (self._now - started) / SECOND
        whole = self._floor.modelled_us(workflow, key) / SECOND
        for tool in workflow.seed.tools:
            if tool.kind is ToolKind.BATCH:
                chance = self._core.chance("ayx-batches", key, tool.number)
                return [
                    line
                    for batch in range(1, int(passed / tool.every_s) + 1)
                    for line in talk.heard(tool, _Past(chance.randint(118, 176), None), batch=batch)
                ]
            passed -= whole * tool.share / workflow.shares
            if passed <= 0:
                break
        return []
