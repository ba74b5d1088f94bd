"""Tokens of an Alteryx Server: the key pair by HTTP Basic, else as form fields."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from qsui.backends.auth import ImsTokens

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from qsui.backends.auth import TokenAnswer
    from qsui.backends.options import ConnectionOptions
    from qsui.domain.ports import Clock

_EARLY = timedelta(seconds=60)
_DEFAULT_LIFE = timedelta(seconds=300)
_TRUSTED_FOR = timedelta(seconds=30)


class PostsForm(Protocol):
    """Sends a form to the token endpoint, with more headers."""

    def __call__(
        self, form: Mapping[str, str], more: Mapping[str, str] | None = None
    ) -> Awaitable[TokenAnswer]:
        """Return what came."""
        ...


class ServerTokens(ImsTokens):
    """Tokens that are renewed a minute early.

    A 401 may just mean a wrong role: a token that a renewal brought moments ago is not renewed
    again, so that no call can make a login loop.
    """

    def __init__(
        self, post: PostsForm, clock: Clock, options: ConnectionOptions, *, host: str, where: str
    ) -> None:
        super().__init__(
            _by_basic_or_form(post, options),
            clock,
            client_id=options.client_id.strip(),
            client_secret=options.client_secret,
            scopes="",
            host=host,
            where=where,
            early=_EARLY,
            default_life=_DEFAULT_LIFE,
        )
        self._now = clock.now
        self._renewed_at: datetime | None = None

    async def renewed(self, refused: str) -> str:
        """Return a token other than `refused`, or `refused` itself if that is new."""
        at = self._renewed_at
        if refused == self.latest and at is not None and self._now() - at < _TRUSTED_FOR:
            return refused
        token = await super().renewed(refused)
        self._renewed_at = self._now()
        return token


def _by_basic_or_form(
    post: PostsForm, options: ConnectionOptions
) -> Callable[[Mapping[str, str]], Awaitable[TokenAnswer]]:
    """Return a way to ask that tries Basic first, and keeps to what worked."""
    pair = f"{options.client_id.strip()}:{options.client_secret.reveal()}"
    basic = "Basic " + base64.b64encode(pair.encode()).decode("ascii")
    is_by_form = False

    async def ask(form: Mapping[str, str]) -> TokenAnswer:
        nonlocal is_by_form
        if not is_by_form:
            answer = await post({"grant_type": form["grant_type"]}, {"Authorization": basic})
            if answer.status not in (400, 401):
                return answer
        answer = await post({name: text for name, text in form.items() if name != "scope"})
        is_by_form = 200 <= answer.status < 300
        return answer

    return ask
