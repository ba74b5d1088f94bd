"""How actions ended, on stdout: a line each, or versioned JSON; and the exit code of them all."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from qsui.cli.output import VERSION, to_json
from qsui.cli.times import iso, seconds
from qsui.domain.actions import Verb
from qsui.domain.models import Kind
from qsui.domain.pending import Pending, Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from qsui.cli.act_options import How
    from qsui.cli.records import Fields
    from qsui.live.plans import Plan, Target

EXIT_UNTOLD = 5


def left_out(plan: Plan, now: datetime) -> list[Pending]:
    """Return what was not sent because the plan leaves it out."""
    return [
        Pending(
            "",
            target.action,
            Stage.NOT_SENT,
            now,
            words=target.refusal,
            error_code=target.error_code,
        )
        for target in plan.targets
        if not target.is_sent
    ]


def exit_code(outcomes: Iterable[Pending]) -> int:
    """Return the worst code: the highest, so 5 (sent, outcome unknown) outdoes all."""
    return max((outcome.exit_code for outcome in outcomes), default=0)


def write_outcomes(
    outcomes: Sequence[Pending],
    plan: Plan,
    how: How,
    *,
    as_of: datetime,
    reason: str,
) -> None:
    """Write how each action stands, in the order given; `reason` is what was said in the end."""
    if how.form == "json":
        warned = {target.action: target for target in plan.targets}
        records = [outcome_record(o, warned.get(o.action), reason) for o in outcomes]
        _write_json(records, as_of)
        return
    for outcome in outcomes:
        unwritten = outcome.id and not outcome.is_recorded and not how.no_journal
        note = " (not in the journal)" if unwritten else ""
        _write_line(outcome_line(outcome) + note)


def write_requests(plan: Plan, how: How, *, as_of: datetime) -> None:
    """Write what a dry run did not send: curl commands that a shell can run, or JSON."""
    from qsui.present.curl import as_curl

    if how.form == "json":
        _write_json([planned_record(target, how.reason, as_of) for target in plan.targets], as_of)
        return
    for target in plan.to_send:
        for line in as_curl(target.outgoing).splitlines():
            _write_line(line)


def outcome_line(outcome: Pending) -> str:
    """Say in a line how an action stands: `done after 22 s: trigger orders_rollup, run abc`."""
    action = outcome.action
    name = action.name or action.target.id or f"a new {action.target.kind}"
    made = f", {made_kind(outcome)} {made_id(outcome)}" if made_id(outcome) else ""
    words = f": {said}" if (said := _words(outcome)) else ""
    return f"{_stage(outcome)}: {action.verb} {name}{made}{words}"


def made_id(outcome: Pending) -> str:
    """Return the id of the run or record that it made, as seen or as the answer said."""
    return outcome.result.id if outcome.result else outcome.created_id


def made_kind(outcome: Pending) -> Kind:
    """Return what it made, or would: a re-run of a run makes a query."""
    if outcome.result is not None:
        return outcome.result.kind
    if outcome.action.verb is Verb.TRIGGER:
        return Kind.JOB  # only a server of jobs names what a trigger made in its answer
    return outcome.action.target.kind if outcome.action.verb is Verb.CREATE else Kind.QUERY


def _words(outcome: Pending) -> str:
    """Return its words without the time that the line begins with, or a wait that is no more."""
    if outcome.stage is Stage.SENT and not outcome.step:
        return "accepted, its effect was not looked for"
    if outcome.stage is not Stage.DONE or not outcome.words.startswith("seen after"):
        return outcome.words
    return outcome.words.partition(": ")[2]


def _stage(outcome: Pending) -> str:
    took = seconds(outcome.took)
    if outcome.stage is Stage.DONE and took is not None:
        return f"done after {took:.0f} s"
    if outcome.stage is Stage.SENDING:
        return Stage.UNKNOWN.value
    return outcome.stage.value


def outcome_record(outcome: Pending, target: Target | None, reason: str) -> Fields:
    """Describe how an action stands; every key is always there."""
    stage = Stage.UNKNOWN if outcome.stage is Stage.SENDING else outcome.stage
    return _record(outcome, target, reason) | {
        "stage": stage.value,
        "status": outcome.status or None,
        "request_id": outcome.request_id or None,
        "result_id": made_id(outcome) or None,
        "sent_at": iso(outcome.sent_at),
        "seen_at": iso(outcome.seen_at),
        "took_s": seconds(outcome.took),
        "words": outcome.words or None,
        "journal_id": (outcome.id or None) if outcome.is_recorded else None,
        "exit_code": outcome.exit_code,
    }


def planned_record(target: Target, reason: str, now: datetime) -> Fields:
    """Describe what would be sent; `stage` is `None`, or `not sent` if it would be left out."""
    words = target.refusal
    stand_in = Pending(
        "", target.action, Stage.NOT_SENT, now, words=words, error_code=target.error_code
    )
    code = stand_in.exit_code if words else 0
    stage = Stage.NOT_SENT.value if words else None
    return outcome_record(stand_in, target, reason) | {"stage": stage, "exit_code": code}


def _record(outcome: Pending, target: Target | None, reason: str) -> Fields:
    action = outcome.action
    return {
        "verb": action.verb.value,
        "kind": action.target.kind.value,
        "target": action.target.id or None,
        "schedule_id": action.target.parent or None,
        "name": action.name or None,
        "reason": (outcome.reason or reason) or None,
        "before": (target.before or None) if target and target.is_sent else None,
        "after": (target.after or None) if target and target.is_sent else None,
        "warnings": list(target.warnings) if target else [],
        "requests": [
            {"method": out.method, "url": out.url, "body": out.body or None}
            for out in (target.outgoing if target else ())
        ],
    }


def _write_json(records: list[dict[str, Any]], as_of: datetime) -> None:
    envelope = {"qsui": VERSION, "kind": "actions", "as_of": iso(as_of), "records": records}
    sys.stdout.write(to_json(envelope, indent=2) + "\n")


def _write_line(line: str) -> None:
    from qsui.cli.output import write_text
    from qsui.present.text import printable

    write_text(printable(line, None) + "\n")
