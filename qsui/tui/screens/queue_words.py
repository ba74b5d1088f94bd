"""What a list of jobs says of the queues behind it: title, run-aways, and what is not listed."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from qsui.domain.jobs import Ability
from qsui.live.jobs.knowledge import ListMode
from qsui.present.queue_lines import queue_title, run_away_lines
from qsui.present.role import Role, Span, Spans
from qsui.present.text import count_exact, printable
from qsui.tui.widgets.span_view import line_width

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from qsui.domain.ports_workflows import WorkflowServerBackend
    from qsui.domain.queueing import QueueView
    from qsui.tui.options import Session

RUN_AWAYS_SHOWN = 3
_NAME_CELLS = 24
_GAP = 3


def strip(queues: Sequence[tuple[str, QueueView]], room: int) -> list[Span]:
    """Return the queue of each scope in the title's words, as many as there is room for.

    A queue is named by its scope only if there are several. What does not fit is left out.
    """
    spans: list[Span] = []
    for label, queue in queues:
        named: list[Span] = []
        if len(queues) > 1:
            named = [(f"{printable(label, _NAME_CELLS)} ", Role.MUTED)]
        left = room - line_width(spans) - line_width(named) - _GAP
        words = next((one for one in _shorter(queue) if line_width(one) <= left), None)
        if words is not None:
            spans += [(" " * _GAP, Role.TEXT), *named, *words]
    return spans


def _shorter(queue: QueueView) -> Iterator[Spans]:
    """Yield the title of a queue, then without its oldest wait, then without its slots."""
    words = queue_title(queue)
    yield words
    if queue.oldest_wait is not None:
        words = words[:-2]
        yield words
    running, count, _, *rest = words
    yield (running, count, *rest)


def coverage(sessions: Sequence[Session]) -> list[Spans]:
    """Say which jobs are not listed, a line for each server that does not list all of them."""
    is_named = len(sessions) > 1
    found = ((session, _coverage(session)) for session in sessions)
    return [
        ((f"{_label(session)}: {words}" if is_named else words[0].upper() + words[1:], Role.MUTED),)
        for session, words in found
        if words
    ]


def _label(session: Session) -> str:
    return printable(session.scope.label, _NAME_CELLS)


def _coverage(session: Session) -> str:
    mode = session.job_engine.list_mode
    if mode is ListMode.ALL:
        return ""
    backend = cast("WorkflowServerBackend", session.backend)
    is_refused = backend.capabilities.job_list is Ability.FORBIDDEN
    why = "this key may not list all jobs" if is_refused else "this release does not list all jobs"
    if mode is ListMode.LAST:
        return f"{why}. Here: the last of each workflow, and what you opened."
    seen = _read_of_known(session)
    return f"{why}. Here: those of {seen} workflows." if seen else ""


def _read_of_known(session: Session) -> str:
    """Return `3 of 41`: of how many workflows jobs are known; empty if of none."""
    snapshot, scope = session.store.snapshot, session.scope
    jobs = (snapshot.job(scope, id) for id in snapshot.jobs(scope).records)
    seen = len({job.workflow_id for job in jobs if job is not None})
    if not seen:
        return ""
    known = max(seen, len(snapshot.workflows(scope).records))
    is_read = snapshot.workflows(scope).read_at is not None
    return f"{count_exact(seen)} of {count_exact(known)}" if is_read else count_exact(seen)


def run_aways(queues: Sequence[QueueView]) -> list[Spans]:
    """Return a sentence for each job that runs away, at most three lines for all servers."""
    lines = [line for queue in queues for line in run_away_lines(queue, most=RUN_AWAYS_SHOWN)]
    return lines[:RUN_AWAYS_SHOWN]
