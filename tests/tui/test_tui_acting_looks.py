"""What marks, actions on their way and the journal look like; see `test_tui_snapshots.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from qsui.backends.options import scope_key
from qsui.domain.journal import Deed, Entry, EntryKind
from qsui.domain.models import Kind, Ref
from qsui.domain.ports import JournalError
from tests.support.dashboard import NIGHT, Dashboard
from tests.support.emulator import ORG_ID, SANDBOX

if TYPE_CHECKING:
    from datetime import datetime

    from textual.pilot import Pilot

Compare = Callable[..., bool]
SIZES = {"wide": (120, 36), "small": (80, 24)}

SCOPE_KEY = scope_key("adobe", "http://emulator.test", ORG_ID, SANDBOX)
"""Of the place where all of it was done."""


class ToldJournal:
    """A journal in memory with a night's actions; `trouble` says why it cannot be written."""

    def __init__(self, deeds: tuple[Deed, ...] = (), trouble: str = "") -> None:
        self.trouble = trouble
        self._deeds = deeds

    def write(self, entry: Entry) -> None:
        del entry
        if self.trouble:
            raise JournalError(self.trouble)

    def deeds(
        self, scope_key: str | None = None, *, since: datetime | None = None
    ) -> tuple[Deed, ...]:
        del scope_key, since
        return self._deeds


def entry(id: str, kind: EntryKind, minutes: float, **more: Any) -> Entry:
    return Entry(id, kind, NIGHT - timedelta(minutes=minutes), **more)


def deed(id: str, minutes: float, verb: str, name: str, *, stage: str = "", **more: Any) -> Deed:
    kind = more.pop("kind", Kind.SCHEDULE)
    seen = more.pop("seen_s", None)
    status = more.pop("status", 202)
    undone_by = more.pop("undone_by", "")
    ref = Ref("acme", "prod", kind, "", f"{name}-4d64cd49")
    more |= {"scope_key": SCOPE_KEY, "actor": "jd"}
    begun = entry(id, EntryKind.INTENT, minutes, ref=ref, verb=verb, name=name, **more)
    outcome = entry(
        id,
        EntryKind.OUTCOME,
        minutes - 0.01,
        stage=stage or "sent",
        status=status,
        request_id="8f1c5a0e-7710",
    )
    if seen is None:
        return Deed(begun, outcome if stage != "sending" else None, undone_by=undone_by)
    effect = entry(id, EntryKind.EFFECT, minutes - seen / 60, stage="done")
    return Deed(begun, outcome, effect, undone_by)


async def quiet(dash: Dashboard, pilot: Pilot[None]) -> None:
    """Take toasts away: how long they stand is a matter of real time."""
    dash.app.clear_notifications()
    await dash.press(pilot, "home")


PATCH = "PATCH /data/foundation/query/schedules/geo_lookup-4d64cd49"
BODY = '{"body":[{"op":"replace","path":"/schedule/schedule","value":"20 6 * * 1-5"}]}'
NIGHT_SHIFT = (
    deed("a1", 312, "disable", "old_report", seen_s=9, before="on", after="off"),
    deed(
        "a2",
        74,
        "set-cron",
        "geo_lookup",
        seen_s=11,
        before="0 6 * * *",
        after="20 6 * * 1-5",
        reason="OPS-4119 vendor feed moved",
        request=PATCH,
        body=BODY,
    ),
    deed("a3", 60, "enable", "audience_sync", seen_s=7, undone_by="a4"),
    deed("a4", 58, "disable", "audience_sync", seen_s=8, undoes="a3"),
    deed("a5", 31, "cancel", "orders_hourly 02:08", seen_s=22, kind=Kind.RUN),
    deed("a6", 20, "cancel", "SELECT * FROM big", kind=Kind.QUERY, stage="refused", status=409),
    deed("a7", 12, "delete", "tmp_7", kind=Kind.QUERY, stage="unknown", status=0),
    deed("a8", 8, "trigger", "loyalty_dedupe"),
    deed("a9", 1, "create", "segment_backfill", stage="sending"),
)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_the_journal(snap_compare: Compare, size: tuple[int, int]) -> None:
    """Newest first; grey but for what went wrong; what can be undone has a blue `u undo`."""
    dash = Dashboard(size=size, read_only=False, journal=ToldJournal(NIGHT_SHIFT))

    async def opened(pilot: Pilot[None]) -> None:
        await quiet(dash, pilot)
        await dash.press(pilot, "7", *(["j"] * 7))

    assert snap_compare(dash.app, terminal_size=size, run_before=dash.before(then=opened))


