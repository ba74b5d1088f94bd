"""One run: its tasks on a time scale, the error behind a failure and what to do about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding, BindingType

from qsui.domain.errors import ApiError
from qsui.domain.models import Kind, Query, Ref, Run, Schedule
from qsui.live.demands import Demands
from qsui.present.columns import TASK_COLUMNS, fit_columns, task_cells
from qsui.present.gantt import TASKS_SHOWN, tasks_shown
from qsui.present.panes import error_lines, ids_lines, run_head
from qsui.present.role import Cell, Role, Span, Spans
from qsui.present.text import count_exact, moment_long, pad, printable
from qsui.tui.acts import Chosen
from qsui.tui.screens.detail import DetailScreen
from qsui.tui.screens.runs import due_of
from qsui.tui.widgets.lines import fit, lay_out, wrap
from qsui.tui.widgets.span_view import line_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qsui.live.store import Change
    from qsui.tui.options import Session

LONG_AGO = datetime.min.replace(tzinfo=UTC)


def run_ref(query: Query) -> Ref:
    """Return the identity of the run that a query belongs to."""
    return Ref(query.ref.profile, query.ref.sandbox, Kind.RUN, query.schedule_id, query.run_id)


class RunScreen(DetailScreen):
    """Detail of one run. `siblings` are the runs of the list it was opened from, in its order."""

    TAB = "runs"
    ACTS: ClassVar[tuple[tuple[str, str], ...]] = (
        ("schedule.trigger", "trigger"),
        ("act.cancel", "cancel"),
        ("act.undo", "undo"),
    )
    FOOTER: ClassVar[tuple[tuple[str, str], ...]] = (
        ("list.peel", "back"),
        ("act.new", "new, re-run"),
        ("act.verbs", "all verbs"),
        ("look.next_part", "next part"),
        ("look.newer", "newer"),
        ("look.older", "older"),
        ("look.full", "full"),
        ("look.linked", "its query"),
        ("look.raw", "JSON"),
        ("look.copy", "copy id"),
        ("look.copy_sql", "copy SQL"),
        ("look.web", "web"),
    )

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left_square_bracket", "sibling(-1)", "newer run", id="look.newer"),
        Binding("right_square_bracket", "sibling(1)", "older run", id="look.older"),
    ]

    def __init__(self, ref: Ref, siblings: Sequence[Ref] = ()) -> None:
        super().__init__(ref)
        self._given = list(siblings)
        self._fault = ""

    # Data

    @property
    def run_record(self) -> Run | None:
        """The run as known now."""
        session = self.session
        if session is None:
            return None
        return session.store.snapshot.run(session.scope, self.ref.parent, self.ref.id)

    @property
    def schedule(self) -> Schedule | None:
        """Its schedule, if known."""
        session = self.session
        return session.store.snapshot.schedule(session.scope, self.ref.parent) if session else None

    @property
    def failed_query(self) -> Query | None:
        """The query behind the run, whole if it was read."""
        session, run = self.session, self.run_record
        if session is None or run is None or not run.query_id:
            return None
        return session.query_engine.query_detail(run.query_id) or session.store.snapshot.query(
            session.scope, run.query_id
        )

    def chosen(self) -> Chosen:
        """This run."""
        run = self.run_record
        return Chosen() if run is None else Chosen((run,))

    @property
    def _siblings(self) -> list[Ref]:
        """The runs of the list, or of the schedule, newest first, if it was not opened from one."""
        session = self.session
        if self._given or session is None:
            return self._given
        records = session.store.snapshot.runs(session.scope, self.ref.parent).records.values()
        runs = [run for run in records if isinstance(run, Run)]
        runs.sort(key=lambda run: run.slot_at or run.started_at or LONG_AGO, reverse=True)
        return [run.ref for run in runs]

    def on_mount(self) -> None:
        """Read tasks, error and SQL now."""
        self._read()

    @work(group="detail", exclusive=True)
    async def _read(self) -> None:
        session = self.session
        if session is None:
            return
        self._fault = ""
        try:
            query_engine = session.query_engine
            await query_engine.read_run(self.ref.parent, self.ref.id)
            self.redraw_all()
            run, schedule = self.run_record, self.schedule
            query_id = run.query_id if run is not None else ""
            if query_id and query_engine.query_detail(query_id) is None:
                await query_engine.read_query(query_id)
            elif not query_id and schedule is not None and schedule.sql_is_cut:
                await query_engine.read_schedule(schedule.id)
        except ApiError as error:
            self._fault = printable(str(error), 300)
        self.redraw_all()

    def demands_of(self, session: Session) -> Demands:
        """This run, until it is final."""
        del session
        return Demands(schedules=True, run=(self.ref.parent, self.ref.id))

    def apply(self, change: Change) -> None:
        """Show its change, or its query's."""
        run = self.run_record
        mine = self.ref
        query = Ref(mine.profile, mine.sandbox, Kind.QUERY, "", run.query_id if run else "")
        if mine in change.refs or query in change.refs:
            self.redraw_all()

    # Text

    def crumbs(self) -> list[Span]:
        """Schedule, runs, this run by its due time."""
        run, schedule = self.run_record, self.schedule
        name = printable(schedule.name if schedule else self.ref.parent, 40)
        due = due_of(run, schedule) if run else None
        look = self.look()
        what = "due" if run is None or not run.is_manual else "started by hand"
        when = f"{what} {moment_long(due, look.now, look.zone)}" if due else self.ref.id[:20]
        return [
            ("Schedules", Role.MUTED),
            (name, Role.MUTED),
            ("Runs", Role.MUTED),
            (when, Role.STRONG),
        ]

    def place(self) -> list[Span]:
        """Which of the list's runs it is."""
        siblings = self._siblings
        if self.ref not in siblings:
            return []
        at, count = siblings.index(self.ref) + 1, len(siblings)
        return [
            (f"run {at} of {count}  ", Role.MUTED),
            ("[", Role.FOCUS),
            (" newer  ", Role.MUTED),
            ("]", Role.FOCUS),
            (" older", Role.MUTED),
        ]

    def head_lines(self, width: int) -> Sequence[Spans]:
        """State, start, duration, who; then the last good run."""
        run = self.run_record
        if run is None:
            return [(("   Reading the run", Role.MUTED),)]
        session = self.session
        facts = session.verdicts.facts(self.ref.parent) if session else None
        lines = run_head(run, self.schedule, due_of(run, self.schedule), facts, self.look())
        return [
            (("   ", Role.TEXT), *piece)
            for line in lines
            for piece in wrap(line, max(10, width - 4))
        ]

    def text_heading(self) -> list[Span]:
        """Tasks come first."""
        run = self.run_record
        count = "" if run is None or run.tasks is None else f" {len(run.tasks)}"
        return [("Tasks", Role.TITLE), (count, Role.TEXT)]

    def text_lines(self, width: int) -> Sequence[Spans]:
        """Tasks, then the error, then ids."""
        run = self.run_record
        lines: list[Spans] = []
        if self._fault:
            lines += wrap(((f"   {self._fault}", Role.ERROR),), max(10, width - 1))
        if run is None:
            return lines
        lines += self._task_lines(run, width)
        lines.append(())
        if run.state.is_bad or run.error is not None:
            heading: list[Span] = [("Error", Role.ERROR)]
            if run.error is not None:
                words = "likely, matched by SQL and time" if run.error_is_likely else run.error.code
                heading.append((f"  {printable(words, 40)}", Role.MUTED))
            lines.append(self.section(heading, (), width))
            lines += lay_out(error_lines(run, self.schedule, self.look()), width)
            lines.append(())
        lines.append(self.section([("Ids", Role.STRONG)], (), width))
        lines += lay_out(ids_lines(run, self.look()), width)
        return lines

    def _task_lines(self, run: Run, width: int) -> list[Spans]:
        if run.tasks is None:
            return [(("   Reading the tasks", Role.MUTED),)]
        if not run.tasks:
            return [(("   No task yet: the run waits", Role.MUTED),)]
        fitted = fit_columns(TASK_COLUMNS, width, screen_width=max(60, width))
        due = due_of(run, self.schedule)
        hidden = len(run.tasks) - TASKS_SHOWN
        run = replace(run, tasks=tasks_shown(run.tasks))
        head: list[Span] = [("   ", Role.TEXT)]
        for column, size in fitted:
            head.append((pad(column.title[:size], size, right=column.align == "right"), Role.HEAD))
            head.append(("  ", Role.TEXT))
        lines: list[Spans] = [tuple(head)]
        for task in run.tasks or ():
            cells = task_cells(task, run, due, self.look(), fitted)
            lines.append(_row(cells, [size for _, size in fitted]))
            words = printable(task.message, 400)
            if words and (task.state.is_bad or not task.state.is_final):
                lines += [
                    ((" " * 17, Role.TEXT), *piece)
                    for piece in wrap(((words, Role.MUTED),), max(10, width - 18))
                ]
        if hidden > 0:
            more = f"   {count_exact(hidden)} more tasks are not drawn;"
            lines.append(((more, Role.MUTED), (" y", Role.FOCUS), (" shows all", Role.MUTED)))
        return lines

    def sql(self) -> str:
        """The query's statement if it is known, else what the schedule's list row holds."""
        query, schedule = self.failed_query, self.schedule
        if query is not None:
            return query.effective_sql or query.sql
        return schedule.sql if schedule is not None else ""

    def sql_heading(self) -> str:
        """Where the statement comes from."""
        query, schedule = self.failed_query, self.schedule
        if query is not None:
            return "SQL of the query"
        cut = schedule is not None and schedule.sql_is_cut
        return "SQL of the schedule, the first 200 characters" if cut else "SQL of the schedule"

    def status_left(self, width: int) -> list[Span]:
        """A finished run is not read again."""
        run, health = self.run_record, self.health
        is_well = health is not None and health.state == "live"
        if is_well and run is not None and run.state.is_final and run.tasks is not None:
            return [("A finished run is not read again.", Role.MUTED)]
        return super().status_left(width)

    # Actions

    def action_sibling(self, step: int) -> None:
        """Show the next newer or older run of the list."""
        siblings = self._siblings
        if self.ref not in siblings:
            return
        at = siblings.index(self.ref) + step
        if not 0 <= at < len(siblings):
            words = (
                "This is the newest run of the list."
                if step < 0
                else "This is the oldest run known."
            )
            self.notify(words, timeout=3, markup=False)
            return
        self.ref = siblings[at]
        self.state_demands()
        self.redraw_all()
        self._read()

    def action_linked(self) -> None:
        """Show the query behind the run."""
        from qsui.tui.screens.query_detail import QueryScreen

        run = self.run_record
        if run is None or not run.query_id:
            self.qsui.say("No query of this run is known.")
            return
        ref = Ref(self.ref.profile, self.ref.sandbox, Kind.QUERY, "", run.query_id)
        self.app.push_screen(QueryScreen(ref))


def _row(cells: Sequence[Cell], widths: Sequence[int]) -> Spans:
    spans: list[Span] = [("   ", Role.TEXT)]
    for cell, size in zip(cells, widths, strict=True):
        missing = max(0, size - line_width(cell.spans))
        if cell.align == "right":
            spans += [(" " * missing, Role.TEXT), *fit(cell.spans, size - missing)]
        else:
            spans += fit(cell.spans, size)
        spans.append(("  ", Role.TEXT))
    return tuple(spans)
