"""Run one verb against the live profile: settings, backend, budget, and closing it all again."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from qsui.cli.common import Common
    from qsui.cli.reading import Reader
    from qsui.config.settings import Settings

A = TypeVar("A")


def read_settings(common: Common) -> Settings:
    """Choose and validate the live profile.

    Raises:
        ConfigError: A setting is wrong or missing.
    """
    from qsui.cli.compose import load_settings
    from qsui.config.peek import peek

    peeked = peek(common.arguments, os.environ)
    if peeked.warning:
        note(peeked.warning)
    return load_settings(peeked, common.arguments, os.environ)


def online(common: Common, verb: Callable[[Reader, Settings], Awaitable[A]]) -> A:
    """Run `verb` with a reader on the live profile and close what was opened."""
    settings = read_settings(common)
    return asyncio.run(_online(settings, verb))


async def _online(settings: Settings, verb: Callable[[Reader, Settings], Awaitable[A]]) -> A:
    from qsui.cli.clocks import SystemClock
    from qsui.cli.compose import open_profile
    from qsui.cli.reading import reader

    clock = SystemClock()
    backend = open_profile(settings.profile, os.environ, clock)
    try:
        return await verb(reader(backend, clock, settings.profile.requests_per_min, note), settings)
    finally:
        await backend.aclose()


def note(sentence: str) -> None:
    """Say something on stderr that is not a result."""
    from qsui.present.text import printable

    click.echo(f"qsui: {printable(sentence)}", err=True)
