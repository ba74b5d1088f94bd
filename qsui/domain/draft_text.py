"""A draft as it stands in a form: every field as typed, read into a draft with its faults.

Field names are those of `Fault.field`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.domain.draft_of import wanted
from qsui.domain.drafts import Draft, Fault, QueryDraft, ScheduleDraft, query_of_draft
from qsui.domain.models import Kind
from qsui.domain.when import EXAMPLES, moment_of, written

if TYPE_CHECKING:
    from datetime import datetime

_NO_END = ("", "none", "never")
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class DraftText:
    """What is typed. `template_sql` is the text of the chosen template, as far as it was read.

    With a template `sql` is not sent. A parameter without a name and value does not count.
    """

    kind: Kind
    sql: str = ""
    template_id: str = ""
    template_sql: str = ""
    name: str = ""
    description: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    insert_into: str = ""
    ctas: str = ""
    cron: str = ""
    start: str = ""
    end: str = ""
    max_active_runs: str = "1"

    @classmethod
    def of(cls, kind: Kind, draft: Draft) -> DraftText:
        """Write a draft so that `read` gives the same one."""
        query = query_of_draft(draft)
        when: dict[str, str] = {}
        if isinstance(draft, ScheduleDraft):
            when = {
                "cron": draft.cron,
                "start": written(draft.start_at) if draft.start_at else "",
                "end": written(draft.end_at) if draft.end_at else "",
                "max_active_runs": str(draft.max_active_runs),
            }
        return cls(
            kind=kind,
            sql=query.sql,
            template_id=query.template_id,
            name=query.name,
            description=query.description,
            parameters=query.parameters,
            insert_into=query.insert_into,
            ctas=query.ctas,
            **when,
        )

    def read(self, now: datetime) -> tuple[Draft, tuple[Fault, ...]]:
        """Return the draft and all that is wrong with it; with a fault it must not be sent."""
        query = QueryDraft(
            sql="" if self.template_id else self.sql,
            template_id=self.template_id,
            name=self.name.strip(),
            description=self.description.strip(),
            parameters=tuple(
                (name.strip().removeprefix("$"), value)
                for name, value in self.parameters
                if name.strip() or value
            ),
            insert_into=self.insert_into.strip(),
            ctas=self.ctas.strip(),
        )
        if self.kind is not Kind.SCHEDULE:
            return query, query.faults()
        return self._schedule(query, now)

    def _schedule(self, query: QueryDraft, now: datetime) -> tuple[Draft, tuple[Fault, ...]]:
        found: list[Fault] = []
        start, end = moment_of(self.start, now), moment_of(self.end, now)
        if self.start.strip() and start is None:
            found.append(Fault("start", f"Write a time: {EXAMPLES}."))
        has_no_end = self.end.strip().lower() in _NO_END
        if not has_no_end and end is None:
            found.append(Fault("end", "Write a time such as +1y or 2027-06-05T02:00Z, or nothing."))
        if end is not None and end <= now:
            found.append(Fault("end", "That has passed: nothing would ever run."))
        count = self.max_active_runs.strip()
        is_count = count.isascii() and count.isdigit() and len(count) < 9
        draft = ScheduleDraft(query, self.cron.strip(), start, end, int(count) if is_count else 0)
        told = {fault.field for fault in found}
        found += [fault for fault in draft.faults() if fault.field not in told]
        return draft, tuple(found)

    def warnings(self, now: datetime) -> tuple[Fault, ...]:
        """Return what the server would take but a person hardly means."""
        rows = {name.strip().removeprefix("$"): value for name, value in self.parameters}
        sql = self.template_sql if self.template_id else self.sql
        found = [
            Fault("parameters", f"${name} in the SQL has no value.")
            for name in wanted(sql, self.kind)
            if not rows.get(name)
        ]
        if self.kind is not Kind.SCHEDULE:
            return tuple(found)
        start = moment_of(self.start, now)
        if start is not None and start < now - _MINUTE:
            found.append(Fault("start", "That has passed; the first run may be one of the past."))
        if self.end.strip().lower() in _NO_END:
            found.append(Fault("end", "Without an end it never stops; newer servers want one."))
        return tuple(found)
