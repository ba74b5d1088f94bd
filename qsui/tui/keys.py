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
    "qsui.tui.screens.job_rows": ("JobList",),
    "qsui.tui.screens.jobs": ("AllJobsScreen",),
    "qsui.tui.screens.workflows": ("WorkflowsScreen",),
    "qsui.tui.screens.job_messages": ("JobMessagesScreen",),
    "qsui.tui.screens.job_detail": ("JobScreen",),
    "qsui.tui.screens.raw": ("RawScreen",),
    "qsui.tui.screens.help": ("HelpScreen",),
    "qsui.tui.screens.pick": ("PickScreen",),
    "qsui.tui.screens.scope_pick": ("ScopeScreen",),
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


_EVERYWHERE = (
    "qsui.tui.app",
    "qsui.tui.widgets.record_table",
    "qsui.tui.screens.acting",
    "qsui.tui.screens.list_marks",
    "qsui.tui.screens.list_order",
    "qsui.tui.screens.list_pane",
    "qsui.tui.screens.list_screen",
)
"""What every list has at the same time: here one key cannot be two."""


def bindings(modules: Iterable[str] = tuple(_MODULES)) -> Iterable[Binding]:
    """Yield every binding of the dashboard; imports all of its screens."""
    for module in modules:
        names = _MODULES[module]
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
    return sentences + _clashes(keymap)


def _clashes(keymap: Mapping[str, str]) -> list[str]:
    """Return a sentence for each key that a remapping gives to a second action of the lists."""
    ids_of: dict[str, dict[str, None]] = {}
    for binding in bindings(_EVERYWHERE):
        if binding.id:
            for key in keymap.get(binding.id, binding.key).split(","):
                ids_of.setdefault(key.strip(), {})[binding.id] = None
    return [
        f"keymap: {key} is given to {' and '.join(ids)}: only one of them works"
        for key, ids in ids_of.items()
        if len(ids) > 1 and any(id in keymap for id in ids)
    ]
