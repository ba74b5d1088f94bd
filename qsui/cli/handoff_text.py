"""The handoff as a Markdown page; pure.

A server's words are made harmless: control characters are shown, Markdown of theirs is escaped, and
what looks like a password or a token is taken out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qsui.domain.facts import Verdict
from qsui.domain.pending import Stage
from qsui.present.text import duration, elide_end, printable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from qsui.cli.gather_schedules import JudgedSchedule
    from qsui.cli.handoff import Handoff
    from qsui.domain.journal import Deed
    from qsui.domain.models import Query

TROUBLED = (Verdict.FAILED, Verdict.MISSED, Verdict.LATE, Verdict.HELD, Verdict.SLOW)
UNTOLD = (Stage.SENDING, Stage.UNKNOWN, Stage.NO_EFFECT)
ERROR_CELLS = 300
_SPECIAL = re.compile(r"([\\`*\[\]<>|~&])")
_SECRETS = (
    re.compile(r"(?i)\b(bearer\s+)\S+"),
    re.compile(
        r"(?i)\b((?:password|passwd|pwd|secret|client_secret|token|api[_-]?key)\s*[=:]\s*)"
        r"(?:'[^']*'|\"[^\"]*\"|\S+)"
    ),
    re.compile(r"()\beyJ[\w-]+\.[\w-]+\.[\w-]*"),
)


def page(found: Handoff) -> str:
    """Return the page; sections without content say so, so that silence is never a doubt."""
    untold = [deed for deed in found.deeds if deed.stage in UNTOLD]
    told = [deed for deed in found.deeds if deed.stage not in UNTOLD]
    troubled = _troubled(found.schedules)
    sections = [
        f"# Handoff {_md(found.where)}, {_at(found.now)}",
        f"Since {_at(found.since)}. All times are UTC.",
    ]
    if untold:
        sections.append(_section("Outcome not known: check these first", map(_deed, untold)))
    if found.trouble:
        sections.append(_section("The server could not be asked", [f"- {_md(found.trouble)}"]))
    else:
        sections += [
            _section("Needs someone", (_trouble(one, found.now) for one in troubled)),
            _section("Running", _running(found)),
            _section("Next fires of what is in trouble", _fires(troubled)),
        ]
    sections.append(_section("Done from this machine", map(_deed, told)))
    if found.notes:
        sections.append(_section("Not known", (f"- {_md(words)}" for words in found.notes)))
    return "\n\n".join(sections) + "\n"


def _section(title: str, lines: Iterable[str]) -> str:
    listed = list(lines)
    return "\n".join([f"## {title}", "", *(listed or ["nothing"])])


def _troubled(schedules: Iterable[JudgedSchedule]) -> list[JudgedSchedule]:
    """Return those that need someone, the worst first."""
    found = [one for one in schedules if one.facts.verdict in TROUBLED]
    return sorted(found, key=lambda one: (TROUBLED.index(one.facts.verdict), one.schedule.name))


def _trouble(one: JudgedSchedule, now: datetime) -> str:
    facts = one.facts
    parts = [f"{facts.verdict.value}"]
    if facts.streak > 1:
        parts.append(f"{facts.streak} in a row")
    if facts.missed:
        parts.append(f"{facts.missed} missed")
    if facts.since is not None:
        parts.append(f"since {_at(facts.since)} ({duration(max(0.0, _s(facts.since, now)))})")
    if one.next_fire_at is not None:
        parts.append(f"next fire {_at(one.next_fire_at)}")
    line = f"- **{_name(one.schedule.name or one.schedule.id)}** {', '.join(parts)}"
    last = facts.last_final
    if last is not None and last.error is not None and facts.streak:
        likely = "likely: " if last.error_is_likely else ""
        code = f"{_md(last.error.code)} " if last.error.code else ""
        line += f"\n  - error: {likely}{code}{_words(last.error.message)}"
        if last.error.remedy:
            line += f"\n  - try: {_words(last.error.remedy)}"
    return f"{line}\n  - id: {_name(one.schedule.id)}"


def _running(found: Handoff) -> list[str]:
    lines = []
    for one in sorted(found.schedules, key=lambda one: one.schedule.name):
        active = one.facts.active
        if active is None:
            continue
        since = active.started_at or active.slot_at
        began = f", since {_at(since)}" if since else ""
        name = _name(one.schedule.name or one.schedule.id)
        lines.append(f"- {name} {active.state.value.lower()}{began}")
    return lines + [_query(query, found.now) for query in found.running_queries]


def _query(query: Query, now: datetime) -> str:
    took = query.took(now)
    ran = f", {duration(took)} so far" if took is not None else ""
    return f"- query {_name(query.name or query.id)} {query.state.value.lower()}{ran}"


def _fires(troubled: list[JudgedSchedule]) -> list[str]:
    fires = sorted(
        (one.next_fire_at, one.schedule.name or one.schedule.id)
        for one in troubled
        if one.next_fire_at is not None
    )
    return [f"- {_at(at)} {_name(name)}" for at, name in fires]


def _deed(deed: Deed) -> str:
    intent = deed.intent
    name = intent.name or (intent.ref.id if intent.ref else "")
    line = f"- {_at(intent.at)} {_md(intent.verb)} {_name(name)}"
    if intent.before or intent.after:
        line += f" ({_name(intent.before or '-')} to {_name(intent.after or '-')})"
    if intent.actor:
        line += f", by {_md(intent.actor)}"
    line += f": **{_stage(deed)}**"
    if deed.effect is not None and deed.effect.result_id:
        line += f", made {_name(deed.effect.result_id)}"
    if deed.undone_by:
        line += ", undone since"
    if intent.reason:
        line += f"; why: {_words(intent.reason)}"
    last = deed.effect or deed.outcome
    if last is not None and last.words and deed.stage is not Stage.DONE:
        line += f"\n  - {_words(last.words)}"
    if last is not None and last.request_id and deed.stage is not Stage.DONE:
        line += f"\n  - request id: {_name(last.request_id)}"
    return line


def _stage(deed: Deed) -> str:
    match deed.stage:
        case Stage.SENDING:
            return "being sent when last heard of, no answer was written down"
        case Stage.SENT:
            return "accepted, its effect was not seen yet"
        case Stage.UNKNOWN:
            return "unknown, the answer was lost; do not repeat it blindly"
        case Stage.NO_EFFECT:
            return "accepted or lost, and no effect was seen"
        case Stage.DONE if deed.took is not None:
            return f"done after {duration(deed.took)}"
        case _:
            return deed.stage.value


def without_secrets(text: str) -> str:
    """Take out what looks like a password, a bearer token or a JWT."""
    for pattern in _SECRETS:
        text = pattern.sub(r"\1***", text)
    return text


def _words(text: str) -> str:
    return _md(elide_end(" ".join(without_secrets(text).split()), ERROR_CELLS))


def _md(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", printable(text))


def _name(text: str) -> str:
    """Return a name as code, so that underscores stay and nothing of it is Markdown."""
    bare = printable(text, 200).replace("`", "'")
    return f"`{bare or '-'}`"


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%MZ}"


def _s(since: datetime, now: datetime) -> float:
    return (now - since).total_seconds()
