"""Confirm dialogs on the emulator's dashboard: opened on real plans, pressed, and what was sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from qsui.domain.actions import Action, Verb
from qsui.domain.models import Kind, Ref, Schedule
from qsui.emulator.shop_seeds import ScheduleSeed
from qsui.tui.screens.confirm import ConfirmScreen
from tests.support.dashboard import Dashboard
from tests.support.emulator import OWNER, tiny_scene

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from textual.pilot import Pilot

    from qsui.domain.pending import Pending
    from qsui.live.plans import Plan

WRITES = "INSERT INTO audience_out SELECT * FROM orders"
AUDIENCE = ScheduleSeed(
    "audience_sync", WRITES, "0 */6 * * *", OWNER, base_s=60, created_days_ago=1
)


def schedule(dash: Dashboard, name: str) -> Schedule:
    """Return a schedule that the dashboard has read, by its name."""
    records = dash.session.store.snapshot.schedules(dash.session.scope).records.values()
    return next(each for each in records if isinstance(each, Schedule) and each.name == name)


def actions(dash: Dashboard, verb: Verb, *names: str, cron: str = "") -> tuple[Action, ...]:
    """Return one action for each schedule named."""
    return tuple(Action(verb, schedule(dash, name).ref, name, cron=cron) for name in names)


def creation(dash: Dashboard, kind: Kind, name: str, draft: Any) -> tuple[Action, ...]:
    """Return the action that makes something new."""
    scope = dash.session.scope
    return (
        Action(Verb.CREATE, Ref(scope.profile, scope.sandbox, kind, "", ""), name, draft=draft),
    )


@dataclass
class Play:
    """A dialog that was opened: what it was dismissed with, and the writes the server saw."""

    dash: Dashboard
    pilot: Pilot[None]
    answers: list[tuple[Pending, ...] | None] = field(default_factory=list)

    @property
    def screen(self) -> ConfirmScreen:
        """The dialog, while it is on top."""
        assert isinstance(self.dash.app.screen, ConfirmScreen)
        return self.dash.app.screen

    @property
    def is_open(self) -> bool:
        """Whether it is still there."""
        return isinstance(self.dash.app.screen, ConfirmScreen)

    @property
    def text(self) -> str:
        """What it shows."""
        return self.dash.text

    @property
    def words(self) -> str:
        """What it shows, without frame and line ends."""
        return " ".join(word for word in self.text.split() if word != "│")

    def writes(self) -> dict[str, int]:
        """The requests that could change something, by method and endpoint."""
        counted = self.dash.emulator.requests()["endpoints"]
        assert isinstance(counted, dict)
        return {
            name: number
            for name, number in counted.items()
            if not name.startswith(("GET ", "POST /ims"))
        }

    async def press(self, *keys: str) -> None:
        """Press keys; each has its effect."""
        await self.dash.press(self.pilot, *keys)

    async def hurry(self, *keys: str) -> None:
        """Press keys one right behind the other, as a key that is held down."""
        for key in keys:
            self.dash.app.post_message(key_event(key))
        await self.dash._settle(self.pilot)


def key_event(key: str) -> Any:
    """Make the event of a key."""
    from textual.events import Key

    return Key(key, key if len(key) == 1 else None)


async def opened(
    dash: Dashboard,
    pilot: Pilot[None],
    wanted: tuple[Action, ...],
    *,
    plan_of: Callable[[], Awaitable[Plan]] | None = None,
    **given: Any,
) -> Play:
    """Open the dialog for actions and wait until it has read their states."""
    play = Play(dash, pilot)

    async def plan() -> Plan:
        return await dash.session.control.prepare(wanted)

    dash.app.push_screen(ConfirmScreen(plan_of or plan, **given), play.answers.append)
    await dash._settle(pilot)
    return play


def board(size: tuple[int, int] = (80, 24), **given: Any) -> Dashboard:
    """Return a dashboard on a few schedules that may be changed."""
    return Dashboard(tiny_scene(AUDIENCE), size=size, **{"read_only": False, **given})
