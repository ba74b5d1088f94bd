"""An Alteryx Server's JSON as models, with the field names of every version of its API.

Every field may be missing or null. Extra fields are ignored, except those of a recurrence, which
servers tell more or less of.
"""

from __future__ import annotations

from typing import Any

from pydantic import AliasChoices, Field, TypeAdapter

from qsui.backends.wire import Moment, Wire

Number = int | float | str | None
Flag = bool | str | None


class MessageWire(Wire):
    """One message of a job."""

    status: Number = None
    text: str | None = Field(None, validation_alias=AliasChoices("text", "message"))
    tool_id: Number = Field(None, alias="toolId")


class OutputWire(Wire):
    """One file of a job."""

    id: str | None = None
    name: str | None = Field(None, validation_alias=AliasChoices("fileName", "name"))
    formats: list[str] | None = Field(
        None, validation_alias=AliasChoices("availableFormats", "formats")
    )


class JobWire(Wire):
    """A job: alone, among those of a workflow, or in the server's list."""

    id: str | None = Field(None, validation_alias=AliasChoices("id", "jobId"))
    workflow_id: str | None = Field(None, validation_alias=AliasChoices("appId", "workflowId"))
    workflow_name: str | None = Field(
        None, validation_alias=AliasChoices("workflowName", "appName")
    )
    created: Moment = Field(
        None, validation_alias=AliasChoices("createDateTime", "createDate", "queueTime")
    )
    started: Moment = Field(None, alias="startTime")
    execution: Number = Field(None, alias="executionTime")
    status: str | None = None
    disposition: str | None = None
    priority: str | None = None
    worker_tag: str | None = Field(None, alias="workerTag")
    is_amp: Flag = Field(None, alias="runWithE2")
    submitted_by: str | None = Field(None, alias="submittedBy")
    messages: list[MessageWire] | None = None
    outputs: list[OutputWire] | None = None


class DetailsWire(Wire):
    """What the author wrote about a version."""

    name: str | None = None
    file_name: str | None = Field(None, alias="fileName")
    description: str | None = None
    is_amp: Flag = Field(None, alias="isAmp")


class VersionWire(Wire):
    """One version of a workflow."""

    id: str | None = Field(None, alias="versionId")
    number: Number = Field(None, alias="versionNumber")
    published: Flag = None
    run_disabled: Flag = Field(None, alias="runDisabled")
    package: str | None = Field(None, alias="packageWorkflowType")
    details: DetailsWire | None = None


class WorkflowWire(Wire):
    """A workflow, in lists and alone."""

    id: str | None = None
    name: str | None = None
    owner_id: str | None = Field(None, alias="ownerId")
    created: Moment = Field(None, alias="dateCreated")
    version: Number = Field(None, alias="publishedVersionNumber")
    published_id: str | None = Field(None, alias="publishedVersionId")
    is_amp: Flag = Field(None, alias="isAmp")
    comments: str | None = None
    worker_tag: str | None = Field(None, alias="workerTag")
    run_count: Number = Field(None, alias="runCount")
    package: str | None = Field(None, alias="packageWorkflowType")
    versions: list[VersionWire] | None = None


class PersonWire(Wire):
    """A user; inside other records only some of it."""

    id: str | None = None
    first_name: str | None = Field(None, alias="firstName")
    last_name: str | None = Field(None, alias="lastName")
    email: str | None = None
    role: str | None = None
    is_active: Flag = Field(None, validation_alias=AliasChoices("isActive", "active"))


class NamedWire(Wire):
    """A record inside another."""

    id: str | None = None
    name: str | None = None


class AnswerWire(Wire):
    """The answer to one question of an app."""

    name: str | None = None
    value: Any = None


class ScheduleWire(Wire):
    """A schedule, in either of its two spellings."""

    id: str | None = None
    name: str | None = None
    workflow_id: str | None = Field(None, alias="workflowId")
    application: NamedWire | None = None
    owner_id: str | None = Field(None, alias="ownerId")
    owner: PersonWire | None = None
    next_run: Moment = Field(None, validation_alias=AliasChoices("runDateTime", "nextRunTime"))
    last_run: Moment = Field(None, alias="lastRunTime")
    time_zone: str | None = Field(None, validation_alias=AliasChoices("timeZone", "timezone"))
    comment: str | None = None
    enabled: Flag = None
    priority: str | None = None
    worker_tag: str | None = Field(None, alias="workerTag")
    status: str | None = None
    state: str | None = None
    credential_id: str | None = Field(None, alias="credentialId")
    credential: NamedWire | None = None
    created: Moment = Field(None, alias="creationTime")
    run_count: Number = Field(None, alias="runCount")
    iteration: dict[str, Any] | None = None
    frequency: str | None = None
    last_error: str | None = Field(None, alias="lastError")
    worker: str | None = Field(None, alias="cpuName")
    modified_by: str | None = Field(None, alias="lastModifiedId")
    modified: Moment = Field(None, alias="lastModifiedDate")
    can_edit: Flag = Field(None, alias="canEdit")
    questions: list[AnswerWire] | None = None


class PlannedWire(Wire):
    """A run that a schedule has ahead."""

    id: str | None = None
    schedule_name: str | None = Field(None, alias="scheduleName")
    workflow_name: str | None = Field(None, alias="workflowName")
    start: Moment = Field(None, alias="startTime")
    frequency: str | None = None
    owner: PersonWire | str | None = None
    priority: str | None = None
    expected: Number = Field(None, alias="appEstimatedCompletionTime")


class PaginationWire(Wire):
    """Where a page stands in its list."""

    has_next: bool | None = Field(None, alias="hasNextPage")
    total: int | None = Field(None, alias="totalItems")


class PagedWire(Wire):
    """An answer that is a page."""

    pagination: PaginationWire | None = None


JOB = TypeAdapter(JobWire)
MESSAGE = TypeAdapter(MessageWire)
WORKFLOW = TypeAdapter(WorkflowWire)
PERSON = TypeAdapter(PersonWire)
SCHEDULE = TypeAdapter(ScheduleWire)
PLANNED = TypeAdapter(PlannedWire)
