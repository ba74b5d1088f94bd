"""The first screen: every schedule, trouble first, with its history and what comes next."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from qsui.domain.facts import Verdict
from qsui.present.columns import (
    SCHEDULE_COLUMNS,
    SCHEDULE_SORTS,
    SERVER_SCHEDULE_COLUMNS,
    Column,
    Fitted,
    schedule_cells,
)
from qsui.present.role import Cell, Role, Span, Spans
from qsui.tui.acts import UNSEEN, is_unseen
from qsui.tui.screens.list_basis import SortChoice, titles_of
from qsui.tui.screens.list_screen import ListScreen
from qsui.tui.widgets.lines import lay_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from qsui.domain.filters import Fields
    from qsui.domain.models import Ref, Schedule
    from qsui.domain.pending import Pending
    from qsui.domain.views import ScheduleView
    from qsui.live.demands import Demands
    from qsui.live.jobs.book import JobBook
    from qsui.live.store import Change, Partition
    from qsui.tui.chrome import Hint
    from qsui.tui.options import Session
    from qsui.tui.widgets.record_table import RecordTable

_OF_A_SERVER = {"runs": "jobs", "trigger": "run now"}
"""What keys are called where the row is one of a server that runs workflows."""

PROBLEMS = frozenset({Verdict.FAILED, Verdict.MISSED, Verdict.LATE, Verdict.HELD, Verdict.SLOW})


class SchedulesScreen(ListScreen["ScheduleView"]):
    """Schedules of the scopes shown, of either sort."""

    TAB = "schedules"
    NOUN = "schedules"
    ACTS = (
        ("schedule.trigger", "trigger"),
        ("schedule.switch", "on/off"),
        ("schedule.cadence", "cadence"),
        ("act.cancel", "cancel"),
        ("act.undo", "undo"),
    )
    FOOTER = (
        ("move.open", "runs"),
        ("act.new", "new"),
        ("act.verbs", "all verbs"),
        ("list.messages", "messages"),
        ("find.filter", "filter"),
        ("mark.toggle", "mark"),
        ("find.problems", "problems"),
        ("find.next", "next problem"),
        ("pane.toggle", "pane"),
        ("find.sort", "order"),
        ("look.wide", "wide"),
        ("look.raw", "JSON"),
        ("look.explain", "why"),
        ("look.web", "web"),
    )

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "messages", "the last run's error", id="list.messages"),
        Binding("d", "pane", "describe", id="look.describe"),
    ]

    def sorts(self) -> Sequence[SortChoice[ScheduleView]]:
        """Risk, then every column that can be ordered by."""
        risk: SortChoice[ScheduleView] = SortChoice("risk", "Risk", _risk)
        titles = titles_of(SCHEDULE_COLUMNS)
        choices = [risk]
        for id, key in SCHEDULE_SORTS.items():
            choices.append(SortChoice(id, titles.get(id, id), key))
        return choices

    def key_of(self, row: ScheduleView) -> str:
        """The row's key."""
        return self.qsui.row_key(row.schedule.ref)

    def record_of(self, row: ScheduleView) -> Schedule:
        """The schedule."""
        return row.schedule

    def key_of_ref(self, ref: Ref) -> str | None:
        """A schedule's."""
        return self.qsui.row_key(ref) if ref.kind == "schedule" and self.shows(ref) else None

    def unseen_row(self, pending: Pending) -> ScheduleView | None:
        """A schedule that was sent to be created."""
        from qsui.tui.unseen import unseen_schedule

        return unseen_schedule(pending)

    def group_of(self, row: ScheduleView) -> object:
        """A row moves when its verdict changes."""
        return row.facts.verdict

    def looks_changed(self, before: ScheduleView, after: ScheduleView) -> bool:
        """A new verdict or another record."""
        return before.facts.verdict is not after.facts.verdict or before.schedule != after.schedule

    def fields(self) -> Fields[ScheduleView]:
        """The filter's names."""
        from qsui.domain.filters_fields import schedule_fields

        return schedule_fields()

    def columns(self) -> Sequence[Column]:
        """The list's columns; cadences that name their zone take more room."""
        has_jobs = any(scope.has_jobs for scope in self.scopes)
        return SERVER_SCHEDULE_COLUMNS if has_jobs else SCHEDULE_COLUMNS

    def cells(self, row: ScheduleView, columns: Sequence[Fitted]) -> tuple[Cell, ...]:
        """The texts of a row."""
        return schedule_cells(row, self.look_at(row.schedule.ref), columns)

    def partition_of(self, session: Session) -> Partition:
        """The schedules as last read."""
        return session.store.snapshot.schedules(session.scope)

    def each_row(self) -> Iterator[tuple[str, ScheduleView]]:
        """Every schedule with its facts."""
        from qsui.domain.models import Schedule

        for record in self.each_record():
            if isinstance(record, Schedule):
                yield self.qsui.row_key(record.ref), self._view(record)

    def _view(self, schedule: Schedule) -> ScheduleView:
        from qsui.domain.views import ScheduleView

        session = self.qsui.session_of(schedule.ref)
        if session is None:  # rows exist only while their session does
            raise RuntimeError("no session")
        return ScheduleView(schedule, session.verdicts.at_hand(schedule.id))

    def apply(self, change: Change) -> None:
        """Take changed schedules, and those whose runs changed; what jobs did comes as verdicts."""
        from qsui.domain.models import Kind, Ref

        if change.refs and all(ref.kind in (Kind.JOB, Kind.WORKFLOW) for ref in change.refs):
            return
        refs = {ref for ref in change.added | change.updated if ref.kind is Kind.SCHEDULE}
        refs |= {
            Ref(ref.profile, ref.sandbox, Kind.SCHEDULE, "", ref.parent)
            for ref in change.refs
            if ref.kind is Kind.RUN
        }
        gone = [self.qsui.row_key(ref) for ref in change.removed if ref.kind is Kind.SCHEDULE]
        self._take_refs(refs, gone)

    def apply_verdicts(self, session: Session, schedule_ids: frozenset[str]) -> None:
        """Take schedules whose verdict changed."""
        from qsui.domain.models import Kind, Ref

        scope = session.scope
        refs = (Ref(scope.profile, scope.sandbox, Kind.SCHEDULE, "", id) for id in schedule_ids)
        self._take_refs(refs, [])

    def _take_refs(self, refs: Iterable[Ref], gone: list[str]) -> None:
        from qsui.domain.models import Schedule

        upserts = {
            self.qsui.row_key(record.ref): self._view(record)
            for record in self.known(refs)
            if isinstance(record, Schedule)
        }
        self.take(upserts, gone)

    def is_problem(self, row: ScheduleView) -> bool:
        """Failing, missed, late, held or slow."""
        return row.facts.verdict in PROBLEMS

    def title_extra(self) -> list[Span]:
        """How many need nobody."""
        if not len(self.model.items):
            return []
        bad = sum(s.verdicts.count(verdict) for s in self.sessions for verdict in PROBLEMS)
        return [(f"  {len(self.model.items) - bad:,} quiet", Role.MUTED)]

    def pane_title(self, row: ScheduleView, width: int) -> Spans:
        """Name and verdict in words."""
        from qsui.present.panes_schedule import schedule_title

        keys: list[Span] = [("X", Role.FOCUS), (" why  ", Role.MUTED)]
        keys += [("p", Role.FOCUS), (" hide ", Role.MUTED)]
        title = schedule_title(row.schedule, row.facts, self.look())
        return self.pane_rule(title, keys, width)

    def pane_lines(self, row: ScheduleView, width: int) -> Sequence[Spans]:
        """Everything that helps to decide what to do."""
        from qsui.present.panes_schedule import evidence_lines, schedule_pane

        run = row.facts.last_final
        error = run.error if run is not None and run.state.is_bad else None
        if self.shows_evidence:
            return lay_out(evidence_lines(row.facts), width)
        schedule, book = row.schedule, self._book_of(row)
        look = replace(self.look_at(schedule.ref), local=self.qsui.local_zone)
        sharing = len(tuple(book.schedule_ids_of(schedule.workflow_id))) if book else 1
        return lay_out(schedule_pane(schedule, row.facts, error, look, sharing=sharing), width)

    def _book_of(self, row: ScheduleView) -> JobBook | None:
        session = self.qsui.session_of(row.schedule.ref)
        return session.book if session is not None else None

    def demands_of(self, session: Session) -> Demands:
        """The list, and the runs of what is visible."""
        from qsui.domain.models import Kind
        from qsui.live.demands import Demands

        visible = self.visible_of(session, Kind.SCHEDULE)
        return Demands(schedules=True, visible_schedules=visible)

    def hints(self) -> list[Hint]:
        """A schedule of workflows has jobs, not runs, and is not triggered itself."""
        row, hints = self.row, super().hints()
        if row is None or not row.schedule.runs_workflow:
            return hints
        return [replace(each, words=_OF_A_SERVER.get(each.words, each.words)) for each in hints]

    def viewport_changed(self) -> None:
        """Visible rows are read first."""
        self.state_demands()

    def on_record_table_selected(self, event: RecordTable.Selected) -> None:
        """Enter or a click on the cursor row."""
        event.stop()
        self.action_open()

    def action_open(self) -> None:
        """Show the runs of the schedule under the cursor, or the jobs of its workflow."""
        row = self.row
        if row is None:
            return
        if is_unseen(row.schedule):
            self.qsui.say(UNSEEN.capitalize())
        elif not row.schedule.runs_workflow:
            from qsui.tui.screens.runs import RunsScreen

            self.app.push_screen(RunsScreen(row.schedule.ref))
        elif row.schedule.workflow_id:
            from qsui.tui.screens.jobs import JobsScreen, workflow_ref

            self.app.push_screen(JobsScreen(workflow_ref(row.schedule)))
        else:
            self.qsui.say("Its workflow was deleted, so it has no jobs.")

    def action_messages(self) -> None:
        """Show the last failed run or job, else the last one, of the schedule under the cursor."""
        row = self.row
        if row is None:
            return
        run = row.facts.last_final or row.facts.active or row.facts.last_run
        if run is None:
            self.qsui.say("No run of it is known yet.")
        elif run.ref.kind == "job":
            from qsui.tui.screens.job_detail import JobScreen

            self.app.push_screen(JobScreen(run.ref))
        else:
            from qsui.tui.screens.run_detail import RunScreen

            self.app.push_screen(RunScreen(run.ref))

    def action_raw(self) -> None:
        """Show the schedule as the server sends it."""
        row = self.row
        if row is not None and not is_unseen(row.schedule):
            self.show_raw(row.schedule.ref)

    def action_copy_id(self) -> None:
        """Copy the schedule's id."""
        row = self.row
        if row is not None:
            self.qsui.copy(row.schedule.id, "Schedule id")


def _risk(view: ScheduleView) -> object:
    """Trouble first; the rules are imported when there are rows."""
    from qsui.domain.verdict import sort_key

    return sort_key(view.facts, view.schedule)
