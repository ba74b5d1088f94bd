"""Jobs, workflows and people as the API shows them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from qsui.emulator.alteryx.seeds import Role
from qsui.emulator.alteryx.tables import messages_of
from qsui.emulator.clock import SECOND, from_us

if TYPE_CHECKING:
    import sqlite3

    from qsui.emulator.alteryx.catalogue import Catalogue, Collection, User, Workflow
    from qsui.emulator.quirks import Quirks

FORMATS: Final = ("Raw", "Yxdb", "Csv", "Xlsx", "Html", "Zip")
Json = dict[str, object]
_ZERO: Final = "0001-01-01T00:00:00"


class Times:
    """Times in the server's several ways of writing them."""

    def __init__(self, quirks: Quirks) -> None:
        self._style = quirks["A5"]
        self._never = {"null": None, "zero": _ZERO, "blank": ""}[quirks["A17"]]
        self._tail = "" if self._style == "naive" else "Z"

    def made(self, us: int) -> str:
        """In the answer that makes a job: seven digits of a second."""
        return f"{from_us(us):%Y-%m-%dT%H:%M:%S}.{us % SECOND:06d}0{self._tail}"

    def read(self, us: int) -> str:
        """In later answers about it: whole seconds."""
        if self._style == "seven":
            return self.made(us)
        return f"{from_us(us):%Y-%m-%dT%H:%M:%S}{self._tail}"

    def record(self, us: int) -> str:
        """In other records: milliseconds."""
        if self._style == "seven":
            return self.made(us)
        return f"{from_us(us):%Y-%m-%dT%H:%M:%S}.{us % SECOND // 1000:03d}{self._tail}"

    def maybe(self, us: int | None) -> str | None:
        """As `read`, or the sign for a time that has not come yet."""
        return self._never if us is None else self.read(us)


