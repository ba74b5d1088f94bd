"""What the lists of jobs share: rows with their place in the queue, pane, keys."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from qsui.domain.jobs import Job
from qsui.domain.models import Kind, Ref
from qsui.present.columns_job import JOB_COLUMNS, JOB_SORTS, job_cells
from qsui.present.panes_job import job_pane, job_title
from qsui.present.role import Role, Span, Spans
from qsui.tui.acts import UNSEEN, is_unseen
from qsui.tui.scopes import label_of
from qsui.tui.screens.list_basis import SortChoice, titles_of
from qsui.tui.screens.list_screen import ListScreen
from qsui.tui.screens.queue_rows import (
    JobRow,
    QueueRows,
    came_at,
    job_row_fields,
    need_key,
    unseen_job,
)
from qsui.tui.screens.queue_words import run_aways
from qsui.tui.widgets.lines import fit, lay_out, wrap
from qsui.tui.widgets.span_view import SpanView, line_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from textual.app import ComposeResult

    from qsui.domain.filters import Fields
    from qsui.domain.models import Record
    from qsui.domain.pending import Pending
    from qsui.domain.queueing import QueueView
    from qsui.live.store import Change
    from qsui.present.columns import Fitted, LookContext
    from qsui.present.role import Cell
    from qsui.tui.options import Session
    from qsui.tui.widgets.record_table import RecordTable

NOTES_FROM_ROWS = 12
WRAPPED_FROM_ROWS = 24
"""From so many rows on there are notes, and from so many all of them, in full."""

_NEWEST_FIRST = frozenset({"queued", "started", "ended", "took", "waits", "priority"})
_TITLE_REST, _CHIP_REST, _CHIP, _AS_OF = 22, 6, 16, 8
"""So many cells of the title are taken by what stands besides the queue, by a chip around its words
or with them, and before a time."""


class JobList(ListScreen[JobRow]):
    """Base of the lists of jobs; `SORTS` are the orders that come first."""

    TAB = "jobs"
    NOUN = "jobs"
    HAS_JOBS = True
    SORTS: ClassVar[tuple[str, ...]] = ("need", "line", "queued")
    ACTS = (
        ("schedule.trigger", "run now"),
        ("act.cancel", "cancel"),
        ("act.undo", "undo"),
    )
    FOOTER = (
        ("move.open", "messages"),
        ("go.workflows", "workflows"),
        ("act.verbs", "all verbs"),
        ("find.next", "next problem"),
        ("find.filter", "filter"),
        ("find.problems", "problems"),
        ("look.linked", "its workflow"),
        ("mark.toggle", "mark"),
        ("pane.toggle", "pane"),
        ("find.sort", "order"),
        ("look.wide", "wide"),
        ("look.copy", "copy id"),
        ("look.raw", "JSON"),
        ("look.web", "web"),
    )

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "open", "messages and outputs of it", id="list.messages"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._queues: dict[str, QueueRows] = {}
        self._whole_since: dict[str, datetime] = {}

    def compose_body(self) -> ComposeResult:
        """Under the title stands what the queue needs somebody for."""
        yield from super().compose_body()
        yield SpanView(self._notes, id="queue-notes")

    def on_mount(self) -> None:
        """The notes belong to the title."""
        if self.is_composed:
            notes, split = self.query_one("#queue-notes"), self.query_one("#split")
            self.query_one("#body").move_child(notes, before=split)

    # Rows

    def rows_in(self, session: Session) -> QueueRows:
        """What makes the rows of a session, as of its last change."""
        known = self._queues.get(session.scope.label)
        if known is None or not known.is_of(session):
            known = self._queues[session.scope.label] = QueueRows(session)
        known.renew()
        return known

    def rows_of(self, session: Session, records: Iterable[Record]) -> Iterator[tuple[str, JobRow]]:
        """Yield the rows of some of a session's jobs with their keys."""
        rows = self.rows_in(session)
        for job in records:
            if isinstance(job, Job):
                yield self.qsui.row_key(job.ref), rows.row(job)

    def take(self, upserts: Mapping[str, JobRow], removed: Sequence[str] = ()) -> None:
        """Hold back what came since the list was first whole, not what was only read since."""
        super().take(upserts, removed)
        if not self.model.hold_new:
            self._whole_since = {}
            return
        if not self._whole_since:
            self._whole_since = {s.scope.label: s.now for s in self.sessions}
        since = self._whole_since
        old = [
            key
            for key, row in upserts.items()
            if (at := since.get(label_of(row.ref))) is not None and came_at(row.job) < at
        ]
        if self.has_table and (delta := self.model.admit(old)):
            self.table.take(delta)
            self.rows_changed()

    def is_mine(self, workflow_id: str) -> bool:
        """Whether jobs of a workflow are listed here."""
        del workflow_id
        return True

    def key_of(self, row: JobRow) -> str:
        """The row's key."""
        return self.qsui.row_key(row.ref)

    def record_of(self, row: JobRow) -> Job:
        """The job."""
        return row.job

    def key_of_ref(self, ref: Ref) -> str | None:
        """A job's."""
        return self.qsui.row_key(ref) if ref.kind is Kind.JOB and self.shows(ref) else None

    def unseen_row(self, pending: Pending) -> JobRow | None:
        """A job that was asked for."""
        session = self.qsui.session_of(pending.action.target)
        job = unseen_job(pending, session) if session is not None and session.has_jobs else None
        return JobRow(job) if job is not None else None

    def apply(self, change: Change) -> None:
        """Take changed jobs, and those whose place or need changed with them."""
        kinds = (Kind.JOB, Kind.SCHEDULE)
        gone = [self.qsui.row_key(ref) for ref in change.removed if ref.kind is Kind.JOB]
        upserts: dict[str, JobRow] = {}
        for session in self.sessions:
            scope = session.scope
            mine = [
                ref
                for ref in change.refs
                if ref.kind in kinds
                and (ref.profile, ref.sandbox) == (scope.profile, scope.sandbox)
            ]
            if mine:
                upserts.update(self._changed_rows(session, mine))
        self.take(upserts, gone)

    def _changed_rows(self, session: Session, refs: Sequence[Ref]) -> dict[str, JobRow]:
        rows = self.rows_in(session)
        jobs = {ref.id for ref in refs if ref.kind is Kind.JOB}
        workflows = {rows.book.workflow_of(ref) for ref in refs}
        touched = rows.touched_by(jobs, workflows)
        return dict(self.rows_of(session, (j for j in touched if self.is_mine(j.workflow_id))))

    def tick(self) -> None:
        """With a new minute what waits moves nearer to its start, and may need somebody."""
        if self.can_draw and self.has_table and not self.qsui.is_frozen:
            upserts: dict[str, JobRow] = {}
            for session in self.sessions:
                known = self._queues.get(session.scope.label)
                if known is not None and known.is_of(session) and known.renew():
                    upserts.update(self._changed_rows(session, ()))
            if upserts:
                self.take(upserts)
        super().tick()

    # What the list says of itself

    def sorts(self) -> Sequence[SortChoice[JobRow]]:
        """The orders of a queue, then every column that can be ordered by."""
        titles = {**titles_of(JOB_COLUMNS), "line": "Queue", "need": "Need"}
        keys = {"need": need_key, **JOB_SORTS}
        ids = [*self.SORTS, *(id for id in keys if id not in self.SORTS)]
        return [
            SortChoice(id, titles.get(id) or id.capitalize(), keys[id], id in _NEWEST_FIRST)
            for id in ids
        ]

    def fields(self) -> Fields[JobRow]:
        """The filter's names."""
        return job_row_fields()

    def cells(self, row: JobRow, columns: Sequence[Fitted]) -> tuple[Cell, ...]:
        """The texts of a row."""
        return job_cells(row, self.look_at(row.ref), columns)

    def look_in(self, session: Session | None) -> LookContext:
        """With the medians of the workflows, and the time of this machine's zone."""
        book = session.book if session is not None else None

        def median_of(workflow_id: str) -> timedelta | None:
            return book.pace(workflow_id).median if book is not None else None

        local = self.qsui.local_zone
        return replace(super().look_in(session), median_of=median_of, local=local)

    def group_of(self, row: JobRow) -> object:
        """A row moves when it needs something else, or moves up in the queue."""
        return row.rank, row.position

    def looks_changed(self, before: JobRow, after: JobRow) -> bool:
        """Another state or need, or a log that was read."""
        was, now = before.job, after.job
        is_told = was.messages is None and now.messages is not None and now.state.is_bad
        return (was.state, before.rank) != (now.state, after.rank) or is_told

    def is_problem(self, row: JobRow) -> bool:
        """The last one of its workflow that came out failed, runs far too long, or waits long."""
        return row.needs_somebody

    # Around the rows

    @property
    def room(self) -> int:
        """Cells of the title that the queue may take: what was asked for goes before it."""
        shown, known = self.model.shown, len(self.model.items)
        counts = len(f"{self._part()}{shown:,}") + (len(f" of {known:,}") if shown != known else 0)
        chips = len(self.filter_text) + _CHIP_REST if self.filter_text else 0
        chips += _CHIP * (self.only_problems + self.only_changed + 2 * self.is_wide)
        marked = line_width(self.mark_words())
        as_of = len(self.as_of) + _AS_OF if self.as_of else 0
        return max(0, self.size.width - _TITLE_REST - counts - chips - marked - as_of)

    def notes(self) -> list[Spans]:
        """What else is said under the title."""
        return []

    def queues(self) -> list[QueueView]:
        """The queues whose run-aways are told of."""
        return [self.rows_in(session).queue for session in self.sessions]

    def _notes(self, width: int) -> list[Spans]:
        lines = [*self.notes(), *run_aways(self.queues())]
        if self.size.height < WRAPPED_FROM_ROWS:
            return [_cut(line, width, self.qsui.signs.ellipsis) for line in lines[:1]]
        return [
            ((" " if not at else "   ", Role.TEXT), *piece)
            for line in lines
            for at, piece in enumerate(wrap(line, max(20, width - 4)))
        ]

    def rows_changed(self) -> None:
        """The queue goes with the rows."""
        super().rows_changed()
        if not self.can_draw:
            return
        notes = self.query_one("#queue-notes", SpanView)
        width, height = self.size
        lines = self._notes(width) if height >= NOTES_FROM_ROWS else []
        notes.display = bool(lines)
        notes.styles.height = max(1, len(lines))
        notes.redraw()

    def pane_title(self, row: JobRow, width: int) -> Spans:
        """Workflow, time and state."""
        keys: list[Span] = [("Enter", Role.FOCUS), (" messages  ", Role.MUTED)]
        keys += [("p", Role.FOCUS), (" hide ", Role.MUTED)]
        title = job_title(row, self.look())
        if line_width(title) > width - _CHIP_REST:
            title = (*title[:2], title[-1])  # name and state: the time stands below
        return self.pane_rule(title, keys, width)

    def pane_lines(self, row: JobRow, width: int) -> Sequence[Spans]:
        """The job in short, with what it waits for."""
        session = self.session
        queue = self.rows_in(session).queue if session is not None else None
        return lay_out(job_pane(row, queue, self.look()), width)

    def viewport_changed(self) -> None:
        """Visible rows are read first."""
        self.state_demands()

    # Actions

    def on_record_table_selected(self, event: RecordTable.Selected) -> None:
        """Enter or a click on the cursor row."""
        event.stop()
        self.action_open()

    def action_open(self) -> None:
        """Show messages and outputs of the job under the cursor."""
        from qsui.tui.screens.job_detail import JobScreen

        row = self.row
        if row is not None and is_unseen(row.job):
            self.qsui.say(UNSEEN.capitalize())
        elif row is not None:
            rows = (self.model.get(key) for key in self.model.view)
            siblings = [other.ref for other in rows if other is not None]
            self.app.push_screen(JobScreen(row.ref, siblings))

    def action_raw(self) -> None:
        """Show the job as the server sends it."""
        row = self.row
        if row is not None and not is_unseen(row.job):
            self.show_raw(row.ref)

    def action_copy_id(self) -> None:
        """Copy the job's id."""
        row = self.row
        if row is not None:
            self.qsui.copy(row.job.id, "Job id")


def _cut(line: Spans, width: int, ellipsis: str) -> Spans:
    """Return a line that ends with a sign if it is too long."""
    if line_width(line) < width - 1:
        return ((" ", Role.TEXT), *line)
    return ((" ", Role.TEXT), *fit(line, width - 3), (ellipsis, Role.MUTED))
