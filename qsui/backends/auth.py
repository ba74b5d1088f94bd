"""Bearer tokens: fetched from IMS with a client secret, or pasted; one renewal for many calls."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import httpx

from qsui.backends.decoding import json_of
from qsui.backends.faults import excerpt, looks_like_html, read_error_body
from qsui.domain.errors import ApiError, BadResponse, Unauthorized
from qsui.domain.ports import TokenInfo
from qsui.domain.secret import token_claims

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping

    from qsui.domain.ports import Clock
    from qsui.domain.secret import Secret

EARLY = timedelta(minutes=10)
_PAUSE_AFTER_FAILED_RENEWAL = timedelta(seconds=30)
_MILLISECONDS_FROM = 10_000_000
_LONGEST_LIFE_S = 10 * 365 * 86_400.0


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """What the token endpoint said."""

    status: int
    body: bytes
    charset: str = ""
    request_id: str = ""


class TokenSource(Protocol):
    """Where the bearer token comes from."""

    @property
    def info(self) -> TokenInfo:
        """When it ends and whether it can be renewed."""
        ...

    @property
    def latest(self) -> str:
        """The token in use; empty if none was fetched yet."""
        ...

    async def current(self) -> str:
        """Return a token that should be accepted now."""
        ...

    async def renewed(self, refused: str) -> str:
        """Return a newer token than `refused`, or `refused` itself if there can be none."""
        ...


class StaticToken:
    """A pasted token: its end is known from its claims, it cannot be renewed."""

    def __init__(self, token: Secret) -> None:
        self._token = token
        self._info = TokenInfo(token_expiry(token.reveal()), can_renew=False)

    @property
    def info(self) -> TokenInfo:
        """When it ends."""
        return self._info

    @property
    def latest(self) -> str:
        """The token."""
        return self._token.reveal()

    async def current(self) -> str:
        """Return the token."""
        return self.latest

    async def renewed(self, refused: str) -> str:
        """Return what was refused: there is no other."""
        return refused


class ImsTokens:
    """Client credentials at the token endpoint.

    `fetch` posts a form to `token_url` and returns what came. Callers that wait while another asks
    share its outcome, good or bad. A token is renewed `early` before its end, or halfway if it is
    short. `default_life` is for tokens whose end is not said; without it a JWT's claims are read.
    """

    def __init__(
        self,
        fetch: Callable[[Mapping[str, str]], Awaitable[TokenAnswer]],
        clock: Clock,
        *,
        client_id: str,
        client_secret: Secret,
        scopes: str,
        host: str,
        where: str = "",
        early: timedelta = EARLY,
        default_life: timedelta | None = None,
    ) -> None:
        self._fetch = fetch
        self._early = early
        self._default_life = default_life
        self._clock = clock
        self._client_id = client_id
        self._client_secret = client_secret
        self._scopes = ",".join(scopes.replace(",", " ").split())
        self._host = host
        self._where = where
        self._lock = asyncio.Lock()
        self._attempts = 0
        self._failure: ApiError | None = None
        self._token = ""
        self._expires_at: datetime | None = None
        self._renew_at: datetime | None = None

    @property
    def info(self) -> TokenInfo:
        """When the token in use ends."""
        return TokenInfo(self._expires_at, can_renew=True)

    @property
    def latest(self) -> str:
        """The token in use."""
        return self._token

    async def current(self) -> str:
        """Return a token, fetched first or renewed early if it is about to end.

        A failed early renewal is no trouble while the old token lasts.
        """
        attempts = self._attempts
        if not self._token:
            return await self._renew(attempts)
        now = self._clock.now()
        if self._renew_at is None or now < self._renew_at:
            return self._token
        try:
            return await self._renew(attempts)
        except ApiError:
            if self._expires_at is None or now >= self._expires_at:
                raise
            self._renew_at = min(now + _PAUSE_AFTER_FAILED_RENEWAL, self._expires_at)
            return self._token

    async def renewed(self, refused: str) -> str:
        """Return a token other than `refused`, asking for one unless another call already did."""
        if self._token and self._token != refused:
            return self._token
        return await self._renew(self._attempts)

    async def _renew(self, attempts: int) -> str:
        async with self._lock:
            if self._attempts != attempts:  # somebody asked while this one waited
                if self._failure is not None:
                    raise self._failure
                return self._token
            try:
                await self._ask()
            except ApiError as error:
                self._failure = error
                self._attempts += 1
                raise
            # A cancelled attempt counts for nobody: the next in line asks again.
            self._failure = None
            self._attempts += 1
            return self._token

    async def _ask(self) -> None:
        answer = await self._fetch(
            {
                "grant_type": "client_credentials",
                "client_id": self._client_id,
                "client_secret": self._client_secret.reveal(),
                "scope": self._scopes,
            }
        )
        if not 200 <= answer.status < 300:
            raise self._refused(answer)
        try:
            found = json_of(answer.body, answer.charset)
        except ValueError as error:
            raise self._unreadable(answer) from error
        token = found.get("access_token") if isinstance(found, dict) else None
        if isinstance(found, dict) and not token and "error" in found:
            raise self._refused(answer)
        if not isinstance(token, str) or not is_header_text(token):
            raise self._unreadable(answer)
        self._token = token
        self._keep_times(found.get("expires_in"))

    def _keep_times(self, expires_in: object) -> None:
        now = self._clock.now()
        seconds = lifetime_s(expires_in)
        if seconds is None and self._default_life is not None:
            seconds = self._default_life.total_seconds()
        if seconds is None:
            self._expires_at = token_expiry(self._token)
        else:
            self._expires_at = now + timedelta(seconds=seconds)
        self._renew_at = None
        if self._expires_at is not None and self._expires_at > now:
            life = self._expires_at - now
            self._renew_at = self._expires_at - min(self._early, life / 2)

    def _refused(self, answer: TokenAnswer) -> ApiError:
        said = read_error_body(answer.body)
        words = excerpt(f"{said.code} {said.text}", (self._client_secret.reveal(),))
        told = f": {words.rstrip('.')}." if words else "."
        if 300 <= answer.status < 400 or answer.status in (404, 405):
            return BadResponse(
                f"{self._host} has no token endpoint at that path (HTTP {answer.status}){told} "
                "Check token_url.",
                where=self._where,
                status=answer.status,
                request_id=answer.request_id,
            )
        setting = "scopes" if "scope" in words.lower() else "client_id and client_secret"
        return Unauthorized(
            f"{self._host} gave no token (HTTP {answer.status}){told} Check {setting}, and that "
            "token_url is of the right environment.",
            where=self._where,
            status=answer.status,
            code=said.code,
            request_id=answer.request_id,
            detail=words,
        )

    def _unreadable(self, answer: TokenAnswer) -> BadResponse:
        kind = "HTML" if looks_like_html(answer.body) else "something else"
        return BadResponse(
            f"{self._host} answered the request for a token with {kind}, not with a token. "
            "Check token_url.",
            where=self._where,
            status=answer.status,
            request_id=answer.request_id,
        )


class BearerAuth(httpx.Auth):
    """Adds the token and the API key, if there is one; after a 401 renews once and sends again."""

    def __init__(self, tokens: TokenSource, client_id: str) -> None:
        self._tokens = tokens
        self._client_id = client_id

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Send with the current token, and with a renewed one if that was refused."""
        token = await self._tokens.current()
        if self._client_id:
            request.headers["x-api-key"] = self._client_id
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code != httpx.codes.UNAUTHORIZED:
            return
        renewed = await self._tokens.renewed(token)
        if renewed != token:
            request.headers["Authorization"] = f"Bearer {renewed}"
            yield request


def is_header_text(text: str) -> bool:
    """Whether a text can stand in a header: printable ASCII, not empty, no blanks."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


def lifetime_s(expires_in: object) -> float | None:
    """Read `expires_in`, seconds or (over ten million) milliseconds; `None` if unusable."""
    if isinstance(expires_in, bool) or not isinstance(expires_in, int | float | str):
        return None
    try:
        value = float(expires_in)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(value) or value <= 0:
        return None
    seconds = value / 1000 if value > _MILLISECONDS_FROM else value
    return min(seconds, _LONGEST_LIFE_S)


def token_expiry(token: str) -> datetime | None:
    """Return when a JWT ends: `created_at + expires_in` (ms), else `exp` (s); `None` if unsaid."""
    claims = token_claims(token)
    try:
        if "created_at" in claims and "expires_in" in claims:
            moment_s = (float(claims["created_at"]) + float(claims["expires_in"])) / 1000
        else:
            moment_s = float(claims["exp"])
        return datetime.fromtimestamp(moment_s, UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None
