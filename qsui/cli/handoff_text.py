"""The handoff as a Markdown page, what is needed first on top; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.cli.handoff_deeds import deed_lines, is_untold, states_now
from qsui.cli.handoff_jobs import failed_job, open_job, why_failed
from qsui.cli.handoff_words import at as _at
from qsui.cli.handoff_words import markdown as _md
from qsui.cli.handoff_words import name as _name
from qsui.cli.handoff_words import words as _words
from qsui.domain.facts import Verdict
from qsui.present.text import duration

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from qsui.cli.gather_schedules import JudgedSchedule
    from qsui.cli.handoff import Handoff
    from qsui.domain.jobs import Job
    from qsui.domain.models import Query, Run

TROUBLED = (Verdict.FAILED, Verdict.MISSED, Verdict.LATE, Verdict.HELD, Verdict.SLOW)


def page(found: Handoff) -> str:
    """Return the page; sections without content say so, so that silence is never a doubt."""
    now = states_now(found.schedules) if found.is_whole and not found.trouble else None
    untold = [deed for deed in found.deeds if is_untold(deed)]
    told = [deed for deed in found.deeds if not is_untold(deed)]
    troubled = _troubled(found.schedules)
    sections = [
        f"# Handoff {_md(found.where)}, {_at(found.now)}",
        f"Since {_at(found.since)}. All times are UTC.",
    ]
    if untold:
        sections.append(
            _section(
                "Outcome not known: check these first", (deed_lines(deed, now) for deed in untold)
            )
        )
    if found.trouble:
        sections.append(_section("The server could not be asked", [f"- {_md(found.trouble)}"]))
    else:
        sections += [
            _section("Needs someone", _needs(found, troubled)),
            _section("Running", _running(found)),
            _section("Next fires of what is in trouble", _fires(troubled)),
        ]
    sections.append(_section("Done from this machine", (deed_lines(deed, now) for deed in told)))
    if found.notes:
        sections.append(_section("Not known", (f"- {_md(words)}" for words in found.notes)))
    return "\n\n".join(sections) + "\n"


def _section(title: str, lines: Iterable[str]) -> str:
    listed = list(lines)
    return "\n".join([f"## {title}", "", *(listed or ["nothing"])])


def _troubled(schedules: Iterable[JudgedSchedule]) -> list[JudgedSchedule]:
    """Return those that need someone, the worst first."""
    found = [one for one in schedules if one.facts.verdict in TROUBLED]
    return sorted(found, key=lambda one: (TROUBLED.index(one.facts.verdict), one.schedule.name))


def _needs(found: Handoff, troubled: list[JudgedSchedule]) -> list[str]:
    """Return the schedules in trouble, then failed jobs of workflows that none of these runs."""
    told = {one.schedule.workflow_id for one in troubled if one.schedule.runs_workflow} - {""}
    bad = [job for job in found.jobs if job.state.is_bad]
    newest = {job.workflow_id: job for job in reversed(bad) if job.workflow_id}
    lines = [_trouble(one, found.now, newest.get(one.schedule.workflow_id)) for one in troubled]
    return lines + [failed_job(job) for job in bad if job.workflow_id not in told]


def _trouble(one: JudgedSchedule, now: datetime, job: Job | None = None) -> str:
    """Return the lines of a schedule; `job` is the newest failed one of its workflow."""
    facts = one.facts
    parts = [f"{facts.verdict.value}"]
    if facts.streak > 1:
        parts.append(f"{facts.streak} in a row")
    if facts.missed:
        parts.append(f"{facts.missed} missed")
    if facts.since is not None:
        parts.append(f"since {_at(facts.since)} ({duration(max(0.0, _s(facts.since, now)))})")
    if one.next_fire_at is not None:
        parts.append(f"next fire {_at(one.next_fire_at)}")
    line = f"- **{_name(one.schedule.name or one.schedule.id)}** {', '.join(parts)}"
    if job is not None and facts.streak:
        line += why_failed(job)
    elif facts.last_final is not None and facts.streak:
        line += _error(facts.last_final)
    return f"{line}\n  - id: {_name(one.schedule.id)}"


def _error(run: Run) -> str:
    """Return the lines of why a run failed; none if that is not known."""
    error = run.error
    if error is None:
        return ""
    likely = "likely: " if run.error_is_likely else ""
    code = f"{_md(error.code)} " if error.code else ""
    line = f"\n  - error: {likely}{code}{_words(error.message)}"
    return f"{line}\n  - try: {_words(error.remedy)}" if error.remedy else line


def _running(found: Handoff) -> list[str]:
    lines = []
    for one in sorted(found.schedules, key=lambda one: one.schedule.name):
        active = one.facts.active
        if active is None or one.schedule.runs_workflow:  # a job of its workflow says it better
            continue
        since = active.started_at or active.slot_at
        began = f", since {_at(since)}" if since else ""
        name = _name(one.schedule.name or one.schedule.id)
        lines.append(f"- {name} {active.state.value.lower()}{began}")
    lines += [_query(query, found.now) for query in found.running_queries]
    return lines + [open_job(job, found.now) for job in found.jobs if job.state.is_active]


def _query(query: Query, now: datetime) -> str:
    took = query.took(now)
    ran = f", {duration(took)} so far" if took is not None else ""
    return f"- query {_name(query.name or query.id)} {query.state.value.lower()}{ran}"


def _fires(troubled: list[JudgedSchedule]) -> list[str]:
    fires = sorted(
        (one.next_fire_at, one.schedule.name or one.schedule.id)
        for one in troubled
        if one.next_fire_at is not None
    )
    return [f"- {_at(at)} {_name(name)}" for at, name in fires]


def _s(since: datetime, now: datetime) -> float:
    return (now - since).total_seconds()
