"""Create forms on the emulator: what is typed, what is told, and the record that comes of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from qsui.domain.actions import Action, Verb
from qsui.domain.drafts import QueryDraft, ScheduleDraft
from qsui.domain.models import Kind, Ref
from qsui.emulator.errors import SqlError
from qsui.emulator.shop_seeds import ScheduleSeed, TemplateSeed
from qsui.tui.drafting import draft_for_copy, draft_for_rerun, draft_from_template
from qsui.tui.screens.confirm import ConfirmScreen
from qsui.tui.screens.new import NewScreen
from qsui.tui.screens.new_parts import ParameterRow, ParameterRows, SqlArea
from qsui.tui.screens.new_templates import TemplateScreen
from qsui.tui.widgets.dialog_parts import DialogButton, DialogField
from tests.support.acting_plays import Acted, play
from tests.support.dashboard import NIGHT
from tests.support.emulator import OWNER, tiny_scene

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from textual.pilot import Pilot

    from qsui.domain.draft_of import Prefill
    from qsui.domain.drafts import Draft
    from qsui.emulator.scenes import Scene
    from tests.support.emulator import Emulator

HOSTILE = "SELECT '\x1b]52;c;eA==\x07' [/x] -- \u202e"
SEGMENT = "SELECT *\nFROM members\nWHERE day = '$day' AND status = '$status'"


def scene() -> Scene:
    stillborn = ScheduleSeed(
        "stillborn",
        "SELECT 3",
        "0 2 * * *",
        OWNER,
        created_days_ago=3,
        dies_early=True,
        history="xx",
        past_error=SqlError("42P01", "Table no_such_table not found", "USER_ERROR"),
    )
    return replace(
        tiny_scene(stillborn),
        templates=(
            TemplateSeed("Members", SEGMENT, OWNER, {"day": "2026-05-31"}),
            TemplateSeed("Other [/x]", "SELECT 1", OWNER),
        ),
    )


class Spy(httpx.AsyncBaseTransport):
    """Passes requests on and keeps the bodies of those that make something."""

    def __init__(self, inner: httpx.AsyncBaseTransport, bodies: list[Any]) -> None:
        self._inner = inner
        self._bodies = bodies

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and "/ims/" not in request.url.path:
            self._bodies.append(json.loads(await request.aread()))
        return await self._inner.handle_async_request(request)


def played(scenario: Callable[[Form], Awaitable[None]], **options: Any) -> list[Any]:
    """Play a scenario and return the bodies of all that was posted."""
    bodies: list[Any] = []

    def listen(emulator: Emulator) -> None:
        transport = emulator.transport

        def spied() -> Any:
            return Spy(transport(), bodies)

        emulator.transport = spied  # type: ignore[method-assign]  # a wire tap

    async def on(dash: Acted, pilot: Pilot[None]) -> None:
        await scenario(Form(dash, pilot))

    play(on, scene(), arrange=listen, **options)
    return bodies


class Form:
    """A form on top of the dashboard, and what it was dismissed with."""

    def __init__(self, dash: Acted, pilot: Pilot[None]) -> None:
        self.dash = dash
        self.pilot = pilot
        self.answers: list[Draft | None] = []

    async def open(self, kind: Kind, draft: Draft | Prefill | None = None) -> Form:
        screen = NewScreen(kind, draft, title=f"New {kind}")
        self.dash.app.push_screen(screen, self.answers.append)
        await self.dash._settle(self.pilot)
        return self

    @property
    def screen(self) -> NewScreen:
        assert isinstance(self.dash.app.screen, NewScreen)
        return self.dash.app.screen

    def fill(self, **texts: str) -> None:
        for name, text in texts.items():
            if name == "sql":
                self.screen.query_one(SqlArea).text = text
            else:
                field = self.screen.query_one(f"#new-{name.replace('_', '-')}", DialogField)
                field.value = text

    async def set(self, **texts: str) -> None:
        """Put texts into fields, as if typed."""
        self.fill(**texts)
        await self.dash._settle(self.pilot)

    async def push(self, button: str) -> None:
        """Press a button."""
        self.screen.query_one(f"#new-{button}", DialogButton).focus()
        await self.dash.press(self.pilot, "enter")

    async def press(self, *keys: str) -> None:
        await self.dash.press(self.pilot, *keys)

    @property
    def words(self) -> str:
        """What is on the screen, without frame and line ends."""
        return " ".join(word for word in self.dash.text.split() if word not in "│╭╮╰╯─")


def toggled(form: Form) -> tuple[tuple[str, str], ...]:
    return form.screen.query_one(ParameterRows).pairs


# From nothing


def test_a_query_is_made_from_what_is_typed_and_appears_in_the_list() -> None:
    async def scenario(form: Form) -> None:
        await form.press("4", "i", "q")
        await form.press(*"nightly", "enter", *"why", "enter", "tab", "tab")
        await form.press(*"SELECT", "space", "1", "enter", "comma", "2", "tab")
        await form.set(insert_into="audience_out")
        await form.push("review")
        assert isinstance(form.dash.app.screen, ConfirmScreen)
        assert form.dash.seen() == {}
        await form.dash.confirm(form.pilot)
        assert form.dash.seen() == {"POST /queries": 1}
        await form.dash.look(form.pilot, 5)
        assert "nightly" in form.dash.text

    assert played(scenario) == [
        {
            "dbName": "prod:all",
            "sql": "SELECT 1\n,2",
            "name": "nightly",
            "description": "why",
            "insertIntoParameters": {"datasetName": "audience_out"},
        }
    ]


def test_a_schedule_is_made_with_its_cadence_and_dates() -> None:
    async def scenario(form: Form) -> None:
        await form.press("i", "s")
        await form.set(name="fresh", sql="SELECT '$schedule_time', $day", cron="30 2 * * *")
        await form.set(start="tomorrow 02:00", end="2026-12-31", max_active_runs="2")
        assert "every day at 02:30 UTC" in form.words
        assert "first run Sat 06 Jun 02:30Z" in form.words
        form.screen.query_one(SqlArea).focus()
        await form.press("tab")
        row = form.screen.query(ParameterRow).first()
        assert row.pair == ("day", "")
        row.value.value = "7"
        await form.push("review")
        await form.dash.confirm(form.pilot)
        await form.dash.look(form.pilot, 60)
        assert "fresh" in form.dash.text

    assert played(scenario) == [
        {
            "query": {
                "dbName": "prod:all",
                "sql": "SELECT '$schedule_time', $day",
                "name": "fresh",
                "queryParameters": {"day": "7"},
            },
            "schedule": {
                "schedule": "30 2 * * *",
                "startDate": "2026-06-05T02:00:00.000Z",
                "endDate": "2026-12-31T00:00:00.000Z",
                "maxActiveRuns": 2,
            },
        }
    ]


# From what exists


def test_a_template_is_chosen_by_its_name_and_its_parameters_are_prefilled() -> None:
    async def scenario(form: Form) -> None:
        await form.open(Kind.QUERY)
        await form.push("choose")
        assert isinstance(form.dash.app.screen, TemplateScreen)
        assert "Other [/x]" in form.words
        await form.press(*"mem")
        assert "Other [/x]" not in form.words
        assert "WHERE day = '$day'" in form.words
        await form.press("enter")
        assert toggled(form) == (("day", "2026-05-31"), ("status", ""))
        assert form.screen.query_one(SqlArea).read_only
        await form.push("review")
        assert "$status in the SQL has no value. Enter again goes on." in form.words
        form.screen.query(ParameterRow)[1].value.value = "new"
        await form.push("review")
        draft = form.answers[0]
        assert isinstance(draft, QueryDraft)
        assert draft.template_id
        assert draft.sql == ""
        assert draft.name == "Members"
        assert draft.parameters == (("day", "2026-05-31"), ("status", "new"))

    assert played(scenario) == []


def test_the_sql_of_a_template_can_be_made_ones_own() -> None:
    async def scenario(form: Form) -> None:
        templates = [page async for page in form.dash.session.query_service.templates()]
        id = next(each.id for each in templates[0].records if each.name == "Members")
        await form.open(Kind.QUERY, await draft_from_template(form.dash.session, id, Kind.QUERY))
        assert "3 lines of the template" in form.words
        await form.push("own")
        await form.press("X", "space")
        await form.push("review")
        await form.push("review")
        draft = form.answers[0]
        assert isinstance(draft, QueryDraft)
        assert (draft.sql, draft.template_id) == (f"X {SEGMENT}", "")

    played(scenario)


def test_a_copied_schedule_runs_the_same_from_the_next_hour_on() -> None:
    async def scenario(form: Form) -> None:
        await form.press("slash", *"rollup", "enter", "i", "c")
        assert "It starts at the next full hour" in form.words
        await form.push("review")
        await form.dash.confirm(form.pilot)
        await form.dash.look(form.pilot, 60)
        assert "orders_rollup copy" in form.dash.text

    body = played(scenario)[0]
    assert body["query"] == {
        "dbName": "prod:all",
        "sql": "SELECT count(*) FROM orders",
        "name": "orders_rollup copy",
    }
    assert body["schedule"]["schedule"] == "0 * * * *"
    assert body["schedule"]["startDate"] == "2026-06-04T04:00:00.000Z"


def test_a_copy_keeps_parameters_and_datasets_that_a_list_cuts() -> None:
    sql = f"SELECT {', '.join(str(n) for n in range(200))}, $day"

    async def scenario(form: Form) -> None:
        session = form.dash.session
        given = QueryDraft(sql=sql, name="long", parameters=(("day", "7"),), ctas="made")
        start = NIGHT + timedelta(hours=1)
        made = ScheduleDraft(given, "0 2 * * *", start, start + timedelta(days=9), 4)
        action = Action(
            Verb.CREATE,
            Ref(session.scope.profile, session.scope.sandbox, Kind.SCHEDULE, "", ""),
            "long",
            draft=made,
        )
        await session.control.perform(await session.control.prepare((action,)))
        await form.dash.look(form.pilot, 60)
        await form.dash.sync(form.pilot)
        records = session.store.snapshot.schedules(session.scope).records.values()
        new = next(each for each in records if getattr(each, "name", "") == "long")
        copied = await draft_for_copy(session, new.ref)
        draft = copied.draft
        assert isinstance(draft, ScheduleDraft)
        assert draft.query == replace(given, name="long copy")
        assert (draft.cron, draft.max_active_runs) == ("0 2 * * *", 4)
        assert draft.end_at == made.end_at

    played(scenario)


def test_a_failed_run_is_run_again_with_its_sql() -> None:
    async def scenario(form: Form) -> None:
        await form.press("slash", *"merge", "enter", "enter", "i", "r")
        assert form.screen.query_one(SqlArea).text == "SELECT * FROM no_such_table"
        await form.push("review")
        await form.dash.confirm(form.pilot)

    (body,) = played(scenario)
    assert body["sql"] == "SELECT * FROM no_such_table"
    assert "templateId" not in body


def test_a_run_without_a_known_query_gives_the_sql_of_its_schedule_and_says_so() -> None:
    async def scenario(form: Form) -> None:
        session = form.dash.session
        records = session.store.snapshot.schedules(session.scope).records.values()
        one = next(each for each in records if getattr(each, "name", "") == "stillborn")
        runs = await session.query_engine.read_runs(one.ref.id)
        made = await draft_for_rerun(session, runs[0].ref)
        assert "this is the whole SQL of its schedule" in made.notes[0]
        assert made.draft == QueryDraft(sql="SELECT 3", name="stillborn re-run")

    played(scenario)


# What is wrong is said


def test_a_fault_stands_beside_its_field_once_that_was_left() -> None:
    async def scenario(form: Form) -> None:
        await form.open(Kind.SCHEDULE)
        form.screen.query_one("#new-cron").focus()
        await form.press(*"61", "space", "asterisk")
        assert "five fields" not in form.words
        before = form.dash.text
        await form.press("enter")
        assert form.screen.query_one("#new-start").has_focus
        assert form.dash.text != before
        assert form.screen.query_one("#new-cron", DialogField).is_bad
        await form.set(cron="1 * * * *")
        assert not form.screen.query_one("#new-cron", DialogField).is_bad

    played(scenario)


def test_review_goes_to_the_first_fault_and_hands_nothing_over() -> None:
    async def scenario(form: Form) -> None:
        await form.open(Kind.SCHEDULE)
        await form.push("review")
        assert form.screen.query_one(SqlArea).has_focus
        assert "Give the SQL, or choose a template." in form.words
        assert form.answers == []

    played(scenario)


def test_escape_asks_once_if_something_was_typed() -> None:
    async def scenario(form: Form) -> None:
        await form.open(Kind.QUERY)
        await form.press("x", "escape")
        assert "Esc again discards what you typed." in form.words
        await form.press("y", "escape")
        assert form.answers == []
        await form.press("escape")
        assert form.answers == [None]
        await form.open(Kind.QUERY)
        await form.press("escape")
        assert form.answers == [None, None]

    played(scenario)


def test_hostile_text_is_shown_harmless_and_sent_as_it_is() -> None:
    async def scenario(form: Form) -> None:
        await form.open(
            Kind.QUERY, QueryDraft(sql=HOSTILE, name="\x1b[31m[/x]", parameters=(("a", "\x07"),))
        )
        for char in "\x1b\x07\u202e":
            assert char not in form.dash.text
        assert "control characters, shown as codes" in form.words
        assert form.screen.query_one(SqlArea).read_only
        await form.push("review")
        draft = form.answers[0]
        assert isinstance(draft, QueryDraft)
        assert draft.sql == HOSTILE

    played(scenario)


def test_what_is_pasted_never_reaches_the_terminal_raw() -> None:
    async def scenario(form: Form) -> None:
        await form.open(Kind.QUERY)
        await form.set(sql="SELECT \x1b[31m1")
        assert "\x1b" not in form.dash.text

    played(scenario)


def test_templates_that_cannot_be_read_are_said_and_the_form_stays() -> None:
    async def scenario(form: Form) -> None:
        await form.open(Kind.QUERY)
        await form.set(name="kept")
        form.dash.emulator.fault("forbidden-list", "query-templates")
        await form.push("choose")
        assert form.screen.query_one("#new-name", DialogField).value == "kept"
        assert "list of templates" in form.dash.line(-2)

    played(scenario)


@pytest.mark.parametrize("size", [(20, 8), (40, 12), (200, 50)])
def test_a_form_can_be_filled_in_at_any_size(size: tuple[int, int]) -> None:
    async def scenario(form: Form) -> None:
        await form.open(Kind.SCHEDULE)
        await form.set(name="tiny", sql="SELECT 1", cron="@daily")
        await form.push("review")
        assert isinstance(form.answers[0], ScheduleDraft)

    played(scenario, size=size)


def test_a_schedule_from_a_template_begins_with_the_choice() -> None:
    async def scenario(form: Form) -> None:
        await form.press("i", "d")
        assert isinstance(form.dash.app.screen, TemplateScreen)
        await form.press(*"memb", "enter")
        assert form.screen.query_one("#new-name", DialogField).value == "Members"
        await form.set(cron="@weekly")
        form.screen.query(ParameterRow)[1].value.value = "new"
        await form.push("review")
        await form.dash.confirm(form.pilot)

    (body,) = played(scenario)
    assert body["query"]["queryParameters"] == {"day": "2026-05-31", "status": "new"}
    assert "sql" not in body["query"]
    assert body["schedule"]["schedule"] == "@weekly"
