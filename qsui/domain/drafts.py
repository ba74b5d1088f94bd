"""What a person wants to create: a query or a schedule, before the server has seen it.

Nothing but a schedule's cron and whether it is on can be changed afterwards: `FIXED_LATER` says so
in words for forms and dialogs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qsui.domain.cron import CronError, parse

if TYPE_CHECKING:
    from datetime import datetime

FIXED_LATER = (
    "Only the cadence and on/off can be changed later; SQL, dates and the number of runs at once "
    "cannot: delete it and create it anew."
)

MOST_ACTIVE = 1000
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field of a draft: the field's name, and a sentence."""

    field: str
    words: str


@dataclass(frozen=True, slots=True)
class QueryDraft:
    """A query to submit: `sql` or `template_id`, never both.

    `parameters` are (name without `$`, value). `insert_into` is the dataset that rows are added to,
    `ctas` the dataset that is made; at most one of the two.
    """

    sql: str = ""
    template_id: str = ""
    name: str = ""
    description: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    insert_into: str = ""
    ctas: str = ""

    def faults(self) -> tuple[Fault, ...]:
        """Return what the server would refuse, as far as it can be told here."""
        found: list[Fault] = []
        if self.sql.strip() and self.template_id:
            found.append(Fault("sql", "Give SQL or a template, not both."))
        if not self.sql.strip() and not self.template_id:
            found.append(Fault("sql", "Give the SQL, or choose a template."))
        if self.insert_into and self.ctas:
            found.append(Fault("ctas", "Insert into a dataset or create one, not both."))
        names = [name for name, _ in self.parameters]
        for name in names:
            if not name or name.startswith("$") or name != name.strip():
                shown = repr(name[:_SHOWN])
                found.append(Fault("parameters", f"{shown} is no parameter name: write it bare."))
        twice = sorted({name for name in names if names.count(name) > 1})
        found += [Fault("parameters", f"{name[:_SHOWN]!r} is given twice.") for name in twice]
        return tuple(found)


@dataclass(frozen=True, slots=True)
class ScheduleDraft:
    """A schedule to create: what it runs, when, from when to when.

    `start_at` and `end_at` are aware UTC; the server wants a start, and its newest guide an end.
    """

    query: QueryDraft
    cron: str
    start_at: datetime | None
    end_at: datetime | None = None
    max_active_runs: int = 1

    def faults(self) -> tuple[Fault, ...]:
        """Return what the server would refuse, as far as it can be told here."""
        found = list(self.query.faults())
        try:
            parse(self.cron)
        except CronError as error:
            found.append(Fault("cron", str(error)))
        if self.start_at is None:
            found.append(Fault("start", "The API wants a start."))
        elif self.end_at is not None and self.end_at <= self.start_at:
            found.append(Fault("end", "The end must be after the start."))
        if not 1 <= self.max_active_runs <= MOST_ACTIVE:
            found.append(Fault("max_active_runs", f"It must be from 1 to {MOST_ACTIVE}."))
        return tuple(found)


Draft = QueryDraft | ScheduleDraft


def query_of_draft(draft: Draft) -> QueryDraft:
    """Return what is run, whether at once or on a schedule."""
    return draft.query if isinstance(draft, ScheduleDraft) else draft
