"""Wire models to the domain's records; pure, and nothing a server sends makes it fail."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from qsui.backends.adobe.wire import (
    CronWire,
    DatasetWire,
    ErrorWire,
    Link,
    QueryLinks,
    RequestWire,
)
from qsui.backends.times import parse_duration, parse_number, parse_time
from qsui.domain import run_ids
from qsui.domain.models import (
    Kind,
    Query,
    QueryError,
    Ref,
    Run,
    Sandbox,
    Schedule,
    Scope,
    Task,
    Template,
)
from qsui.domain.remedies import make_error
from qsui.domain.states import execution_state, schedule_state

if TYPE_CHECKING:
    from pydantic import BaseModel

    from qsui.backends.adobe.wire import (
        QueryWire,
        RecordWire,
        RunWire,
        SandboxWire,
        ScheduleWire,
        TaskWire,
        TemplateWire,
    )

LIST_SQL = 200
_NAME_FROM_SQL = 60
_MILLISECOND_S = 0.001
_SCHEDULE_ID = re.compile(
    r"[0-9a-f]{16,32}_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}_(.+)",
    re.IGNORECASE | re.DOTALL,
)
_SQL_COMMENT = re.compile(r"--[^\n]*(?:\n|$)|/\*.*?(?:\*/|$)", re.DOTALL)
_NO_REQUEST = RequestWire.model_validate({})
_NO_CRON = CronWire.model_validate({})
_NO_LINKS = QueryLinks.model_validate({})


def schedule_of(wire: ScheduleWire, scope: Scope, *, whole: bool = False) -> Schedule:
    """Convert a schedule; `whole` keeps all of its SQL (records read alone)."""
    request = wire.query or _NO_REQUEST
    cron = wire.schedule
    if not isinstance(cron, CronWire):
        cron = CronWire.model_validate({"schedule": cron}) if cron else _NO_CRON
    sql, is_cut = _kept_sql(request.sql, whole)
    id = record_id(wire)
    limit = parse_number(cron.max_active_runs)
    return Schedule(
        ref=Ref(scope.profile, scope.sandbox, Kind.SCHEDULE, "", id),
        name=request.name or words_of(sql) or slug_of(id),
        state=schedule_state(wire.state or ""),
        raw_state=wire.state or "",
        cron=(cron.cron or "").strip(),
        sql=sql,
        sql_is_cut=is_cut,
        start_at=parse_time(cron.start),
        end_at=parse_time(cron.end),
        max_active_runs=int(limit) if limit is not None and limit >= 1 else 1,
        owner=wire.user or "",
        updated_by=wire.updated_by or "",
        description=request.description or "",
        template_id=request.template_id or "",
        created_at=parse_time(wire.created),
        updated_at=parse_time(wire.updated),
        parameters=_parameters(request.parameters),
        insert_into=_dataset_name(request.insert_into),
        ctas=_dataset_name(request.ctas),
    )


def run_of(wire: RunWire, scope: Scope, schedule_id: str, *, whole: bool = False) -> Run:
    """Convert a run of `schedule_id`; `whole` says that its tasks were asked for."""
    id = record_id(wire)
    decoded = run_ids.decoded(id)
    tasks = None
    if whole or wire.tasks:
        tasks = tuple(_task_of(task) for task in wire.tasks or ())
    return Run(
        ref=Ref(scope.profile, scope.sandbox, Kind.RUN, schedule_id, id),
        state=execution_state(wire.state or ""),
        raw_state=wire.state or "",
        slot_at=run_ids.slot_of(decoded) or parse_time(wire.created),
        decoded_id=decoded,
        is_manual=_is_manual(wire.external_trigger, decoded),
        tasks=tasks,
    )


def query_of(wire: QueryWire, scope: Scope, *, whole: bool = False) -> Query:
    """Convert a query; `whole` keeps all of its SQL (records read alone)."""
    request = wire.request or _NO_REQUEST
    links = wire.links or _NO_LINKS
    sql, is_cut = _kept_sql(request.sql or wire.effective_sql, whole)
    rows = parse_number(wire.row_count)
    return Query(
        ref=Ref(scope.profile, scope.sandbox, Kind.QUERY, "", record_id(wire)),
        state=execution_state(wire.state or ""),
        raw_state=wire.state or "",
        name=request.name or wire.template_name or words_of(sql),
        sql=sql,
        sql_is_cut=is_cut,
        effective_sql=(wire.effective_sql or "") if whole else "",
        description=request.description or "",
        template_id=request.template_id or "",
        template_name=wire.template_name or "",
        elapsed=parse_duration(wire.elapsed_ms, unit_s=_MILLISECOND_S),
        row_count=int(rows) if rows is not None else None,
        client=wire.client or "",
        user=wire.user or "",
        schedule_id=linked_id(links.schedule) or schedule_in_run_link(links.schedule_run),
        run_id=linked_id(links.schedule_run),
        datasets=_datasets(links),
        is_ctas=_is_true(wire.is_ctas),
        is_insert=_is_true(wire.is_insert),
        errors=errors_of(wire),
        created_at=parse_time(wire.created),
        updated_at=parse_time(wire.updated),
        parameters=_parameters(request.parameters),
        insert_into=_dataset_name(request.insert_into),
        ctas=_dataset_name(request.ctas),
    )


def template_of(wire: TemplateWire, scope: Scope) -> Template:
    """Convert a query template; its SQL stays whole in lists too, since it cannot say it is cut."""
    id = record_id(wire)
    sql = wire.sql or ""
    return Template(
        ref=Ref(scope.profile, scope.sandbox, Kind.TEMPLATE, "", id),
        name=wire.name or words_of(sql) or id,
        sql=sql,
        parameters=_parameters(wire.parameters),
        owner=wire.user or "",
        updated_by=wire.updated_by or "",
        created_at=parse_time(wire.created),
        updated_at=parse_time(wire.updated),
    )


def sandbox_of(wire: SandboxWire) -> Sandbox:
    """Convert a sandbox; an unread type leaves `is_production` unknown."""
    kind = (wire.type or "").strip().lower()
    return Sandbox(
        name=wire.name or "",
        title=wire.title or "",
        is_production={"production": True, "development": False}.get(kind),
        is_active=(wire.state or "active").strip().lower() == "active",
    )


def record_id(wire: RecordWire) -> str:
    """Return the record's id, or one made from its content, so that a row without one is shown."""
    return wire.id or _placeholder(wire)


