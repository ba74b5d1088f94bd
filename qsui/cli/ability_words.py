"""What an Alteryx Server can do for this key, in sentences for `qsui config check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.domain.jobs import Ability

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qsui.domain.jobs import Capabilities

_UNTRIED = "not known until it is tried"
_NOT_THIS_KEY = "this server has it, but not for this key"
_WORDS: dict[str, tuple[str, dict[Ability, str]]] = {
    "job_list": (
        "all jobs",
        {
            Ability.YES: "this server lists all jobs",
            Ability.MISSING: "this release has no list of all jobs: the last one of each workflow, "
            "or --workflow",
            Ability.FORBIDDEN: "this key may not list all jobs (Curators may): use --workflow",
        },
    ),
    "last_job_per_workflow": (
        "last jobs",
        {
            Ability.YES: "this server tells the last job of every workflow",
            Ability.MISSING: "this server does not tell the last job of every workflow",
            Ability.FORBIDDEN: "this key may not read the last jobs (Curators may)",
        },
    ),
    "admin_messages": (
        "messages",
        {
            Ability.YES: "the messages of every job can be read",
            Ability.MISSING: "messages come with the job or not at all",
            Ability.FORBIDDEN: "messages come with the job or not at all for this key",
        },
    ),
    "cancel": (
        "cancel",
        {
            Ability.YES: "this server has it",
            Ability.MISSING: "this server (before 2025.1) has no cancel",
            Ability.FORBIDDEN: _NOT_THIS_KEY,
            Ability.UNTRIED: "came with 2025.1; not known until one is tried",
        },
    ),
    "schedule_patch": (
        "changes",
        {
            Ability.YES: "schedules can be enabled, disabled and given a cadence",
            Ability.MISSING: "this server (before 2024.2) changes only schedules whose whole "
            "recurrence is known",
            Ability.FORBIDDEN: _NOT_THIS_KEY,
            Ability.UNTRIED: "of schedules came with 2024.2; not known until one is tried",
        },
    ),
    "cron": (
        "cron",
        {
            Ability.YES: "schedules take every expression",
            Ability.MISSING: "only what reads as hourly, daily, weekly, monthly or as days and "
            "months can be set",
        },
    ),
    "forecast": (
        "forecast",
        {
            Ability.YES: "the next runs of schedules can be read",
            Ability.MISSING: "this server has none",
            Ability.FORBIDDEN: "not for this key (Curators may)",
        },
    ),
    "users": (
        "users",
        {
            Ability.YES: "owners are shown by name",
            Ability.MISSING: "this server has no list of users: owners are shown by id",
            Ability.FORBIDDEN: "this key may not list users (Curators may): owners are shown by id",
        },
    ),
}
_SIGNS = {Ability.YES: "yes", Ability.UNTRIED: "?"}


def ability_lines(found: Capabilities) -> Iterator[tuple[str, str, str]]:
    """Yield sign (`yes`, `no`, `?`), name and sentence of each ability."""
    for field, (name, sentences) in _WORDS.items():
        ability: Ability = getattr(found, field)
        yield _SIGNS.get(ability, "no"), name, sentences.get(ability, _UNTRIED)
