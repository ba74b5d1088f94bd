"""Rows for what was sent and not seen yet: the run of a trigger, a new query or schedule.

Such a record has no id of the server's; nothing can be done to it. It goes when the real one turns
up.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qsui.domain.actions import Verb
from qsui.domain.drafts import ScheduleDraft, query_of_draft
from qsui.domain.facts import ScheduleFacts, Verdict
from qsui.domain.models import Kind, Query, Ref, Run, Schedule
from qsui.domain.states import RunState, ScheduleState
from qsui.domain.views import ScheduleView
from qsui.tui.acts import UNSEEN_ID

if TYPE_CHECKING:
    from qsui.domain.pending import Pending


def _ref(pending: Pending, kind: Kind, parent: str = "") -> Ref:
    target = pending.action.target
    return replace(target, kind=kind, parent=parent, id=f"{UNSEEN_ID}{pending.id}")


def unseen_run(pending: Pending) -> Run | None:
    """Return the run that a trigger asked for; `None` for other actions."""
    if pending.action.verb is not Verb.TRIGGER:
        return None
    ref = _ref(pending, Kind.RUN, pending.action.target.id)
    return Run(ref, RunState.QUEUED, "", is_manual=True)


def unseen_query(pending: Pending) -> Query | None:
    """Return the query that was sent; `None` for other actions."""
    action = pending.action
    makes_query = action.verb is Verb.RERUN or (
        action.verb is Verb.CREATE and action.target.kind is Kind.QUERY
    )
    if not makes_query or action.draft is None:
        return None
    draft = query_of_draft(action.draft)
    return Query(
        _ref(pending, Kind.QUERY),
        RunState.QUEUED,
        "",
        name=draft.name or ("" if draft.sql else action.name),
        sql=draft.sql,
        created_at=pending.sent_at or pending.begun_at,
    )


def unseen_schedule(pending: Pending) -> ScheduleView | None:
    """Return the schedule that was sent; `None` for other actions."""
    action = pending.action
    if action.verb is not Verb.CREATE or not isinstance(action.draft, ScheduleDraft):
        return None
    draft = action.draft
    schedule = Schedule(
        _ref(pending, Kind.SCHEDULE),
        action.name,
        ScheduleState.REGISTERING,
        "",
        cron=draft.cron,
        sql=draft.query.sql,
        start_at=draft.start_at,
        end_at=draft.end_at,
        max_active_runs=draft.max_active_runs,
        created_at=pending.sent_at or pending.begun_at,
    )
    return ScheduleView(schedule, ScheduleFacts(Verdict.REGISTERING, history_read=True))
