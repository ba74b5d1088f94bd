"""What panes and the detail say about a run: title, head, error, ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.domain.states import RunState
from qsui.present import text
from qsui.present.cells_run import reason_of, run_words
from qsui.present.role import PaneLine, Role, Span, Spans
from qsui.present.schedule_lines import last_good_at
from qsui.present.signs import run_look

if TYPE_CHECKING:
    from datetime import datetime

    from qsui.domain.facts import ScheduleFacts
    from qsui.domain.models import Run, Schedule, Task
    from qsui.present.layout import LookContext

_CHIPS = {Role.ERROR: Role.CHIP_ERROR, Role.WARN: Role.CHIP_WARN}


_STARTED: Span = ("started ", Role.MUTED)


def state_chip(state: RunState, raw_state: str, ctx: LookContext) -> Span:
    """Return a state on a filled ground, for the head of a detail."""
    look = run_look(state)
    words = run_words(state, raw_state, None)
    role = _CHIPS.get(look.role, Role.CHIP_FOCUS)
    return (f" {ctx.signs.of(look.sign)} {words} ", role)


def due_title(run: Run, due_at: datetime | None, ctx: LookContext) -> str:
    """Return what a run is called: `due Thu 04 Jun 02:00Z`; its slot if its due time is unknown."""
    if run.is_manual and run.started_at is not None:
        return f"by hand {text.moment_long(run.started_at, ctx.now, ctx.zone)}"
    if due_at is not None:
        return f"due {text.moment_long(due_at, ctx.now, ctx.zone)}"
    if run.slot_at is not None:
        return f"slot {text.moment_long(run.slot_at, ctx.now, ctx.zone)}"
    return f"run {text.id_short(run.id, ctx.signs.ellipsis)}"


def run_title(
    run: Run, schedule: Schedule | None, due_at: datetime | None, ctx: LookContext
) -> Spans:
    """Return the title of a run's pane: schedule, due time and state."""
    look = run_look(run.state)
    words = run_words(run.state, run.raw_state, run.took(ctx.now))
    spans: list[Span] = []
    if schedule is not None:
        spans.append((f"{text.printable_name(schedule.name or schedule.id)}  ", Role.STRONG))
    spans.append((due_title(run, due_at, ctx), Role.STRONG))
    spans.append(("  ", Role.TEXT))
    spans.append((f"{ctx.signs.of(look.sign)} {words}", look.role))
    return tuple(spans)


def run_head(
    run: Run,
    schedule: Schedule | None,
    due_at: datetime | None,
    facts: ScheduleFacts | None,
    ctx: LookContext,
) -> tuple[Spans, ...]:
    """Return the first lines of a run's detail: state, start, length, cause; the last good run."""
    spans: list[Span] = [state_chip(run.state, run.raw_state, ctx), ("  ", Role.TEXT)]
    spans += _started(run, due_at, ctx)
    took = run.took(ctx.now)
    if took is not None:
        word = "   runs for " if run.state.is_active else "   ran "
        spans += [(word, Role.MUTED), (text.duration_exact(took), Role.TEXT)]
        if facts is not None and facts.median:
            spans.append((f" {text.ratio(took / facts.median)} median", Role.MUTED))
    if run.is_manual is not None:
        by = "hand" if run.is_manual else "schedule"
        spans += [("   by ", Role.MUTED), (by, Role.TEXT)]
    if run.from_query:
        spans.append(("   state from its query", Role.MUTED))
    lines: list[Spans] = [tuple(spans)]
    last = facts.last_good if facts is not None else None
    if facts is not None and last is not None and last.ref != run.ref and run.state.is_bad:
        at = last_good_at(facts)
        when = text.moment_long(at, ctx.now, ctx.zone) if at else ctx.signs.nothing
        ran = f", ran {text.duration_exact(last.duration)}" if last.duration is not None else ""
        lines.append((("Last good  ", Role.MUTED), (f"{when}{ran}", Role.TEXT)))
    if schedule is None:
        lines.append((("its schedule is not known", Role.MUTED),))
    return tuple(lines)


def _started(run: Run, due_at: datetime | None, ctx: LookContext) -> list[Span]:
    started = run.started_at
    if started is None:
        words = "waits to start" if run.state.is_active else "start not known"
        return [(words, Role.MUTED)]
    spans: list[Span] = [_STARTED, (text.clock(started, ctx.zone), Role.TEXT)]
    if due_at is not None and not run.is_manual:
        lag = started - due_at
        early = lag.total_seconds() < 0
        words = text.duration_exact(-lag if early else lag)
        spans.append((f" {words} {'before' if early else 'after'} due", Role.MUTED))
    return spans


