"""Named starting points of the Alteryx half, by the names of the other half's scenes.

`demo` is a shop in which a runaway blocks the queue of one worker, in `trouble` more piled up
behind it, `quiet` is the same shop without open jobs, failures and what went missing, `empty` has
people only, `scale` has 2,500 workflows and a schedule for every tenth of them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from qsui.emulator.alteryx import shop_people, shop_timetable, shop_workflows
from qsui.emulator.alteryx.seeds import AlteryxScene, Tool, ToolKind, WorkflowSeed

if TYPE_CHECKING:
    from qsui.emulator.alteryx.seeds import ScheduleSeed

MANY: Final = 2500
SCHEDULED: Final = 10
_SUBJECTS: Final = (
    "Sales",
    "Stock",
    "Returns",
    "Ledger",
    "Campaign",
    "Supplier",
    "Store",
    "Größen",
)
_VERBS: Final = ("Load", "Refresh", "Export", "Audit", "Match", "Score", "Report")
_COUNT: Final = (Tool(1, ToolKind.READ, "SELECT * FROM orders", "{rows} records were read"),)
_FAILING: Final = frozenset({"CRM_Account_Sync", "Partner_Price_Load", "Loyalty_Points_Audit"})


def build(name: str, *, now: datetime, with_cron: bool = True, more: int = 0) -> AlteryxScene:
    """The scene called `name` (others than those named above: the shop), laid out around `now`.

    Without `with_cron` no schedule has a cron expression. `more` plain workflows are added.
    """
    if name == "empty":
        scene = AlteryxScene(name, shop_people.USERS)
    elif name == "scale":
        scene = _shop(name, now, with_cron=with_cron)
        more = more or MANY
    else:
        scene = _shop(name, now, with_cron=with_cron)
    if name == "quiet":
        calm = tuple(
            replace(one, stalled=False)
            for one in scene.schedules
            if one.workflow not in _FAILING and one.workflow
        )
        scene = replace(scene, schedules=calm, jobs=())
    elif name == "trouble":
        scene = replace(scene, jobs=(*shop_timetable.PILED_UP, *scene.jobs))
    if more:
        plain = tuple(map(_plain, range(more)))
        scene = replace(scene, workflows=(*scene.workflows, *plain))
        if name == "scale":
            planned = shop_timetable.plain(now.astimezone(UTC), plain[::SCHEDULED])
            scene = replace(scene, schedules=(*scene.schedules, *planned))
    return scene


def _shop(name: str, now: datetime, *, with_cron: bool) -> AlteryxScene:
    schedules: tuple[ScheduleSeed, ...] = shop_timetable.schedules(
        now.astimezone(UTC), with_cron=with_cron
    )
    return AlteryxScene(
        name,
        shop_people.USERS,
        shop_workflows.WORKFLOWS,
        schedules,
        shop_timetable.JOBS,
        shop_people.COLLECTIONS,
        shop_people.CREDENTIALS,
        shop_people.WORKERS,
    )


def _plain(number: int) -> WorkflowSeed:
    subject = _SUBJECTS[number % len(_SUBJECTS)]
    verb = _VERBS[number // len(_SUBJECTS) % len(_VERBS)]
    return WorkflowSeed(
        f"{subject}_{verb}_{number:04d}",
        shop_people.USERS[number % 4].email,
        _COUNT,
        created_days_ago=20 + number % 700,
        versions=1 + number % 3,
        comments=None,
    )
