"""Whether a creation is there: by the id that the server gave, else by what it must look like."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.domain.actions import Verb
from qsui.domain.drafts import query_of_draft
from qsui.domain.errors import OutcomeUnknown
from qsui.domain.models import Kind, Query, Ref, Schedule
from qsui.domain.pending import Stage
from qsui.domain.ports import QueryFilter
from qsui.domain.states import ScheduleState
from qsui.live.action_reads import find_record, version_of
from qsui.live.findings import Done, Failed, Finding, NotYet
from qsui.live.reading import ReadKind

if TYPE_CHECKING:
    from qsui.live.acting import Acting
    from qsui.live.cases import Case

SLACK = timedelta(seconds=5)
MOST_LISTED = 100
SHORT = 6
"""A text this short may stand anywhere by chance."""


class Creations:
    """Looks for what `CREATE` and `RERUN` made."""

    def __init__(self, acting: Acting) -> None:
        self._with = acting

    async def look(self, case: Case) -> Finding:
        """Look once.

        Raises:
            ApiError: The backend failed.
        """
        kind = _kind(case)
        if case.created_id:
            scope = self._with.scope
            ref = Ref(scope.profile, scope.sandbox, kind, "", case.created_id)
            return _there(await find_record(self._with, ref))
        if not case.texts:
            words = "its request was too long for the journal: see by its name whether it was made"
            return Failed(Stage.UNKNOWN, words, OutcomeUnknown.exit_code)
        found = await (self._schedules(case) if kind is Kind.SCHEDULE else self._queries(case))
        if len(found) > 1:
            words = f"the answer was lost, and {len(found)} like it were made since: see which"
            return Failed(Stage.UNKNOWN, words, OutcomeUnknown.exit_code)
        return _there(found[0]) if found else NotYet()

    async def _schedules(self, case: Case) -> list[Schedule]:
        """Return the schedules made since that look like the draft."""
        await self._with.engine.ask(ReadKind.RECENT_SCHEDULES)
        rows = self._with.store.snapshot.schedules(self._with.scope).records.values()
        return [
            row
            for row in rows
            if isinstance(row, Schedule) and self._is_since(case, row) and _alike(case, row)
        ]

    async def _queries(self, case: Case) -> list[Query]:
        """Return the queries made since that look like the draft."""
        since = self._with.began_there(case.pending) - SLACK
        where = QueryFilter(created_since=since, include_hidden=True)
        pages = self._with.query_service.queries(where, cap=MOST_LISTED)
        rows = [row async for page in pages for row in page.records]
        own = [row for row in rows if not row.schedule_id and not row.run_id]
        return [row for row in own if self._is_since(case, row) and _alike(case, row)]

    def _is_since(self, case: Case, record: Schedule | Query) -> bool:
        since = self._with.began_there(case.pending) - SLACK
        return record.created_at is not None and record.created_at >= since


def _kind(case: Case) -> Kind:
    is_rerun = case.verb is Verb.RERUN
    return Kind.QUERY if is_rerun else case.pending.action.target.kind


def _there(record: object) -> Finding:
    if isinstance(record, Schedule) and record.state is ScheduleState.REGISTERING:
        return NotYet(no_effect="it was made, and is still registering")
    if isinstance(record, Schedule | Query):
        return Done(result=record.ref, version=version_of(record))
    return NotYet()


def _alike(case: Case, record: Schedule | Query) -> bool:
    """Whether a record has the name and the SQL (or template) of the request."""
    draft = case.pending.action.draft
    was_named = draft is None or bool(query_of_draft(draft).name)
    if was_named and record.name and record.name not in case.texts:
        return False
    if record.template_id and record.template_id in case.texts:
        return True
    theirs = _plain(record.sql)
    if record.sql_is_cut:
        theirs = theirs[:-3].rstrip()
        return len(theirs) > SHORT and any(_plain(text).startswith(theirs) for text in case.texts)
    return bool(theirs) and any(_is_sql(_plain(text), theirs) for text in case.texts)


def _is_sql(mine: str, theirs: str) -> bool:
    """Whether it is the same SQL, or that inside what writes it into a dataset."""
    return mine == theirs or (len(mine) > SHORT and theirs.endswith(f" {mine}"))


def _plain(sql: str) -> str:
    return " ".join(sql.split()).rstrip("; ")
