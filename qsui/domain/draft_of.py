"""Drafts made from what exists: blank, a copy of a record, a template, what a run ran.

Pure. A record must have been read alone: those of lists hold the first 200 characters of their SQL.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from qsui.domain.drafts import Draft, QueryDraft, ScheduleDraft
from qsui.domain.models import Kind
from qsui.domain.when import full_hour, in_a_year

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from qsui.domain.models import Query, Run, Schedule, Template

FILLED_IN = frozenset({"schedule_time"})
"""Parameters that the scheduler gives a value at each run."""

_UNREAD = re.compile(r"--[^\n]*|/\*.*?(?:\*/|$)", re.DOTALL)
_PARAMETER = re.compile(r"(?<![\w$\\])\$([A-Za-z_]\w*)")
_WRITES = re.compile(r"\s*(?:insert\s+into|create\s+table)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Prefill:
    """A draft to begin with, and sentences about it that a person should read first."""

    draft: Draft
    notes: tuple[str, ...] = ()


def parameter_names(sql: str) -> tuple[str, ...]:
    """Return the names that SQL asks for as `$name`, each once, in order; not those in comments."""
    return tuple(dict.fromkeys(_PARAMETER.findall(_UNREAD.sub(" ", sql))))


def blank(kind: Kind, now: datetime) -> Draft:
    """Return an empty draft; a schedule begins at the next full hour and ends a year later."""
    return _for_kind(kind, QueryDraft(), now)


def copy_of_schedule(schedule: Schedule, now: datetime) -> Prefill:
    """Return a schedule like this one that begins at the next full hour."""
    start = full_hour(now)
    end = schedule.end_at
    notes: tuple[str, ...] = ("It starts at the next full hour, not when the other one did.",)
    if end is None or end <= start:
        end = in_a_year(start)
        notes = (*notes, "Its end is a year later: the other one has none, or it has passed.")
    query = _asked(schedule, _named(schedule.name, "copy"))
    draft = ScheduleDraft(query, schedule.cron, start, end, schedule.max_active_runs)
    return Prefill(draft, notes)


def copy_of_query(query: Query) -> Prefill:
    """Return a query that asks for the same: its SQL or template, parameters and dataset."""
    return Prefill(_asked(query, _named(query.name, "copy")))


def rerun_of_query(query: Query) -> Prefill:
    """Return what sends the SQL of a query again, as it ran if the server said how it ran."""
    asked = _asked(query, _named(query.name, "re-run"))
    if not query.effective_sql.strip():
        return Prefill(asked)
    if _WRITES.match(_UNREAD.sub(" ", query.effective_sql)):
        asked = replace(asked, insert_into="", ctas="")
    draft = replace(asked, sql=query.effective_sql, template_id="", parameters=())
    return Prefill(draft, ("The SQL is as it ran, with its parameters filled in.",))


def rerun_of_run(run: Run, query: Query) -> Prefill:
    """Return what sends again the query that a run's state or error came from."""
    made = rerun_of_query(query)
    notes = made.notes
    statements = len(run.tasks or ())
    if statements > 1:
        notes = (*notes, f"The run has {statements} statements; this is the SQL of one of them.")
    if run.error_is_likely:
        notes = (*notes, "The query was matched to the run by SQL and time only: compare it.")
    return Prefill(made.draft, notes)


def rerun_of_schedule(schedule: Schedule) -> Prefill:
    """Return what runs the SQL of a schedule once, for a run whose own query is not known."""
    draft = _asked(schedule, _named(schedule.name, "re-run"))
    notes: tuple[str, ...] = (
        "The query of that run is not known: this is the whole SQL of its schedule as it is now.",
    )
    given = {name for name, _ in draft.parameters}
    missing = [name for name in parameter_names(draft.sql) if name not in given]
    if missing:
        names = ", ".join(f"${name}" for name in missing)
        notes = (*notes, f"{names} had a value in that run that is not known here: give one.")
    return Prefill(replace(draft, parameters=with_named(draft.parameters, missing)), notes)


def from_template(template: Template, kind: Kind, now: datetime) -> Draft:
    """Return a draft that runs a template, its parameters prefilled with their defaults."""
    query = QueryDraft(
        template_id=template.id,
        name=template.name,
        parameters=parameters_of(template, kind),
    )
    return _for_kind(kind, query, now)


def parameters_of(template: Template, kind: Kind) -> tuple[tuple[str, str], ...]:
    """Return what a template wants: its defaults, then names in its SQL without a default.

    The scheduler fills some in by itself; those are left out for a schedule.
    """
    return with_named(template.parameters, wanted(template.sql, kind))


def wanted(sql: str, kind: Kind) -> tuple[str, ...]:
    """Return the parameters that SQL needs a value for."""
    left_out = FILLED_IN if kind is Kind.SCHEDULE else frozenset()
    return tuple(name for name in parameter_names(sql) if name not in left_out)


def with_named(
    parameters: tuple[tuple[str, str], ...], names: Iterable[str]
) -> tuple[tuple[str, str], ...]:
    """Return the parameters, and each name that is not among them with an empty value."""
    given = {name for name, _ in parameters}
    return (*parameters, *((name, "") for name in names if name not in given))


def _for_kind(kind: Kind, query: QueryDraft, now: datetime) -> Draft:
    if kind is not Kind.SCHEDULE:
        return query
    start = full_hour(now)
    return ScheduleDraft(query, "", start, in_a_year(start))


def _asked(record: Query | Schedule, name: str) -> QueryDraft:
    """What a record's own request asked for."""
    return QueryDraft(
        sql="" if record.template_id else record.sql,
        template_id=record.template_id,
        name=name,
        description=record.description,
        parameters=record.parameters,
        insert_into=record.insert_into,
        ctas="" if record.insert_into else record.ctas,
    )


def _named(name: str, suffix: str) -> str:
    return f"{name} {suffix}" if name else ""
