"""From wire models to records; pure, and nothing raises."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.backends.alteryx.recurrence import cron_in, cron_of
from qsui.backends.times import parse_number, parse_time
from qsui.domain.jobs import (
    Job,
    JobMessage,
    JobOutput,
    Person,
    PlannedRun,
    Workflow,
    severity_of,
    state_from_messages,
)
from qsui.domain.models import Kind, Ref, Schedule
from qsui.domain.states import ScheduleState, job_state

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from qsui.backends.alteryx.wire import (
        Flag,
        JobWire,
        MessageWire,
        Number,
        PersonWire,
        PlannedWire,
        ScheduleWire,
        VersionWire,
        WorkflowWire,
    )
    from qsui.domain.models import Scope

_SPAN = re.compile(r"(?:(\d+)\.)?(\d+):(\d\d):(\d\d)(?:\.(\d+))?")
_LONGEST = timedelta(days=3650)

PRIORITIES = ("Default", "Low", "Medium", "High", "Critical")
"""The words for a priority that requests may hold."""

_RANKS = {
    "0": "Default",
    "1": "Medium",
    "2": "High",
    "3": "Critical",
    "4": "chained",
    "6": "validation",
}


def ref_of(scope: Scope, kind: Kind, id: str | None) -> Ref:
    """Return the identity of a record of this server; ids are taken as they are."""
    return Ref(scope.profile, scope.sandbox, kind, "", id or "")


def is_true(value: Flag) -> bool | None:
    """Read a flag that may come as text; `None` for anything else."""
    if isinstance(value, bool) or value is None:
        return value
    return {"true": True, "false": False}.get(value.strip().lower())


def whole_number(value: Number) -> int | None:
    """Read a whole number that may come as text."""
    number = parse_number(value)
    return None if number is None else int(number)


def priority_of(raw: str | None) -> str:
    """Return the server's word for a priority; a number is shown with what it seems to mean."""
    text = (raw or "").strip()
    return f"{_RANKS[text]} ({text})" if text in _RANKS else text


def span_of(value: Number) -> timedelta | None:
    """Read `[d.]hh:mm:ss[.f]`, else a number of seconds; `None` for anything else."""
    found = _SPAN.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is not None:
        days, hours, minutes, seconds, fraction = found.groups()
        if len(days or "") > 4 or len(hours) > 6:
            return None
        span = timedelta(
            days=int(days or 0),
            hours=int(hours),
            minutes=int(minutes),
            seconds=int(seconds),
            microseconds=int((fraction or "0")[:6].ljust(6, "0")),
        )
        return span if span < _LONGEST else None
    number = parse_number(value)
    if number is None or not 0 <= number < _LONGEST.total_seconds():
        return None
    return timedelta(seconds=number)


def message_of(wire: MessageWire) -> JobMessage:
    """Convert a message."""
    code = whole_number(wire.status)
    return JobMessage(severity_of(code), code, whole_number(wire.tool_id), wire.text or "")


def job_of(wire: JobWire, scope: Scope, *, workflow_id: str = "", workflow_name: str = "") -> Job:
    """Convert a job; the workflow is that of the call where the server does not say it."""
    disposition = (wire.disposition or "").strip()
    raw = (wire.status or "").strip()
    state = job_state(raw, disposition)
    messages = None
    if wire.messages:  # lists send an empty log of jobs that have one
        messages = tuple(message_of(one) for one in wire.messages)
        state = state_from_messages(state, messages)
    started = parse_time(wire.started)
    took = None if state.is_active else span_of(wire.execution)
    return Job(
        ref=ref_of(scope, Kind.JOB, wire.id),
        state=state,
        raw_state=raw,
        disposition="" if disposition.lower() == "none" else disposition,
        workflow_id=wire.workflow_id or workflow_id,
        workflow_name=wire.workflow_name or workflow_name,
        submitted_by=wire.submitted_by or "",
        queued_at=parse_time(wire.created),
        started_at=started,
        ended_at=started + took if started and took is not None else None,
        seen_duration=took,
        priority=priority_of(wire.priority),
        worker_tag=wire.worker_tag or "",
        is_amp=is_true(wire.is_amp),
        messages=messages,
        outputs=None
        if wire.outputs is None
        else tuple(
            JobOutput(one.id or "", one.name or "", tuple(one.formats or ()))
            for one in wire.outputs
        ),
    )


