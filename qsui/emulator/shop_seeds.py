"""The vocabulary of scenes: what a starting point is made of, as plain values.

Times are relative to the start of the scene, in the unit that the name says; cron fields are UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qsui.emulator.errors import SqlError


@dataclass(frozen=True, slots=True)
class ScheduleSeed:
    """A schedule and its past.

    Attributes:
        name: Unique in its scene.
        sql: One statement, several with `;`, or an anonymous block.
        cron: Five fields or an alias, UTC.
        owner: The service's user id, such as `tech-acct-7@techacct.adobe.com`.
        state: `ENABLED`, `DISABLED` or `REGISTERING`.
        description: Shown by the service's own UI.
        start_lag_s: Usual delay between a due time and the start of its run.
        base_s: Usual duration of one run.
        spread: How much durations vary (standard deviation of their logarithm).
        max_active_runs: Runs that may overlap.
        created_days_ago: Age of the schedule; it has no older runs.
        off_days_ago: When it was switched off, if it is off.
        dies_early: Its runs fail before they get as far as a query.
        end_in_s: End date, relative to the start of the scene; negative has passed.
        history: Outcomes of the newest past runs, oldest first: `.` fine, `x` failed, `k` killed,
            `t` timed out, `-` no run. Older runs were fine.
        past_error: What the failed runs of `history` say.
        slow_factor_now: How much longer the current or next run takes.
        late_by_s: The run that is due last starts this long after the start of the scene;
            infinite: never.
        running_for_s: A run is in progress at the start, since so long.
        template: Name of the template that it was made from.
        heavy: Its statement keeps the engine busy for seconds.
    """

    name: str
    sql: str
    cron: str
    owner: str
    state: str = "ENABLED"
    description: str = ""
    start_lag_s: float = 60
    base_s: float = 60
    spread: float = 0.15
    max_active_runs: int = 1
    created_days_ago: float = 60
    off_days_ago: float | None = None
    dies_early: bool = False
    end_in_s: float | None = None
    history: str = ""
    past_error: SqlError | None = None
    slow_factor_now: float = 1.0
    late_by_s: float = 0.0
    running_for_s: float | None = None
    template: str | None = None
    heavy: bool = False


@dataclass(frozen=True, slots=True)
class QuerySeed:
    """A query that nobody scheduled.

    Attributes:
        sql: One statement.
        client: The tool it came from, such as `psql`.
        user: The service's user id.
        created_s_ago: Age at the start of the scene.
        state: Any state of a query; open ones run on.
        elapsed_ms: Time from its start to its end; 0 while open.
        error: For `FAILED` and `TIMEOUT`.
        name: What its author called it, if anything.
        hidden: Protocol noise, left out of lists unless asked for.
        row_count: Rows of its result.
    """

    sql: str
    client: str
    user: str
    created_s_ago: float
    state: str = "SUCCESS"
    elapsed_ms: int = 0
    error: SqlError | None = None
    name: str | None = None
    hidden: bool = False
    row_count: int = 0


@dataclass(frozen=True, slots=True)
class TemplateSeed:
    """A stored query text; `parameters` holds the usual value of each `$name` in it."""

    name: str
    sql: str
    owner: str
    parameters: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Visitor:
    """A colleague who creates `schedule` and removes it again, one act every `every_s` seconds."""

    schedule: ScheduleSeed
    every_s: float


@dataclass(frozen=True, slots=True)
class Scene:
    """A named starting point.

    Attributes:
        name: What the command line calls it.
        schedules: Those of the first sandbox.
        queries: Those that nobody scheduled, in the first sandbox.
        templates: Stored texts, in the first sandbox.
        history_days: How far the past of each schedule reaches back.
        visitor: Somebody else at work meanwhile.
        sandboxes: Name and type (`production` or `development`) of each.
        dev_schedules: Those of the sandbox `dev`.
    """

    name: str
    schedules: tuple[ScheduleSeed, ...] = ()
    queries: tuple[QuerySeed, ...] = ()
    templates: tuple[TemplateSeed, ...] = ()
    history_days: int = 30
    visitor: Visitor | None = None
    sandboxes: tuple[tuple[str, str], ...] = (("prod", "production"), ("dev", "development"))
    dev_schedules: tuple[ScheduleSeed, ...] = ()
