"""Whether a creation is there: by the id that the server gave, else by what it must look like."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.domain.drafts import ScheduleDraft, query_of_draft
from qsui.domain.errors import OutcomeUnknown
from qsui.domain.models import Kind, Query, Ref, Schedule
from qsui.domain.pending import Stage
from qsui.domain.ports import QueryFilter
from qsui.domain.states import ScheduleState
from qsui.live.action_reads import find_record, version_of
from qsui.live.findings import Done, Failed, Finding, NotYet

if TYPE_CHECKING:
    from qsui.live.acting import Acting
    from qsui.live.cases import Case

SLACK = timedelta(seconds=5)
MOST_LISTED = 100


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
        found = await (self._schedules(case) if kind is Kind.SCHEDULE else self._queries(case))
        if len(found) > 1:
            words = f"the answer was lost, and {len(found)} like it were made since: see which"
            return Failed(Stage.UNKNOWN, words, OutcomeUnknown.exit_code)
        return _there(found[0]) if found else NotYet()

    async def _schedules(self, case: Case) -> list[Schedule]:
        """Return the schedules made since that look like the draft."""
        pages = self._with.backend.schedules(newest_change_first=True, cap=MOST_LISTED)
        rows = [row async for page in pages for row in page.records]
        return [row for row in rows if _alike(case, row) and self._is_since(case, row)]

    async def _queries(self, case: Case) -> list[Query]:
        """Return the queries made since that look like the draft."""
        since = self._with.server_time(case.pending.begun_at) - SLACK
        where = QueryFilter(created_since=since, include_hidden=True)
        pages = self._with.backend.queries(where, cap=MOST_LISTED)
        rows = [row async for page in pages for row in page.records]
        own = [row for row in rows if not row.schedule_id and not row.run_id]
        return [row for row in own if _alike(case, row) and self._is_since(case, row)]

    def _is_since(self, case: Case, record: Schedule | Query) -> bool:
        since = self._with.server_time(case.pending.begun_at) - SLACK
        return record.created_at is not None and record.created_at >= since


def _kind(case: Case) -> Kind:
    return Kind.SCHEDULE if isinstance(case.pending.action.draft, ScheduleDraft) else Kind.QUERY


def _there(record: object) -> Finding:
    if isinstance(record, Schedule) and record.state is ScheduleState.REGISTERING:
        return NotYet(no_effect="it was made, and is still registering")
    if isinstance(record, Schedule | Query):
        return Done(result=record.ref, version=version_of(record))
    return NotYet()


def _alike(case: Case, record: Schedule | Query) -> bool:
    draft = case.pending.action.draft
    if draft is None or record.name != query_of_draft(draft).name:
        return False
    query = query_of_draft(draft)
    if query.template_id:
        return record.template_id == query.template_id
    mine, theirs = " ".join(query.sql.split()), " ".join(record.sql.split())
    if record.sql_is_cut:
        theirs = theirs[:-3].rstrip()
        return bool(theirs) and mine.startswith(theirs)
    return mine.rstrip("; ") == theirs.rstrip("; ") or (
        bool(query.insert_into or query.ctas) and theirs.endswith(mine)
    )
