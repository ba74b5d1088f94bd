"""What `i` offers: a new query or schedule, blank, from a template, or like the row chosen.

Each ends in a form, and the form in the dialog that says what would be sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from qsui.domain.actions import Action, Verb
from qsui.domain.drafts import Draft, query_of_draft
from qsui.domain.errors import ApiError
from qsui.domain.models import Kind, Query, Record, Ref, Run, Schedule, Template
from qsui.present.text import printable
from qsui.tui.acts import Chosen, Wanted, is_unseen, name_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from qsui.domain.draft_of import Prefill
    from qsui.tui.options import Session
    from qsui.tui.screens.acting import Acting

T = TypeVar("T")

MOST_TEMPLATES = 200

_KIND_WORDS = {Kind.QUERY: "query", Kind.SCHEDULE: "schedule"}


def open_menu(screen: Acting, chosen: Chosen) -> None:
    """Ask what to create."""
    from qsui.tui.screens.verbs import VerbEntry, VerbsScreen

    session = screen.session_for(chosen)
    if session is None:
        return
    record = chosen.records[0] if len(chosen.records) == 1 else None
    reason = "" if record is not None else "choose one row for it"
    if record is not None and is_unseen(record):
        reason = "it was sent and not seen yet"
    copy_reason = reason or ("" if isinstance(record, Schedule | Query) else "a run has no copy")
    rerun_reason = reason or (
        "" if isinstance(record, Run | Query) else "choose a run or a query for it"
    )
    if not rerun_reason and isinstance(record, Run | Query):
        rerun_reason = session.control.refusal(Verb.RERUN, record)
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
                open_form(screen, session, Kind(id), None, f"New {id}")
            case "template-query":
                _choose_template(screen, session, Kind.QUERY)
            case "template-schedule":
                _choose_template(screen, session, Kind.SCHEDULE)
            case "copy" if record is not None:
                open_copy(screen, record)
            case "rerun" if record is not None:
                open_rerun(screen, record)

    screen.app.push_screen(VerbsScreen("New", entries).of(session), picked)


def open_form(
    screen: Acting,
    session: Session,
    kind: Kind,
    prefill: Prefill | None,
    title: str,
    rerun_of: Record | None = None,
) -> None:
    """Show the form; what it returns goes to the dialog. `rerun_of` is what is run again."""
    from qsui.tui.screens.new import NewScreen

    def filled(result: Draft | None) -> None:
        if result is not None:
            screen.confirm(Wanted((_action(session, kind, result, rerun_of),)), session=session)

    screen.app.push_screen(NewScreen(kind, prefill, title=title).of(session), filled)


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

    session = screen.qsui.session_of(record.ref)
    if session is not None:
        kind = record.ref.kind
        title = f"Copy of a {_KIND_WORDS.get(kind, 'record')}"
        _read_first(
            screen,
            session,
            title,
            lambda: draft_for_copy(session, record.ref),
            lambda draft: open_form(screen, session, kind, draft, title),
        )


def open_rerun(screen: Acting, record: Record) -> None:
    """Read what ran and show the form with its SQL."""
    from qsui.tui.drafting import draft_for_rerun

    session = screen.qsui.session_of(record.ref)
    if session is not None:
        title = "Run again"
        _read_first(
            screen,
            session,
            title,
            lambda: draft_for_rerun(session, record.ref),
            lambda draft: open_form(screen, session, Kind.QUERY, draft, title, record),
        )


def _read_first(
    screen: Acting,
    session: Session,
    title: str,
    read: Callable[[], Awaitable[T]],
    go: Callable[[T], None],
) -> None:
    """Read behind a dialog that takes the keyboard, then go on; Esc there gives the reading up."""
    from qsui.tui.screens.reading import ReadingScreen

    dialog = ReadingScreen(title)

    async def work() -> None:
        try:
            result = await read()
        except ApiError as error:
            dialog.dismiss(True)
            screen.qsui.follower.warn(printable(str(error), 200))
            return
        dialog.dismiss(True)
        go(result)  # with no wait between the two: no key reaches the list

    worker = screen.run_worker(work(), group="draft", exclusive=True)

    def left(is_read: bool | None) -> None:
        if not is_read:
            worker.cancel()

    screen.app.push_screen(dialog.of(session), left)


def _choose_template(screen: Acting, session: Session, kind: Kind) -> None:
    from qsui.tui.drafting import draft_from_template
    from qsui.tui.screens.new_templates import TemplateScreen

    title = f"New {_KIND_WORDS[kind]} from a template"

    def picked(id: str | None) -> None:
        if id is not None:
            _read_first(
                screen,
                session,
                title,
                lambda: draft_from_template(session, id, kind),
                lambda draft: open_form(screen, session, kind, draft, title),
            )

    async def read() -> list[Template]:
        pages = session.query_service.templates(cap=MOST_TEMPLATES)
        return [template async for page in pages for template in page.records]

    def choose(templates: list[Template]) -> None:
        if templates:
            screen.app.push_screen(TemplateScreen(templates).of(session), picked)
        else:
            screen.qsui.say("There is no template in this sandbox.")

    _read_first(screen, session, title, read, choose)
