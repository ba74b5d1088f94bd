"""What is about to be sent, in plain lines for stderr: the command line's confirm dialog.

Pure. Every line still holds the server's own words: clean it before it is printed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.domain.actions import Verb
from qsui.domain.models import Kind, Schedule
from qsui.domain.states import ScheduleState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from qsui.domain.models import Record
    from qsui.live.plans import Plan, Target

SHOWN_BODY = 240
FIRES_SHOWN = 3
_WORDS_OF_STATE = {ScheduleState.ENABLED: "on", ScheduleState.DISABLED: "off"}


def preview(plan: Plan, *, reason: str, now: datetime) -> list[str]:
    """Return the lines: each target with its state, warnings and requests, then what follows."""
    lines = [title(plan) + ":"]
    for target in plan.targets:
        lines += _of_target(target)
    first = next(iter(plan.to_send), None)
    if first is None:
        return lines
    if first.action.verb is Verb.SET_CRON:
        lines += _fires(first.action.cron, now)
    writes = dict.fromkeys(name for target in plan.to_send for name in target.writes)
    if writes:
        lines.append(f"  writes  {', '.join(writes)}")
    lines += [f"  undo    {plan.undo}", f"  done    {plan.done}"]
    if reason:
        lines.append(f"  reason  {reason}")
    return lines


def title(plan: Plan) -> str:
    """Say what goes to how many targets and where."""
    kind_words = counted(len(plan.to_send), plan.targets)
    if len(plan.to_send) < len(plan.targets):
        kind_words = f"{len(plan.to_send)} of {counted(len(plan.targets), plan.targets)}"
    verb = plan.targets[0].action.verb if plan.targets else ""
    production = ", a production sandbox" if plan.is_production else ""
    return f"{verb} {kind_words} in {plan.where}{production}"


def counted(number: int, targets: Sequence[Target]) -> str:
    """Return a number of records of the targets' kind: `1 schedule`, `2 queries`."""
    kind = targets[0].action.target.kind if targets else Kind.SCHEDULE
    plural = "queries" if kind is Kind.QUERY else f"{kind.value}s"
    return f"{number} {kind.value if number == 1 else plural}"


def _of_target(target: Target) -> Iterator[str]:
    name = target.action.name or target.action.target.id or f"a new {target.action.target.kind}"
    if not target.is_sent:
        yield f"  {name}  left out: {target.refusal}"
        return
    yield "  ".join(part for part in (f"  {name}", _state(target)) if part)
    if target.after and (target.before or target.action.verb is Verb.SET_CRON):
        yield f"      {target.before or '-'} -> {target.after}"
    for warning in target.warnings:
        yield f"      ! {warning}"
    for outgoing in target.outgoing:
        body = outgoing.body
        if len(body) > SHOWN_BODY:
            body = f"{body[:SHOWN_BODY]}… ({len(body)} characters; --dry-run prints all)"
        yield f"      {outgoing.method} {outgoing.path} {body}".rstrip()


def _state(target: Target) -> str:
    word = _word(target.record)
    if not isinstance(target.record, Schedule):
        return word
    running = f"{target.running} running" if target.running else "nothing running"
    return f"{word}, {running}"


def _word(record: Record | None) -> str:
    if isinstance(record, Schedule):
        return _WORDS_OF_STATE.get(record.state) or record.raw_state.lower()
    state = getattr(record, "raw_state", "")
    return state.lower() if isinstance(state, str) else ""


def _fires(cron: str, now: datetime) -> list[str]:
    from qsui.domain.cron import next_fires, parse
    from qsui.present.cadence import long

    parsed = parse(cron)
    lines = [f"  means   {long(cron)} (UTC)"]
    if parsed.is_never or parsed.is_once:
        return lines
    fires = next_fires(parsed, now, FIRES_SHOWN)
    return [*lines, f"  fires   {', '.join(f'{fire:%a %Y-%m-%d %H:%MZ}' for fire in fires)}"]
