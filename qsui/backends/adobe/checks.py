"""One cheap call for each thing a connection needs, each ending in a sentence."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from qsui.backends.checks import Check, check_token
from qsui.domain.errors import ApiError, Forbidden, NotFound

if TYPE_CHECKING:
    from qsui.backends.adobe.backend import AdobeBackend
    from qsui.backends.adobe.transport import Transport


async def check_connection(backend: AdobeBackend, transport: Transport) -> tuple[Check, ...]:
    """Check token, sandbox, schedules and queries, in this order.

    Without a token the others are not tried.
    """
    token = await check_token(transport)
    if not token.ok:
        return (token,)
    return (
        token,
        await _sandbox(backend),
        await _schedules(backend),
        await _queries(backend),
    )


async def _sandbox(backend: AdobeBackend) -> Check:
    name = backend.scope.sandbox
    try:
        sandboxes = await backend.sandboxes()
    except (Forbidden, NotFound) as error:
        return Check(
            "sandbox",
            True,
            f"The list of sandboxes may not be read ({error.status}); '{name}' counts as "
            "production.",
        )
    except ApiError as error:
        return Check("sandbox", False, str(error), error)
    for sandbox in sandboxes:
        if sandbox.name == name:
            kind = {True: "production", False: "development", None: "type unknown"}
            state = "" if sandbox.is_active else ", not active"
            said = kind[sandbox.is_production] + state
            return Check("sandbox", True, f"'{name}' is there ({said}).")
    names = ", ".join(sorted(s.name for s in sandboxes)[:10]) or "none"
    sentence = f"Sandbox '{name}' is not among yours ({names}). Check the setting sandbox."
    return Check("sandbox", False, sentence, NotFound(sentence, where=backend.scope.label))


async def _schedules(backend: AdobeBackend) -> Check:
    try:
        async with aclosing(backend.schedules(cap=1)) as pages:
            count = [len(page.records) async for page in pages]
    except ApiError as error:
        return Check("schedules", False, str(error), error)
    return Check("schedules", True, _readable("schedules", sum(count)))


async def _queries(backend: AdobeBackend) -> Check:
    try:
        async with aclosing(backend.queries(cap=1)) as pages:
            count = [len(page.records) async for page in pages]
    except ApiError as error:
        return Check("queries", False, str(error), error)
    return Check("queries", True, _readable("queries", sum(count)))


def _readable(kind: str, count: int) -> str:
    return f"The list of {kind} can be read." if count else f"The list of {kind} is empty."
