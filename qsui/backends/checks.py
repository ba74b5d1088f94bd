"""The outcome of trying one thing that a connection needs, and the trial of its token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qsui.domain.errors import ApiError

if TYPE_CHECKING:
    from qsui.backends.transport import HttpTransport


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of one check.

    `error` is what failed (its `exit_code` tells how badly); `None` if `ok`.
    """

    name: str
    ok: bool
    sentence: str
    error: ApiError | None = None


async def check_token(transport: HttpTransport) -> Check:
    """Ask for a token."""
    try:
        info = await transport.ask_for_token()
    except ApiError as error:
        return Check("token", False, str(error), error)
    until = f"valid until {info.expires_at:%Y-%m-%d %H:%MZ}" if info.expires_at else "end unknown"
    kind = "renewed by itself" if info.can_renew else "cannot be renewed"
    return Check("token", True, f"A token is there, {until}, {kind}.")