def workflow_of(
    wire: WorkflowWire, scope: Scope, *, owners: Mapping[str, str], whole: bool = False
) -> Workflow:
    """Convert a workflow; `owners` are names of users by id."""
    version = _published(wire)
    details = version.details if version else None
    is_amp = wire.is_amp if wire.is_amp is not None else details.is_amp if details else None
    owner_id = wire.owner_id or ""
    number = whole_number(wire.version if version is None else version.number)
    return Workflow(
        ref=ref_of(scope, Kind.WORKFLOW, wire.id),
        name=wire.name or (details.name if details else None) or wire.id or "",
        owner_id=owner_id,
        owner=owners.get(owner_id, owner_id),
        package=wire.package or (version.package if version else None) or "",
        version=number,
        comments=wire.comments or "",
        description=(details.description if details else None) or "",
        file_name=(details.file_name if details else None) or "",
        worker_tag=wire.worker_tag or "",
        run_count=whole_number(wire.run_count),
        is_amp=is_true(is_amp),
        can_run=version is None or is_true(version.run_disabled) is not True,
        is_whole=whole,
        created_at=parse_time(wire.created),
    )


def _published(wire: WorkflowWire) -> VersionWire | None:
    versions = wire.versions or []
    for version in versions:
        if wire.published_id and version.id == wire.published_id:
            return version
    published = [version for version in versions if is_true(version.published)]
    return (published or versions)[-1] if versions else None


def schedule_of(
    wire: ScheduleWire,
    scope: Scope,
    *,
    owners: Mapping[str, str],
    workflows: Mapping[str, str],
    cron: str = "",
) -> Schedule:
    """Convert a schedule.

    `owners` and `workflows` are names by id; `cron` is what the schedule is known to run at, for
    servers that do not tell.
    """
    zone = (wire.time_zone or "").strip()
    iteration = wire.iteration or {}
    workflow_id = wire.workflow_id or (wire.application.id if wire.application else None) or ""
    named = wire.application.name if wire.application else None
    enabled = is_true(wire.enabled)
    state = ScheduleState.ENABLED if enabled else ScheduleState.DISABLED
    modified_by = wire.modified_by or ""
    return Schedule(
        ref=ref_of(scope, Kind.SCHEDULE, wire.id),
        name=wire.name or wire.id or "",
        state=ScheduleState.UNKNOWN if enabled is None else state,
        raw_state=(wire.state or wire.status or "").strip(),
        cron=cron or cron_of(iteration, zone) or cron_in(wire.frequency or ""),
        start_at=None if zone else _utc(iteration.get("startTime")),
        end_at=None if zone else _utc(iteration.get("endTime")),
        owner=_owner(wire, owners),
        updated_by=owners.get(modified_by, modified_by),
        description=wire.comment or "",
        created_at=parse_time(wire.created),
        updated_at=parse_time(wire.modified) or parse_time(wire.created),
        runs_workflow=True,
        workflow_id=workflow_id,
        workflow_name=named or workflows.get(workflow_id, ""),
        cadence_words=(wire.frequency or "").strip(),
        time_zone=zone,
        next_run_at=parse_time(wire.next_run),
        last_run_at=parse_time(wire.last_run),
        last_error=(wire.last_error or "").strip(),
        run_count=whole_number(wire.run_count),
        priority=priority_of(wire.priority),
        worker_tag=wire.worker_tag or "",
        worker=wire.worker or "",
        can_edit=is_true(wire.can_edit),
    )


def _utc(value: object) -> datetime | None:
    return parse_time(value) if isinstance(value, str) else None


def _owner(wire: ScheduleWire, owners: Mapping[str, str]) -> str:
    if wire.owner is not None and (name := name_of(wire.owner)):
        return name
    owner_id = wire.owner_id or ""
    return owners.get(owner_id, owner_id)


def name_of(wire: PersonWire) -> str:
    """Return what a user is called: the full name, else the address."""
    names = " ".join(part for part in (wire.first_name, wire.last_name) if part)
    return names or wire.email or wire.id or ""


def person_of(wire: PersonWire) -> Person:
    """Convert a user."""
    return Person(
        wire.id or "", name_of(wire), wire.email or "", wire.role or "", is_true(wire.is_active)
    )


def planned_of(rows: Iterable[PlannedWire]) -> tuple[PlannedRun, ...]:
    """Convert a forecast, soonest first; rows without a time are left out."""
    found: list[PlannedRun] = []
    for row in rows:
        start = parse_time(row.start)
        if start is None:
            continue
        owner = row.owner if isinstance(row.owner, str) else name_of(row.owner) if row.owner else ""
        found.append(
            PlannedRun(
                row.id or "",
                row.schedule_name or "",
                row.workflow_name or "",
                start,
                row.frequency or "",
                owner,
                priority_of(row.priority),
                span_of(row.expected),
            )
        )
    return tuple(sorted(found, key=lambda run: (run.start_at, run.schedule_name)))