def run_pane(
    run: Run, schedule: Schedule | None, due_at: datetime | None, ctx: LookContext
) -> tuple[PaneLine, ...]:
    """Return a run in short, its reason first."""
    lines: list[PaneLine] = []
    if run.state.is_bad:
        lines += error_lines(run, schedule, ctx)
    started = [span for span in _started(run, due_at, ctx) if span != _STARTED]
    lines.append(("Started", tuple(started)))
    if run.ended_at is not None:
        took = f", ran {text.duration_exact(run.duration)}" if run.duration is not None else ""
        lines.append(
            ("Ended", ((text.clock(run.ended_at, ctx.zone), Role.TEXT), (took, Role.MUTED)))
        )
    lines.append(("Tasks", _tasks(run, ctx)))
    if run.is_manual is not None:
        lines.append(("By", (("hand" if run.is_manual else "schedule", Role.TEXT),)))
    return (*lines, *ids_lines(run, ctx))


def _tasks(run: Run, ctx: LookContext) -> Spans:
    if run.tasks is None:
        return (("not read yet", Role.MUTED),)
    if not run.tasks:
        return ((f"{ctx.signs.nothing} none yet", Role.MUTED),)
    spans: list[Span] = []
    for task in run.tasks[:6]:
        look = run_look(task.state)
        spans.append((f"{ctx.signs.of(look.sign)} ", look.role))
        spans.append((f"{text.id_short(task.id, ctx.signs.ellipsis)}  ", Role.TEXT))
    if len(run.tasks) > 6:
        spans.append((f"and {len(run.tasks) - 6} more", Role.MUTED))
    return tuple(spans)


def error_lines(run: Run, schedule: Schedule | None, ctx: LookContext) -> tuple[PaneLine, ...]:
    """Return why a run failed: what failed, where, its type, what to do; empty if it did not."""
    if run.error is None and not run.state.is_bad:
        return ()
    what = reason_of(run)
    lines: list[PaneLine] = []
    if run.state is RunState.TIMEOUT and not what:
        what = "it ran longer than the server allows"
    if what:
        lines.append(("What failed", ((what, Role.TEXT),)))
    else:
        lines.append(("What failed", (("reason not found or not read yet", Role.MUTED),)))
    lines.append(("Where", _where(run, schedule, ctx)))
    error = run.error
    if error is not None and (error.type or error.code):
        about = text.printable(f"{error.type} {error.code}".strip(), 80)
        lines.append(("Type", ((about, Role.TEXT),)))
    if run.error_is_likely:
        words = "matched by SQL and time, the server sent no link to the query"
        lines.append(("Likely", ((words, Role.MUTED),)))
    if error is not None and error.remedy:
        lines.append(("Do", ((text.printable(error.remedy, 400), Role.TEXT),)))
    return tuple(lines)


def _where(run: Run, schedule: Schedule | None, ctx: LookContext) -> Spans:
    parts: list[str] = []
    failed: Task | None = next((task for task in run.tasks or () if task.state.is_bad), None)
    if failed is not None:
        parts.append(f"task {text.id_short(failed.id, ctx.signs.ellipsis)}")
    if schedule is not None:
        parts.append(text.printable_name(schedule.name or schedule.id))
    if run.ref.sandbox:
        parts.append(f"sandbox {text.printable_name(run.ref.sandbox)}")
    return ((", ".join(parts) or ctx.signs.nothing, Role.TEXT),)


def ids_lines(run: Run, ctx: LookContext) -> tuple[PaneLine, ...]:
    """Return the ids of a run: as sent, decoded, its slot, its query, its schedule."""
    lines: list[PaneLine] = [("Run id", ((text.printable_name(run.id), Role.TEXT),))]
    if run.decoded_id:
        lines.append(("Decoded", ((text.printable_name(run.decoded_id), Role.TEXT),)))
    if run.slot_at is not None:
        slot = text.moment_long(run.slot_at, ctx.now, ctx.zone)
        lines.append(("Slot", ((slot, Role.TEXT), (" one interval before it is due", Role.MUTED))))
    if run.query_id:
        lines.append(("Query", ((text.printable_name(run.query_id), Role.TEXT),)))
    lines.append(("Schedule", ((text.printable_name(run.schedule_id), Role.TEXT),)))
    return tuple(lines)
