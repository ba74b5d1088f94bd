"""Every key that works on the screen below: as help, by group, and as the palette, by name.

Both are found by typing and run by Enter, through the same action as the key.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen, Screen
from textual.widgets import Input

from qsui.domain.facts import Verdict
from qsui.present.role import Role, Span
from qsui.present.signs import Sign, SignSet, verdict_look
from qsui.present.text import printable
from qsui.tui.widgets.lines import wrap
from qsui.tui.widgets.span_view import SpanView, spread

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.dom import DOMNode

GROUPS = {
    "schedule": "Act: each asks first",
    "act": "Act: each asks first",
    "mark": "Mark",
    "go": "Go",
    "list": "List",
    "look": "Look",
    "find": "Find",
    "move": "Move",
    "text": "Move",
    "pane": "Pane",
    "app": "Program",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: a key and what it does."""

    group: str
    key: str
    words: str
    action: str
    node: DOMNode
    refused: str = ""


def entries_of(screen: Screen[object]) -> list[Entry]:
    """Return what is bound on a screen now, in the order of the groups, without repeats."""
    keys: dict[str, list[str]] = {}
    found: dict[str, Entry] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        if binding.id is None or not binding.description:
            continue
        group = GROUPS.get(binding.id.partition(".")[0], "Program")
        keys.setdefault(binding.id, []).append(screen.app.get_key_display(binding))
        words = binding.tooltip or binding.description
        action = binding.action if active.enabled else ""
        reason = "" if active.enabled else _refused(screen, binding.action)
        found[binding.id] = Entry(group, "", words, action, active.node, reason)
    order = list(dict.fromkeys(GROUPS.values()))
    entries = [replace(entry, key=" ".join(dict.fromkeys(keys[id]))) for id, entry in found.items()]
    return sorted(entries, key=lambda entry: order.index(entry.group))


def _refused(screen: Screen[object], action: str) -> str:
    """Return why a key does nothing now, for a line of help."""
    from qsui.tui.screens.acting import ACT_KEYS, Acting

    return screen.refused(action) if isinstance(screen, Acting) and action in ACT_KEYS else ""


def _greyed(entries: list[Entry], width: int) -> list[tuple[Span, ...]]:
    """Say which keys do nothing now and why, each reason once: `greyed here: x (it has ended)`."""
    keys_of: dict[str, list[str]] = {}
    for entry in entries:
        if entry.refused:
            keys_of.setdefault(entry.refused, []).append(entry.key)
    lines: list[tuple[Span, ...]] = []
    for reason, keys in keys_of.items():
        lines += wrap(((_greyed_words(keys, reason), Role.MUTED),), max(10, width - 1))
    return [*lines, (("", Role.TEXT),)] if lines else []


def _greyed_words(keys: list[str], reason: str) -> str:
    said, named = printable(reason, 200), " ".join(keys)
    _, is_read_only, because = said.partition("read-only: ")
    if not is_read_only:
        return f"greyed here: {named} ({said})"
    what = "profile" if because.startswith("read_only") else "session"
    return f"This {what} is read-only: {because}. Greyed here: {named}"


def _legend(signs: SignSet) -> list[tuple[Span, ...]]:
    """Return every verdict with its sign, two a line."""
    looks = [(verdict, verdict_look(verdict)) for verdict in Verdict]
    meanings = [
        (
            (f"  {signs.of(look.sign)} {look.word:<9}", look.role),
            (f"{_MEANING[verdict]:<27}", Role.MUTED),
        )
        for verdict, look in looks
    ]
    half = (len(meanings) + 1) // 2
    return [
        (*meanings[i], *(meanings[i + half] if i + half < len(meanings) else ()))
        for i in range(half)
    ]


