"""Carries out a verb that changes something: prepare, show, ask, send once each, follow, tell.

All of it goes through `Control`, as the screens do. stdout carries how each action ended, or the
requests of a dry run; everything else goes to stderr.
"""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from qsui.cli.online import note, read_settings
from qsui.domain.errors import ConfigError
from qsui.domain.pending import Pending, Stage

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from qsui.cli.act_options import How
    from qsui.cli.common import Common
    from qsui.cli.reading import Reader
    from qsui.config.settings import Settings
    from qsui.domain.actions import Action
    from qsui.domain.ports import Journal, QueryServiceBackend
    from qsui.live.control import Control
    from qsui.live.plans import Plan, Target
    from qsui.live.store import Store

    ActionsOf = Callable[[Reader, Settings], Awaitable[Sequence[Action]]]

EXIT_INTERRUPTED = 130


@dataclass(slots=True)
class Standing:
    """How far a verb got, also for whoever interrupts it: `under_way` is what was being sent."""

    outcomes: list[Pending] = field(default_factory=list)
    under_way: Target | None = None
    is_interrupted: bool = False

    def code(self) -> int:
        """Return the exit code; an interrupt ends with 130 unless an answer is still missing."""
        from qsui.cli.act_results import EXIT_UNTOLD, exit_code

        worst = EXIT_UNTOLD if self.under_way else exit_code(self.outcomes)
        if self.is_interrupted and worst != EXIT_UNTOLD:
            return EXIT_INTERRUPTED
        return worst


def act(common: Common, how: How, actions_of: ActionsOf) -> int:
    """Carry out what `actions_of` finds on the live profile and return the exit code.

    Raises:
        ConfigError: The profile is read-only, or nobody can be asked.
        ApiError: A target could not be found; nothing was sent.
    """
    from qsui.cli.compose import read_only_words

    settings = read_settings(common)
    if settings.profile.read_only:
        raise ConfigError(f"nothing was sent; {read_only_words(settings.profile)}")
    if not (how.yes or how.dry_run or can_ask()):
        raise ConfigError(
            "nothing was sent: there is no terminal to ask on; add --yes to send without asking, "
            "or --dry-run to see what would be sent"
        )
    standing = Standing()
    try:
        return asyncio.run(_online(settings, how, actions_of, standing))
    except KeyboardInterrupt:
        if standing.under_way is None:
            raise
        name = standing.under_way.action.name
        note(f"interrupted: the request for {name} has left, what became of it is unknown")
        return standing.code()


def can_ask() -> bool:
    """Whether somebody reads the question and can answer it."""
    return sys.stdin.isatty() and sys.stderr.isatty()


async def _online(settings: Settings, how: How, actions_of: ActionsOf, standing: Standing) -> int:
    from qsui.cli.clocks import SystemClock
    from qsui.cli.compose import open_profile
    from qsui.cli.reading import reader as make_reader

    clock = SystemClock()
    backend = open_profile(settings.profile, os.environ, clock)
    try:
        reader = make_reader(backend, clock, settings.profile.requests_per_min, note)
        actions = await actions_of(reader, settings)
        for sentence in reader.notes:
            note(sentence)
        verb = _Verb(*_control(settings, how, reader), how, reader, standing)
        return await verb.carry_out(actions)
    finally:
        await backend.aclose()


def _control(settings: Settings, how: How, reader: Reader) -> tuple[Control, Store]:
    """Open what the dashboard stands on, too, but for an engine that runs by itself."""
    from qsui.cli.compose import account_name, poll_options
    from qsui.live.control import Control
    from qsui.live.engine import Engine
    from qsui.live.store import Store

    store = Store()
    backend: QueryServiceBackend = reader.backend
    options = poll_options(settings.poll, settings.profile.requests_per_min)
    engine = Engine(
        backend,
        store,
        clock=reader.clock,
        options=replace(options, bucket=max(1, reader.tokens_left), reserve=0),
    )
    journal = None if how.no_journal else _journal(settings)
    control = Control(
        engine,
        store,
        backend,
        journal,
        reader.clock,
        actor=account_name(),
        production=settings.profile.production,
    )
    return control, store


