"""Makes schedules and templates, for the API and for scenes."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field

from qsui.emulator import ids
from qsui.emulator.core import Core
from qsui.emulator.queries import substitute
from qsui.emulator.store import dumps


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How runs go: lag before the start and modelled duration (seconds), and what is wrong."""

    lag_s: float = 8.0
    base_s: float = 20.0
    spread: float = 0.15
    dies_early: bool = False
    slow_once: float = 1.0


@dataclass(frozen=True, slots=True)
class NewSchedule:
    """Everything about a schedule that its maker decides; times are microseconds since 1970."""

    sandbox: str
    request: Mapping[str, object]
    cron: str
    start_us: int
    end_us: int | None
    max_active: int
    user: str
    state: str = "REGISTERING"
    created_us: int | None = None
    updated_us: int | None = None
    behaviour: Behaviour = field(default_factory=Behaviour)


class UnknownTemplate(LookupError):
    """A request names a template that this sandbox does not have."""


def template_of(core: Core, sandbox: str, request: Mapping[str, object]) -> sqlite3.Row | None:
    """The template that a request names, or None if it brings its own SQL.

    Raises:
        UnknownTemplate: No such template in this sandbox.
    """
    template_id = request.get("templateId") or request.get("templateID")
    if template_id is None:
        return None
    row = core.store.one(
        "SELECT * FROM templates WHERE sandbox=? AND id=? AND deleted=0", sandbox, template_id
    )
    if row is None:
        raise UnknownTemplate(f"Query template {template_id} not found in sandbox {sandbox}")
    return row


def template_sql(row: sqlite3.Row, request: Mapping[str, object]) -> str:
    """SQL of a template with the request's parameters over its defaults."""
    given = request.get("queryParameters")
    return substitute(
        row["sql"], json.loads(row["parameters"]) | (given if isinstance(given, dict) else {})
    )


def sandbox_id(core: Core, sandbox: str) -> str:
    """The UUID of a sandbox that exists."""
    row = core.store.one("SELECT id FROM sandboxes WHERE name=?", sandbox)
    if row is None:
        raise LookupError(f"no sandbox {sandbox!r}")
    return str(row["id"])


def add_schedule(core: Core, new: NewSchedule) -> str:
    """Write a schedule and return its id; the caller registers or arms it.

    Raises:
        UnknownTemplate: Its template does not exist.
        ValueError: Its SQL holds no statement.
    """
    template = template_of(core, new.sandbox, new.request)
    text = template_sql(template, new.request) if template is not None else str(new.request["sql"])
    statements = core.split(text)
    if not statements:
        raise ValueError("the SQL holds no statement")
    tasks = [ids.task_id(core.rng) for _ in statements]
    name = str(
        new.request.get("name") or (template["id"] if template is not None else "scheduled query")
    )
    schedule_id = ids.schedule_id(
        core.rng, sandbox_id=sandbox_id(core, new.sandbox), name=name, task_ids=tasks
    )
    model = _model(tasks, new.behaviour)
    if template is not None:
        model["template"] = {"sql": text, "name": template["name"]}
    now = core.now_ms_us()
    core.store.insert(
        "schedules",
        id=schedule_id,
        sandbox=new.sandbox,
        state=new.state,
        name=name,
        request=dumps(new.request),
        template_id=template["id"] if template is not None else None,
        cron=new.cron,
        start_us=new.start_us,
        end_us=new.end_us,
        max_active=new.max_active,
        user=new.user,
        updated_user=new.user,
        created_us=new.created_us if new.created_us is not None else now,
        updated_us=new.updated_us if new.updated_us is not None else now,
        model=dumps(model),
    )
    return schedule_id


def add_template(
    core: Core,
    sandbox: str,
    *,
    name: str,
    sql: str,
    parameters: Mapping[str, str],
    user: str,
    created_us: int,
) -> str:
    """Write a template and return its id."""
    template_id = ids.uuid(core.rng)
    core.store.insert(
        "templates",
        id=template_id,
        sandbox=sandbox,
        name=name,
        sql=sql,
        parameters=dumps(parameters),
        user=user,
        created_us=created_us,
        updated_us=created_us,
    )
    return template_id


def _model(tasks: list[str], behaviour: Behaviour) -> dict[str, object]:
    """How the runs of a schedule behave, as kept beside it."""
    model: dict[str, object] = {
        "tasks": tasks,
        "lag_s": behaviour.lag_s,
        "base_s": behaviour.base_s,
        "spread": behaviour.spread,
        "dies_early": behaviour.dies_early,
    }
    if behaviour.slow_once != 1.0:
        model["slow_once"] = behaviour.slow_once
    return model
