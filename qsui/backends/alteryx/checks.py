"""One cheap call for each thing a connection to an Alteryx Server needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.backends.checks import Check, check_token
from qsui.domain.errors import ApiError
from qsui.domain.jobs import Ability

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from qsui.backends.alteryx.transport import ServerTransport
    from qsui.domain.jobs import Capabilities


async def check_connection(
    transport: ServerTransport,
    probe: Callable[[], Awaitable[Capabilities]],
    count_schedules: Callable[[], Awaitable[int]],
) -> tuple[Check, ...]:
    """Check token, role and schedules, in this order; never raises.

    Without a token the others are not tried.
    """
    transport.forget_refusals()
    token = await check_token(transport)
    if not token.ok:
        return (token,)
    return (token, await _role(probe), await _schedules(count_schedules))


async def _role(probe: Callable[[], Awaitable[Capabilities]]) -> Check:
    try:
        found = await probe()
    except ApiError as error:
        return Check("role", False, str(error), error)
    if found.job_list is Ability.YES:
        said = "This key lists the jobs of the whole server."
    elif found.last_job_per_workflow is Ability.YES:
        said = "This release has no list of jobs; the last job of every workflow can be read."
    elif Ability.FORBIDDEN not in (found.job_list, found.last_job_per_workflow):
        said = "This release lists jobs workflow by workflow only; it does not tell the key's role."
    else:
        said = "This key is no Curator's: jobs can be read workflow by workflow, its own only."
    return Check("role", True, said)


async def _schedules(count: Callable[[], Awaitable[int]]) -> Check:
    try:
        number = await count()
    except ApiError as error:
        return Check("schedules", False, str(error), error)
    said = "The list of schedules can be read." if number else "The list of schedules is empty."
    return Check("schedules", True, said)
