"""Rows as the JSON that the service prints, in the chosen manner."""

import json
import sqlite3
from typing import Any
from urllib.parse import quote

from qsui.emulator.clock import SECOND, VirtualClock, from_us
from qsui.emulator.paging import iso_exact, iso_ms
from qsui.emulator.queries import is_ctas, is_insert
from qsui.emulator.quirks import Quirks

QUERY_PATH = "/data/foundation/query"
CATALOG_PATH = "/data/foundation/catalog/dataSets"
OPEN_STATES = ("SUBMITTED", "IN_PROGRESS")
_ODD_HOST = "https://platform-int.adobe.io"
_WARNING = {
    "code": "01000",
    "message": "Statistics of this table are out of date",
    "errorType": "USER_ERROR",
}

Json = dict[str, Any]


class Renderer:
    """Prints records; `base` is the public URL of this server, without a final slash."""

    def __init__(self, quirks: Quirks, clock: VirtualClock, base: str) -> None:
        self._quirks = quirks
        self._clock = clock
        self.base = _ODD_HOST if quirks["Q13"] == "odd" else base

    def link(self, path: str, method: str = "GET", body: str | None = None) -> Json:
        """One entry of `_links`; bodies are JSON in a string, in one manner without its braces."""
        found: Json = {"href": f"{self.base}{QUERY_PATH}{path}", "method": method}
        if body is not None:
            found["body"] = body if self._quirks["Q14"] == "samples" else body.strip("{} ")
        return found

    # Queries

    def query(self, row: sqlite3.Row) -> Json:
        """A query from a row of `queries` joined with `texts`."""
        state, sql = row["state"], row["sql"]
        record: Json = {"id": row["id"], "request": self._request(json.loads(row["request"]))}
        if row["effective_sql"] is not None:
            record["effectiveSQL"] = row["effective_sql"]
        record |= {
            "state": state,
            "rowCount": row["row_count"],
            "elapsedTime": self._elapsed_ms(row),
            "isCTAS": is_ctas(sql),
            "isInsertInto": is_insert(sql),
            "client": row["client"],
            "userId": row["user"],
            "errors": self._errors(row),
            "created": iso_ms(row["created_us"]),
            "updated": iso_ms(row["updated_us"]),
            "version": 1,
            "_links": self._query_links(row),
        }
        if row["template_name"] is not None:
            record["templateName"] = row["template_name"]
        return record

    def _request(self, request: Json) -> Json:
        if self._quirks["Q24"] == "templateID" and "templateId" in request:
            request["templateID"] = request.pop("templateId")
        return request

    def _elapsed_ms(self, row: sqlite3.Row) -> int:
        if row["started_us"] is None:
            return 0
        end = row["ended_us"] if row["ended_us"] is not None else self._clock.now_us()
        return max(0, int(end - row["started_us"]) // 1000)

    def _errors(self, row: sqlite3.Row) -> list[Json]:
        errors: list[Json] = json.loads(row["errors"])
        if not errors and row["state"] == "SUCCESS" and self._quirks["Q21"] == "on":
            return [_WARNING]
        return errors

    def _query_links(self, row: sqlite3.Row) -> Json:
        path = f"/queries/{row['id']}"
        links: Json = {
            "self": self.link(path),
            "soft_delete": self.link(path, "PATCH", '{ "op": "soft_delete"}'),
        }
        if row["state"] in OPEN_STATES:
            links["cancel"] = self.link(path, "PATCH", '{ "op": "cancel"}')
        datasets = json.loads(row["datasets"])
        if datasets and row["state"] != "SUBMITTED":
            links["referenced_datasets"] = [self._dataset(dataset) for dataset in datasets]
        if row["created_dataset"] and row["state"] == "SUCCESS":
            links["created_dataset"] = self._dataset(row["created_dataset"])
        if row["schedule_id"] is not None and self._quirks["Q33"] != "no-links":
            schedule = f"/schedules/{row['schedule_id']}"
            run = f"{schedule}/runs/{quote(row['run_id'], safe='')}"
            links["schedule"] = {"id": row["schedule_id"], **self.link(schedule)}
            links["schedule_run"] = {"id": row["run_id"], **self.link(run)}
        return links

    def _dataset(self, dataset: str) -> Json:
        return {"id": dataset, "href": f"{self.base}{CATALOG_PATH}/{dataset}"}

    # Schedules

    def schedule(self, row: sqlite3.Row, *, with_times: bool = True) -> Json:
        """A schedule; the answer to its creation has no times."""
        path = f"/schedules/{row['id']}"
        when: Json = {"schedule": row["cron"], "startDate": iso_ms(row["start_us"])}
        if row["end_us"] is not None:
            when["endDate"] = iso_ms(row["end_us"])
        when["maxActiveRuns"] = row["max_active"]
        record: Json = {
            "id": row["id"],
            "state": row["state"],
            "query": self._request(json.loads(row["request"])),
            "schedule": when,
            "userId": row["user"],
            "updatedUserId": row["updated_user"],
        }
        if with_times:
            record["created"] = self._schedule_time(row["created_us"])
            record["updated"] = self._schedule_time(row["updated_us"])
        record["version"] = 2
        record["_links"] = {
            "self": self.link(path),
            "runs": self.link(f"{path}/runs"),
            "trigger": self.link(f"{path}/runs", "POST"),
            "delete": self.link(path, "DELETE"),
            "enable": self.link(path, "PATCH", '{ "op": "enable" }'),
            "disable": self.link(path, "PATCH", '{ "op": "disable" }'),
        }
        return record

    def _schedule_time(self, us: int) -> str:
        return str(us // 1000) if self._quirks["Q3"] == "epoch" else iso_ms(us)

    # Runs

    def run(self, row: sqlite3.Row) -> Json:
        """A run as lists show it."""
        return {
            "id": row["id"],
            "state": row["state"],
            "externalTrigger": self._external(row),
            "created": iso_exact(row["created_us"]),
            "version": 1,
            "_links": self._run_links(row),
        }

    def run_detail(self, row: sqlite3.Row) -> Json:
        """A run with its tasks."""
        created = iso_exact(row["created_us"])
        return {
            "id": row["id"],
            "scheduleId": row["schedule_id"],
            "state": row["state"].lower() if self._quirks["Q9"] == "lower" else row["state"],
            "externalTrigger": self._external(row),
            "created": created if self._quirks["Q4"] == "z" else created.removesuffix("Z"),
            "version": 1,
            "taskStatusList": [self._task(task) for task in json.loads(row["tasks"])],
            "_links": self._run_links(row),
        }

    def _external(self, row: sqlite3.Row) -> object:
        external = bool(row["external"])
        return external if self._quirks["Q8"] == "bool" else str(external).lower()

    def _run_links(self, row: sqlite3.Row) -> Json:
        path = f"/schedules/{row['schedule_id']}/runs/{quote(row['id'], safe='')}"
        links = {"self": self.link(path)}
        if self._quirks["Q20"] == "always" or row["state"] == "IN_PROGRESS":
            links["cancel"] = self.link(path, "PATCH", '{ "op": "cancel" }')
        return links

    def _task(self, task: Json) -> Json:
        record: Json = {"taskId": task["id"], "state": task["state"]}
        if task["message"]:
            record["message"] = task["message"]
        if task["start"] is not None:
            end = task["end"] if task["end"] is not None else self._clock.now_us()
            duration = max(0, int(end - task["start"])) // SECOND
            record["duration"] = str(duration) if self._quirks["Q10"] == "string" else duration
            record["startDate"] = self._task_time(task["start"])
        if task["end"] is not None:
            record["endDate"] = self._task_time(task["end"])
        return record

    def _task_time(self, us: int) -> str:
        text = from_us(us).replace(tzinfo=None).isoformat(timespec="microseconds")
        return f"{text}Z" if self._quirks["Q5"] == "z" else text

    # Templates

    def template(self, row: sqlite3.Row) -> Json:
        """A query template."""
        path = f"/query-templates/{row['id']}"
        record: Json = {
            "id": row["id"],
            "name": row["name"],
            "sql": row["sql"],
            "userId": row["user"],
        }
        parameters = json.loads(row["parameters"])
        if parameters:
            record["queryParameters"] = parameters
        if row["last_user"] is not None:
            record["lastUpdatedBy"] = row["last_user"]
        record |= {
            "created": iso_ms(row["created_us"]),
            "updated": iso_ms(row["updated_us"]),
            "version": 1,
        }
        record["_links"] = {
            "self": self.link(path),
            "delete": self.link(path, "DELETE"),
            "update": self.link(path, "PUT", '{"sql": "new sql ", "name": "new name"}'),
        }
        return record
