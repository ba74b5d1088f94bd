"""What an answer holds beside its status: the id for support, the charset, the body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.domain.errors import BadResponse

if TYPE_CHECKING:
    import httpx

LARGEST_BODY = 64 * 1024 * 1024


def charset_of(response: httpx.Response) -> str:
    """Return the charset that an answer names, lower case; empty if none."""
    return (response.charset_encoding or "").lower()


def request_id_of(response: httpx.Response) -> str:
    """Return the id that support asks for: the server's, else the one that was sent."""
    echoed: str = response.headers.get("x-request-id", "")
    return echoed or str(response.request.headers.get("x-request-id", ""))


async def read_body(response: httpx.Response, where: str) -> bytes:
    """Read a body to its end; `where` is for the error.

    Raises:
        BadResponse: It is larger than anything the service sends.
        httpx.HTTPError: It broke off, or cannot be unpacked.
    """
    parts = bytearray()
    async for chunk in response.aiter_bytes():
        parts += chunk
        if len(parts) > LARGEST_BODY:
            raise BadResponse(
                f"{response.url.host} sent more than {LARGEST_BODY // 2**20} MB at once; the "
                "rest was not read. Check base_url.",
                where=where,
                status=response.status_code,
                request_id=request_id_of(response),
            )
    return bytes(parts)
