"""Writes a scene into an empty store: sandboxes, templates, queries, schedules and past runs.

Nothing here executes SQL. A past run follows the same model as a live one (lag, duration), so
history and present look alike; one that would still be going at the scene's start is written as
open and goes on from there.
"""

from qsui.emulator import ids
from qsui.emulator.catalogue import Behaviour, NewSchedule, add_schedule, add_template
from qsui.emulator.clock import DAY, MINUTE, SECOND
from qsui.emulator.core import Core
from qsui.emulator.history import History, Withheld
from qsui.emulator.queries import errors_json, intern_text
from qsui.emulator.scenes import QuerySeed, Scene, ScheduleSeed

RUNS_PER_SCHEDULE = 720
RUNS_IN_ALL = 30_000
_APART_US = 1_733_000  # no two schedules share a time, or a cursor could not pass them


class Seeder:
    """Writes one scene; `runs` caps the past runs of each schedule."""

    def __init__(self, core: Core, scene: Scene, *, runs: int | None = None) -> None:
        self._core = core
        self._scene = scene
        fair = RUNS_IN_ALL // max(1, len(scene.schedules) + len(scene.dev_schedules))
        self._cap = min(RUNS_PER_SCHEDULE, max(3, fair)) if runs is None else runs
        self._now = core.clock.now_us()
        self._made = 0
        self._templates: dict[str, str] = {}
        self._runs: list[tuple[object, ...]] = []
        self._queries: list[tuple[object, ...]] = []
        self._withheld: list[Withheld] = []

    def write(self) -> list[Withheld]:
        """Write everything in one transaction; returns the slots whose runs come late."""
        store, scene = self._core.store, self._scene
        with store.transaction():
            for name, kind in scene.sandboxes:
                store.insert("sandboxes", name=name, type=kind, id=ids.uuid(self._core.rng))
            main, *others = [name for name, _ in scene.sandboxes]
            self._write_templates(main)
            for query in scene.queries:
                self._add_query(main, query)
            for seed in scene.schedules:
                self._add_schedule(main, seed)
            for seed in scene.dev_schedules:
                self._add_schedule(others[0] if others else main, seed)
            store.insert_many("runs", self._runs)
            store.insert_many("queries", self._queries)
        return self._withheld

    def _write_templates(self, sandbox: str) -> None:
        for at, template in enumerate(self._scene.templates):
            created = self._ms(self._now - (20 + 3 * at) * DAY)
            self._templates[template.name] = add_template(
                self._core,
                sandbox,
                name=template.name,
                sql=template.sql,
                parameters=template.parameters,
                user=template.owner,
                created_us=created,
            )

    def _add_query(self, sandbox: str, seed: QuerySeed) -> None:
        core = self._core
        request: dict[str, object] = {"dbName": f"{sandbox}:all", "sql": seed.sql}
        if seed.name:
            request["name"] = seed.name
        created = self._ms(self._now - int(seed.created_s_ago * SECOND))
        is_open = seed.state in ("SUBMITTED", "IN_PROGRESS")
        started = None if seed.state == "SUBMITTED" else min(created + SECOND, self._now)
        ended = (
            None if is_open or started is None else self._ms(started + int(seed.elapsed_ms * 1000))
        )
        due = self._ms(self._now + int(core.rng.uniform(5, 60) * SECOND)) if is_open else None
        self._queries.append(
            (
                ids.uuid(core.rng), sandbox, seed.state,
                intern_text(core, request, seed.sql, None), seed.row_count, started, ended,
                seed.client, seed.user, errors_json(seed.error), created,
                ended or started or created, int(seed.hidden), 0, None, None, None, due,
                int(core.rng.uniform(5, 40) * SECOND),
            )
        )  # fmt: skip

    # Schedules

    def _add_schedule(self, sandbox: str, seed: ScheduleSeed) -> None:
        self._made += 1
        apart_us = self._made * (_APART_US if seed.created_days_ago >= 1 else 1000)
        created = self._ms(self._now - int(seed.created_days_ago * DAY) - apart_us)
        off = (
            None
            if seed.off_days_ago is None
            else self._ms(self._now - int(seed.off_days_ago * DAY))
        )
        request: dict[str, object] = {"dbName": f"{sandbox}:all"}
        if seed.template is not None and seed.template in self._templates:
            request["templateId"] = self._templates[seed.template]
        else:
            request["sql"] = seed.sql
        request["name"] = seed.name
        if seed.description:
            request["description"] = seed.description
        new = NewSchedule(
            sandbox=sandbox,
            request=request,
            cron=seed.cron,
            start_us=created - created % MINUTE,
            end_us=None if seed.end_in_s is None else self._now + int(seed.end_in_s * SECOND),
            max_active=seed.max_active_runs,
            user=seed.owner,
            state=seed.state,
            created_us=created,
            updated_us=off or created + 2 * SECOND,
            behaviour=Behaviour(
                seed.start_lag_s, seed.base_s, seed.spread, seed.dies_early, seed.slow_factor_now
            ),
        )
        schedule_id = add_schedule(self._core, new)
        until = self._now if off is None else off
        if new.end_us is not None:
            until = min(until, new.end_us)
        if seed.state != "REGISTERING":
            since = self._now - self._scene.history_days * DAY
            history = History(self._core, seed, sandbox=sandbox, schedule_id=schedule_id)
            history.write(new.start_us, until, since=since, cap=self._cap)
            self._runs += history.runs
            self._queries += history.queries
            self._withheld += history.withheld

    def _ms(self, us: int) -> int:
        return us // 1000 * 1000
