"""Everything that qsui raises on purpose.

QsuiError
├── ConfigError                       settings, environment, arguments           exit 2
└── ApiError                          a server, or the way to it
    ├── Unreachable                   no answer                                  exit 3
    ├── BadResponse                   an answer that cannot be read              exit 3
    ├── OutcomeUnknown                a write left, its answer did not come      exit 5
    ├── Unauthorized                  401, or the token endpoint refused         exit 4
    ├── Forbidden                     403                                        exit 4
    ├── NotFound                      404                                        exit 1
    ├── Conflict                      409                                        exit 1
    ├── Rejected                      400, 422 and other 4xx                     exit 1
    ├── RateLimited                   429                                        exit 1
    └── ServerError                   5xx                                        exit 1

Every message is one plain sentence or two: what failed, on which server, what to do. It never holds
a secret.
"""

from __future__ import annotations


class QsuiError(Exception):
    """Base of all; `exit_code` is what a command-line verb ends with."""

    exit_code: int = 1


class ConfigError(QsuiError):
    """A setting, variable or argument is wrong or missing; the message names it."""

    exit_code = 2


class ApiError(QsuiError):
    """A call to a server failed.

    `where` is the scope label or host, `status` the HTTP status (0: none came), `code` the server's
    own code (for example `403025`), `request_id` what
    support asks for, `detail` the server's own words (hostile text: clean it before showing).
    """

    def __init__(
        self,
        message: str,
        *,
        where: str = "",
        status: int = 0,
        code: str = "",
        request_id: str = "",
        detail: str = "",
    ) -> None:
        super().__init__(message)
        self.where = where
        self.status = status
        self.code = code
        self.request_id = request_id
        self.detail = detail


class Unreachable(ApiError):
    """No answer: name not found, connection refused or reset, TLS failed, timed out."""

    exit_code = 3


class BadResponse(ApiError):
    """An answer came but is not what the contract says: HTML, truncated JSON, a wrong envelope."""

    exit_code = 3


class OutcomeUnknown(ApiError):
    """A write was sent and no answer that tells came: it may have happened. Never repeat it.

    The connection was lost or timed out after the request left, or a 5xx, a redirect or something
    that is not an answer of the service came back.
    """

    exit_code = 5


class Unauthorized(ApiError):
    """401 that survived one renewal, or a refusal by the token endpoint."""

    exit_code = 4


class Forbidden(ApiError):
    """403: no permission, wrong org, wrong client id."""

    exit_code = 4


class NotFound(ApiError):
    """404: the record (or the sandbox) does not exist."""


class Conflict(ApiError):
    """409: too late, for example a query that already ended."""


class Rejected(ApiError):
    """400, 422 or another 4xx: the server refused what was asked."""


class RateLimited(ApiError):
    """429. `retry_after_s` is what the server asked for, `None` if it did not say."""

    def __init__(
        self,
        message: str,
        *,
        retry_after_s: float | None = None,
        where: str = "",
        status: int = 429,
        code: str = "",
        request_id: str = "",
        detail: str = "",
    ) -> None:
        super().__init__(
            message, where=where, status=status, code=code, request_id=request_id, detail=detail
        )
        self.retry_after_s = retry_after_s


class ServerError(ApiError):
    """5xx after the allowed retries."""
