"""Reads what a draft is made of: whole records, from the server, now.

Every function raises `ApiError` if something cannot be read; the callers' screens show it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.domain import draft_of
from qsui.domain.draft_of import Prefill
from qsui.domain.errors import NotFound
from qsui.domain.models import Kind

if TYPE_CHECKING:
    from qsui.domain.models import Ref
    from qsui.tui.options import Session


async def draft_for_copy(session: Session, ref: Ref) -> Prefill:
    """Return a draft like a schedule or a query; of a run, like its schedule."""
    if ref.kind is Kind.TEMPLATE:
        return await draft_from_template(session, ref.id, Kind.QUERY)
    if ref.kind is Kind.QUERY:
        return draft_of.copy_of_query(await session.query_engine.read_query(ref.id))
    id = ref.parent if ref.kind is Kind.RUN else ref.id
    schedule = await session.query_engine.read_schedule(id)
    return draft_of.copy_of_schedule(schedule, session.clock.now())


async def draft_for_rerun(session: Session, ref: Ref) -> Prefill:
    """Return a query that runs the SQL of a run or a query once more.

    A run whose query is not known, or gone, gives the SQL of its schedule and a note that says so.
    """
    if ref.kind is Kind.QUERY:
        return draft_of.rerun_of_query(await session.query_engine.read_query(ref.id))
    run = await session.query_engine.read_run(ref.parent, ref.id)
    if run.query_id:
        try:
            return draft_of.rerun_of_run(run, await session.query_engine.read_query(run.query_id))
        except NotFound:
            pass  # deleted since: its schedule's SQL is next best
    return draft_of.rerun_of_schedule(await session.query_engine.read_schedule(ref.parent))


async def draft_from_template(session: Session, template_id: str, kind: Kind) -> Prefill:
    """Return a draft of a query or a schedule that runs a template."""
    template = await session.query_service.template(template_id)
    return Prefill(draft_of.from_template(template, kind, session.clock.now()))
