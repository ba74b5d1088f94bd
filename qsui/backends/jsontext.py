"""JSON as requests carry it and dialogs, journal and curl copies show it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def json_text(value: Mapping[str, object]) -> str:
    """Write compact JSON; characters that cannot be printed are escaped, as JSON allows."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
