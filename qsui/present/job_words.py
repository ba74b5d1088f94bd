"""What is said of a job in a few words: its state, its place in line, how it came out."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from qsui.domain.facts import Verdict
from qsui.domain.jobs import ENGINE_TOOL, Severity
from qsui.domain.states import RunState
from qsui.present import text
from qsui.present.cells_run import run_words
from qsui.present.role import Role, Span
from qsui.present.signs import Look, run_look, verdict_look

if TYPE_CHECKING:
    from datetime import timedelta

    from qsui.domain.jobs import Job, JobMessage
    from qsui.present.job_view import JobView
    from qsui.present.layout import LookContext

_PREFACE = re.compile(r"(?:Error\s[^:\[\]]{0,60}:\s+)?(?:\[[^\[\]]{0,60}\]\s*)*")

NOT_READ = "outcome not read"
"""What is said of a job that is over: it may have failed."""

_SLOW = verdict_look(Verdict.SLOW)


def job_state_words(view: JobView, ctx: LookContext) -> tuple[Look, str]:
    """Return the look of a job's state and its words: `runs 22m`, `slow 3h10`, `queued 38m`."""
    job = view.job
    if view.runs_away:
        return _SLOW, run_words_for(_SLOW.word, job.took(ctx.now))
    waits = job.state is RunState.QUEUED
    elapsed = job.waited(ctx.now) if waits else job.took(ctx.now)
    return run_look(job.state), run_words(job.state, job.raw_state, elapsed)


def run_words_for(word: str, elapsed: timedelta | None) -> str:
    """Return a word with how long: `slow 3h10`."""
    return f"{word} {text.duration(elapsed)}" if elapsed is not None else word


def ordinal(place: int) -> str:
    """Return `1st`, `2nd`, `11th`."""
    tail = {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{'th' if place % 100 in (11, 12, 13) else tail}"


def tool_words(tool_id: int | None) -> str:
    """Return what spoke: `tool 18`, `engine`; empty if that is not told."""
    if tool_id is None:
        return ""
    return "engine" if tool_id == ENGINE_TOOL else f"tool {tool_id}"


def reason_of_job(job: Job) -> str:
    """Return the first error of a job's log, `tool 18: ODBC ...`, harmless, on one line.

    One that a tool speaks is preferred to what the engine says of all; empty if none is known.
    """
    error = _first_error(job)
    return told_by(error) if error is not None else ""


def brief_reason_of_job(job: Job) -> str:
    """Return the same for a cell: without what drivers put before the reason itself.

    `Error opening the query: [42P01] Table a not found` becomes `tool 3: Table a not found`.
    """
    error = _first_error(job)
    if error is None:
        return ""
    whole = error.text.strip()
    return told_by(replace(error, text=whole[len(_preface(whole)) :] or whole))


def _first_error(job: Job) -> JobMessage | None:
    errors = [one for one in job.messages or () if one.severity is Severity.ERROR]
    by_tool = (one for one in errors if one.tool_id not in (None, ENGINE_TOOL))
    return next(by_tool, errors[0] if errors else None)


def _preface(words: str) -> str:
    """Return how a message begins before it says what is wrong: what was tried, names in [ ]."""
    found = _PREFACE.match(words)
    return found.group() if found else ""


def told_by(message: JobMessage, limit: int = 400) -> str:
    """Return a message after who spoke it, harmless, on one line."""
    who = tool_words(message.tool_id)
    words = " ".join(text.printable(message.text.strip(), limit).split())
    return f"{who}: {words}" if who else words


def warning_count(job: Job) -> int | None:
    """Return how many warnings its log has; `None` if it was not read."""
    if job.messages is None:
        return None
    return sum(one.severity is Severity.WARNING for one in job.messages)


def warning_words(job: Job) -> str:
    """Return `2 warnings`, `5+ warnings` of a log that is not known whole; empty if none is."""
    warnings = warning_count(job)
    if not warnings:
        return ""
    return (
        f"{text.count_exact(warnings)}+ warnings"
        if job.log_is_cut
        else counted(warnings, "warning")
    )


def lacks_log(job: Job) -> bool:
    """Whether what its log does not say may still be read."""
    return job.messages is None or job.log_is_cut


def result_span(view: JobView, ctx: LookContext) -> Span:
    """Return how a job came out, or what is expected of it, in one span."""
    job = view.job
    match job.state:
        case RunState.QUEUED:
            return _in_line(view, ctx)
        case RunState.RUNNING:
            return _expected(view, ctx)
        case RunState.SUCCESS:
            files = len(job.outputs or ())
            return f"ok, {counted(files, 'output')}" if files else "ok", Role.MUTED
        case RunState.WARNING:
            return f"ok, {warning_words(job) or 'warned'}", Role.TEXT
        case RunState.ENDED:
            return NOT_READ, Role.MUTED
        case _ if job.state.is_bad:
            return _why_bad(job)
        case _:
            return ctx.signs.nothing, Role.MUTED


def _why_bad(job: Job) -> Span:
    if reason := brief_reason_of_job(job):
        return reason, Role.TEXT
    if lacks_log(job):
        return "reason not read yet", Role.MUTED
    return "no error in its log", Role.MUTED


def _in_line(view: JobView, ctx: LookContext) -> Span:
    if view.position is None:
        return "place not known", Role.MUTED
    words = f"{ordinal(view.position)} in line"
    if view.starts_at is None or ctx.stale:
        return words, Role.MUTED
    return f"{words}, ~{text.moment(view.starts_at, ctx.now, ctx.zone)}", Role.MUTED


def _expected(view: JobView, ctx: LookContext) -> Span:
    if view.runs_away:
        usual = f"median {text.duration(view.median)}" if view.median is not None else NO_MEDIAN
        return usual, Role.WARN
    ends = view.expected_end
    if ends is None or view.median is None:
        return ctx.signs.nothing, Role.MUTED
    if ends <= ctx.now:
        return f"over ~{text.duration(view.median)}", Role.MUTED
    return f"ends ~{text.moment(ends, ctx.now, ctx.zone)}", Role.MUTED


NO_MEDIAN = "no median known"


def counted(number: int, word: str) -> str:
    """Return `1 warning`, `2 warnings`."""
    return f"{text.count_exact(number)} {word}{'' if number == 1 else 's'}"
