"""Choose what the screens show: every live scope, one of them, or one that is opened for it.

Typing narrows the list. Other sandboxes of a profile are read when the list opens; while they are,
and where they may not be, what is known stands all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.widgets import Input

from qsui.domain.errors import ApiError
from qsui.domain.ports import ListsSandboxes
from qsui.present.role import Role, Span, Spans
from qsui.present.signs import Sign
from qsui.present.text import elide_middle, printable
from qsui.tui.chrome import Hint
from qsui.tui.scopes import ALL
from qsui.tui.screens.dialog import DialogScreen
from qsui.tui.widgets.dialog_parts import DialogField
from qsui.tui.widgets.span_view import SpanView, spread

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.app import ComposeResult

    from qsui.tui.options import LiveScope

ROWS = 12
"""So many choices are shown at once."""

_STATE_ROLES = {"live": Role.OK, "starting": Role.MUTED}


@dataclass(frozen=True, slots=True)
class ScopeChoice:
    """One line. `label` is `ALL` for every live scope; one that `is_live` is only chosen."""

    label: str
    profile: str = ""
    sandbox: str = ""
    is_live: bool = False
    words: str = ""
    role: Role = Role.MUTED


class ScopeScreen(DialogScreen[ScopeChoice]):
    """Dismisses with the choice, or `None`."""

    AUTO_FOCUS: ClassVar[str | None] = "#scope-find"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "step(1)", "next", id="scope.next", show=False),
        Binding("up", "step(-1)", "previous", id="scope.previous", show=False),
        Binding("pagedown", "step(12)", "page down", id="scope.page_down", show=False),
        Binding("pageup", "step(-12)", "page up", id="scope.page_up", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._boxes: list[ScopeChoice] = []
        self._reading = ""
        self._at = 0
        self._first = 0

    def dialog_title(self) -> Sequence[Span]:
        """What is asked."""
        return (("Show", Role.TITLE),)

    def where(self) -> Sequence[Span]:
        """How many are live."""
        count = len(self.qsui.scopes)
        return ((f"{count} live" if count > 1 else "1 live scope", Role.MUTED),)

    def status_left(self) -> Sequence[Span]:
        """Nothing: it is about no single scope, and there may be none that is open."""
        return ()

    def compose_dialog(self) -> ComposeResult:
        """A field that narrows, and the choices."""
        yield DialogField(id="scope-find")
        yield self.gap()
        yield SpanView(self._lines, id="scope-list", classes="dialog-text")

    def on_mount(self) -> None:
        """Stand on what is shown now, and look for other sandboxes."""
        labels = [choice.label for choice in self._choices()]
        if self.qsui.chosen_scope in labels:
            self._at = labels.index(self.qsui.chosen_scope)
        self._show()
        self._read_sandboxes()

    # Choices

    @work(group="sandboxes", exclusive=True)
    async def _read_sandboxes(self) -> None:
        """List the other sandboxes of the organisation of each live profile."""
        app = self.qsui
        seen: set[str] = set()
        for scope in tuple(app.scopes):
            session = app.session_at(scope.label)
            backend = session.backend if session is not None else None
            if app.options.open_scope is None or not isinstance(backend, ListsSandboxes):
                continue
            if scope.profile in seen:
                continue
            seen.add(scope.profile)
            self._reading = f"Reading the sandboxes of {printable(scope.profile, 30)}"
            self._show()
            try:
                boxes = await backend.sandboxes()
            except ApiError as error:
                self.say_status(printable(str(error), 120), Role.WARN)
                continue
            finally:
                self._reading = ""
                self._show()
            self._boxes += [
                ScopeChoice(
                    f"{scope.profile}/{box.name}",
                    scope.profile,
                    box.name,
                    words="production sandbox" if box.is_production else "another sandbox",
                )
                for box in boxes
            ]
            self._show()

    def _all_choices(self) -> Iterator[ScopeChoice]:
        app = self.qsui
        if app.has_several:
            yield ScopeChoice(ALL, is_live=True, words=f"all {len(app.scopes)} live scopes")
        for scope in app.scopes:
            yield self._live(scope)
        seen = {scope.label for scope in app.scopes}
        for known in app.options.known_profiles:
            label = f"{known.name}/{known.sandbox}" if known.sandbox else known.name
            if label not in seen and app.options.open_scope is not None:
                seen.add(label)
                words = "Alteryx Server, not open" if known.has_jobs else "not open"
                yield ScopeChoice(label, known.name, known.sandbox, words=words)
        for box in self._boxes:
            if box.label not in seen:
                seen.add(box.label)
                yield box

    def _live(self, scope: LiveScope) -> ScopeChoice:
        session = self.qsui.session_at(scope.label)
        health = session.health if session is not None else None
        state: str = "starting" if health is None else health.state
        if scope.label in self.qsui.scope_faults:
            state = "not open"
        words = state + (", read-only" if scope.read_only else "")
        return ScopeChoice(
            scope.label,
            scope.profile,
            scope.sandbox,
            is_live=True,
            words=words,
            role=_STATE_ROLES.get(state, Role.WARN),
        )

    def _choices(self) -> list[ScopeChoice]:
        wanted = self._wanted.casefold().split()
        return [
            choice
            for choice in self._all_choices()
            if all(word in f"{choice.label} {choice.words}".casefold() for word in wanted)
        ]

    @property
    def _wanted(self) -> str:
        field = self.query_one_optional("#scope-find", Input)
        return field.value if field is not None else ""

    # Drawing

    def _show(self) -> None:
        view = self.query_one_optional("#scope-list", SpanView)
        if view is None:
            return
        count = len(self._choices())
        self._at = max(0, min(self._at, count - 1))
        self._first = max(min(self._first, self._at), self._at - ROWS + 1, 0)
        view.styles.height = max(1, min(ROWS, count)) + (1 if self._reading else 0)
        view.redraw()

    def _lines(self, width: int) -> list[Spans]:
        signs = self.qsui.signs
        choices = self._choices()
        lines: list[Spans] = []
        for at, choice in enumerate(choices[self._first : self._first + ROWS], start=self._first):
            is_here = at == self._at
            mark = f"{signs.of(Sign.CURSOR)} " if is_here else "  "
            name = elide_middle(printable(choice.label or "All scopes"), max(8, width - 30))
            left: list[Span] = [(mark, Role.FOCUS), (name, Role.STRONG if is_here else Role.TEXT)]
            lines.append(spread(left, [(choice.words, choice.role)], width))
        if not choices:
            lines.append((("No profile or sandbox matches.", Role.MUTED),))
        if self._reading:
            lines.append(((self._reading, Role.MUTED),))
        return lines

    def hints(self) -> Sequence[Hint]:
        """What the keys do here."""
        return (
            Hint("Enter", "show it"),
            Hint("Up Down", "choose"),
            Hint("Esc", "leave"),
            Hint("Type", "a part of the name"),
        )

    def explain(self) -> Sequence[str]:
        """What a scope is."""
        return (
            "A scope is a profile of the settings with one sandbox, or one Alteryx Server.",
            "A scope that is not open is opened for this session only; the settings stay as they "
            "are. Marks are taken away when other rows are shown.",
        )

    # Actions

    def on_input_changed(self) -> None:
        """Narrow the list."""
        self._at = 0
        self._show()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the choice under the cursor."""
        event.stop()
        choices = self._choices()
        if choices:
            self.dismiss(choices[self._at])

    def action_step(self, step: int) -> None:
        """Go to another choice."""
        self._at = max(0, min(self._at + step, len(self._choices()) - 1))
        self._show()
