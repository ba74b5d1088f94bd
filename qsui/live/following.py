"""Looks for the effects of what was sent until each is seen, or should have been.

One read may serve many actions: that is a look. Looks come at most once a second and take at most
half of the request budget. An action has had no effect only if a read after its time shows none:
while the server is away nothing is concluded.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.domain.errors import ApiError, Forbidden, Unauthorized
from qsui.domain.pending import Pending, Stage
from qsui.domain.watch import Watch
from qsui.live import action_words
from qsui.live.budget import Budget
from qsui.live.looks import Done, Failed, Looks, NotYet

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from qsui.live.acting import Acting
    from qsui.live.cases import Case
    from qsui.live.recorder import Recorder
    from qsui.live.sending import Sending

BURST = 4
SHORTEST_WAIT_S = 0.1
_STAYS = frozenset({Stage.NO_EFFECT, Stage.UNKNOWN})


class Following:
    """The open actions of one scope."""

    def __init__(self, acting: Acting, recorder: Recorder, sending: Sending) -> None:
        self._with = acting
        self._recorder = recorder
        self._looks = Looks(acting, sending)
        self._cases: dict[str, Case] = {}
        self._settled_at: dict[str, datetime] = {}
        self._wake = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        now = acting.clock.now()
        per_min = max(2, acting.engine.options.requests_per_min)
        self._pace = Budget(now, per_min=per_min // 2, size=BURST, reserve=0)
        self._last_look_at: datetime | None = None

    def add(self, pending: Pending, case: Case | None) -> None:
        """Follow an action; without a case it is settled and only shown for a while."""
        if case is not None:
            self._cases[case.id] = case
        elif pending.stage not in _STAYS:
            self._settled_at[pending.id] = self._with.clock.now()
        self._wake.set()

    def watch_of(self, id: str) -> Watch | None:
        """Return how an action is looked for; `None` if it is not, or no more."""
        case, options = self._cases.get(id), self._with.options
        if case is None:
            return None
        return Watch(
            looks=case.looks if case.is_taken_up else max(0, case.looks - 1),
            next_at=case.next_at,
            no_effect_at=case.since + timedelta(seconds=options.no_effect_s),
            until=case.since + timedelta(seconds=options.give_up_s),
        )

    def forget(self, ids: Iterable[str]) -> None:
        """Show actions no more and look for them no more."""
        gone = tuple(ids)
        for id in gone:
            self._cases.pop(id, None)
            self._settled_at.pop(id, None)
        self._with.store.forget_pending(*gone)

    async def run(self) -> None:
        """Follow everything until cancelled."""
        while True:
            self._wake.clear()
            if not await self.look_once():
                await self._rest()

    async def follow(self, ids: tuple[str, ...]) -> tuple[Pending, ...]:
        """Look until each of these is done, refused or without effect, or cannot be looked for."""
        last: dict[str, Pending] = {}
        while True:
            known = self._with.store.snapshot.pending
            last.update((id, known[id]) for id in ids if id in known)
            mine = [self._cases[id] for id in ids if id in self._cases]
            open_ones = [case for case in mine if case.pending.stage.is_open]
            if not open_ones:
                return tuple(last[id] for id in ids if id in last)
            if not await self.look_once(is_watched=True):
                wait = (self._next_at(open_ones) - self._with.clock.now()).total_seconds()
                await self._with.clock.sleep(max(wait, SHORTEST_WAIT_S))

    async def look_once(self, *, is_watched: bool = False) -> bool:
        """Do the most urgent look that is due and allowed; whether one was done.

        `is_watched` is set while somebody waits for the answer: then what cannot be looked for is
        given up instead of being tried for ever.
        """
        async with self._one_at_a_time:
            self._forget_old()
            now = self._with.clock.now()
            due = [case for case in self._cases.values() if case.next_at <= now]
            if not due or self._next_look_at(now) > now:
                return False
            first = min(due, key=lambda case: case.next_at)
            self._pace.take(now, count=2 if first.to_send else 1)
            self._last_look_at = now
            await self._look(first, is_watched=is_watched)
            return True

    async def _look(self, first: Case, *, is_watched: bool) -> None:
        group = self._looks.together(first, self._cases.values())
        try:
            findings = await self._looks.look(group)
        except ApiError as error:
            for case in group:
                await self._not_looked(case, error, is_watched=is_watched)
            return
        for case in group:
            finding = findings.get(case.id, NotYet())
            match finding:
                case Done():
                    await self._done(case, finding)
                case Failed():
                    await self._failed(case, finding)
                case NotYet():
                    await self._not_yet(case, finding)

    async def _done(self, case: Case, finding: Done) -> None:
        now = self._with.clock.now()
        pending = replace(
            case.pending,
            stage=Stage.DONE,
            seen_at=now,
            step="",
            error_code=0,
            result=finding.result,
        )
        took = pending.took or now - case.since
        late = case.pending.stage is Stage.NO_EFFECT
        words = action_words.seen(took, was_lost=case.was_lost, is_late=late)
        if finding.words:
            words = f"{words}: {finding.words}"
        pending = replace(pending, words=words)
        await self._settle(case, await self._recorder.effect(pending, finding.version))

    async def _failed(self, case: Case, finding: Failed) -> None:
        pending = replace(
            case.pending, stage=finding.stage, words=finding.words, error_code=finding.code
        )
        await self._settle(case, await self._recorder.outcome(pending))

    async def _not_yet(self, case: Case, finding: NotYet) -> None:
        now, options = self._with.clock.now(), self._with.options
        pending = finding.pending or case.pending
        if pending.stage is Stage.NO_EFFECT:
            if case.is_given_up(now, options):
                self._cases.pop(case.id, None)
                return
        elif case.is_overdue(now, options):
            words = finding.no_effect or action_words.no_effect(
                case.verb,
                now - case.since,
                was_lost=case.was_lost,
                has_jobs=self._with.has_jobs,
            )
            pending = replace(pending, stage=Stage.NO_EFFECT, words=words)
            pending = await self._recorder.effect(pending)
            if finding.is_final:
                self._cases.pop(case.id, None)
        case.pending = self._with.put(pending)
        case.wait_for_next(now, options)

    async def _not_looked(self, case: Case, error: ApiError, *, is_watched: bool) -> None:
        now, options = self._with.clock.now(), self._with.options
        is_hopeless = isinstance(error, Unauthorized | Forbidden)
        is_over = is_watched and (is_hopeless or case.is_overdue(now, options))
        if is_over or case.is_given_up(now, options):
            words = f"sent, and its effect cannot be looked for: {error}"
            pending = replace(case.pending, stage=Stage.UNKNOWN, words=words)
            self._cases.pop(case.id, None)
            self._with.put(await self._recorder.outcome(pending))
            return
        case.wait_for_next(now, options)
        if is_hopeless:
            case.next_at = now + timedelta(seconds=options.late_look_s)

    async def _settle(self, case: Case, pending: Pending) -> None:
        case.pending = pending
        self._cases.pop(case.id, None)
        if pending.stage not in _STAYS:
            self._settled_at[case.id] = self._with.clock.now()
        self._with.put(pending)

    def _forget_old(self) -> None:
        """Show settled actions no longer than is told; those that need a person stay."""
        before = self._with.clock.now() - timedelta(seconds=self._with.options.shown_s)
        old = [id for id, at in self._settled_at.items() if at <= before]
        for id in old:
            del self._settled_at[id]
        if old:
            self._with.store.forget_pending(*old)

    def _next_look_at(self, now: datetime) -> datetime:
        ready = self._pace.ready_at(now, is_user=True)
        if self._last_look_at is None:
            return ready
        return max(ready, self._last_look_at + timedelta(seconds=1))

    def _next_at(self, cases: Iterable[Case]) -> datetime:
        now = self._with.clock.now()
        return max(min(case.next_at for case in cases), self._next_look_at(now))

    async def _rest(self) -> None:
        now = self._with.clock.now()
        shown = timedelta(seconds=self._with.options.shown_s)
        times = [at + shown for at in self._settled_at.values()]
        if self._cases:
            times.append(self._next_at(self._cases.values()))
        if not times:
            await self._wake.wait()
            return
        wait = max((min(times) - now).total_seconds(), SHORTEST_WAIT_S)
        nap = asyncio.ensure_future(self._with.clock.sleep(wait))
        woken = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait({nap, woken}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            nap.cancel()
            woken.cancel()
            await asyncio.gather(nap, woken, return_exceptions=True)
