"""The fires that an edit previews are the times at which the emulator then starts runs.

Two minute matchers that share no code: the preview's and the scheduler's. Every expression is
patched into a schedule over HTTP at some instant; then time moves from fire to fire, and a second
before each the run must not be there, at it it must, with the fire before as its slot.
"""

from __future__ import annotations

import base64
import heapq
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest

from qsui.domain.cron import next_fires, parse, previous_fire
from qsui.domain.cron_effect import Side, effect
from qsui.domain.models import Kind, Ref, Schedule
from qsui.domain.states import ScheduleState
from qsui.emulator.shop_seeds import Scene
from tests.support.emulator import TOKEN_FORM, Emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

pytestmark = pytest.mark.anyio

FIRES = 4
"""So many runs of each schedule are followed."""

HORIZON = timedelta(days=366 * 8)
DORMANT = "0 0 1 1 *"
SECOND = timedelta(seconds=1)

KNOWN_TO_BE_HARD = (
    "@hourly",
    "@daily",
    "@weekly",
    "@monthly",
    "@yearly",
    "@once",
    "0 0 29 2 *",
    "30 1 29 feb mon",
    "0 0 30 2 *",
    "0 12 31 4,6,9,11 *",
    "0 0 29 2 7",
    "15 1 13 * 5",
    "0 2 1-7 * sun",
    "30 2 * * 0,7",
    "30 2 * * 5-7",
    "30 2 * * SAT-SUN",
    "0 1 */2 * 1",
    "0 1 1 * */2",
    "0 1 1-31 * 2",
    "0 1 15 * 0-6",
    "59 23 31 12 *",
    "* * * * *",
    "*/7 */5 * * *",
    "5/20 1-3 * * *",
    "0-10/5,30 2,3 25,29 3,10 *",
    "0 3 28-31 * *",
)
STARTS = (
    datetime(2026, 3, 28, 22, 41, 7, tzinfo=UTC),  # clocks in Paris go forward at 01:00
    datetime(2026, 10, 24, 21, 59, 59, tzinfo=UTC),  # and back
    datetime(2027, 2, 26, 12, 0, 0, tzinfo=UTC),  # the next 29 February is a year away
    datetime(2028, 2, 27, 23, 30, 30, tzinfo=UTC),  # and here two days
)
A_WORLD = 56
"""Expressions in each of the four worlds."""

_LIMITS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_NAMES = {
    3: ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    4: ("sun", "mon", "tue", "wed", "thu", "fri", "sat"),
}


def expressions(chance: Random, count: int) -> Iterator[str]:
    """Yield valid expressions of every shape that the grammar has."""
    while count:
        text = " ".join(_field(chance, index) for index in range(5))
        parse(text)
        count -= 1
        yield text


def _field(chance: Random, index: int) -> str:
    wild = (0.12, 0.25, 0.45, 0.6, 0.5)[index]
    if chance.random() < wild:
        return "*"
    return ",".join(_part(chance, index) for _ in range(chance.choice((1, 1, 1, 2, 3))))


def _part(chance: Random, index: int) -> str:
    low, high = _LIMITS[index]
    first, last = sorted((chance.randint(low, high), chance.randint(low, high)))
    shape = chance.choice(("number", "number", "range", "step", "range step", "open step", "name"))
    if shape == "step":
        return f"*/{chance.randint(1, max(1, (high - low) // 2))}"
    if shape == "range":
        return f"{first}-{last}"
    if shape == "range step":
        return f"{first}-{last}/{chance.randint(1, max(1, last - first))}"
    if shape == "open step":
        end = 6 if index == 4 and first <= 6 else high
        return f"{first}/{chance.randint(1, max(1, end - first))}"
    if shape == "name" and index in _NAMES:
        word = chance.choice(_NAMES[index])
        return word.upper() if chance.random() < 0.5 else word
    return str(first)


@dataclass(slots=True)
class Followed:
    """One schedule of the emulator and what its preview says."""

    id: str
    schedule: Schedule
    cron: str
    fires: tuple[datetime, ...] = ()
    seen: int = 0
    slots: list[datetime] = field(default_factory=list)

    def expected_slots(self, count: int) -> list[datetime]:
        """The fire before each of the first `count`; `@once` carries its own."""
        cron = parse(self.cron)
        if cron.is_once:
            return [self.schedule.start_at or self.fires[0]][:count]
        first = previous_fire(cron, self.fires[0]) if self.fires else None
        assert first is not None or not self.fires
        return [first, *self.fires][:count] if first is not None else []