class Views:
    """Records as JSON values."""

    def __init__(self, catalogue: Catalogue, quirks: Quirks, *, is_newest: bool) -> None:
        self.times = Times(quirks)
        self._catalogue = catalogue
        self._quirks = quirks
        self._is_newest = is_newest

    # Jobs

    def job(self, row: sqlite3.Row, *, messages: bool = True, fresh: bool = False) -> Json:
        """A whole job; `fresh` as in the answer that makes it, else reduced without `messages`."""
        view: Json = {
            "id": row["id"],
            "appId": None if self._quirks["A4"] == "null" else row["workflow_id"],
            "createDateTime": self._created(row, fresh=fresh),
            "status": row["status"],
            "disposition": row["disposition"],
        }
        if messages:
            view["outputs"] = [
                {"id": id, "availableFormats": list(FORMATS), "fileName": name}
                for id, name, _ in json.loads(row["outputs"])
            ]
            view["messages"] = self.messages(row)
        return view | self._tail(row, fresh=fresh)

    def old_job(self, row: sqlite3.Row, *, messages: bool = True, fresh: bool = False) -> Json:
        """A whole job with the field names of the first version of the API."""
        view: Json = {
            "id": row["id"],
            "appId": None if self._quirks["A4"] == "null" else row["workflow_id"],
            "createDate": self._created(row, fresh=fresh),
            "status": row["status"],
            "disposition": row["disposition"],
            "outputs": [
                {"id": id, "formats": list(FORMATS), "name": name}
                for id, name, _ in json.loads(row["outputs"])
            ],
            "messages": self.messages(row) if messages else [],
        }
        return view | self._tail(row, fresh=fresh)

    def workflow_job(self, row: sqlite3.Row) -> Json:
        """A row of a workflow's jobs: no outcome in it."""
        return {
            "id": row["id"],
            "createDate": self._created(row, fresh=False),
            "status": row["status"],
        } | self._tail(row, fresh=False)

    def listed_job(self, row: sqlite3.Row, now_us: int) -> Json:
        """A row of the server-wide list."""
        workflow = self._catalogue.workflow(row["workflow_id"])
        user = self._catalogue.user(row["user_id"])
        return {
            "jobId": row["id"],
            "status": row["status"],
            "workflowName": workflow.seed.name if workflow else None,
            "workflowId": row["workflow_id"],
            "submittedBy": user.seed.email if user else None,
            "startTime": self.times.maybe(row["started_us"]),
            "queueTime": self.times.read(row["created_us"]),
            "executionTime": self._span(row, now_us),
            "priority": self._priority(row),
        }

    @staticmethod
    def messages(row: sqlite3.Row) -> list[Json]:
        """The messages of a job."""
        return [
            {"status": status, "text": text, "toolId": tool}
            for status, text, tool in messages_of(row)
        ]

    def _created(self, row: sqlite3.Row, *, fresh: bool) -> str:
        return self.times.made(row["created_us"]) if fresh else self.times.read(row["created_us"])

    def _tail(self, row: sqlite3.Row, *, fresh: bool) -> dict[str, object]:
        workflow = self._catalogue.workflow(row["workflow_id"])
        return {
            "priority": self._priority(row),
            "workerTag": row["worker_tag"] or ("" if fresh else None),
            "runWithE2": workflow.seed.is_amp if workflow else False,
        }

    def _priority(self, row: sqlite3.Row) -> object:
        return row["rank"] if self._quirks["A2"] == "number" else row["priority"]

    def _span(self, row: sqlite3.Row, now_us: int) -> str | None:
        if row["started_us"] is None:
            return None
        us = (row["ended_us"] or now_us) - row["started_us"]
        if self._quirks["A11"] == "seconds":
            return f"{us / SECOND:.1f}"
        days, seconds = divmod(us // SECOND, 86_400)
        text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        fraction = f".{us % SECOND:06d}0" if self._quirks["A11"] == "fraction" else ""
        return f"{f'{days}.' if days else ''}{text}{fraction}"

    # Workflows and people

    def workflow(self, workflow: Workflow) -> Json:
        """A row of the workflows list."""
        return {
            "id": workflow.id,
            "sourceAppId": "",
            "name": workflow.seed.name,
            "ownerId": workflow.owner.id,
            "dateCreated": self.times.record(workflow.created_us),
            "publishedVersionNumber": workflow.seed.versions,
            "isAmp": workflow.seed.is_amp,
            "executionMode": "Standard",
        }

    def whole_workflow(self, workflow: Workflow) -> Json:
        """A workflow with its versions."""
        seed = workflow.seed
        full = self.workflow(workflow)
        del full["isAmp"], full["publishedVersionNumber"]
        return full | {
            "runCount": 0,
            "versions": [self._version(workflow, at) for at in range(seed.versions)],
            "workerTag": seed.worker_tag,
            "districtTags": [],
            "comments": seed.comments,
            "isPublic": seed.is_public,
            "isReadyForMigration": False,
            "publishedVersionId": workflow.version_ids[-1],
            "othersMayDownload": True,
            "othersCanViewHistory": True,
            "othersCanExecute": True,
            "hasPrivateDataExemption": None,
            "packageWorkflowType": seed.package,
        }

    def _version(self, workflow: Workflow, at: int) -> Json:
        seed, owner = workflow.seed, workflow.owner.seed
        made = self.times.record(workflow.created_us)
        uploaded = "ServerUIorServerAPI" if self._is_newest else "Direct"
        return {
            "versionId": workflow.version_ids[at],
            "versionNumber": at + 1,
            "dateCreated": made,
            "uploadDate": made,
            "uploadSource": uploaded if at else "Designer",
            "packageWorkflowType": seed.package,
            "published": at + 1 == seed.versions,
            "hasPrivateDataExemption": None,
            "othersMayDownload": True,
            "othersCanViewHistory": True,
            "comments": None,
            "runDisabled": seed.package == "Macro",
            "executionMode": "Standard",
            "workflowCredentialType": "Specific" if seed.credential else "Default",
            "credentialId": self.credential_id(seed.credential),
            "details": {
                "fileName": f"{seed.name}.yx{'wz' if seed.package == 'App' else 'md'}",
                "author": f"{owner.first} {owner.last}",
                "description": seed.description,
                "name": seed.name,
                "isAmp": seed.is_amp,
                "copyright": "",
                "url": "",
                "urlText": "",
                "outputMessage": "",
                "noOutputFilesMessage": "",
            },
        }

    def credential_id(self, user_name: str) -> str:
        """The id of a credential by its account name; empty for none."""
        found = (one.id for one in self._catalogue.credentials if one.user_name == user_name)
        return next(found, "")

    def user(self, user: User) -> Json:
        """A row of the users list."""
        seed = user.seed
        return {
            "id": user.id,
            "firstName": seed.first,
            "lastName": seed.last,
            "email": seed.email,
            "isActive": seed.active,
            "role": seed.role.value,
            "dateCreated": self.times.record(user.created_us),
        }

    def whole_user(self, user: User) -> Json:
        """A user with flags."""
        full = self.user(user)
        del full["dateCreated"]
        return full | {
            "defaultWorkerTag": "",
            "canScheduleJobs": user.may("schedule"),
            "canPrioritizeJobs": user.may("prioritize"),
            "canAssignJobs": user.may("assign"),
            "canCreateCollections": user.seed.role in (Role.ARTISAN, Role.CURATOR),
            "isApiEnabled": user.seed.api_enabled and bool(user.seed.key),
            "defaultCredentialId": "",
            "isAccountLocked": False,
            "lastLoginDateTime": None,
            "isValidated": True,
            "sharedCredentialIds": [
                one.id for one in self._catalogue.credentials if user.id in one.user_ids
            ],
            "dataConnectionIds": [],
            "timeZone": "",
            "language": "",
            "canCreateAndUpdateDcm": False,
            "canShareForExecutionDcm": False,
            "canShareForCollaborationDcm": False,
            "canManageGenericVaultsDcm": False,
        }

    def collection(self, collection: Collection) -> Json:
        """A row of the collections list."""
        return {
            "id": collection.id,
            "name": collection.name,
            "dateAdded": self.times.record(collection.created_us),
            "ownerId": collection.owner.id,
        }

    def whole_collection(self, collection: Collection) -> Json:
        """A collection with what is in it."""
        return self.collection(collection) | {
            "workflowIds": list(collection.workflow_ids),
            "scheduleIds": list(collection.schedule_ids),
            "users": [
                {"userId": id, "activeDirectoryObject": None} for id in sorted(collection.user_ids)
            ],
            "userGroupIds": [],
            "subscriptionIds": [],
        }
