"""Errors of queries as records."""

from __future__ import annotations

from qsui.domain.models import QueryError


def make_error(code: str, message: str, type: str) -> QueryError:  # noqa: A002
    """Build an error from its parts as sent."""
    return QueryError(code=code, type=type, message=message, raw=message)
