"""From a filter of queries to the parameters of its list call; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.backends.times import format_time

if TYPE_CHECKING:
    from qsui.backends.adobe.paging import Params
    from qsui.domain.ports import QueryFilter


def filter_params(where: QueryFilter) -> Params:
    """Return the parameters for a filter; a value that cannot be escaped is left to the caller."""
    clauses = [
        f"{field}{operator}{value}"
        for field, operator, value in (
            ("updated", ">=", format_time(where.updated_since) if where.updated_since else None),
            ("created", ">=", format_time(where.created_since) if where.created_since else None),
            ("state", "==", where.raw_state),
            ("scheduleId", "==", where.schedule_id),
            ("scheduleRunId", "==", where.run_id),
        )
        if value and "," not in value and "||" not in value
    ]
    params = [("property", ",".join(clauses))] if clauses else []
    if where.include_hidden:
        params.append(("excludeHidden", "false"))
    if where.include_deleted:
        params.append(("excludeSoftDeleted", "false"))
    return tuple(params)
