"""What models of JSON answers share: their base class, and how lists of them travel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter


class Wire(BaseModel):
    """Base of all wire models."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True, hide_input_in_errors=True)


Moment = str | int | float | None
"""A time in any spelling; `times.parse_time` reads it."""

W = TypeVar("W", bound=Wire)


@dataclass(frozen=True, slots=True)
class Shape(Generic[W]):
    """How one kind of record travels: its envelope, its row, the list's key and other spellings."""

    envelope: TypeAdapter[Any]
    row: TypeAdapter[W]
    keys: tuple[str, ...]
