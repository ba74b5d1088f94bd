"""The plain sentences behind the verdict of a schedule that runs a workflow.

They hold no ages, which change without news, and no server's text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.domain.facts import Verdict
from qsui.domain.job_due import zone_of

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from qsui.domain.durations import Pace
    from qsui.domain.job_due import Due
    from qsui.domain.models import Schedule


def job_evidence(
    schedule: Schedule,
    pace: Pace,
    due: Due | None,
    *,
    streak: int,
    has_error: bool,
    has_history: bool,
    siblings: int,
    is_read: bool,
) -> tuple[str, ...]:
    """Return what the verdict rests on, most telling first, without ages; times in UTC."""
    said: list[str] = []
    if not schedule.workflow_id:
        said.append("Its workflow was deleted: there is nothing that it could run.")
    if streak:
        ones = "job" if streak == 1 else f"{streak} final jobs"
        said.append(f"The last {ones} of its workflow failed.")
    if has_error:
        said.append(f"The server keeps an error of its last run{_at(schedule.last_run_at)}.")
    if due is not None and due.verdict in (Verdict.LATE, Verdict.MISSED):
        said.append(f"It was due{_at(due.at)}, and neither a job nor the schedule shows a run.")
    if due is not None and due.verdict is Verdict.UNKNOWN:
        said.append(f"It was due{_at(due.at)}, and schedules were not read since.")
    if schedule.workflow_id:
        said.append(_about_history(has_history, siblings, is_read=is_read))
    if pace.median is not None:
        noun = "success" if pace.runs == 1 else "successes"
        limit = f"; slow after {_span(pace.slow_after)}" if pace.slow_after else ""
        said.append(f"Median duration {_span(pace.median)} of {pace.runs} {noun}{limit}.")
    if schedule.cron and zone_of(schedule) is None:
        said.append("Its time zone is not one that qsui knows: only the server's next run counts.")
    return tuple(said)


def _about_history(has_history: bool, siblings: int, *, is_read: bool) -> str:
    if not has_history:
        return "No job of its workflow is known." if is_read else "Its jobs were not read yet."
    if siblings > 1:
        return (
            f"The history is that of its workflow, which {siblings} schedules run: the server does "
            "not say which of them started a job."
        )
    return "The history is that of its workflow, started by this schedule or by hand."


def _at(moment: datetime | None) -> str:
    return f" at {moment:%Y-%m-%d %H:%M}Z" if moment else ""


def _span(duration: timedelta) -> str:
    """`42s`, `6m12s`, `3h07m`."""
    seconds = round(duration.total_seconds())
    if seconds < 60:
        return f"{seconds}s"
    if seconds < 3600:
        return f"{seconds // 60}m{seconds % 60:02}s"
    return f"{seconds // 3600}h{seconds % 3600 // 60:02}m"
