"""Runs of one schedule, and runs of all schedules as far as they are known."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from qsui.domain import cron as crons
from qsui.domain import lateness
from qsui.domain.filters_fields import run_fields
from qsui.domain.models import Kind, Ref, Run, Schedule
from qsui.domain.views import RunView
from qsui.live.demands import Demands
from qsui.present.columns import (
    ALL_RUNS_COLUMNS,
    RUN_COLUMNS,
    RUN_SORTS,
    Column,
    Fitted,
    LookContext,
    run_cells,
)
from qsui.present.panes import run_pane, run_title
from qsui.present.role import Cell, Role, Span, Spans
from qsui.present.signs import Sign
from qsui.present.text import printable
from qsui.tui.acts import UNSEEN, Chosen, is_unseen
from qsui.tui.scopes import label_of
from qsui.tui.screens.list_basis import SortChoice, titles_of
from qsui.tui.screens.list_screen import ListScreen
from qsui.tui.unseen import unseen_run
from qsui.tui.widgets.lines import lay_out
from qsui.tui.widgets.span_view import spread

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from qsui.domain.filters import Fields
    from qsui.domain.pending import Pending
    from qsui.live.store import Change, Partition, Snapshot, Trouble
    from qsui.tui.options import Session
    from qsui.tui.widgets.record_table import RecordTable

WINDOW = timedelta(hours=24)
"""How far back the list of all runs looks."""


class _RunList(ListScreen[RunView]):
    """What both lists of runs share."""

    NOUN = "runs"
    HAS_JOBS = False
    ACTS = (
        ("schedule.trigger", "trigger"),
        ("act.cancel", "cancel"),
        ("act.undo", "undo"),
    )
    FOOTER = (
        ("move.open", "tasks, error"),
        ("act.new", "new, re-run"),
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
        Binding("m", "open", "tasks and error of it", id="list.messages"),
        Binding("L", "linked", "its schedule", id="look.linked"),
    ]

    def sorts(self) -> Sequence[SortChoice[RunView]]:
        """Due time first, newest on top."""
        titles = titles_of(ALL_RUNS_COLUMNS)
        ids = ["due", *(id for id in RUN_SORTS if id != "due")]
        return [
            SortChoice(id, titles.get(id) or id.capitalize(), RUN_SORTS[id], id in _NEWEST_FIRST)
            for id in ids
        ]

    def key_of(self, row: RunView) -> str:
        """The row's key."""
        return self.qsui.row_key(row.run.ref)

    def record_of(self, row: RunView) -> Run:
        """The run."""
        return row.run

    def key_of_ref(self, ref: Ref) -> str | None:
        """Schedule and run, in one."""
        return self.qsui.row_key(ref) if ref.kind is Kind.RUN and self.shows(ref) else None

    def unseen_row(self, pending: Pending) -> RunView | None:
        """A run that was asked for by a trigger."""
        run = unseen_run(pending)
        return self.view(run) if run is not None else None

    def looks_changed(self, before: RunView, after: RunView) -> bool:
        """Another state, or a reason that was found."""
        return (before.run.state, before.run.error) != (after.run.state, after.run.error)

    def fields(self) -> Fields[RunView]:
        """The filter's names."""
        return run_fields()

    def cells(self, row: RunView, columns: Sequence[Fitted]) -> tuple[Cell, ...]:
        """The texts of a row."""
        return run_cells(row, self.look_at(row.run.ref), columns)

    def look_in(self, session: Session | None) -> LookContext:
        """With the medians of the schedules."""

        def median_of(schedule_id: str) -> timedelta | None:
            return session.verdicts.facts(schedule_id).median if session else None

        return replace(super().look_in(session), median_of=median_of)

    def is_problem(self, row: RunView) -> bool:
        """Failed or timed out."""
        return row.run.state.is_bad

    def pane_title(self, row: RunView, width: int) -> Spans:
        """Due time and state."""
        keys: list[Span] = [("Enter", Role.FOCUS), (" tasks  ", Role.MUTED)]
        keys += [("p", Role.FOCUS), (" hide ", Role.MUTED)]
        title = run_title(row.run, row.schedule, row.due_at, self.look())
        return (
            (self.rule, Role.RULE),
            (" ", Role.TEXT),
            *spread(title, keys, width - 2, self.rule),
        )

    def pane_lines(self, row: RunView, width: int) -> Sequence[Spans]:
        """The run in short."""
        return lay_out(run_pane(row.run, row.schedule, row.due_at, self.look()), width)

    def view(self, run: Run) -> RunView:
        """Add what follows from the schedule."""
        session = self.qsui.session_of(run.ref)
        schedule = (
            session.store.snapshot.schedule(session.scope, run.schedule_id) if session else None
        )
        due = due_of(run, schedule)
        started = run.started_at
        lag = started - due if started and due and not run.is_manual else None
        return RunView(run, schedule, due, lag)

    def on_record_table_selected(self, event: RecordTable.Selected) -> None:
        """Enter or a click on the cursor row."""
        event.stop()
        self.action_open()

    def action_open(self) -> None:
        """Show tasks and error of the run under the cursor."""
        from qsui.tui.screens.run_detail import RunScreen

        row = self.row
        if row is not None and is_unseen(row.run):
            self.qsui.say(UNSEEN.capitalize())
        elif row is not None:
            siblings = [
                other.run.ref
                for key in self.model.view
                if (other := self.model.get(key)) is not None
            ]
            self.app.push_screen(RunScreen(row.run.ref, siblings))

    def action_linked(self) -> None:
        """Show the runs of this run's schedule."""
        row = self.row
        if row is not None and not isinstance(self, RunsScreen):
            self.app.push_screen(RunsScreen(schedule_ref(row.run.ref)))

    def action_raw(self) -> None:
        """Show the run as the server sends it."""
        row = self.row
        if row is not None and not is_unseen(row.run):
            self.show_raw(row.run.ref)

    def action_copy_id(self) -> None:
        """Copy the run's id."""
        row = self.row
        if row is not None:
            self.qsui.copy(row.run.id, "Run id")