_MEANING = {
    Verdict.FAILED: "last run failed, how often",
    Verdict.MISSED: "due and never started",
    Verdict.LATE: "due, not started yet",
    Verdict.HELD: "waits for the run before",
    Verdict.SLOW: "runs far longer than usual",
    Verdict.RUNNING: "running, since",
    Verdict.QUEUED: "accepted, not started",
    Verdict.REGISTERING: "just made, not yet on",
    Verdict.UNKNOWN: "data too old to tell",
    Verdict.UNREAD: "no run of it read yet",
    Verdict.OK: "last run was good",
    Verdict.NOT_BEGUN: "start date is ahead",
    Verdict.OFF: "switched off",
    Verdict.ENDED: "end date has passed",
    Verdict.DELETED: "gone from the server",
}


class HelpScreen(ModalScreen[None]):
    """The help overlay."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1", "dismiss", "close", id="help.close", show=False),
        Binding("down", "move(1)", "next", id="help.next", show=False),
        Binding("up", "move(-1)", "previous", id="help.previous", show=False),
    ]

    def __init__(self, below: Screen[object], signs: SignSet, *, is_palette: bool = False) -> None:
        super().__init__()
        self._signs = signs
        self._is_palette = is_palette
        self._entries = [
            entry
            for entry in entries_of(below)
            if not is_palette or (entry.action and entry.group != "Move")
        ]
        self._hit = 0 if is_palette else -1

    def compose(self) -> ComposeResult:
        """A field to type into above the list."""
        with Vertical(id="help-box"):
            yield SpanView(self._title, id="help-title", classes="-line")
            yield Input(placeholder="type to find, Enter does it, Esc back", id="help-find")
            yield SpanView(self._lines, id="help-list")

    def on_mount(self) -> None:
        """Keep the cursor of the field still."""
        for field in self.query(Input):  # none if the program is left just now
            field.cursor_blink = False

    def _matching(self) -> list[Entry]:
        wanted = self.query_one(Input).value.strip().lower()
        return [
            entry
            for entry in self._entries
            if not wanted or wanted in entry.words.lower() or wanted == entry.key.lower()
        ]

    def _title(self, width: int) -> list[tuple[Span, ...]]:
        name, words = ("Go to", "") if self._is_palette else ("Help", "  keys that work here")
        left: list[Span] = [(name, Role.TITLE), (words, Role.MUTED)]
        return [spread(left, [("Esc", Role.FOCUS), (" back", Role.MUTED)], width)]

    def _lines(self, width: int) -> list[tuple[Span, ...]]:
        lines: list[tuple[Span, ...]] = []
        group = ""
        lines += _greyed(self._matching(), width)
        for index, entry in enumerate(self._matching()):
            if entry.group != group and not self._is_palette:
                group = entry.group
                if lines:
                    lines.append((("", Role.TEXT),))
                lines.append(((group, Role.MUTED),))
            mark = self._signs.of(Sign.CURSOR) if index == self._hit else " "
            words = Role.TEXT if entry.action else Role.MUTED
            lines.append(
                (
                    (f"{mark} ", Role.FOCUS),
                    (f"{entry.key:<16.16} ", Role.FOCUS if entry.action else Role.MUTED),
                    (entry.words[: max(0, width - 20)], words),
                )
            )
        if not self.query_one(Input).value and not self._is_palette:
            lines.append((("", Role.TEXT),))
            lines.append((("Signs", Role.MUTED),))
            lines.extend(_legend(self._signs))
        return lines

    def on_input_changed(self) -> None:
        """Show what matches."""
        self._hit = 0 if self._is_palette or self.query_one(Input).value.strip() else -1
        self.query_one("#help-list", SpanView).redraw()

    def action_move(self, step: int) -> None:
        """Choose another line, or scroll while nothing is typed."""
        view = self.query_one("#help-list", SpanView)
        if self._hit < 0:
            view.action_move(step)
            return
        self._hit = max(0, min(len(self._matching()) - 1, self._hit + step))
        view.redraw()

    async def on_input_submitted(self) -> None:
        """Do what the chosen line says, on the screen below."""
        matching = self._matching()
        if 0 <= self._hit < len(matching) and matching[self._hit].action:
            entry = matching[self._hit]
            self.dismiss()
            await self.app.run_action(entry.action, entry.node)
