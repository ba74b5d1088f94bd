"""Workflows of the servers shown: how each came out last, when it runs next, what of it goes on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import Binding, BindingType

from qsui.domain.filters_jobs import workflow_fields
from qsui.domain.jobs import Workflow
from qsui.domain.models import Kind, Ref
from qsui.live.demands import Demands
from qsui.live.jobs.knowledge import ListMode
from qsui.present.cells_workflow import last_ran
from qsui.present.columns_job import WORKFLOW_COLUMNS, WORKFLOW_SORTS, workflow_cells
from qsui.present.job_view import WorkflowView, newest
from qsui.present.panes_workflow import workflow_pane, workflow_title
from qsui.present.role import Role, Span, Spans
from qsui.tui.screens.list_basis import SortChoice, titles_of
from qsui.tui.screens.list_screen import ListScreen
from qsui.tui.widgets.lines import lay_out

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from qsui.domain.filters import Fields
    from qsui.live.store import Change, Partition
    from qsui.present.columns import Column, Fitted, LookContext
    from qsui.present.role import Cell
    from qsui.tui.options import Session
    from qsui.tui.widgets.record_table import RecordTable

_MOST_FIRST = frozenset({"ran", "median", "schedules", "active", "created"})


class WorkflowsScreen(ListScreen[WorkflowView]):
    """Workflows, those first whose last job failed."""

    TAB = "jobs"
    NOUN = "workflows"
    HAS_JOBS = True
    ACTS = (
        ("schedule.trigger", "run now"),
        ("act.cancel", "cancel its jobs"),
        ("act.undo", "undo"),
    )
    FOOTER = (
        ("move.open", "jobs"),
        ("go.workflows", "all jobs"),
        ("list.messages", "messages"),
        ("act.verbs", "all verbs"),
        ("find.next", "next problem"),
        ("find.filter", "filter"),
        ("find.problems", "problems"),
        ("mark.toggle", "mark"),
        ("pane.toggle", "pane"),
        ("find.sort", "order"),
        ("look.wide", "wide"),
        ("look.copy", "copy id"),
        ("look.raw", "JSON"),
        ("look.web", "web"),
    )

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "jobs", "jobs of all workflows", id="go.workflows"),
        Binding("m", "messages", "messages of its last job", id="list.messages"),
    ]

    # Rows

    def view(self, workflow: Workflow) -> WorkflowView:
        """Add what follows from its jobs and schedules."""
        session = self.qsui.session_of(workflow.ref)
        if session is None or session.book is None:  # rows exist only while their session does
            raise RuntimeError("no session")
        book, snapshot, scope, id = session.book, session.store.snapshot, session.scope, workflow.id
        jobs, schedules = book.jobs_of(id), book.schedules_of(id)
        times = (schedule.next_run_at for schedule in schedules)
        lists_last = session.job_engine.list_mode is not ListMode.NAMED
        has_list = lists_last and snapshot.jobs(scope).read_at is not None
        is_read = has_list or snapshot.jobs(scope, id).read_at is not None
        return WorkflowView(
            workflow,
            newest(jobs),
            book.pace(id).median,
            len(schedules) if snapshot.schedules(scope).read_at is not None else None,
            min((at for at in times if at is not None), default=None),
            sum(job.state.is_active for job in jobs),
            jobs_read=is_read,
        )

    def key_of(self, row: WorkflowView) -> str:
        """The row's key."""
        return self.qsui.row_key(row.ref)

    def record_of(self, row: WorkflowView) -> Workflow:
        """The workflow."""
        return row.workflow

    def key_of_ref(self, ref: Ref) -> str | None:
        """A workflow's."""
        return self.qsui.row_key(ref) if ref.kind is Kind.WORKFLOW and self.shows(ref) else None

    def partition_of(self, session: Session) -> Partition:
        """The workflows as last read."""
        return session.store.snapshot.workflows(session.scope)

    def each_row(self) -> Iterator[tuple[str, WorkflowView]]:
        """Every known workflow."""
        for record in self.each_record():
            if isinstance(record, Workflow):
                yield self.qsui.row_key(record.ref), self.view(record)

    def apply(self, change: Change) -> None:
        """Take changed workflows, and those whose jobs or schedules changed."""
        refs: set[Ref] = set()
        for ref in change.refs:
            session = self.qsui.session_of(ref)
            if ref.kind is Kind.WORKFLOW:
                refs.add(ref)
            elif ref.kind in (Kind.JOB, Kind.SCHEDULE) and session is not None and session.book:
                refs.add(replace(ref, kind=Kind.WORKFLOW, id=session.book.workflow_of(ref)))
        gone = [self.qsui.row_key(ref) for ref in change.removed if ref.kind is Kind.WORKFLOW]
        known = [record for record in self.known(refs) if isinstance(record, Workflow)]
        self.take({self.qsui.row_key(record.ref): self.view(record) for record in known}, gone)

    # What the list says of itself

    def sorts(self) -> Sequence[SortChoice[WorkflowView]]:
        """Trouble first, then every column that can be ordered by."""
        titles = titles_of(WORKFLOW_COLUMNS)
        need: SortChoice[WorkflowView] = SortChoice("need", "Need", _need)
        return [
            need,
            *(
                SortChoice(id, titles.get(id) or id.capitalize(), key, id in _MOST_FIRST)
                for id, key in WORKFLOW_SORTS.items()
            ),
        ]

    def fields(self) -> Fields[WorkflowView]:
        """The filter's names; what they look at is called the same in these rows."""
        return cast("Fields[WorkflowView]", workflow_fields())

    def columns(self) -> Sequence[Column]:
        """The list's columns."""
        return WORKFLOW_COLUMNS

    def cells(self, row: WorkflowView, columns: Sequence[Fitted]) -> tuple[Cell, ...]:
        """The texts of a row."""
        return workflow_cells(row, self.look_at(row.ref), columns)

    def look_in(self, session: Session | None) -> LookContext:
        """With the time of this machine's zone."""
        return replace(super().look_in(session), local=self.qsui.local_zone)

    def group_of(self, row: WorkflowView) -> object:
        """A row moves when its last job goes on or ends."""
        return row.last_job.state if row.last_job is not None else None

    def looks_changed(self, before: WorkflowView, after: WorkflowView) -> bool:
        """Another state of the last job."""
        return self.group_of(before) is not self.group_of(after)

    def is_problem(self, row: WorkflowView) -> bool:
        """Its last job failed."""
        return row.last_job is not None and row.last_job.state.is_bad

    def title_extra(self) -> list[Span]:
        """How much goes on."""
        going = sum(len(s.book.active()) for s in self.sessions if s.book is not None)
        words = f"  {going:,} {'job waits or runs' if going == 1 else 'jobs wait or run'}"
        return [(words, Role.MUTED)] if going else []

    def pane_title(self, row: WorkflowView, width: int) -> Spans:
        """Name and last state."""
        keys: list[Span] = [("Enter", Role.FOCUS), (" jobs  ", Role.MUTED)]
        keys += [("p", Role.FOCUS), (" hide ", Role.MUTED)]
        return self.pane_rule(workflow_title(row, self.look()), keys, width)

    def pane_lines(self, row: WorkflowView, width: int) -> Sequence[Spans]:
        """The workflow in short."""
        return lay_out(workflow_pane(row, self.look()), width)

    def demands_of(self, session: Session) -> Demands:
        """The list of workflows."""
        del session
        return Demands(workflows=True)

    # Actions

    def on_record_table_selected(self, event: RecordTable.Selected) -> None:
        """Enter or a click on the cursor row."""
        event.stop()
        self.action_open()

    def action_open(self) -> None:
        """Show the jobs of the workflow under the cursor."""
        from qsui.tui.screens.jobs import JobsScreen

        row = self.row
        if row is not None:
            self.app.push_screen(JobsScreen(row.ref))

    def action_messages(self) -> None:
        """Show the messages of the workflow's last job."""
        from qsui.tui.screens.job_detail import JobScreen

        row = self.row
        if row is None:
            return
        if row.last_job is None:
            self.qsui.say("No job of it is known yet.")
        else:
            self.app.push_screen(JobScreen(row.last_job.ref))

    async def action_jobs(self) -> None:
        """Go back to the jobs of all workflows."""
        await self.qsui.action_go("jobs")

    def action_raw(self) -> None:
        """Show the workflow as the server sends it."""
        row = self.row
        if row is not None:
            self.show_raw(row.ref)

    def action_copy_id(self) -> None:
        """Copy the workflow's id."""
        row = self.row
        if row is not None:
            self.qsui.copy(row.workflow.id, "Workflow id")


def _need(view: WorkflowView) -> tuple[object, ...]:
    """Order by trouble, then by what goes on, then newest first."""
    job, ran = view.last_job, last_ran(view)
    rank = 2 if job is None else 0 if job.state.is_bad else 1 if job.state.is_active else 2
    return rank, -ran.timestamp() if ran else 0.0, view.workflow.name.casefold()
