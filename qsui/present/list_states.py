"""What stands in place of a list's rows, and what its chrome says, in exact words.

Each function returns lines; a blank line separates what is wrong from what can be done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from qsui.present import text
from qsui.present.role import Role, Spans
from qsui.present.signs import UNICODE, Sign, SignSet

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from qsui.present.layout import LookContext


class SeenTrouble(Protocol):
    """Why reads fail, as the live engine knows it."""

    @property
    def message(self) -> str:
        """The sentence of the error."""
        ...

    @property
    def status(self) -> int:
        """The HTTP status; 0 if no answer came."""
        ...

    @property
    def request_id(self) -> str:
        """What support asks for."""
        ...

    @property
    def since(self) -> datetime:
        """Since when."""
        ...

    @property
    def tries(self) -> int:
        """How often in a row."""
        ...

    @property
    def next_try_at(self) -> datetime | None:
        """When it is tried again; `None` if not by itself."""
        ...


Lines = tuple[Spans, ...]
_LABEL = 13
_INDENT = "   "


def starting(words: str, signs: SignSet = UNICODE) -> Lines:
    """Say what is waited for before anything can be read."""
    return _body(((f"{text.printable(words, 200)} {signs.ellipsis}", Role.TEXT),))


def first_load(noun: str, where: str, known: int = 0, signs: SignSet = UNICODE) -> Lines:
    """Say that a list is read for the first time, and how far that is."""
    lines: list[Spans] = [
        ((f"Reading {noun} of {text.printable(where, 80)} {signs.ellipsis}", Role.TEXT),)
    ]
    if known:
        page = -(-known // 100)
        words = f"{text.count_exact(known)} so far, page {page}"
        lines.append(((words, Role.MUTED),))
    return _body(*lines)


def empty(noun: str, where: str) -> Lines:
    """Say that there is nothing."""
    return _body(
        ((f"No {noun} in {text.printable(where, 80)}.", Role.TEXT),),
        (("R", Role.FOCUS), (" read again", Role.MUTED)),
    )


def empty_journal(where: str, trouble: str = "") -> Lines:
    """Say that nothing was done from here yet, and why nothing would be recorded."""
    lines: list[Spans] = [((f"No actions yet in {text.printable(where, 80)}.", Role.TEXT),)]
    if trouble:
        lines.append(((f"! {text.printable(trouble, 300)}", Role.WARN),))
    words = " act on the row under the cursor of a list; each is written here first"
    lines.append((("t s e x u v", Role.FOCUS), (words, Role.MUTED)))
    return _body(*lines)


def none_match(noun: str, total: int) -> Lines:
    """Say that the filter lets nothing through."""
    return _body(
        ((f"None of {text.count_exact(total)} {noun} match.", Role.TEXT),),
        (
            ("/", Role.FOCUS),
            (" change filter   ", Role.MUTED),
            ("Esc", Role.FOCUS),
            (" show all", Role.MUTED),
        ),
    )


def forbidden(
    noun: str,
    trouble: SeenTrouble,
    where: str,
    signs: SignSet = UNICODE,
    *,
    has_jobs: bool = False,
    still_works: str = "the other lists",
) -> Lines:
    """Say that one list may not be read while others go on; `has_jobs` of a server of workflows."""
    answer = f"{trouble.status} Forbidden" if trouble.status in (0, 403) else str(trouble.status)
    return _body(
        ((f"{signs.of(Sign.FAILED)} Not allowed to read {noun}", Role.ERROR),),
        (),
        _line("What failed", f"GET {noun}: {answer.removeprefix('0 ')}"),
        _line("", trouble.message, Role.MUTED),
        _line("Where", where),
        _line("Still works", still_works),
        _line("Do", _ASK_CURATOR if has_jobs else _ASK_PERMISSION),
        _keys(trouble),
    )


_ASK_PERMISSION = "ask for the Query Service permissions in this sandbox"
_ASK_CURATOR = "ask a curator of the server for a role that may, or use another key"


def failed(noun: str, trouble: SeenTrouble, where: str, ctx: LookContext) -> Lines:
    """Say that a list could not be read and nothing older is known."""
    again = trouble.next_try_at
    when = text.clock(again, ctx.zone) if again else "not by itself"
    return _body(
        ((f"{ctx.signs.of(Sign.FAILED)} {noun.capitalize()} cannot be read", Role.ERROR),),
        (),
        _line("What failed", trouble.message),
        _line("Where", where),
        _line("Since", f"{text.clock(trouble.since, ctx.zone)}, {text.tries(trouble.tries)}"),
        _line("Next try", when),
        _keys(trouble),
    )


def login_refused(trouble: SeenTrouble, where: str, ctx: LookContext) -> Lines:
    """Say that nothing was read because the login is refused, and that nothing is tried now."""
    status = f" ({trouble.status})" if trouble.status else ""
    named = text.printable(where, 80)
    return _body(
        ((f"{ctx.signs.of(Sign.FAILED)} Login refused{status} for {named}", Role.ERROR),),
        (),
        _line("What failed", trouble.message),
        _line("Since", f"{text.clock(trouble.since, ctx.zone)}, polling stopped"),
        _line("Do", "fix the id and secret of the profile, or choose another with @"),
        _keys(trouble),
    )


def _keys(trouble: SeenTrouble) -> Spans:
    spans: Spans = ((" " * _LABEL, Role.TEXT), ("R", Role.FOCUS), (" read again", Role.MUTED))
    if trouble.request_id:
        spans += ((f"   request id {text.printable(trouble.request_id, 80)}", Role.MUTED),)
    return spans


def _line(label: str, words: str, role: Role = Role.TEXT) -> Spans:
    return ((f"{label:<{_LABEL}}", Role.MUTED), (text.printable(words, 400), role))


def _body(*lines: Spans) -> Lines:
    return ((), *(((_INDENT, Role.TEXT), *line) if line else () for line in lines))


def status_offline(since: datetime, zone: tzinfo) -> Spans:
    """Return the status line while no answer comes."""
    return (
        (f"! Offline since {text.clock_short(since, zone)}. ", Role.CHIP_WARN),
        ("Rows are old, verdicts marked ? are unknown.  ", Role.CHIP_WARN),
        ("r try now", Role.CHIP_WARN),
    )


def status_error(noun: str, trouble: SeenTrouble, where: str, ctx: LookContext) -> Spans:
    """Return the status line while one list cannot be read and its old rows stay."""
    again = trouble.next_try_at
    next_try = f" Next try {text.clock(again, ctx.zone)}." if again else ""
    answer = _answer(trouble)
    sign = ctx.signs.of(Sign.FAILED)
    return (
        (f"{sign} {noun.capitalize()}: ", Role.ERROR),
        (
            f"{answer} from {text.printable(where, 80)}, {text.tries(trouble.tries)}.{next_try} ",
            Role.TEXT,
        ),
        ("r", Role.FOCUS),
        (" try now", Role.MUTED),
    )


def partly(
    noun: str, troubles: Sequence[tuple[str, SeenTrouble]], others: int, ctx: LookContext
) -> Spans:
    """Return the status line while a list cannot be read from some of the scopes on show.

    `✗ Jobs: 401 from ayx, 2 tries. Next try 03:13:10Z. The other scope is live. r try now`. Each
    trouble comes with the name of its scope, the gravest first; `others` is how many have none.
    """
    where, trouble = troubles[0]
    more = len(troubles) - 1
    named = text.elide_middle(text.printable_name(where), 40, ctx.signs.ellipsis)
    words = f"{_answer(trouble)} from {named}, {text.tries(trouble.tries)}."
    if more:
        words += f" {more} more {'scope has' if more == 1 else 'scopes have'} trouble."
    if trouble.next_try_at is not None:
        words += f" Next try {text.clock(trouble.next_try_at, ctx.zone)}."
    if others:
        words += " The other scope is live." if others == 1 else " The other scopes are live."
    return (
        (f"{ctx.signs.of(Sign.FAILED)} {noun.capitalize()}: ", Role.ERROR),
        (f"{words} ", Role.TEXT),
        ("r", Role.FOCUS),
        (" try now", Role.MUTED),
    )


def where_words(names: Sequence[str]) -> str:
    """Return what a list of several scopes is of: `acme/prod and ayx`, `4 scopes`."""
    if len(names) > 3:
        return f"{len(names)} scopes"
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def _answer(trouble: SeenTrouble) -> str:
    if not trouble.status:
        return "no answer"
    return "an unreadable answer" if 200 <= trouble.status < 300 else str(trouble.status)
