"""The ids that settings use to remap keys."""

from __future__ import annotations

from collections import defaultdict

from qsui.tui import keys
from qsui.tui.app import QsuiApp
from qsui.tui.screens.acting import Acting
from qsui.tui.screens.list_marks import ListMarks
from qsui.tui.screens.list_order import ListOrder
from qsui.tui.screens.list_pane import ListPane
from qsui.tui.screens.list_screen import ListScreen
from qsui.tui.screens.queries import QueriesScreen
from qsui.tui.screens.runs import _RunList
from qsui.tui.screens.schedules import SchedulesScreen
from qsui.tui.widgets.record_table import RecordTable


def test_an_unknown_id_is_named_with_the_nearest_known_one() -> None:
    assert keys.faults({"find.filtr": "f"}) == [
        "keymap: unknown action find.filtr, did you mean find.filter?"
    ]


def test_known_ids_are_accepted() -> None:
    assert keys.faults({"find.filter": "f", "look.zone": "f9"}) == []


def test_a_key_that_is_given_to_two_actions_of_a_list_is_named() -> None:
    assert keys.faults({"act.undo": "j", "look.zone": "f9"}) == [
        "keymap: j is given to move.down and act.undo: only one of them works"
    ]
    assert keys.faults({"schedule.trigger": "x", "act.cancel": "t"}) == []


def test_every_binding_can_be_named() -> None:
    assert [binding.key for binding in keys.bindings() if not binding.id] == []


def test_no_two_actions_of_a_list_share_a_key() -> None:
    shared = (QsuiApp, RecordTable, Acting, ListMarks, ListOrder, ListPane, ListScreen)
    for screen in (SchedulesScreen, _RunList, QueriesScreen):
        actions: dict[str, set[str]] = defaultdict(set)
        for owner in (*shared, screen):
            for binding in vars(owner)["BINDINGS"]:
                for key in binding.key.split(","):
                    actions[key].add(binding.action)
        assert {key: names for key, names in actions.items() if len(names) > 1} == {}
