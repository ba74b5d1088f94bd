"""One job: how it stands, what each tool said, what it left, what it waits for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding, BindingType

from qsui.domain.errors import ApiError, NotFound
from qsui.domain.models import Kind, Ref
from qsui.domain.states import RunState
from qsui.live.demands import Demands
from qsui.present.job_view import JobView
from qsui.present.panes_job import job_head, job_pane, outcome_lines, output_lines
from qsui.present.role import Role, Span, Spans
from qsui.present.text import moment_long, printable, printable_name
from qsui.tui.acts import Chosen
from qsui.tui.screens.job_messages import JobMessagesScreen
from qsui.tui.screens.queue_rows import QueueRows, came_at
from qsui.tui.widgets.lines import lay_out, pack, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from qsui.domain.jobs import Job
    from qsui.live.store import Change
    from qsui.present.layout import LookContext
    from qsui.tui.options import Session

KEYS_FROM_COLUMNS = 100
"""From so many columns on the path names the keys to the jobs beside this one."""

_INDENT: Span = ("   ", Role.TEXT)

GONE = "The server has this job no more. What stands here was read before."
NEVER_READ = "The server has no such job: it was deleted, or waited and was cancelled."


class JobScreen(JobMessagesScreen):
    """Detail of one job. `siblings` are the jobs of the list it was opened from, in its order."""

    TAB = "jobs"
    ACTS: ClassVar[tuple[tuple[str, str], ...]] = (
        ("schedule.trigger", "run now"),
        ("act.cancel", "cancel"),
        ("act.undo", "undo"),
    )
    FOOTER: ClassVar[tuple[tuple[str, str], ...]] = (
        ("list.peel", "back"),
        ("find.severity", "severity"),
        ("find.filter", "find"),
        ("find.next", "next found"),
        ("find.sort", "order"),
        ("look.follow", "follow"),
        ("act.verbs", "all verbs"),
        ("look.newer", "before"),
        ("look.older", "after"),
        ("look.next_part", "next part"),
        ("look.full", "full"),
        ("look.linked", "its workflow"),
        ("look.copy_sql", "copy messages"),
        ("look.copy", "copy id"),
        ("look.raw", "JSON"),
        ("look.web", "web"),
    )

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "left_square_bracket", "sibling(-1)", "the job before it in the list", id="look.newer"
        ),
        Binding(
            "right_square_bracket", "sibling(1)", "the job after it in the list", id="look.older"
        ),
    ]

    def __init__(self, ref: Ref, siblings: Sequence[Ref] = ()) -> None:
        super().__init__(ref)
        self._given = list(siblings)
        self._kept: Job | None = None
        self._fault = ""
        self._is_gone = False
        self._rows: QueueRows | None = None

    # Data

    @property
    def job(self) -> Job | None:
        """The job as known now; once it is gone, as it was known last."""
        session = self.session
        known = session.store.snapshot.job(session.scope, self.ref.id) if session else None
        kept = self._kept if self._kept is not None and self._kept.ref == self.ref else None
        if known is not None:
            if known.messages is None and kept is not None and kept.messages is not None:
                known = replace(known, messages=kept.messages, log_is_cut=True)
            if known != kept:
                self._kept = known
            return self._kept
        return kept

    @property
    def rows(self) -> QueueRows | None:
        """What knows the job's place in the queue."""
        session = self.session
        if session is None or session.book is None:
            return None
        if self._rows is None or not self._rows.is_of(session):
            self._rows = QueueRows(session)
        self._rows.renew()
        return self._rows

    def view(self, job: Job) -> JobView:
        """Add what follows from the queue and the jobs before."""
        rows = self.rows
        return JobView(job) if rows is None else rows.row(job)

    def chosen(self) -> Chosen:
        """This job."""
        job = self.job
        return Chosen() if job is None or self._is_gone else Chosen((job,))

    @property
    def _siblings(self) -> list[Ref]:
        """The jobs of the list, or of the workflow, newest first, if it was opened from none."""
        session, job = self.session, self.job
        if self._given or session is None or session.book is None or job is None:
            return self._given
        jobs = sorted(session.book.jobs_of(job.workflow_id), key=came_at, reverse=True)
        return [one.ref for one in jobs]

    def on_mount(self) -> None:
        """Read it with its messages now."""
        self._read()

    @work(group="detail", exclusive=True)
    async def _read(self) -> None:
        session = self.session
        if session is None:
            return
        self._fault, self._is_gone = "", False
        try:
            await session.job_engine.read_job(self.ref.id)
        except NotFound:
            self._is_gone = True
        except ApiError as error:
            self._fault = printable(str(error), 300)
        self.redraw_all()

    def demands_of(self, session: Session) -> Demands:
        """This job, until it is over."""
        del session
        return Demands(job=self.ref.id)

    def apply(self, change: Change) -> None:
        """Show its change, or that of the queue while it waits."""
        job = self.job
        if self.ref in change.removed:
            self._is_gone = True
        elif self.ref in change.refs:
            self._is_gone = False
        is_waiting = job is not None and job.state is RunState.QUEUED
        if self.ref in change.refs or (is_waiting and any(r.kind is Kind.JOB for r in change.refs)):
            self.redraw_all()

    # Text

    def look(self) -> LookContext:
        """With the medians of the workflows, and the time of this machine's zone."""
        session = self.session
        book = session.book if session is not None else None

        def median_of(workflow_id: str) -> timedelta | None:
            return book.pace(workflow_id).median if book is not None else None

        return replace(super().look(), median_of=median_of, local=self.qsui.local_zone)

    def crumbs(self) -> list[Span]:
        """Workflow, jobs, this job by when it came."""
        job, look = self.job, self.look()
        name = printable_name(job.workflow_name) if job is not None else ""
        at = job.queued_at or job.started_at if job is not None else None
        when = moment_long(at, look.now, look.zone) if at is not None else ""
        return [
            ("Jobs", Role.MUTED),
            (name or "workflow not known", Role.MUTED),
            (f"queued {when}" if when else printable_name(self.ref.id)[:24], Role.STRONG),
        ]

    def place(self) -> list[Span]:
        """Which of the list's jobs it is."""
        siblings = self._siblings
        if self.ref not in siblings:
            return []
        at, count = siblings.index(self.ref) + 1, len(siblings)
        place: list[Span] = [(f"job {at:,} of {count:,}", Role.MUTED)]
        if self.size.width < KEYS_FROM_COLUMNS:
            return place
        keys: list[Span] = [("  [", Role.FOCUS), (" before  ", Role.MUTED)]
        return [*place, *keys, ("]", Role.FOCUS), (" after", Role.MUTED)]

    def head_lines(self, width: int) -> Sequence[Spans]:
        """State, times, who; then what failed or what it waits for."""
        job, room = self.job, max(10, width - 4)
        lines: list[Spans] = []
        if self._is_gone:
            words = GONE if job is not None else NEVER_READ
            lines.append(((words, Role.WARN),))
        if self._fault:
            lines.append(((self._fault, Role.ERROR),))
        if job is None:
            lines += [] if lines else [(("Reading the job", Role.MUTED),)]
        laid = [(_INDENT, *piece) for line in lines for piece in wrap(line, room)]
        if job is None:
            return laid
        facts, outcome = job_head(self.view(job), self.look())
        laid += [(_INDENT, *line) for line in pack(facts, room)]
        return [*laid, *lay_out(outcome, width, label_width=12)]

    def facts(self, width: int) -> Sequence[Spans]:
        """What the pane of a list says, and the outputs."""
        job, rows = self.job, self.rows
        if job is None:
            return []
        view, look = self.view(job), self.look()
        said = {label for label, _ in outcome_lines(view)}  # the head has these
        pane = job_pane(view, rows.queue if rows else None, look)
        lines = [line for line in pane if line[0] not in said]
        if not job.outputs:
            lines[-1:-1] = output_lines(job, look)
        return lay_out(lines, width)

    def notice(self) -> Sequence[Spans]:
        """Why no message is shown."""
        job = self.job
        if job is None:
            return [] if self._is_gone or self._fault else _line("Reading the messages")
        if job.messages is None:
            return _line("They were not read." if self._is_gone else "Reading the messages")
        if job.messages:
            return _line("None as bad as that. ! shows more.")
        if job.state is RunState.QUEUED:
            return _line("No message yet: it waits.")
        if job.state.is_active:
            return _line("No message yet. They come as its tools speak.")
        return _line("It left no messages.")

    def status_left(self, width: int) -> list[Span]:
        """A finished job is not read again."""
        job, health = self.job, self.health
        is_well = health is not None and health.state == "live"
        is_over = job is not None and job.state.is_final and job.messages is not None
        if is_well and is_over and not self._is_gone:
            return [("A finished job is not read again.", Role.MUTED)]
        return super().status_left(width)

    # Actions

    def action_sibling(self, step: int) -> None:
        """Show the next job of the list, in its order."""
        siblings = self._siblings
        if self.ref not in siblings:
            return
        at = siblings.index(self.ref) + step
        if not 0 <= at < len(siblings):
            self.qsui.say(f"This is the {'first' if step < 0 else 'last'} job of the list.")
            return
        self.ref, self._given = siblings[at], siblings
        self.wants_follow = True
        self.state_demands()
        self.log_view.scroll_to(y=0, animate=False, immediate=True)
        self.redraw_all()
        self._read()

    def action_linked(self) -> None:
        """Show the jobs of its workflow."""
        from qsui.tui.screens.jobs import JobsScreen

        job = self.job
        if job is None or not job.workflow_id:
            self.qsui.say("The server does not say which workflow it is of.")
            return
        ref = Ref(self.ref.profile, self.ref.sandbox, Kind.WORKFLOW, "", job.workflow_id)
        self.app.push_screen(JobsScreen(ref))


def _line(words: str) -> list[Spans]:
    return [((f"   {words}", Role.MUTED),)]