class Rig:
    """An emulator that is spoken to over HTTP alone, its clock included."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self.now = self._logged_in_at = datetime.min.replace(tzinfo=UTC)

    async def log_in(self) -> None:
        """Get another token: one lasts a day, and these tests go on for years."""
        answer = await self._http.post("http://emulator.test/ims/token/v3", data=TOKEN_FORM)
        self._http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        self._logged_in_at = self.now

    async def read_clock(self) -> None:
        answer = await self._http.get("http://emulator.test/_emulator/clock")
        self.now = datetime.fromisoformat(answer.json()["now"])

    async def move_to(self, at: datetime) -> None:
        """Let time pass until `at`; what is due now happens in any case."""
        is_there = False
        while not is_there:
            seconds = min(max(0.0, (at - self.now).total_seconds()), 300 * 86_400)
            body = {"advance_s": seconds}
            answer = await self._http.post("http://emulator.test/_emulator/clock", json=body)
            assert answer.status_code == 200, answer.text
            self.now = datetime.fromisoformat(answer.json()["now"])
            is_there = self.now >= at
        if self.now - self._logged_in_at > timedelta(hours=12):
            await self.log_in()

    async def create(self, at: int, start: datetime, end: datetime | None) -> Schedule:
        when = {"schedule": DORMANT, "startDate": iso(start), "maxActiveRuns": 1000}
        when |= {"endDate": iso(end)} if end else {}
        body = {
            "query": {"dbName": "prod:all", "sql": "SELECT 1", "name": f"made {at}"},
            "schedule": when,
        }
        answer = await self._http.post("/schedules", json=body)
        assert answer.status_code == 202, answer.text
        return Schedule(
            ref=Ref("p", "prod", Kind.SCHEDULE, "", answer.json()["id"]),
            name=f"made {at}",
            state=ScheduleState.ENABLED,
            raw_state="ENABLED",
            cron=DORMANT,
            start_at=start,
            end_at=end,
            max_active_runs=1000,
        )

    async def patch(self, id: str, path: str, value: str) -> None:
        body = {"body": [{"op": "replace", "path": path, "value": value}]}
        answer = await self._http.patch(f"/schedules/{id}", json=body)
        assert answer.status_code < 300, (value, answer.text)

    async def slots(self, id: str) -> list[datetime]:
        """The slots of all its runs, oldest first, as their ids and their fields say."""
        answer = await self._http.get(f"/schedules/{id}/runs", params={"limit": 50})
        rows = answer.json()["runsSchedules"]
        found = sorted(datetime.fromisoformat(row["created"]) for row in rows)
        for row in rows:
            words = base64.b64decode(row["id"]).decode()
            assert words.startswith("scheduled__")
            assert datetime.fromisoformat(words.removeprefix("scheduled__")) in found
        return found


def iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def dates_of(chance: Random, now: datetime) -> tuple[datetime, datetime | None]:
    """Choose a start, most often past, and now and then an end."""
    start = now - timedelta(days=chance.choice((1, 40, 4000)))
    if chance.random() < 0.2:
        start = (now + timedelta(minutes=chance.randint(5, 5000))).replace(second=0)
    end = now + timedelta(hours=chance.randint(100, 4000)) if chance.random() < 0.2 else None
    return start, end


async def follow(rig: Rig, followed: list[Followed]) -> None:
    """Go from fire to fire; a schedule whose previewed fires are over is switched off."""
    agenda = [(fire, at) for at, one in enumerate(followed) for fire in one.fires]
    heapq.heapify(agenda)
    while agenda:
        fire = agenda[0][0]
        due: list[Followed] = []
        while agenda and agenda[0][0] == fire:
            due.append(followed[heapq.heappop(agenda)[1]])
        if fire - SECOND > rig.now:
            await rig.move_to(fire - SECOND)
            for one in due:
                assert await rig.slots(one.id) == one.expected_slots(one.seen), (one.cron, fire)
        await rig.move_to(fire)
        for one in due:
            one.seen += 1
            assert await rig.slots(one.id) == one.expected_slots(one.seen), (one.cron, fire)
            if one.seen == FIRES:
                await rig.patch(one.id, "/state", "disable")


@pytest.fixture
def in_paris(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run where the clocks change; nothing may depend on it."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Europe/Paris")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("in_paris")
@pytest.mark.parametrize("world", range(len(STARTS)))
async def test_runs_start_at_the_previewed_fires_and_carry_the_fire_before(world: int) -> None:
    chance = Random(world)  # noqa: S311  # the same expressions every time
    texts = [*KNOWN_TO_BE_HARD[world::2], *expressions(chance, A_WORLD)]
    quirks = ("Q7=optional",)
    emulator = Emulator(Scene("empty"), now=STARTS[world], quirks=quirks)
    async with emulator, emulator.client() as http:
        rig = Rig(http)
        await rig.read_clock()
        made = [await rig.create(at, *dates_of(chance, rig.now)) for at in range(len(texts))]
        await rig.move_to(rig.now + 3 * SECOND)  # no longer registering
        followed = []
        for schedule, text in zip(made, texts, strict=True):
            await rig.patch(schedule.id, "/schedule/schedule", text)
            preview = effect(schedule, parse(DORMANT), parse(text), rig.now, count=3 * FIRES)
            fires = tuple(f.at for f in preview.fires if f.side is not Side.REMOVED)[:FIRES]
            assert (preview.first,) == (fires[:1] or (None,))
            within = tuple(fire for fire in fires if fire < rig.now + HORIZON)
            followed.append(Followed(schedule.id, schedule, text, within))
        await follow(rig, followed)

        await rig.move_to(STARTS[world] + HORIZON)
        for (
            one
        ) in followed:  # nothing ran that was not previewed, and dates that never come did not
            assert await rig.slots(one.id) == one.expected_slots(len(one.fires)), one.cron
        assert sum(one.seen for one in followed) > 2 * len(followed)


@pytest.mark.parametrize("seed", range(4))
def test_the_preview_lists_what_croniter_lists(seed: int) -> None:
    schedule = Schedule(
        Ref("p", "s", Kind.SCHEDULE, "", "one"), "one", ScheduleState.ENABLED, "ENABLED", DORMANT
    )
    for text in expressions(Random(seed), 60):  # noqa: S311
        cron = parse(text)
        listed = effect(schedule, None, cron, STARTS[seed], count=5).fires
        assert tuple(fire.at for fire in listed) == next_fires(cron, STARTS[seed], 5), text