_NEWEST_FIRST = frozenset({"due", "start", "took"})


def due_of(run: Run, schedule: Schedule | None) -> datetime | None:
    """Return when a run was due by its schedule's cadence; its slot if the schedule is unknown."""
    cron = crons.try_parse(schedule.cron) if schedule is not None else None
    return lateness.due_of(run, cron, 1)


def _forbidden(snapshot: Snapshot) -> Trouble | None:
    """Return why no runs may be read: one refusal stands for the runs of all schedules."""
    return next(
        (
            partition.trouble
            for (_, kind, _), partition in snapshot.partitions.items()
            if kind is Kind.RUN and partition.trouble and partition.trouble.kind == "forbidden"
        ),
        None,
    )


def schedule_ref(run: Ref) -> Ref:
    """Return the identity of the schedule that a run belongs to."""
    return Ref(run.profile, run.sandbox, Kind.SCHEDULE, "", run.parent)


class RunsScreen(_RunList):
    """Runs of one schedule, newest first."""

    TAB = "runs"

    def __init__(self, schedule: Ref) -> None:
        self.schedule = schedule
        self.schedule_id = schedule.id
        super().__init__()

    @property
    def own_scope(self) -> str:
        """The schedule's."""
        return label_of(self.schedule)

    def columns(self) -> Sequence[Column]:
        """Without the schedule's name."""
        return RUN_COLUMNS

    def unseen_row(self, pending: Pending) -> RunView | None:
        """Only what was asked of this schedule."""
        return super().unseen_row(pending) if self.schedule == pending.action.target else None

    def chosen(self) -> Chosen:
        """The schedule itself while no run of it is known."""
        chosen = super().chosen()
        session = self.session
        if chosen.records or session is None:
            return chosen
        schedule = session.store.snapshot.schedule(session.scope, self.schedule_id)
        return Chosen() if schedule is None else Chosen((schedule,))

    def heading(self) -> list[Span]:
        """Where this list hangs."""
        session = self.session
        schedule = (
            session.store.snapshot.schedule(session.scope, self.schedule_id) if session else None
        )
        name = printable(schedule.name if schedule else self.schedule_id, 40)
        path = f" {self.qsui.signs.of(Sign.PATH)} "
        return [(f"Schedules{path}{name}{path}", Role.MUTED), ("Runs", Role.TITLE)]

    def partition_of(self, session: Session) -> Partition:
        """The runs of this schedule as last read."""
        partition = session.store.snapshot.runs(session.scope, self.schedule_id)
        if partition.read_at is None and partition.trouble is None and not partition.records:
            return replace(partition, trouble=_forbidden(session.store.snapshot))
        return partition

    def each_row(self) -> Iterator[tuple[str, RunView]]:
        """Every known run of the schedule."""
        for run in self.each_record():
            if isinstance(run, Run):
                yield self.qsui.row_key(run.ref), self.view(run)

    def apply(self, change: Change) -> None:
        """Take changed runs of this schedule."""
        mine = [
            ref
            for ref in change.refs
            if ref.kind is Kind.RUN and schedule_ref(ref) == self.schedule
        ]
        upserts = {
            self.qsui.row_key(run.ref): self.view(run)
            for run in self.known(mine)
            if isinstance(run, Run)
        }
        gone = [self.qsui.row_key(ref) for ref in mine if ref in change.removed]
        self.take(upserts, gone)

    def demands_of(self, session: Session) -> Demands:
        """The runs of this schedule."""
        del session
        return Demands(schedules=True, runs_of=self.schedule_id)


