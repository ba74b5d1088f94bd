"""What `i` offers: a new query or schedule, blank, from a template, or like the row chosen.

Each ends in a form, and the form in the dialog that says what would be sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.domain.actions import Action, Verb
from qsui.domain.drafts import Draft, query_of_draft
from qsui.domain.errors import ApiError
from qsui.domain.models import Kind, Query, Record, Ref, Run, Schedule
from qsui.present.text import printable
from qsui.tui.acts import Chosen, Wanted, is_unseen, name_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from qsui.domain.draft_of import Prefill
    from qsui.tui.options import Session
    from qsui.tui.screens.acting import Acting

MOST_TEMPLATES = 200

_KIND_WORDS = {Kind.QUERY: "query", Kind.SCHEDULE: "schedule"}


def open_menu(screen: Acting, chosen: Chosen) -> None:
    """Ask what to create."""
    from qsui.tui.screens.verbs import VerbEntry, VerbsScreen

    record = chosen.records[0] if len(chosen.records) == 1 else None
    reason = "" if record is not None else "choose one row for it"
    if record is not None and is_unseen(record):
        reason = "it was sent and not seen yet"
    copy_reason = reason or ("" if isinstance(record, Schedule | Query) else "a run has no copy")
    rerun_reason = reason or (
        "" if isinstance(record, Run | Query) else "choose a run or a query for it"
    )
    if not rerun_reason and isinstance(record, Run | Query) and screen.session is not None:
        rerun_reason = screen.session.control.refusal(Verb.RERUN, record)
    entries = (
        VerbEntry("query", "q", "new query"),
        VerbEntry("schedule", "s", "new schedule"),
        VerbEntry("template-query", "t", "query from a template"),
        VerbEntry("template-schedule", "d", "schedule from a template"),
        VerbEntry("copy", "c", "copy of this row", copy_reason),
        VerbEntry("rerun", "r", "run the SQL of this row again", rerun_reason),
    )

    def picked(id: str | None) -> None:
        match id:
            case "query" | "schedule":
                open_form(screen, Kind(id), None, f"New {id}")
            case "template-query":
                _choose_template(screen, Kind.QUERY)
            case "template-schedule":
                _choose_template(screen, Kind.SCHEDULE)
            case "copy" if record is not None:
                open_copy(screen, record)
            case "rerun" if record is not None:
                open_rerun(screen, record)

    screen.app.push_screen(VerbsScreen("New", entries), picked)


def open_form(
    screen: Acting,
    kind: Kind,
    prefill: Prefill | None,
    title: str,
    rerun_of: Record | None = None,
) -> None:
    """Show the form; what it returns goes to the dialog. `rerun_of` is what is run again."""
    from qsui.tui.screens.new import NewScreen

    session = screen.session
    if session is None:
        return

    def filled(result: Draft | None) -> None:
        if result is not None:
            screen.confirm(Wanted((_action(session, kind, result, rerun_of),)))

    screen.app.push_screen(NewScreen(kind, prefill, title=title), filled)


def _action(session: Session, kind: Kind, draft: Draft, rerun_of: Record | None) -> Action:
    if rerun_of is not None:
        name = name_of(rerun_of, session)
        return Action(Verb.RERUN, rerun_of.ref, name, draft=draft)
    scope = session.scope
    query = query_of_draft(draft)
    name = query.name or " ".join(query.sql.split())[:60] or query.template_id
    return Action(Verb.CREATE, Ref(scope.profile, scope.sandbox, kind, "", ""), name, draft=draft)


def open_copy(screen: Acting, record: Record) -> None:
    """Read a record whole and show the form with what it says."""
    from qsui.tui.drafting import draft_for_copy

    session = screen.session
    if session is not None:
        kind = record.ref.kind
        title = f"Copy of a {_KIND_WORDS.get(kind, 'record')}"
        _with_draft(
            screen,
            lambda: draft_for_copy(session, record.ref),
            lambda draft: open_form(screen, kind, draft, title),
        )


def open_rerun(screen: Acting, record: Record) -> None:
    """Read what ran and show the form with its SQL."""
    from qsui.tui.drafting import draft_for_rerun

    session = screen.session
    if session is not None:
        _with_draft(
            screen,
            lambda: draft_for_rerun(session, record.ref),
            lambda draft: open_form(screen, Kind.QUERY, draft, "Run again", record),
        )


def _with_draft(
    screen: Acting, read: Callable[[], Awaitable[Prefill]], go: Callable[[Prefill], None]
) -> None:
    async def work() -> None:
        try:
            draft = await read()
        except ApiError as error:
            screen.qsui.follower.warn(printable(str(error), 200))
            return
        if screen.is_on_top:
            go(draft)

    screen.run_worker(work(), group="draft", exclusive=True)


def _choose_template(screen: Acting, kind: Kind) -> None:
    from qsui.tui.drafting import draft_from_template
    from qsui.tui.screens.new_templates import TemplateScreen

    session = screen.session
    if session is None:
        return

    def picked(id: str | None) -> None:
        if id is not None:
            title = f"New {_KIND_WORDS[kind]} from a template"
            _with_draft(
                screen,
                lambda: draft_from_template(session, id, kind),
                lambda draft: open_form(screen, kind, draft, title),
            )

    async def work() -> None:
        try:
            templates = [
                template
                async for page in session.backend.templates(cap=MOST_TEMPLATES)
                for template in page.records
            ]
        except ApiError as error:
            screen.qsui.follower.warn(printable(str(error), 200))
            return
        if not templates:
            screen.qsui.say("There is no template in this sandbox.")
        elif screen.is_on_top:
            screen.app.push_screen(TemplateScreen(templates), picked)

    screen.run_worker(work(), group="draft", exclusive=True)