def test_an_action_with_all_that_is_known_of_it(snap_compare: Compare) -> None:
    """Before and after, reason, answer, effect, undo, the request and its body."""
    size = SIZES["small"]
    dash = Dashboard(size=size, read_only=False, journal=ToldJournal(NIGHT_SHIFT))

    async def opened(pilot: Pilot[None]) -> None:
        await quiet(dash, pilot)
        await dash.press(pilot, "7", *(["j"] * 7), "enter")

    assert snap_compare(dash.app, terminal_size=size, run_before=dash.before(then=opened))


STATES: dict[str, tuple[ToldJournal | None, tuple[str, ...]]] = {
    "empty": (ToldJournal(), ()),
    "none": (None, ()),
    "no match": (ToldJournal(NIGHT_SHIFT), ("slash", *"nothing", "enter")),
    "trouble, rows kept": (ToldJournal(NIGHT_SHIFT, "The disk is full."), ()),
    "trouble, empty": (ToldJournal((), "The state folder is read-only."), ()),
}


@pytest.mark.parametrize("name", STATES)
def test_the_journal_when_it_has_nothing_to_show(snap_compare: Compare, name: str) -> None:
    """Says in words why there is no row, or why nothing is recorded, and what to press."""
    journal, keys = STATES[name]
    size = SIZES["small"]
    dash = Dashboard("empty", size=size, read_only=False, journal=journal)

    async def alone(pilot: Pilot[None]) -> None:
        await quiet(dash, pilot)

    acts = dash.before("7", *keys, then=alone)
    assert snap_compare(dash.app, terminal_size=size, run_before=acts)


def test_the_journal_while_offline(snap_compare: Compare) -> None:
    """Its rows are no older for that; the header tells of the connection, `u` is in brackets."""
    size = SIZES["small"]
    dash = Dashboard(size=size, read_only=False, journal=ToldJournal(NIGHT_SHIFT))

    async def away(pilot: Pilot[None]) -> None:
        dash.emulator.fault("reset")
        for _ in range(4):
            await dash.step(pilot, 120)
        await quiet(dash, pilot)

    assert snap_compare(dash.app, terminal_size=size, run_before=dash.before("7", then=away))


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_marked_rows_and_their_count(snap_compare: Compare, size: tuple[int, int]) -> None:
    """Two marked rows on the ground of marks, the cursor on a third, one mark hidden."""
    dash = Dashboard(size=size, read_only=False)
    keys = ("G", "space", "g", "slash", *"r", "enter", "space", "space")
    assert snap_compare(dash.app, terminal_size=size, run_before=dash.before(*keys))


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("look", [{}, {"ascii": True, "no_color": True}], ids=["", "plain"])
def test_actions_on_their_way(
    snap_compare: Compare, size: tuple[int, int], look: dict[str, Any]
) -> None:
    """`» sent 20s` in blue in place of the state; the pane says what is waited for."""
    dash = Dashboard(size=size, read_only=False, journal=ToldJournal(), **look)

    async def send(pilot: Pilot[None]) -> None:
        await dash.press(pilot, "slash", *"name:rfm", "enter", "t")
        await dash.press(pilot, "right", "enter")
        for each in dash.session.store.snapshot.pending.values():
            since = dash.app.now - timedelta(seconds=20)
            dash.session.store.set_pending(replace(each, sent_at=since))
        await dash.press(pilot, "slash", "backspace", "backspace", "backspace", "enter")
        await quiet(dash, pilot)

    assert snap_compare(dash.app, terminal_size=size, run_before=dash.before(then=send))


def test_a_run_that_was_asked_for(snap_compare: Compare) -> None:
    """It stands on top of the runs, without a due time, until it is seen."""
    size = SIZES["wide"]
    dash = Dashboard(size=size, read_only=False, journal=ToldJournal())
    keys = ("slash", *"name:rfm", "enter", "t", "right", "enter", "enter", "p")

    async def alone(pilot: Pilot[None]) -> None:
        await quiet(dash, pilot)

    assert snap_compare(dash.app, terminal_size=size, run_before=dash.before(*keys, then=alone))