class AllRunsScreen(_RunList):
    """Runs of all schedules in the last 24 h, from whatever was read so far; the title says so."""

    TAB = "runs"

    def columns(self) -> Sequence[Column]:
        """With the schedule's name."""
        return ALL_RUNS_COLUMNS

    def partition_of(self, session: Session) -> Partition:
        """The schedules: without them no run is known."""
        return session.store.snapshot.schedules(session.scope)

    def title_extra(self) -> list[Span]:
        """How much was read: the API has no list of all runs."""
        healths = [s.health for s in self.sessions if s.health is not None]
        words = "  last 24 h"
        if any(health.sweep_complete_at is None for health in healths):
            swept = sum(health.swept for health in healths)
            to_sweep = sum(health.to_sweep for health in healths)
            words += f"  from queries; {swept} of {to_sweep} schedules read"
        return [(words, Role.MUTED)]

    def _recent(self, run: Run) -> RunView | None:
        """The run's row if it is of the last 24 h."""
        view = self.view(run)
        at = run.started_at or view.due_at or run.slot_at
        session = self.qsui.session_of(run.ref)
        now = session.now if session is not None else self.qsui.now
        is_recent = at is not None and at >= now - WINDOW
        return view if is_recent or run.state.is_active else None

    def each_row(self) -> Iterator[tuple[str, RunView | None]]:
        """Every known run, with its row if it is of the last 24 h."""
        for session in self.sessions:
            for run in session.store.snapshot.all_runs(session.scope):
                yield self.qsui.row_key(run.ref), self._recent(run)

    def apply(self, change: Change) -> None:
        """Take changed runs."""
        runs = [ref for ref in change.refs if ref.kind is Kind.RUN and self.shows(ref)]
        known = (self._known_run(ref) for ref in runs if ref not in change.removed)
        gone = [self.qsui.row_key(ref) for ref in runs if ref in change.removed]
        rows = (self._recent(run) for run in known if run is not None)
        self.take({self.key_of(row): row for row in rows if row is not None}, gone)

    def _known_run(self, ref: Ref) -> Run | None:
        session = self.qsui.session_of(ref)
        if session is None:
            return None
        return session.store.snapshot.run(session.scope, ref.parent, ref.id)

    def demands_of(self, session: Session) -> Demands:
        """The list is fed by the change poll and the sweep; failed runs are read by themselves."""
        del session
        return Demands(schedules=True)
