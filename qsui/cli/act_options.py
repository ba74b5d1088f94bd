"""The options that every verb that changes something accepts, and what they add up to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

EXIT_CODES = (
    "Exit codes: 0 ok, 1 refused or not found, 2 usage, settings or read-only, 3 unreachable, "
    "4 not allowed, 5 sent but its outcome is unknown or no effect was seen (do not repeat it "
    "blindly), 130 interrupted. With several targets the highest counts."
)


@dataclass(frozen=True, slots=True)
class How:
    """How a verb is to be carried out: `form` is `text` or `json`."""

    yes: bool = False
    dry_run: bool = False
    reason: str = ""
    no_journal: bool = False
    wait: bool = False
    form: str = "text"


_OPTIONS = (
    click.option(
        "--yes", is_flag=True, help="Do not ask; stands for the name typed in production, too."
    ),
    click.option(
        "--dry-run", is_flag=True, help="Print the requests as curl and send nothing but reads."
    ),
    click.option("--reason", metavar="TEXT", default="", help="Why, for the journal."),
    click.option("--no-journal", is_flag=True, help="Act without a record: no undo later."),
    click.option(
        "--wait", is_flag=True, help="Wait until its effect is seen, 5 minutes at most; see above."
    ),
    click.option(
        "-o", "form", type=click.Choice(("text", "json")), default="text", show_default=True
    ),
)


def act_options(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Add these options; the command gets them as one argument `how`."""

    @wraps(verb)
    def command(
        *arguments: Any,  # noqa: ANN401  # whatever click hands over
        yes: bool,
        dry_run: bool,
        reason: str,
        no_journal: bool,
        wait: bool,
        form: str,
        **more: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        how = How(yes, dry_run, reason.strip(), no_journal, wait, form)
        return verb(*arguments, how=how, **more)

    decorated: Callable[..., Any] = command
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated
