"""Queries: from submission to end; the statement itself runs at the end of its modelled time."""

import asyncio
import hashlib
import json
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from qsui.emulator import ids
from qsui.emulator.clock import SECOND
from qsui.emulator.core import Core, Execution
from qsui.emulator.errors import SqlError, timeout_error
from qsui.emulator.store import dumps

INTERACTIVE_LIMIT_S = 600
BATCH_LIMIT_S = 86_400
INTERACTIVE_SLOTS = 5
CANCEL_S = 1.0
_PARAMETER = re.compile(r"\$([A-Za-z_]\w*)")
_CTAS = re.compile(
    r"\s*create\s+(?:or\s+replace\s+)?(?:table|view)\s+(?:if\s+not\s+exists\s+)?(\S+)",
    re.IGNORECASE,
)
_INSERT = re.compile(r"\s*insert\s+(?:into|overwrite)\b", re.IGNORECASE)
_CROSS_JOIN = re.compile(r"\bcross\s+join\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RunLink:
    """The task of a run that a query belongs to."""

    schedule_id: str
    run_id: str
    task: int
    modelled_s: float


@dataclass(frozen=True, slots=True)
class Submission:
    """A request for one query, as its sender gave it (`request`) and as it will run (`sql`)."""

    sandbox: str
    request: Mapping[str, object]
    sql: str
    user: str
    client: str
    template_name: str | None = None
    link: RunLink | None = None


def is_ctas(sql: str) -> bool:
    """Whether a statement makes a table or view."""
    return _CTAS.match(sql) is not None


def is_insert(sql: str) -> bool:
    """Whether a statement writes rows into a table."""
    return _INSERT.match(sql) is not None


def substitute(sql: str, parameters: Mapping[str, object]) -> str:
    """Put values in place of `$name`; names without a value stay."""

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        return str(parameters[name]) if name in parameters else match.group(0)

    return _PARAMETER.sub(value, sql) if "$" in sql else sql


def intern_text(
    core: Core, request: Mapping[str, object], sql: str, template_name: str | None
) -> int:
    """Number of the `texts` row for a request and its effective SQL; written on first use."""
    body = dumps(request)
    digest = hashlib.blake2b(f"{body}\0{sql}\0{template_name}".encode(), digest_size=16).hexdigest()
    known = core.store.one("SELECT seq FROM texts WHERE digest=?", digest)
    if known is not None:
        return int(known["seq"])
    asked = request.get("sql")
    target = _CTAS.match(sql)
    made = core.engine.datasets(f"FROM {target.group(1)}") if target else ()
    template_id = request.get("templateId") or request.get("templateID")
    return core.store.insert(
        "texts",
        digest=digest,
        request=body,
        sql=sql,
        effective_sql=sql if sql != asked else None,
        template_id=template_id,
        template_name=template_name,
        datasets=dumps(core.engine.datasets(sql)),
        created_dataset=made[0] if made else None,
    )


class QueryRunner:
    """Takes queries through their states.

    `on_end(schedule_id, run_id, task, state)` is called when a query that belongs to a run ends. A
    statement over its limit (10 min interactive, 24 h in a run) ends as TIMEOUT with 53400; more
    than five interactive ones wait.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._executing: dict[str, Execution] = {}
        self._waiting: deque[str] = deque()
        self.on_end: Callable[[str, str, int, str], None] | None = None

    def submit(self, submission: Submission) -> str:
        """Write a SUBMITTED query and let it take its course; returns its id."""
        core, link = self._core, submission.link
        query_id = ids.uuid(core.rng)
        wait_us = int(core.rng.uniform(0.4, 1.8) * SECOND)
        modelled_s = link.modelled_s if link else self._interactive_s(submission.sql)
        now = core.now_ms_us()
        core.store.insert(
            "queries",
            id=query_id,
            sandbox=submission.sandbox,
            state="SUBMITTED",
            text=intern_text(core, submission.request, submission.sql, submission.template_name),
            row_count=0,
            client=submission.client,
            user=submission.user,
            errors="[]",
            created_us=now,
            updated_us=now,
            hidden=0,
            deleted=0,
            schedule_id=link.schedule_id if link else None,
            run_id=link.run_id if link else None,
            task=link.task if link else None,
            due_us=now + wait_us,
            modelled_us=int(modelled_s * SECOND),
        )
        core.agenda.at(now + wait_us, lambda: self._begin(query_id))
        return query_id

    def resume(self) -> None:
        """Take up the open queries of an earlier process, or of a scene."""
        for row in self._core.store.rows(
            "SELECT id, state, due_us FROM queries WHERE state IN ('SUBMITTED','IN_PROGRESS')"
        ):
            due = max(row["due_us"] or 0, self._core.clock.now_us())
            proceed = self._begin if row["state"] == "SUBMITTED" else self._execute
            self._core.agenda.at(due, partial(proceed, row["id"]))

    def cancel(self, query_id: str) -> None:
        """End an open query in about a second, or at once if its statement is being executed."""
        if query_id in self._executing:
            self.kill(query_id)
            return
        self._core.after(CANCEL_S, lambda: self.kill(query_id))

    def is_executing(self, query_id: str) -> bool:
        """Whether the statement itself is running in the engine now."""
        return query_id in self._executing

    def cancel_all(self) -> None:
        """Interrupt what is being executed; used when the process ends."""
        for execution in self._executing.values():
            execution.cancel()

    def _interactive_s(self, sql: str) -> float:
        """Modelled seconds of an ad-hoc statement, same for same text; a cross join runs away."""
        chance = self._core.chance("interactive", sql)
        runaway = 400.0 if _CROSS_JOIN.search(sql) else 1.0
        return chance.uniform(2.0, 14.0) * runaway

    def _begin(self, query_id: str) -> None:
        core = self._core
        row = core.store.one(
            "SELECT state, schedule_id, modelled_us FROM queries WHERE id=?", query_id
        )
        if row is None or row["state"] != "SUBMITTED":
            return
        if row["schedule_id"] is None and self._interactive_count() >= INTERACTIVE_SLOTS:
            self._waiting.append(query_id)
            return
        limit_us = (INTERACTIVE_LIMIT_S if row["schedule_id"] is None else BATCH_LIMIT_S) * SECOND
        now = core.now_ms_us()
        over = row["modelled_us"] > limit_us
        due = now + (limit_us if over else row["modelled_us"])
        core.store.update(
            "queries",
            {"id": query_id},
            state="IN_PROGRESS",
            started_us=now,
            updated_us=now,
            due_us=due,
        )
        if over:
            core.agenda.at(due, lambda: self._time_out(query_id, limit_us // SECOND))
        else:
            core.agenda.at(due, lambda: self._execute(query_id))

    def _interactive_count(self) -> int:
        row = self._core.store.one(
            "SELECT count(*) AS n FROM queries WHERE state='IN_PROGRESS' AND schedule_id IS NULL"
        )
        return int(row["n"]) if row else 0

    def _execute(self, query_id: str) -> None:
        row = self._core.store.one(
            "SELECT q.state, t.sql FROM queries q JOIN texts t ON t.seq=q.text WHERE q.id=?",
            query_id,
        )
        if row is None or row["state"] != "IN_PROGRESS" or query_id in self._executing:
            return
        execution = self._core.engine.prepare(row["sql"])
        self._executing[query_id] = execution
        self._core.spawn(self._run(query_id, execution))

    async def _run(self, query_id: str, execution: Execution) -> None:
        outcome = await asyncio.to_thread(execution.run)
        del self._executing[query_id]
        if outcome.killed:
            self._end(query_id, "KILLED")
        elif outcome.error is not None:
            self._end(query_id, "FAILED", error=outcome.error)
        else:
            self._end(query_id, "SUCCESS", row_count=outcome.row_count)

    def _time_out(self, query_id: str, limit_s: int) -> None:
        self._end(query_id, "TIMEOUT", error=timeout_error(limit_s))

    def kill(self, query_id: str) -> None:
        """End an open query now; one being executed is interrupted and ends when it notices."""
        execution = self._executing.get(query_id)
        if execution is not None:
            execution.cancel()
        else:
            self._end(query_id, "KILLED")

    def _end(
        self, query_id: str, state: str, *, row_count: int = 0, error: SqlError | None = None
    ) -> None:
        store, now = self._core.store, self._core.now_ms_us()
        row = store.one("SELECT state, schedule_id, run_id, task FROM queries WHERE id=?", query_id)
        if row is None or row["state"] not in ("SUBMITTED", "IN_PROGRESS"):
            return
        store.update(
            "queries",
            {"id": query_id},
            state=state,
            row_count=row_count,
            errors=errors_json(error),
            ended_us=now,
            updated_us=now,
            due_us=None,
        )
        if row["schedule_id"] is not None and self.on_end is not None:
            self.on_end(row["schedule_id"], row["run_id"], row["task"], state)
        while self._waiting and self._interactive_count() < INTERACTIVE_SLOTS:
            self._begin(self._waiting.popleft())


def errors_json(error: SqlError | None) -> str:
    """The `errors` array of a query as JSON text."""
    if error is None:
        return "[]"
    return json.dumps(
        [{"code": error.code, "message": error.message, "errorType": error.error_type}]
    )
