"""Jobs of the servers shown, what needs a person first, and jobs of one workflow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from qsui.domain.models import Kind, Ref
from qsui.live.demands import Demands
from qsui.present.columns_job import JOB_COLUMNS, WORKFLOW_JOB_COLUMNS
from qsui.present.role import Role, Span, Spans
from qsui.present.signs import Sign
from qsui.present.text import printable
from qsui.tui.acts import Chosen, is_unseen
from qsui.tui.scopes import label_of
from qsui.tui.screens.job_rows import JobList
from qsui.tui.screens.queue_words import coverage, strip

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from qsui.domain.jobs import Workflow
    from qsui.domain.models import Schedule
    from qsui.domain.pending import Pending
    from qsui.domain.queueing import QueueView
    from qsui.live.store import Partition
    from qsui.present.columns import Column
    from qsui.tui.options import Session
    from qsui.tui.screens.queue_rows import JobRow


def workflow_ref(schedule: Schedule) -> Ref:
    """Return the identity of the workflow that a schedule runs."""
    ref = schedule.ref
    return Ref(ref.profile, ref.sandbox, Kind.WORKFLOW, "", schedule.workflow_id)


class AllJobsScreen(JobList):
    """Jobs of all workflows."""

    STILL_WORKS = "b workflows, and the jobs of each"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "workflows", "workflows", id="go.workflows"),
        Binding("L", "linked", "the jobs of its workflow", id="look.linked"),
    ]

    def columns(self) -> Sequence[Column]:
        """With the workflow's name."""
        return JOB_COLUMNS

    def partition_of(self, session: Session) -> Partition:
        """The jobs as last read; complete is what the server can list."""
        partition = session.store.snapshot.jobs(session.scope)
        trouble = partition.trouble
        if trouble is not None and trouble.kind == "forbidden" and partition.records:
            trouble = None  # the jobs of some workflows are known all the same: notes say so
        return replace(partition, is_complete=partition.read_at is not None, trouble=trouble)

    def each_row(self) -> Iterator[tuple[str, JobRow]]:
        """Every known job."""
        for session in self.sessions:
            records = session.store.snapshot.jobs(session.scope).records.values()
            yield from self.rows_of(session, records)

    def title_extra(self) -> list[Span]:
        """What goes on in the queue."""
        queues = [
            (session.scope.label, self.rows_in(session).queue)
            for session, partition in self.partitions()
            if partition.read_at is not None
        ]
        return strip(queues, self.room)

    def notes(self) -> list[Spans]:
        """Which jobs are not listed: older servers have no list of all."""
        return coverage(self.sessions)

    def demands_of(self, session: Session) -> Demands:
        """The list, and what is visible of it."""
        return Demands(jobs=True, visible_jobs=self.visible_of(session, Kind.JOB))

    def action_workflows(self) -> None:
        """Show the workflows; the same key comes back."""
        from qsui.tui.screens.workflows import WorkflowsScreen

        self.app.push_screen(WorkflowsScreen())

    def action_linked(self) -> None:
        """Show the jobs of the workflow under the cursor."""
        row = self.row
        if row is None or is_unseen(row.job):
            return
        if not row.job.workflow_id:
            self.qsui.say("The server does not say which workflow it is of.")
            return
        ref = Ref(row.ref.profile, row.ref.sandbox, Kind.WORKFLOW, "", row.job.workflow_id)
        self.app.push_screen(JobsScreen(ref))


class JobsScreen(JobList):
    """Jobs of one workflow, newest first."""

    SORTS = ("queued", "need")

    def __init__(self, workflow: Ref) -> None:
        self.workflow = workflow
        super().__init__()

    @property
    def where(self) -> str:
        """The workflow and its scope."""
        return f"{self.workflow_name} on {super().where}"

    @property
    def workflow_name(self) -> str:
        """What the workflow is called, harmless; its id while that is not known."""
        workflow, row = self.workflow_record, self.row
        name = workflow.name if workflow else row.job.workflow_name if row else ""
        return printable(name or self.workflow.id, 40)

    def is_problem(self, row: JobRow) -> bool:
        """Here every failed one."""
        return row.job.state.is_bad or super().is_problem(row)

    def queues(self) -> list[QueueView]:
        """With the run-aways of this workflow only."""
        return [
            replace(
                queue,
                run_aways=tuple(
                    one for one in queue.run_aways if self.is_mine(one.job.workflow_id)
                ),
            )
            for queue in super().queues()
        ]

    @property
    def own_scope(self) -> str:
        """The workflow's."""
        return label_of(self.workflow)

    def columns(self) -> Sequence[Column]:
        """Without the workflow's name."""
        return WORKFLOW_JOB_COLUMNS

    def is_mine(self, workflow_id: str) -> bool:
        """Whether it is this workflow."""
        return workflow_id == self.workflow.id

    def unseen_row(self, pending: Pending) -> JobRow | None:
        """Only what was asked of this workflow."""
        row = super().unseen_row(pending)
        return row if row is not None and self.is_mine(row.job.workflow_id) else None

    @property
    def workflow_record(self) -> Workflow | None:
        """The workflow, if the list has it."""
        session = self.session
        if session is None:
            return None
        return session.store.snapshot.workflow(session.scope, self.workflow.id)

    def chosen(self) -> Chosen:
        """The workflow itself while no job of it is known."""
        chosen, workflow = super().chosen(), self.workflow_record
        return chosen if chosen.records or workflow is None else Chosen((workflow,))

    def heading(self) -> list[Span]:
        """Where this list hangs."""
        path = f" {self.qsui.signs.of(Sign.PATH)} "
        return [(f"Workflows{path}{self.workflow_name}{path}", Role.MUTED), ("Jobs", Role.TITLE)]

    def partition_of(self, session: Session) -> Partition:
        """The jobs of this workflow, and how the reading of them stands."""
        snapshot, id = session.store.snapshot, self.workflow.id
        mine = snapshot.jobs(session.scope, id)
        records = {job.id: job for job in session.book.jobs_of(id)} if session.book else {}
        return replace(mine, records=records, is_complete=mine.read_at is not None)

    def each_row(self) -> Iterator[tuple[str, JobRow]]:
        """Every known job of the workflow."""
        for session in self.sessions:
            if session.book is not None:
                yield from self.rows_of(session, session.book.jobs_of(self.workflow.id))

    def demands_of(self, session: Session) -> Demands:
        """The jobs of this workflow."""
        visible = self.visible_of(session, Kind.JOB)
        return Demands(jobs_of=self.workflow.id, visible_jobs=visible)
