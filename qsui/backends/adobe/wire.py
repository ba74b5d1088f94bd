"""Query Service's JSON as models.

Every field may be missing, since some server leaves it out. Extra fields are ignored: who needs
them reads the record again as bytes. How bodies become models is in `reading.py`.
"""

from __future__ import annotations

from typing import Any

from pydantic import AliasChoices, Field, TypeAdapter

from qsui.backends.wire import Moment, Shape, Wire


class Link(Wire):
    """An entry of `_links`: only its id and query string are ever used."""

    id: str | None = None
    href: str | None = None


class DatasetWire(Wire):
    """The dataset that a query adds its rows to, or makes."""

    name: str | None = Field(None, alias="datasetName")


class RequestWire(Wire):
    """A query's `request`, a schedule's `query`."""

    sql: str | None = None
    name: str | None = None
    description: str | None = None
    template_id: str | None = Field(
        None, validation_alias=AliasChoices("templateId", "templateID", "template_id")
    )
    parameters: dict[str, Any] | None = Field(None, alias="queryParameters")
    insert_into: DatasetWire | str | None = Field(None, alias="insertIntoParameters")
    ctas: DatasetWire | str | None = Field(None, alias="ctasParameters")


class ErrorWire(Wire):
    """One entry of a query's `errors`."""

    code: str | None = None
    message: str | None = None
    type: str | None = Field(None, validation_alias=AliasChoices("errorType", "type"))


class QueryLinks(Wire):
    """What a query's `_links` tell."""

    schedule: Link | str | None = None
    schedule_run: Link | str | None = None
    referenced_datasets: list[Link | str] | Link | str | None = None
    created_dataset: Link | str | None = None


class RecordWire(Wire):
    """What every record has; runs never have `updated`."""

    id: str | None = None
    created: Moment = None
    updated: Moment = None


class QueryWire(RecordWire):
    """A query, in lists and alone."""

    state: str | None = None
    request: RequestWire | None = None
    effective_sql: str | None = Field(None, alias="effectiveSQL")
    elapsed_ms: float | str | None = Field(None, alias="elapsedTime")
    row_count: float | str | None = Field(None, alias="rowCount")
    errors: list[ErrorWire | str] | ErrorWire | str | None = None
    is_ctas: bool | str | None = Field(None, alias="isCTAS")
    is_insert: bool | str | None = Field(None, alias="isInsertInto")
    template_name: str | None = Field(None, alias="templateName")
    client: str | None = None
    user: str | None = Field(None, alias="userId")
    links: QueryLinks | None = Field(None, alias="_links")


class CronWire(Wire):
    """A schedule's own `schedule`."""

    cron: str | None = Field(None, alias="schedule")
    start: Moment = Field(None, alias="startDate")
    end: Moment = Field(None, alias="endDate")
    max_active_runs: float | str | None = Field(None, alias="maxActiveRuns")


class ScheduleWire(RecordWire):
    """A schedule, in lists and alone."""

    state: str | None = None
    query: RequestWire | None = None
    schedule: CronWire | str | None = None
    user: str | None = Field(None, alias="userId")
    updated_by: str | None = Field(None, alias="updatedUserId")


class TaskWire(Wire):
    """One entry of `taskStatusList`."""

    id: str | None = Field(None, validation_alias=AliasChoices("taskId", "id"))
    state: str | None = None
    message: str | None = None
    duration: float | str | None = None
    start: Moment = Field(None, alias="startDate")
    end: Moment = Field(None, alias="endDate")


class RunWire(RecordWire):
    """A run, in lists and alone."""

    state: str | None = None
    external_trigger: bool | str | None = Field(None, alias="externalTrigger")
    tasks: list[TaskWire] | None = Field(None, alias="taskStatusList")


class TemplateWire(RecordWire):
    """A query template."""

    name: str | None = None
    sql: str | None = None
    parameters: dict[str, Any] | None = Field(None, alias="queryParameters")
    user: str | None = Field(None, alias="userId")
    updated_by: str | None = Field(None, alias="lastUpdatedBy")


class SandboxWire(Wire):
    """A sandbox of the organisation."""

    name: str | None = None
    title: str | None = None
    state: str | None = None
    type: str | None = None


class PageLinks(Wire):
    """The links of a page: `next` is an object, a bare string or absent."""

    next: Any = None


class PagePlace(Wire):
    """`_page`: where the page stands."""

    next: Any = None


class QueriesEnvelope(Wire):
    """`GET /queries`."""

    rows: list[QueryWire] = Field(alias="queries")
    links: PageLinks | None = Field(None, alias="_links")
    page: PagePlace | None = Field(None, alias="_page")


class SchedulesEnvelope(Wire):
    """`GET /schedules`."""

    rows: list[ScheduleWire] = Field(alias="schedules")
    links: PageLinks | None = Field(None, alias="_links")
    page: PagePlace | None = Field(None, alias="_page")


class RunsEnvelope(Wire):
    """`GET /schedules/{id}/runs`."""

    rows: list[RunWire] = Field(alias="runsSchedules")
    links: PageLinks | None = Field(None, alias="_links")
    page: PagePlace | None = Field(None, alias="_page")


class TemplatesEnvelope(Wire):
    """`GET /query-templates`."""

    rows: list[TemplateWire] = Field(alias="templates")
    links: PageLinks | None = Field(None, alias="_links")
    page: PagePlace | None = Field(None, alias="_page")


class SandboxesEnvelope(Wire):
    """`GET /data/foundation/sandbox-management/`."""

    rows: list[SandboxWire] = Field(alias="sandboxes")
    links: PageLinks | None = Field(None, alias="_links")
    page: PagePlace | None = Field(None, alias="_page")


QUERIES = Shape(TypeAdapter(QueriesEnvelope), TypeAdapter(QueryWire), ("queries",))
SCHEDULES = Shape(TypeAdapter(SchedulesEnvelope), TypeAdapter(ScheduleWire), ("schedules",))
RUNS = Shape(
    TypeAdapter(RunsEnvelope), TypeAdapter(RunWire), ("runsSchedules", "runs", "scheduleRuns")
)
TEMPLATES = Shape(
    TypeAdapter(TemplatesEnvelope), TypeAdapter(TemplateWire), ("templates", "queryTemplates")
)
SANDBOXES = Shape(TypeAdapter(SandboxesEnvelope), TypeAdapter(SandboxWire), ("sandboxes",))
