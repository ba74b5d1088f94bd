"""Carries a verb out: prepare, show, ask, send one after the other, follow; interrupts included."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from qsui.cli.online import note
from qsui.domain.pending import Pending, Stage
from qsui.live import action_words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from qsui.cli.act_options import How
    from qsui.cli.reading import AnyReader
    from qsui.domain.actions import Action
    from qsui.live.control import Control
    from qsui.live.plans import Plan, Target
    from qsui.live.store import Store

EXIT_INTERRUPTED = 130
EXIT_UNWRITTEN = 1


@dataclass(slots=True)
class Standing:
    """How far a verb got, also for whoever cuts it off.

    `under_way` is the target that is being sent, `known_before` the ids of the actions that others
    began.
    """

    store: Store
    plan: Plan | None = None
    reason: str = ""
    outcomes: list[Pending] = field(default_factory=list)
    under_way: Target | None = None
    known_before: frozenset[str] = frozenset()
    is_interrupted: bool = False

    def has_left(self) -> bool:
        """Whether the intent of what is under way is being written, or its request has left."""
        return self.under_way is not None and any(
            pending.action == self.under_way.action and pending.stage.is_open
            for id, pending in self.store.snapshot.pending.items()
            if id not in self.known_before
        )

    def cut_off(self, at: datetime) -> None:
        """Note what became of the rest when nobody waits for an answer any more."""
        self.is_interrupted = True
        if self.under_way is not None and self.has_left():
            self.outcomes.append(Pending("", self.under_way.action, Stage.UNKNOWN, at))
        self.under_way = None
        known = {outcome.action for outcome in self.outcomes}
        self.outcomes += [
            Pending("", target.action, Stage.NOT_SENT, at, words="interrupted before it")
            for target in (self.plan.to_send if self.plan else ())
            if target.action not in known
        ]

    def code(self) -> int:
        """Return the exit code; an interrupt ends with 130 unless an outcome is unknown."""
        from qsui.cli.act_results import EXIT_UNTOLD, exit_code

        worst = exit_code(self.outcomes)
        if self.is_interrupted and worst != EXIT_UNTOLD:
            return EXIT_INTERRUPTED
        return worst

    def tell(self, how: How, now: datetime) -> int:
        """Write how each action stands, or what a dry run did not send; returns the exit code.

        A reader that has gone does not change the code: what was done was done.
        """
        from qsui.cli.act_results import write_outcomes, write_requests

        if self.plan is None:
            return self.code()
        as_of = now.replace(microsecond=0)
        try:
            if how.dry_run:
                write_requests(self.plan, how, as_of=as_of)
            else:
                write_outcomes(self._ordered(), self.plan, how, as_of=as_of, reason=self.reason)
            sys.stdout.flush()
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            if isinstance(error, BrokenPipeError):
                return self.code()
            note(f"cannot write the results: {error.strerror or error}")
            return max(self.code(), EXIT_UNWRITTEN)
        return self.code()

    def _ordered(self) -> list[Pending]:
        targets = self.plan.targets if self.plan else ()
        place = {target.action: number for number, target in enumerate(targets)}
        return sorted(self.outcomes, key=lambda outcome: place.get(outcome.action, len(place)))


class Carrying:
    """One verb on its way; what came of it is in `standing`."""

    def __init__(self, control: Control, how: How, reader: AnyReader, standing: Standing) -> None:
        self._control = control
        self._how = how
        self._reader = reader
        self._standing = standing

    async def carry_out(self, actions: Sequence[Action]) -> None:
        """Do all of it; a dry run ends with the plan."""
        from qsui.cli.act_results import left_out
        from qsui.cli.asking import agree
        from qsui.cli.preview import preview

        standing, reader = self._standing, self._reader
        plan = await self._control.prepare(actions)
        for line in preview(plan, reason=self._how.reason, now=reader.now):
            _say(line)
        standing.plan, standing.reason = plan, self._how.reason
        standing.outcomes = left_out(plan, reader.now)
        if self._how.dry_run or not plan.to_send:
            return
        standing.reason = agree(plan, self._how)
        await self._perform(plan)
        if any(o.words.startswith(action_words.UNRECORDED) for o in standing.outcomes):
            note("what could not be recorded was not sent; --no-journal sends it without a record")
        await self._follow()

    async def _perform(self, plan: Plan) -> None:
        """Send one target after the other; an interrupt ends it after the one under way."""
        standing = self._standing
        standing.known_before = frozenset(standing.store.snapshot.pending)
        for target in plan.to_send:
            standing.under_way = target
            sending = asyncio.create_task(self._send(plan, target))
            try:
                standing.outcomes += await asyncio.shield(sending)
            except asyncio.CancelledError:
                await self._interrupted(sending)
                standing.under_way = None
                standing.cut_off(self._reader.clock.now())
                return
            standing.under_way = None

    async def _send(self, plan: Plan, target: Target) -> tuple[Pending, ...]:
        unrecorded = self._how.no_journal or bool(plan.journal_trouble)  # agreed to, then
        return await self._control.perform(
            replace(plan, targets=(target,)), reason=self._standing.reason, unrecorded=unrecorded
        )

    async def _interrupted(self, sending: asyncio.Task[tuple[Pending, ...]]) -> None:
        """Wait for the answer to what has left; what has not is not sent."""
        _uncancel()
        if not self._standing.has_left():
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            note("interrupted: nothing more is sent")
            return
        note("interrupted: waiting for the answer to what has left (Ctrl+C again: at once)")
        self._standing.outcomes += await sending

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
            known = standing.store.snapshot.pending
            seen = tuple(_left(known[id]) for id in ids if id in known)
            note("interrupted: no longer waiting; what was sent goes on at the server")
        by_id = {pending.id: pending for pending in seen}
        standing.outcomes = [by_id.get(o.id, o) for o in standing.outcomes]


def _left(pending: Pending) -> Pending:
    """Say of a delete that is left before its end that nothing more of it will be sent."""
    if pending.step not in ("disable", "wait"):
        return pending
    return replace(pending, words=action_words.left_half_done())


def _uncancel() -> None:
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()


def _say(line: str) -> None:
    """Print a line of the preview on stderr; its words may be a server's."""
    from qsui.present.text import printable

    sys.stderr.write(printable(line, None) + "\n")