def errors_of(wire: QueryWire) -> tuple[QueryError, ...]:
    """Return a query's errors, unwrapped and with their remedies."""
    found = wire.errors
    if found is None:
        return ()
    errors = found if isinstance(found, list) else [found]
    return tuple(
        make_error("", error, "")
        if isinstance(error, str)
        else make_error(error.code or "", error.message or "", error.type or "")
        for error in errors
        if error and (isinstance(error, str) or _says_something(error))
    )


def linked_id(link: Link | str | None) -> str:
    """Return the id that a link names: its `id`, else the last part of its address."""
    if link is None:
        return ""
    if isinstance(link, Link) and link.id:
        return link.id
    address = link if isinstance(link, str) else link.href or ""
    return unquote(_path(address).rstrip("/").rpartition("/")[2])


def schedule_in_run_link(link: Link | str | None) -> str:
    """Return the schedule that the address of a run belongs to."""
    address = link if isinstance(link, str) else (link.href or "") if link else ""
    parts = _path(address).split("/")
    if "schedules" in parts[:-2]:
        return unquote(parts[parts.index("schedules") + 1])
    return ""


def words_of(sql: str) -> str:
    """Return the first words of a statement, on one line, as a name for what has none."""
    text = " ".join(_SQL_COMMENT.sub(" ", sql[: LIST_SQL * 4]).split())
    text = text or " ".join(sql[:LIST_SQL].split())
    return text if len(text) <= _NAME_FROM_SQL else text[: _NAME_FROM_SQL - 1].rstrip() + "…"


def slug_of(schedule_id: str) -> str:
    """Return the part of a schedule's id after organisation and sandbox, whole; else the id."""
    match = _SCHEDULE_ID.fullmatch(schedule_id)
    return match[1] if match else schedule_id


def _task_of(wire: TaskWire) -> Task:
    return Task(
        id=wire.id or "",
        state=execution_state(wire.state or ""),
        raw_state=wire.state or "",
        started_at=parse_time(wire.start),
        ended_at=parse_time(wire.end),
        duration=parse_duration(wire.duration, unit_s=1.0),
        message=wire.message or "",
    )


def _placeholder(wire: BaseModel) -> str:
    text = json.dumps(wire.model_dump(mode="json"), sort_keys=True, default=str)
    return "no-id-" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]


def _kept_sql(sql: str | None, whole: bool) -> tuple[str, bool]:
    if not sql:
        return "", False
    return (sql, False) if whole or len(sql) <= LIST_SQL else (sql[:LIST_SQL], True)


def _is_true(value: bool | str | None) -> bool:
    return str(value).strip().lower() == "true"


def _is_manual(external: bool | str | None, decoded_id: str) -> bool | None:
    if decoded_id.startswith("manual__"):
        return True
    if external is not None:
        return _is_true(external)
    return False if decoded_id.startswith("scheduled__") else None


def _datasets(links: QueryLinks) -> tuple[str, ...]:
    found = links.referenced_datasets
    every = [*(found if isinstance(found, list) else [found]), links.created_dataset]
    ids = [linked_id(link) for link in every]
    return tuple(dict.fromkeys(id for id in ids if id))


def _path(address: str) -> str:
    try:
        return urlsplit(address).path
    except ValueError:
        return ""


def _says_something(error: ErrorWire) -> bool:
    return bool(error.code or error.message or error.type)


def _parameters(sent: Mapping[str, object] | None) -> tuple[tuple[str, str], ...]:
    return tuple((key, _as_text(value)) for key, value in (sent or {}).items())


def _dataset_name(sent: DatasetWire | str | None) -> str:
    return (sent.name if isinstance(sent, DatasetWire) else sent) or ""


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list | Mapping):
        return json.dumps(value, ensure_ascii=False, default=str)
    return "" if value is None else str(value)
