"""Which of the live profiles a verb is for: all that have the kind of record, or the only one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.cli.servers import (
    has_kind,
    is_workflow_server,
    plural,
    require_kind,
    require_query_service,
)
from qsui.domain.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qsui.config.settings import Settings


def having(live: Sequence[Settings], kind: str) -> tuple[Settings, ...]:
    """Return the live profiles whose server has records of a kind (`run`), at least one.

    Raises:
        ConfigError: None has; says what there is instead.
    """
    found = tuple(one for one in live if has_kind(one.profile, kind))
    if not found:
        require_kind(live[0].profile, kind)
    return found


def only_one(live: Sequence[Settings], kind: str, *, on_query_service: bool = False) -> Settings:
    """Return the only live profile that a target of a kind can be on.

    With `on_query_service` only profiles of Query Service are meant.

    Raises:
        ConfigError: There is none, or there are several: names them.
    """
    if on_query_service:
        found = tuple(one for one in live if not is_workflow_server(one.profile))
        if not found:
            require_query_service(live[0].profile)
        live = found
    found = having(live, kind)
    if len(found) > 1:
        names = ", ".join(one.profile.name for one in found)
        raise ConfigError(
            f"several live profiles have {plural(kind)} ({names}): say which one is meant, "
            f"with --profile {found[0].profile.name} alone, for example"
        )
    return found[0]
