"""Which kind of server a profile speaks to, and what each of them knows.

A profile of one kind that is asked for what only the other has is refused with a sentence, before
anything is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.domain.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qsui.config.settings import Profile
    from qsui.domain.ports import Clock
    from qsui.domain.ports_workflows import WorkflowServerBackend

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


def require_kind(profile: Profile, kind: str) -> None:
    """Refuse a kind of record (`run`) that the profile's server does not have.

    Raises:
        ConfigError: Says what it has instead.
    """
    known = _HAS[profile.backend]
    if kind not in known:
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
    "`qsui list` and `qsui show` of workflows, jobs and schedules, `qsui trigger`, `cancel job`, "
    "`enable`, `disable`, `set-cron`, `delete schedule`, and `qsui config check`"
)


def plural(kind: str) -> str:
    """Return the word for several records of a kind."""
    return _PLURALS.get(kind, f"{kind}s")


def open_server(
    profile: Profile, environ: Mapping[str, str], clock: Clock
) -> WorkflowServerBackend:
    """Fetch the secret and open the backend; nothing is sent yet.

    Raises:
        ConfigError: The secret cannot be had, or an option cannot work.
    """
    from qsui.cli.compose import connection_options, import_httpx

    import_httpx()
    from qsui.backends import open_workflow_server
    from qsui.config.secret import client_secret

    return open_workflow_server(connection_options(profile, client_secret(profile, environ)), clock)
