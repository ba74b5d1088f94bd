"""Which actions have keys, by the ids that settings use to remap them."""

from __future__ import annotations

import importlib
from difflib import get_close_matches
from typing import TYPE_CHECKING

from textual.binding import Binding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_MODULES = {
    "qsui.tui.app": ("QsuiApp",),
    "qsui.tui.widgets.record_table": ("RecordTable",),
    "qsui.tui.widgets.span_view": ("SpanView",),
    "qsui.tui.screens.acting": ("Acting",),
    "qsui.tui.screens.list_marks": ("ListMarks",),
    "qsui.tui.screens.list_order": ("ListOrder",),
    "qsui.tui.screens.list_pane": ("ListPane",),
    "qsui.tui.screens.list_screen": ("ListScreen",),
    "qsui.tui.screens.schedules": ("SchedulesScreen",),
    "qsui.tui.screens.runs": ("_RunList",),
    "qsui.tui.screens.queries": ("QueriesScreen",),
    "qsui.tui.screens.journal": ("JournalScreen",),
    "qsui.tui.screens.deed": ("DeedScreen",),
    "qsui.tui.screens.detail": ("DetailScreen",),
    "qsui.tui.screens.run_detail": ("RunScreen",),
    "qsui.tui.screens.raw": ("RawScreen",),
    "qsui.tui.screens.help": ("HelpScreen",),
    "qsui.tui.screens.pick": ("PickScreen",),
    "qsui.tui.screens.dialog": ("DialogScreen",),
    "qsui.tui.screens.explain": ("ExplainScreen",),
    "qsui.tui.screens.confirm": ("ConfirmScreen",),
    "qsui.tui.screens.verbs": ("VerbsScreen",),
    "qsui.tui.screens.quit_guard": ("QuitScreen",),
    "qsui.tui.widgets.dialog_parts": ("DialogButton",),
    "qsui.tui.widgets.cron_field": ("CronField", "PresetTree"),
    "qsui.tui.screens.new": ("NewScreen",),
    "qsui.tui.screens.new_templates": ("TemplateScreen",),
}


def bindings() -> Iterable[Binding]:
    """Yield every binding of the dashboard; imports all of its screens."""
    for module, names in _MODULES.items():
        for name in names:
            for binding in getattr(importlib.import_module(module), name).BINDINGS:
                if isinstance(binding, Binding):
                    yield binding


def faults(keymap: Mapping[str, str]) -> list[str]:
    """Return a sentence for each entry that remaps nothing because its id is unknown."""
    known = {binding.id for binding in bindings() if binding.id}
    sentences: list[str] = []
    for id in keymap:
        if id not in known:
            near = get_close_matches(id, known, 1)
            hint = f", did you mean {near[0]}?" if near else ""
            sentences.append(f"keymap: unknown action {id}{hint}")
    return sentences
