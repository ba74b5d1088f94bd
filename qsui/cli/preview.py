"""What is about to be sent, in plain lines for stderr: the command line's confirm dialog.

Pure. Some words are the server's own: clean every line before it is printed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qsui.domain.actions import Verb
from qsui.domain.models import Kind, Schedule
from qsui.present.plan_words import plan_title, target_name, writes_spans
from qsui.present.target_words import state_words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from qsui.domain.actions import Action
    from qsui.live.plans import Plan, Target

SHOWN_BODY = 240
FIRES_SHOWN = 3


def preview(plan: Plan, *, reason: str, now: datetime) -> list[str]:
    """Return the lines: each target with its state, warnings and requests, then what follows.

    `now` is the server's time, for the next fires of a new cadence.
    """
    lines = [f"{title(plan)}:"]
    for target in plan.targets:
        lines += _of_target(target)
    first = next(iter(plan.to_send), None)
    if first is None:
        return lines
    if first.action.verb is Verb.SET_CRON:
        lines += _cadence(first, now)
    if writes := writes_spans(plan.to_send):
        lines.append(f"  writes  {''.join(words for words, _ in writes)}")
    lines += [f"  undo    {_undo(plan.undo, first.action)}", f"  done    {plan.done}"]
    if reason:
        lines.append(f"  reason  {reason}")
    return lines


def _undo(words: str, action: Action) -> str:
    """Return how it can be put back; a key of the dashboard gives way to the command for it."""
    if words.startswith("u "):
        return f"in the dashboard, {words}"
    match action.verb:
        case Verb.TRIGGER:
            command = "qsui cancel job" if "job" in words else "qsui cancel run"
        case Verb.CREATE if action.target.kind is Kind.SCHEDULE:
            command = "qsui delete schedule"
        case Verb.CREATE | Verb.RERUN:
            command = "qsui cancel query"
        case _:
            return words.replace("not with u,", "none,")
    return f"{words.replace(' (u)', '').replace(' (v)', '')}: {command}"


def title(plan: Plan) -> str:
    """Say what goes to how many targets and where."""
    actions = [target.action for target in plan.targets]
    kind = "server" if plan.where == plan.typed else "sandbox"  # a server has no name below it
    production = f", a production {kind}" if plan.is_production else ""
    return f"{plan_title(actions, sent=len(plan.to_send))} in {plan.where}{production}"


def _of_target(target: Target) -> Iterator[str]:
    name = target_name(target.action)
    if not target.is_sent:
        yield f"  {name}  left out: {target.refusal}"
        return
    yield f"  {name}  {state_words(target)}".rstrip()
    if target.action.verb is Verb.SET_CRON:
        yield f"      {target.before or '-'} -> {target.after or target.action.cron}"
    for warning in target.warnings:
        yield f"      ! {warning}"
    for outgoing in target.outgoing:
        body = outgoing.body
        if len(body) > SHOWN_BODY:
            body = f"{body[:SHOWN_BODY]}… ({len(body)} characters; --dry-run prints all)"
        yield f"      {outgoing.method} {outgoing.path} {body}".rstrip()


def _cadence(target: Target, now: datetime) -> list[str]:
    from qsui.domain.cron import parse
    from qsui.present.cadence import long

    cron, zone = target.action.cron, _zone(target)
    lines = [f"  means   {long(cron)} ({zone})"]
    parsed = parse(cron)
    if parsed.is_never or parsed.is_once:
        return lines
    fires = _fires(target, now)
    if not fires:
        return lines
    return [*lines, f"  fires   {', '.join(f'{fire:%a %Y-%m-%d %H:%MZ}' for fire in fires)}"]


def _zone(target: Target) -> str:
    """Return where a new cadence counts: Alteryx schedules have a zone of their own."""
    record = target.record
    return (record.time_zone if isinstance(record, Schedule) else "") or "UTC"


def _fires(target: Target, now: datetime) -> tuple[datetime, ...]:
    """Return the next fires of the new cadence; none if its zone is not one that we know."""
    from qsui.domain.cron import next_fires, parse

    record = target.record
    if isinstance(record, Schedule) and record.runs_workflow:
        from qsui.domain.job_due import upcoming

        changed = replace(record, cron=target.action.cron, next_run_at=None)
        return upcoming(changed, now)[:FIRES_SHOWN]
    return tuple(next_fires(parse(target.action.cron), now, FIRES_SHOWN))