def _journal(settings: Settings) -> Journal:
    from qsui.storage.journal import open_journal

    return open_journal(settings.state_folder)


class _Verb:
    """One verb under way."""

    def __init__(
        self, control: Control, store: Store, how: How, reader: Reader, standing: Standing
    ) -> None:
        self._control = control
        self._store = store
        self._how = how
        self._reader = reader
        self._standing = standing

    async def carry_out(self, actions: Sequence[Action]) -> int:
        """Prepare, ask, perform, follow and tell; returns the exit code."""
        from qsui.cli.act_results import left_out, write_outcomes, write_requests
        from qsui.cli.open_deeds import take_up
        from qsui.cli.preview import preview

        how, control, standing = self._how, self._control, self._standing
        await take_up(control, self._store, actions, self._reader.clock.now())
        plan = await control.prepare(actions)
        now = self._reader.now
        for line in preview(plan, reason=how.reason, now=now):
            _say(line)
        as_of = now.replace(microsecond=0)
        standing.outcomes = left_out(plan, now)
        if how.dry_run:
            write_requests(plan, how, as_of=as_of)
            return standing.code()
        reason = how.reason
        if plan.to_send:
            reason = self._agreed(plan)
            await self._perform(plan, reason)
            await self._follow()
        ordered = _in_order(plan, standing.outcomes)
        as_of = self._reader.now.replace(microsecond=0)
        write_outcomes(ordered, plan, how, as_of=as_of, reason=reason)
        return standing.code()

    def _agreed(self, plan: Plan) -> str:
        """Ask until everything that must be said is said; returns the reason."""
        from qsui.cli.asking import agree

        return agree(plan, self._how)

    async def _perform(self, plan: Plan, reason: str) -> None:
        """Send one target after the other; an interrupt lets the one under way be answered."""
        standing = self._standing
        unrecorded = self._how.no_journal or bool(plan.journal_trouble)  # agreed to, then
        for number, target in enumerate(plan.to_send):
            standing.under_way = target
            sending = asyncio.create_task(
                self._control.perform(
                    replace(plan, targets=(target,)), reason=reason, unrecorded=unrecorded
                )
            )
            try:
                standing.outcomes += await asyncio.shield(sending)
            except asyncio.CancelledError:
                self._interrupted(len(plan.to_send) - number - 1)
                standing.outcomes += await sending
            standing.under_way = None
            if standing.is_interrupted:
                at = self._reader.now
                standing.outcomes += [
                    Pending("", left.action, Stage.NOT_SENT, at, words="interrupted before it")
                    for left in plan.to_send[number + 1 :]
                ]
                return

    def _interrupted(self, left: int) -> None:
        self._standing.is_interrupted = True
        _uncancel()
        more = f"; {left} more will not be sent" if left else ""
        note(f"interrupted: waiting for the answer to what has left{more} (Ctrl+C again: at once)")

    async def _follow(self) -> None:
        """Wait for effects: of all with `--wait`, else of what has further steps to take."""
        standing = self._standing
        ids = [o.id for o in standing.outcomes if o.stage.is_open and (self._how.wait or o.step)]
        if not ids or standing.is_interrupted:
            return
        note("waiting until it is done; what was sent goes on if you stop waiting")
        try:
            seen = await self._control.follow(*ids)
        except asyncio.CancelledError:
            standing.is_interrupted = True
            _uncancel()
            known = self._store.snapshot.pending
            seen = tuple(known[id] for id in ids if id in known)
            note("interrupted: no longer waiting; what was sent goes on at the server")
        by_id = {pending.id: pending for pending in seen}
        standing.outcomes = [by_id.get(o.id, o) for o in standing.outcomes]


def _uncancel() -> None:
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()


def _in_order(plan: Plan, outcomes: Sequence[Pending]) -> list[Pending]:
    """Return the outcomes in the order of the plan's targets."""
    place = {target.action: number for number, target in enumerate(plan.targets)}
    return sorted(outcomes, key=lambda outcome: place.get(outcome.action, len(place)))


def _say(line: str) -> None:
    """Print a line of the preview on stderr; its words may be a server's."""
    from qsui.present.text import printable

    sys.stderr.write(printable(line, None) + "\n")
