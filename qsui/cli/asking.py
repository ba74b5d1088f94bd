"""Asks before something is sent: yes or no, the sandbox's name in production, a reason if needed.

Questions go to stderr, answers come from standard input; Ctrl+C while one is asked interrupts.
"""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

import click

from qsui.domain.errors import ConfigError

if TYPE_CHECKING:
    from qsui.cli.act_options import How
    from qsui.live.plans import Plan

EXIT_DECLINED = 1
_YES = ("y", "yes")


def agree(plan: Plan, how: How) -> str:
    """Return the reason once everything needed was agreed to; with `--yes` nothing is asked.

    Raises:
        ConfigError: `--yes` is not enough: a reason is missing, or the journal cannot be written.
        click.exceptions.Exit: It was declined; nothing is to be sent.
    """
    reason = how.reason
    if plan.must_argue and not reason:
        reason = _reason(how)
    if plan.journal_trouble and not how.no_journal:
        _unrecorded(plan, how)
    if how.yes:
        return reason
    if plan.is_production:
        if ask(f"Production: type {plan.typed} to send, anything else to stop: ") != plan.typed:
            decline()
    elif ask("Send? [y/N] ").lower() not in _YES:
        decline()
    return reason


def _reason(how: How) -> str:
    words = "the same was sent already and its effect was not seen yet"
    if how.yes:
        raise ConfigError(f"nothing was sent: {words}; say why it is needed again with --reason")
    reason = ask(f"{words[0].upper()}{words[1:]}. Why again? ")
    if not reason:
        decline()
    return reason


def _unrecorded(plan: Plan, how: How) -> None:
    if how.yes:
        raise ConfigError(
            f"nothing was sent: {plan.journal_trouble} Add --no-journal to act without a record"
        )
    _say(f"It cannot be recorded: {plan.journal_trouble}")
    if ask("Go on without a record, and without undo? [y/N] ").lower() not in _YES:
        decline()


def ask(question: str) -> str:
    """Ask on stderr and return the line typed, stripped; empty at the end of input."""
    from qsui.present.text import printable

    sys.stderr.write(printable(question, None))
    sys.stderr.flush()
    # asyncio's own handler would leave the interrupt until the line is typed.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return sys.stdin.readline().strip()
    finally:
        signal.signal(signal.SIGINT, before)


def decline() -> None:
    """End the verb: a person said no.

    Raises:
        click.exceptions.Exit: Always.
    """
    _say("Nothing was sent.")
    raise click.exceptions.Exit(EXIT_DECLINED)


def _say(sentence: str) -> None:
    from qsui.present.text import printable

    sys.stderr.write(f"qsui: {printable(sentence, None)}\n")
