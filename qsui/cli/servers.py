"""Which kind of server a profile speaks to, and what each of them knows.

A profile of one kind that is asked for what only the other has is refused with a sentence, before
anything is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.domain.errors import ConfigError

if TYPE_CHECKING:
    from qsui.config.settings import Profile

ALTERYX = "alteryx"
_HAS = {
    "adobe": ("query", "schedule", "run", "template"),
    ALTERYX: ("workflow", "job", "schedule"),
}
_NAMES = {"adobe": "Adobe Query Service", ALTERYX: "an Alteryx Server"}
_PLURALS = {"query": "queries"}


def is_workflow_server(profile: Profile) -> bool:
    """Whether a profile speaks to an Alteryx Server."""
    return profile.backend == ALTERYX


def has_kind(profile: Profile, kind: str) -> bool:
    """Whether the profile's server has records of a kind (`run`)."""
    return kind in _HAS[profile.backend]


def require_kind(profile: Profile, kind: str) -> None:
    """Refuse a kind of record (`run`) that the profile's server does not have.

    Raises:
        ConfigError: Says what it has instead.
    """
    known = _HAS[profile.backend]
    if not has_kind(profile, kind):
        raise ConfigError(
            f"{_NAMES[profile.backend]} has no {plural(kind)}: the profile {profile.name} knows "
            f"{', '.join(map(plural, known[:-1]))} and {plural(known[-1])}"
        )


def require_query_service(profile: Profile) -> None:
    """Refuse a profile of another kind of server.

    Raises:
        ConfigError: Says what works on its command line.
    """
    if is_workflow_server(profile):
        raise ConfigError(only_query_service(profile.name, "this verb"))


def only_query_service(profile: str, what: str) -> str:
    """Say that something is not for an Alteryx Server, and what is, as a sentence."""
    return (
        f"{what} knows Adobe Query Service only, and the profile {profile} speaks to an Alteryx "
        f"Server. What works there: {WORKS_THERE}"
    )


WORKS_THERE = (
    "the dashboard, `qsui list` and `qsui show` of workflows, jobs and schedules, `qsui trigger`, "
    "`cancel job`, `enable`, `disable`, `set-cron`, `delete schedule`, `qsui handoff` "
    "and `qsui config check`"
)


def plural(kind: str) -> str:
    """Return the word for several records of a kind."""
    return _PLURALS.get(kind, f"{kind}s")
