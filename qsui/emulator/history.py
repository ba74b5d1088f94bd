"""The past of one schedule as finished rows, and the run in progress when a scene begins."""

import json
import math
from dataclasses import dataclass
from typing import Any

from qsui.emulator import cron, ids
from qsui.emulator.clock import SECOND
from qsui.emulator.core import Core
from qsui.emulator.errors import SqlError, timeout_error
from qsui.emulator.queries import BATCH_LIMIT_S, errors_json, intern_text, substitute
from qsui.emulator.runs import NOT_PROCESSED, PROCESSED, SCHEDULED_CLIENT
from qsui.emulator.scenes import ScheduleSeed
from qsui.emulator.store import dumps

_STATES = {".": "SUCCESS", "x": "FAILED", "k": "KILLED", "t": "TIMEOUT"}
_SHORTER = {"SUCCESS": 1.0, "FAILED": 0.35, "KILLED": 0.6, "TIMEOUT": 1.0}


@dataclass(frozen=True, slots=True)
class Withheld:
    """A slot whose run comes at `at_us` instead of when it was due."""

    schedule_id: str
    slot_us: int
    at_us: int


class History:
    """Collects rows for `runs` and `queries`, in the store's column order; writes none of them."""

    def __init__(self, core: Core, seed: ScheduleSeed, *, sandbox: str, schedule_id: str) -> None:
        self.runs: list[tuple[object, ...]] = []
        self.queries: list[tuple[object, ...]] = []
        self.withheld: list[Withheld] = []
        self._core, self._seed, self._sandbox, self._id = core, seed, sandbox, schedule_id
        self._now = core.clock.now_us()
        self._rng = core.chance("history", schedule_id)
        self._rule = cron.parse(seed.cron)
        self._active = 0
        row = core.store.one("SELECT * FROM schedules WHERE id=?", schedule_id)
        if row is None:
            raise LookupError(schedule_id)
        self._user = str(row["user"])
        self._model: dict[str, Any] = json.loads(row["model"])
        self._texts = self._statements(json.loads(row["request"]))
        self._errors: dict[str, str] = {}

    def write(self, start: int, until: int, *, since: int, cap: int) -> None:
        """Collect runs, newest first, due in [`since`, `until`], their slots not before `start`.

        At most `cap` of them are finished ones.
        """
        if self._rule.once:
            earliest = max(start, since)
            if self._now - earliest > self._seed.start_lag_s + self._seed.base_s:
                self._past(earliest, earliest, self._letter(0))
            return
        fire = self._rule.at_or_before(until)
        if fire is not None and self._seed.late_by_s > 0:
            fire = self._withhold(fire)
        done = 0
        while fire is not None and done < cap:
            slot = self._rule.at_or_before(fire - 1)
            if slot is None or slot < start or fire < since:
                break
            if not self._in_progress(slot, fire):
                self._past(slot, fire, self._letter(done))
                done += 1
            fire = slot

    def _statements(self, request: dict[str, Any]) -> list[int]:
        """Numbers of the `texts` rows, one per statement."""
        template = self._model.get("template") or {}
        texts = []
        for statement in self._core.split(template.get("sql") or request["sql"]):
            asked = request | {"sql": statement} if "sql" in request else request
            effective = substitute(statement, request.get("queryParameters", {}))
            texts.append(intern_text(self._core, asked, effective, template.get("name")))
        return texts

    def _withhold(self, fire: int) -> int | None:
        slot = self._rule.at_or_before(fire - 1)
        if slot is not None and not math.isinf(self._seed.late_by_s):
            at = self._now + int(self._seed.late_by_s * SECOND)
            self.withheld.append(Withheld(self._id, slot, at))
        return slot

    def _letter(self, age: int) -> str:
        """The outcome of the run that is `age` runs older than the newest one."""
        pattern = self._seed.history
        return pattern[-1 - age] if age < len(pattern) else "."

    def _duration_us(self) -> int:
        return int(self._seed.base_s * math.exp(self._rng.gauss(0.0, self._seed.spread)) * SECOND)

    def _lag_us(self) -> int:
        return int(self._seed.start_lag_s * self._rng.uniform(0.8, 1.25) * SECOND)

    # The run in progress

    def _in_progress(self, slot: int, fire: int) -> bool:
        """Whether the run of this slot is still going at the scene's start; collects it if so."""
        seed, now = self._seed, self._now
        first = not self.runs
        if not first and not (self._active and seed.max_active_runs > self._active):
            return False
        factor = seed.slow_factor_now if first else 1.0
        duration = int(self._duration_us() * factor)
        start = fire + self._lag_us()
        if seed.running_for_s is not None and first:
            start = now - int(seed.running_for_s * SECOND)
            if fire > start:
                return True  # blocked by the older run that is still going
            duration = max(duration, now - start + 20 * SECOND)
        if start + duration <= now or seed.state != "ENABLED":
            return False
        self._active += 1
        if factor != 1.0:
            self._model.pop("slow_once", None)
            self._core.store.update("schedules", {"id": self._id}, model=dumps(self._model))
        run_id = ids.run_id(slot, manual=False)
        tasks = [] if start > now or seed.dies_early else self._open_tasks(run_id, start, duration)
        self.runs.append((self._id, run_id, "IN_PROGRESS", 0, slot, dumps(tasks)))
        return True

    def _open_tasks(self, run_id: str, start: int, duration: int) -> list[dict[str, Any]]:
        """Tasks of a run whose statements up to one have ended and whose others wait."""
        share = max(duration // len(self._texts), 1)
        current = min((self._now - start) // share, len(self._texts) - 1)
        tasks: list[dict[str, Any]] = []
        for at in range(len(self._texts)):
            task: dict[str, Any] = self._task(at, "QUEUED", None, None, None)
            begin = start + at * share
            if at < current:
                query = self._query(run_id, at, "SUCCESS", begin, begin + share)
                task = self._task(at, "SUCCESS", begin, begin + share, query)
            elif at == current:
                query = self._query(run_id, at, "IN_PROGRESS", begin, None, due=begin + share)
                task = self._task(at, "IN_PROGRESS", begin, None, query)
            tasks.append(task)
        return tasks

    # Finished runs

    def _past(self, slot: int, fire: int, letter: str) -> None:
        if letter == "-":
            return
        state = _STATES[letter]
        run_id = ids.run_id(slot, manual=False)
        start = fire + self._lag_us()
        share = int(self._duration_us() * _SHORTER[state]) // len(self._texts)
        tasks: list[dict[str, Any]] = []
        last = len(self._texts) - 1 if state == "SUCCESS" else min(1, len(self._texts) - 1)
        for at in range(last + 1):
            outcome = state if at == last else "SUCCESS"
            end = start + share
            dead = self._seed.dies_early and outcome != "SUCCESS"
            query = None if dead else self._query(run_id, at, outcome, start, end)
            tasks.append(
                self._task(at, "SUCCESS" if outcome == "SUCCESS" else "FAILED", start, end, query)
            )
            start = end
        self.runs.append(
            (self._id, run_id, "SUCCESS" if state == "SUCCESS" else "FAILED", 0, slot, dumps(tasks))
        )

    def _task(
        self, at: int, state: str, start: int | None, end: int | None, query: str | None
    ) -> dict[str, Any]:
        message = {"SUCCESS": PROCESSED, "FAILED": NOT_PROCESSED}.get(state, "")
        task = self._model["tasks"][at]
        return {
            "id": task,
            "state": state,
            "message": message,
            "start": start,
            "end": end,
            "query": query,
        }

    def _query(
        self,
        run_id: str,
        at: int,
        state: str,
        start: int,
        end: int | None,
        *,
        due: int | None = None,
    ) -> str:
        query_id = ids.uuid(self._rng)
        created = start // 1000 * 1000
        started = created + 900_000
        ended = None if end is None else max(end // 1000 * 1000, started)
        rows = self._rng.randrange(1, 4000) if state == "SUCCESS" else 0
        self.queries.append(
            (
                query_id, self._sandbox, state, self._texts[at], rows, started, ended,
                SCHEDULED_CLIENT, self._user, self._error(state), created,
                started if ended is None else ended, 0, 0, self._id, run_id, at, due,
                None if due is None else due - started,
            )
        )  # fmt: skip
        return query_id

    def _error(self, state: str) -> str:
        if state not in self._errors:
            error: SqlError | None = None
            if state == "FAILED":
                error = self._seed.past_error
            elif state == "TIMEOUT":
                error = timeout_error(BATCH_LIMIT_S)
            self._errors[state] = errors_json(error)
        return self._errors[state]
