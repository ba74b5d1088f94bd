"""The queue of a server in words: its title, who runs away, what a waiting job waits for.

What a server does not tell is a guess, and is hedged with `~` or "likely".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.domain.queueing import place_key
from qsui.domain.states import RunState
from qsui.present import text
from qsui.present.job_words import NO_MEDIAN, counted, ordinal
from qsui.present.role import Role, Span, Spans

if TYPE_CHECKING:
    from datetime import datetime

    from qsui.domain.jobs import Job
    from qsui.domain.queueing import QueueView, RunAway, Waiting
    from qsui.present.layout import LookContext

NAME_CELLS = 32
HOLDERS_SHOWN = 3
OWN_LIMIT = "the server never ends such a job itself"


def queue_title(queue: QueueView) -> Spans:
    """Return `running 2 of ~2 slots   queued 7   oldest wait 38m`.

    How many slots there are is only known as far as was seen; nothing is said if it was not.
    """
    slots = f" of ~{queue.slots} {'slot' if queue.slots == 1 else 'slots'}" if queue.slots else ""
    spans: list[Span] = [
        ("running ", Role.MUTED),
        (str(queue.slots_in_use), Role.STRONG),
        (slots, Role.MUTED),
        ("   queued ", Role.MUTED),
        (text.count_exact(len(queue.waiting)), Role.STRONG),
    ]
    if queue.oldest_wait is not None:
        spans.append(("   oldest wait ", Role.MUTED))
        spans.append((text.duration(queue.oldest_wait), Role.STRONG))
    return tuple(spans)


def run_away_lines(queue: QueueView, *, most: int = 3) -> tuple[Spans, ...]:
    """Return a sentence for each job that runs away, the longest first, at most `most` lines."""
    shown = queue.run_aways[:most]
    if len(queue.run_aways) > most:
        shown = shown[:-1]
    lines: list[Spans] = [run_away_words(one) for one in shown]
    if rest := len(queue.run_aways) - len(shown):
        lines.append(
            (("! ", Role.WARN), (f"{counted(rest, 'more job')} run far longer", Role.TEXT))
        )
    return tuple(lines)


def run_away_words(one: RunAway) -> Spans:
    """Say that a job runs away, and whether the server will end it by itself."""
    name = _name(one.job)
    usual = f"median {text.duration(one.usual)}" if one.usual is not None else NO_MEDIAN
    who = {
        True: f"Likely started by hand: {OWN_LIMIT}.",
        None: "The server may end it only if a schedule started it.",
        False: "Likely started by a schedule: a limit of the server may end it.",
    }[one.is_manual]
    return (
        ("! ", Role.WARN),
        (name, Role.STRONG),
        (f" runs {text.duration(one.took)}, {usual}. ", Role.TEXT),
        (who, Role.MUTED),
    )


def _name(job: Job) -> str:
    name = text.printable_name(job.workflow_name.strip()) or text.id_short(job.id)
    return text.elide_middle(name, NAME_CELLS)


def place_words(place: Waiting, queue: QueueView) -> Spans:
    """Return `7th in line, 6 ahead, 2 of them by priority`."""
    ahead = queue.waiting[: place.position - 1]
    words = f"{ordinal(place.position)} in line"
    if not ahead:
        return ((words, Role.TEXT),)
    mine = place_key(place.job)[0]
    over = sum(place_key(one.job)[0] < mine for one in ahead)
    rest = f", {len(ahead)} ahead"
    if over and len(ahead) == 1:
        rest += ", by priority"
    elif over:
        rest += f", {'all' if over == len(ahead) else f'{over} of them'} by priority"
    return ((words, Role.TEXT), (rest, Role.MUTED))


def waits_for(job: Job, queue: QueueView, ctx: LookContext) -> Spans:
    """Say what a waiting job waits for: `a slot: Daily_Sales (~9m) and adhoc (unknown) hold both`.

    Which worker may take which job no server tells: all slots count as one pool.
    """
    working = queue.working
    tag = text.elide_middle(text.printable_name(job.worker_tag.strip()), NAME_CELLS)
    if not working:
        whose = f"of worker {tag}" if tag else "of a worker"
        return ((f"a slot {whose}: nothing runs, likely none is up for it", Role.TEXT),)
    stuck = frozenset(one.job.id for one in queue.run_aways)
    shown = working[:HOLDERS_SHOWN]
    names = [f"{_name(one)} ({_left(one, ctx, is_stuck=one.id in stuck)})" for one in shown]
    if rest := len(working) - len(shown):
        names.append(f"{rest} more")
    slot = f"a slot of worker {tag}: " if tag else "a slot: "
    return ((slot, Role.TEXT), (f"{_joined(names)} {_hold(len(working), queue)}", Role.TEXT))


def _hold(held: int, queue: QueueView) -> str:
    if queue.slots != held:
        return "run" if held > 1 else "runs"
    return {1: "holds the only one seen", 2: "hold both"}.get(held, f"hold all {held}")


def _joined(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _left(job: Job, ctx: LookContext, *, is_stuck: bool) -> str:
    """Return how long a job has yet to run, by its median."""
    median, took = ctx.median_of(job.workflow_id), job.took(ctx.now)
    if is_stuck or median is None:
        return "unknown"
    if took is None:
        return f"~{text.duration(median)}" if job.state is RunState.STARTING else "unknown"
    return f"~{text.duration(median - took)}" if took < median else "any moment"


def likely_start(starts_at: datetime | None, ahead: int, ctx: LookContext) -> Spans:
    """Say when a waiting job likely starts, and on what that rests."""
    if starts_at is None or ctx.stale:
        return (("start not known: too little is known of the jobs ahead of it", Role.MUTED),)
    at = text.moment_long(starts_at, ctx.now, ctx.zone)
    left = text.until(starts_at, ctx.now)
    when = "now" if left == "now" else f"in ~{left}"
    before = "the job ahead" if ahead == 1 else f"the {ahead} jobs ahead"
    of = f" of {before} and those at work" if ahead else " of those at work"
    return ((f"starts ~{at}, {when}", Role.TEXT), (f", from the medians{of}", Role.MUTED))
