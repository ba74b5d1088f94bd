"""A client of Alteryx Server's v3 API in plain httpx, written from its documentation only.

    python tests/emulator/alteryx_client.py http://127.0.0.1:8765/webapi/ KEY SECRET WORKFLOW

finds out what the server can do, looks at its jobs, runs a workflow and cancels or awaits it,
switches a schedule off and on, and prints one JSON object of what it saw. It knows nothing of the
server's inside and imports nothing of this project.
"""

import json
import sys
import time
from typing import Any

import httpx

FINAL_UNLESS = ("Queued", "Created", "Initializing", "Running")
GONE = (404, 405)


class Client:
    """One API key on one server."""

    def __init__(self, base: str, key: str, secret: str) -> None:
        self.http = httpx.Client(base_url=base, headers={"Accept": "application/json"}, timeout=30)
        answer = self.http.post(
            "oauth2/token", data={"grant_type": "client_credentials"}, auth=(key, secret)
        )
        answer.raise_for_status()
        self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a GET that must succeed."""
        return self.http.get(path, params=query).raise_for_status().json()

    def can_list_jobs(self) -> bool:
        """Whether the server has the server-wide list."""
        answer = self.http.get("v3/jobs", params={"limit": 1})
        if answer.status_code in GONE:
            return False
        answer.raise_for_status()
        return True

    def jobs(self) -> list[dict[str, Any]]:
        """Jobs of the server by the best call that it has: id, status, workflow, creation."""
        if self.can_list_jobs():
            page = self.get("v3/jobs", allUsers="true", limit=500)
            assert len(page["data"]) == min(500, page["pagination"]["totalItems"])
            return [
                {
                    "id": row["jobId"],
                    "status": row["status"],
                    "workflow": row["workflowId"],
                    "created": row["queueTime"],
                }
                for row in page["data"]
            ]
        rows = self.get("admin/v1/workflows/jobs", includeMessages="false")
        return [
            {
                "id": row["id"],
                "status": row["status"],
                "workflow": row["appId"],
                "created": row["createDate"],
            }
            for row in rows
        ]

    def outcome(self, job_id: str) -> str:
        """One word for what became of a job."""
        job = self.get(f"v3/jobs/{job_id}")
        status, disposition = job["status"], job["disposition"]
        return str(disposition if status == "Completed" else status)

    def wait(self, job_id: str, limit_s: float = 25) -> str:
        """Poll a job until it is over."""
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            word = self.outcome(job_id)
            if word not in FINAL_UNLESS:
                return word
            time.sleep(0.1)
        raise TimeoutError(job_id)

    def cancel(self, job_id: str) -> tuple[int, str]:
        """Try to cancel; status and message."""
        answer = self.http.delete(f"v3/jobs/{job_id}")
        return answer.status_code, answer.json().get("message", "") if answer.content else ""


def tour(base: str, key: str, secret: str, name: str) -> dict[str, Any]:
    """Use everything once; returns what was seen."""
    client = Client(base, key, secret)
    workflows = {row["name"]: row["id"] for row in client.get("v3/workflows")}
    seen: dict[str, Any] = {"lists_jobs": client.can_list_jobs(), "workflows": len(workflows)}
    jobs = client.jobs()
    kinds = {(job["workflow"], job["status"]): job["id"] for job in jobs}
    seen["outcomes"] = sorted({client.outcome(job_id) for job_id in kinds.values()})
    job = client.http.post(f"v3/workflows/{workflows[name]}/jobs", json={}).raise_for_status()
    seen["fresh"] = job.json()["status"]
    seen["ended"] = client.wait(job.json()["id"])
    messages = client.get(f"v3/jobs/{job.json()['id']}")["messages"]
    seen["tools"] = sorted({message["toolId"] for message in messages})
    waiting = min(
        (job for job in jobs if job["status"] == "Queued"), key=lambda job: job["created"]
    )
    code, text = client.cancel(waiting["id"])
    seen["cancel"] = [code, text]
    seen["after_cancel"] = client.http.get(f"v3/jobs/{waiting['id']}").status_code
    schedule = next(row for row in client.get("v3/schedules", view="Full") if row["enabled"])
    path = f"v3/schedules/{schedule['id']}"
    states = [
        client.http.patch(path, json={"enabled": wanted}).raise_for_status().json()["enabled"]
        for wanted in (False, True)
    ]
    seen["patched"] = states
    new = client.http.post("v3/schedules", json=_weekday_mornings(workflows[name]))
    seen["cron"] = new.status_code
    if new.status_code == 201:
        made = client.get(f"v3/schedules/{new.json()}")
        seen["frequency"] = made["frequency"]
        seen["deleted"] = client.http.delete(f"v3/schedules/{new.json()}").status_code
    return seen


def _weekday_mornings(workflow_id: str) -> dict[str, Any]:
    return {
        "workflowId": workflow_id,
        "name": "Weekday mornings",
        "timeZone": "Europe/Zurich",
        "iteration": {
            "iterationType": "Cron",
            "startTime": "2099-01-01T00:00:00",
            "cronContract": {"cronExpression": "0 6 * * 1-5"},
        },
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(tour(*sys.argv[1:5])))
