"""What the options that every verb accepts add up to; imports no click, for a quick start."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qsui.config.peek import Arguments

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(slots=True)
class Common:
    """What was said so far; a verb's own options add to those before it."""

    profiles: tuple[str, ...] = ()
    config: Path | None = None
    read_only: bool = False
    no_color: bool = False
    ascii: bool = False

    @property
    def arguments(self) -> Arguments:
        """The part that chooses settings."""
        return Arguments(self.profiles, self.config, self.read_only)

    @property
    def wants_no_color(self) -> bool:
        """`--no-color`, or `NO_COLOR` set to anything but nothing."""
        return self.no_color or bool(os.environ.get("NO_COLOR"))

    @property
    def wants_ascii(self) -> bool:
        """`--ascii`, a locale that is not UTF-8, or a terminal without the signs."""
        encoding = (getattr(sys.stdout, "encoding", "") or "").lower().replace("-", "")
        return self.ascii or encoding != "utf8" or os.environ.get("TERM") in ("linux", "dumb")
