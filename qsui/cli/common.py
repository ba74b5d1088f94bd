"""Options that every verb accepts, before and after it, and what they add up to."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from qsui.config.peek import Arguments

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")


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


def _add_profiles(context: click.Context, _: click.Parameter, value: tuple[str, ...]) -> None:
    common = context.ensure_object(Common)
    common.profiles += tuple(name for name in value if name not in common.profiles)


def _set(context: click.Context, parameter: click.Parameter, value: object) -> None:
    common = context.ensure_object(Common)
    if value and parameter.name:
        setattr(common, parameter.name, value)


_OPTIONS = (
    click.option(
        "--profile",
        metavar="NAME",
        multiple=True,
        expose_value=False,
        callback=_add_profiles,
        help="Use this profile of the settings.",
    ),
    click.option(
        "--config",
        metavar="FILE",
        type=click.Path(path_type=Path, dir_okay=False),
        expose_value=False,
        callback=_set,
        help="Read the settings from FILE.",
    ),
    click.option(
        "--read-only",
        is_flag=True,
        expose_value=False,
        callback=_set,
        help="Let no request but reads leave this machine.",
    ),
    click.option(
        "--no-color",
        is_flag=True,
        expose_value=False,
        callback=_set,
        help="Use no colours (also: NO_COLOR).",
    ),
    click.option(
        "--ascii",
        is_flag=True,
        expose_value=False,
        callback=_set,
        help="Draw with ASCII signs only.",
    ),
)


def common_options(command: F) -> F:
    """Add the options that every verb accepts."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
