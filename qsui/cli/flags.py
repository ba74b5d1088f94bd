"""The options that every verb accepts, before and after it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from qsui.cli.common import Common

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")


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
        help="Use this profile of the settings; may be given several times.",
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
