"""Secrets that do not show themselves, and what a token says openly about itself."""

from __future__ import annotations

import base64
import json
from typing import Any


class Secret:
    """A string that shows itself only through `reveal()`."""

    __slots__ = ("_value",)

    def __init__(self, value: str = "") -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the text itself."""
        return self._value

    def __bool__(self) -> bool:
        """Whether there is any text."""
        return bool(self._value)

    def __repr__(self) -> str:
        """Show stars."""
        return "Secret('***')" if self._value else "Secret('')"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        """Compare the texts."""
        return isinstance(other, Secret) and other.reveal() == self._value

    def __hash__(self) -> int:
        """Agree with equality."""
        return hash((Secret, self._value))


NO_SECRET = Secret()


def token_claims(token: str) -> dict[str, Any]:
    """Return the payload of a JWT without checking its signature; empty if it is none."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        found = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
