"""The writing half of a server of somebody else's: what it takes, refuses, and how it answers.

Made from the published descriptions alone, as `server.py` is. Effects come late, as they do there:
each is due at a moment of the server's own clock.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from tests.foreign import facts
from tests.foreign.server import HEADERS, QUERY_PATH, Foreign, ReplyError
from tests.foreign.spelling import Habits, Json, run_json

if TYPE_CHECKING:
    from collections.abc import Callable

ACTIVE = ("SUBMITTED", "IN_PROGRESS")
QUERY_KEYS = {
    "dbName",
    "sql",
    "templateId",
    "name",
    "description",
    "queryParameters",
    "insertIntoParameters",
    "ctasParameters",
}


@dataclass(frozen=True)
class Manners:
    """How writes are answered; each field is something that sources leave open or say twice.

    ok: the status of everything accepted. words: full, empty (no body at all), string (`statusCode`
    is text), record (a PATCH is answered with the record), bare (`{}`). created: how a creation is
    answered: record, nameless (no id in it). gone: what a delete does: both, list (detail goes on),
    detail (still listed), word (stays in both, as DELETED). lag_s: until an effect shows.
    killed: the word of what was cancelled. is_still: `updated` does not move.
    """

    name: str
    ok: int = 202
    words: str = "full"
    created: str = "record"
    gone: str = "both"
    lag_s: float = 2.0
    registers_s: float = 6.0
    killed: str = "KILLED"
    is_still: bool = False


@dataclass
class Desk:
    """Takes writes for a server and lets their effects come about."""

    server: Foreign
    manners: Manners
    taken: list[tuple[str, str, Any]] = field(default_factory=list)
    later: list[tuple[datetime, Callable[[], None]]] = field(default_factory=list)
    unlisted: set[str] = field(default_factory=set)
    unreadable: set[str] = field(default_factory=set)
    loses_answers: bool = False

    @property
    def habits(self) -> Habits:
        """How the server spells things."""
        return self.server.habits

    def settle(self) -> None:
        """Let everything happen that is due."""
        now = self.server.now()
        due = [effect for at, effect in self.later if at <= now]
        self.later = [(at, effect) for at, effect in self.later if at > now]
        for effect in due:
            effect()

    def write(
        self, method: str, target: str, headers: dict[str, str], content: bytes
    ) -> tuple[int, Json | None]:
        """Take a write or raise `ReplyError`; what was asked for is noted in `taken`."""
        self.settle()
        path = urlsplit(target).path.removeprefix(self.habits.prefix)
        if missing := [name for name in HEADERS if not headers.get(name)]:
            raise _refused(f"missing headers {missing}")
        if content and headers.get("content-type") != "application/json":
            raise _refused("A valid content-type must be specified")
        body = json.loads(content) if content else None
        parts = [unquote(part) for part in path.removeprefix(QUERY_PATH + "/").split("/")]
        self.taken.append((method, "/".join(parts), body))
        if parts[0] == "schedules":
            return self._schedules(method, parts[1:], body)
        match method, parts:
            case "POST", ["queries"]:
                return self._create_query(body)
            case "PATCH", ["queries", id]:
                return self._patch_query(id, body)
            case "DELETE", ["query-templates", id]:
                self._remove(self.server.templates, id, "")
                return self._said("Deleted")
        raise ReplyError(404, {"message": "no such resource", "statusCode": 404})

    def _schedules(self, method: str, parts: list[str], body: Any) -> tuple[int, Json | None]:
        match method, parts:
            case "POST", []:
                return self._create_schedule(body)
            case "POST", [id, "runs"]:
                if body is not None:
                    raise _refused("no body is taken here")
                return self._trigger(self._schedule(id))
            case "PATCH", [id]:
                return self._patch_schedule(self._schedule(id), body)
            case "DELETE", [id]:
                schedule = self._schedule(id)
                if schedule.state != "DISABLED":
                    raise _refused("Disable the schedule before it is deleted")
                if any(run.state in ACTIVE for run in self.server.runs.get(id, ())):
                    raise _refused("Active runs exist")
                self._remove(self.server.schedules, id, "DELETED")
                return self._said("Schedule deleted successfully")
            case "PATCH", [id, "runs", run_id]:
                return self._cancel_run(id, run_id, body)
        raise ReplyError(404, {"message": "no such resource", "statusCode": 404})

    def _schedule(self, id: str) -> facts.Schedule:
        found = self.server.one(self.server.schedules, id)
        assert isinstance(found, facts.Schedule)
        return found

    def _trigger(self, schedule: facts.Schedule) -> tuple[int, Json | None]:
        if schedule.state != "ENABLED":
            raise _refused("The schedule is disabled")
        made = self.server.now()
        id = facts.encoded(f"manual__{made.isoformat(timespec='microseconds')}")
        run = facts.Run(id, schedule, made, "IN_PROGRESS", (), True)
        self._later(lambda: self.server.runs.setdefault(schedule.id, []).insert(0, run))
        return self._said("Request to trigger run of a scheduled query accepted.")

    def _patch_schedule(self, schedule: facts.Schedule, body: Any) -> tuple[int, Json | None]:
        if schedule.state == "REGISTERING":
            raise _refused("The schedule is Inactive, try later")
        match body:
            case {"body": [{"op": "replace", "path": "/state", "value": "enable" | "disable"}]}:
                word = {"enable": "ENABLED", "disable": "DISABLED"}[body["body"][0]["value"]]
                if schedule.state == word:
                    raise _refused(f"The schedule is {word} already")
                self._later(lambda: self._put(schedule.id, state=word))
            case {"body": [{"op": "replace", "path": "/schedule/schedule", "value": str(cron)}]}:
                self._later(lambda: self._put(schedule.id, cron=cron))
            case _:
                raise _refused("malformed patch")
        if set(body) != {"body"} or set(body["body"][0]) != {"op", "path", "value"}:
            raise _refused("unknown fields")
        spelt = self.server.schedule(schedule)
        return self._said("Request to patch accepted", spelt)

    def _put(self, id: str, **changes: Any) -> None:
        rows = self.server.schedules
        for number, row in enumerate(rows):
            if row.id == id:
                when = row.updated if self.manners.is_still else self.server.now()
                rows[number] = replace(row, updated=when, **changes)

    def _cancel_run(self, schedule_id: str, run_id: str, body: Any) -> tuple[int, Json | None]:
        runs = self.server.runs.get(schedule_id, [])
        run = self.server.one(runs, run_id)
        _operation(body, ("cancel",))

        def end() -> None:
            place = next(number for number, row in enumerate(runs) if row.id == run_id)
            started = run.slot + facts.HOUR
            task = facts.Task("aB3dE5fG7h", self.manners.killed, started, 30)
            runs[place] = replace(run, state=self.manners.killed, tasks=(task,))

        self._later(end)
        spelt = run_json(self.habits, run, self.server.base, whole=True)
        return self._said("Request to cancel run of a scheduled query accepted", spelt)

    def _patch_query(self, id: str, body: Any) -> tuple[int, Json | None]:
        query = self.server.one(self.server.queries, id)
        if _operation(body, ("cancel", "soft_delete")) == "soft_delete":
            self._later(lambda: self._remove(self.server.queries, id, query.state))
            return self._said("Query soft delete successful.", self.server.query(query))
        if query.state not in ACTIVE:
            raise ReplyError(409, {"message": "The query has ended", "statusCode": 409})

        def end() -> None:
            rows = self.server.queries
            place = next(number for number, row in enumerate(rows) if row.id == id)
            when = query.updated if self.manners.is_still else self.server.now()
            rows[place] = replace(query, state=self.manners.killed, updated=when)

        self._later(end)
        return self._said("Query cancel request received", self.server.query(query))

    def _create_query(self, body: Any) -> tuple[int, Json | None]:
        made = self.server.now()
        sql, template, name = self._asked(body)
        query = facts.Query(
            str(uuid.uuid4()), sql, "SUBMITTED", made, made, 0, name, template=template
        )
        self._later(lambda: self.server.queries.append(query))
        return self._created(self.server.query(query))

    def _create_schedule(self, body: Any) -> tuple[int, Json | None]:
        if set(body) != {"query", "schedule"}:
            raise _refused("query and schedule are wanted, and nothing else")
        when = body["schedule"]
        if (
            not {"schedule", "startDate"}
            <= set(when)
            <= {
                "schedule",
                "startDate",
                "endDate",
                "maxActiveRuns",
            }
        ):
            raise _refused("schedule and startDate are required")
        sql, template, name = self._asked(body["query"])
        made = self.server.now()
        schedule = facts.Schedule(
            facts.schedule_id(name, 500 + len(self.server.schedules)),
            name,
            when["schedule"],
            sql,
            made,
            "REGISTERING",
            _moment(when["endDate"]) if "endDate" in when else None,
            template,
            made,
            _moment(when["startDate"]),
            when.get("maxActiveRuns", 1),
        )
        self._later(lambda: self.server.schedules.append(schedule))
        self._later(lambda: self._put(schedule.id, state="ENABLED"), self.manners.registers_s)
        return self._created(self.server.schedule(schedule))

    def _asked(self, query: Any) -> tuple[str, str, str]:
        """Return SQL, template and name of what is to be run."""
        if not isinstance(query, dict) or set(query) - QUERY_KEYS:
            raise _refused("malformed payload")
        if query.get("dbName") != "prod:all" or ("sql" in query) == ("templateId" in query):
            raise _refused("dbName and either sql or templateId are wanted")
        return query.get("sql", ""), query.get("templateId", ""), query.get("name", "")

    def _created(self, spelt: Json) -> tuple[int, Json | None]:
        if self.manners.created == "nameless":
            del spelt["id"]
            spelt.pop("_links", None)
        for name in ("created", "updated"):
            spelt.pop(name, None)
        return self.manners.ok, spelt

    def _remove(self, rows: list[Any], id: str, word: str) -> None:
        self.server.one(rows, id)
        match self.manners.gone:
            case "list":
                self.unlisted.add(id)
            case "detail":
                self.unreadable.add(id)
            case "word" if word == "DELETED":
                self._put(id, state=word)
            case _:
                rows[:] = [row for row in rows if row.id != id]

    def _later(self, effect: Callable[[], None], after_s: float = 0.0) -> None:
        at = self.server.now() + timedelta(seconds=self.manners.lag_s + after_s)
        self.later.append((at, effect))

    def _said(self, message: str, record: Json | None = None) -> tuple[int, Json | None]:
        match self.manners.words:
            case "empty":
                return self.manners.ok, None
            case "bare":
                return self.manners.ok, {}
            case "string":
                return self.manners.ok, {"message": message, "statusCode": str(self.manners.ok)}
            case "record" if record is not None:
                return self.manners.ok, record
            case _:
                return self.manners.ok, {"message": message, "statusCode": self.manners.ok}


def _operation(body: Any, known: tuple[str, ...]) -> str:
    if not isinstance(body, dict) or set(body) != {"op"} or body["op"] not in known:
        raise _refused("malformed patch")
    return str(body["op"])


def _refused(message: str) -> ReplyError:
    return ReplyError(400, {"message": message, "statusCode": 400})


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
