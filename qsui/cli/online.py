"""Run one verb against the live profile: settings, backend, budget, and closing it all again."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from qsui.cli.common import Common
    from qsui.cli.reading import Listing, Reader, Reads, ServerReader
    from qsui.config.settings import Profile, Settings
    from qsui.domain.ports import Clock

A = TypeVar("A")
B = TypeVar("B", bound="Listing")


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
    """Run `verb` with a reader on the live profile of Query Service and close what was opened.

    Raises:
        ConfigError: The live profile is of another kind of server.
    """
    return on_query_service(read_settings(common), verb)


def on_query_service(settings: Settings, verb: Callable[[Reader, Settings], Awaitable[A]]) -> A:
    """Run `verb` with a reader on a profile of Query Service; raises as `online` does."""
    from qsui.cli.compose import open_profile
    from qsui.cli.servers import require_query_service

    require_query_service(settings.profile)
    return asyncio.run(_online(settings, open_profile, verb))


def on_workflow_server(
    settings: Settings, verb: Callable[[ServerReader, Settings], Awaitable[A]]
) -> A:
    """Run `verb` with a reader on the profile of an Alteryx Server and close what was opened."""
    from qsui.cli.servers import open_server

    return asyncio.run(_online(settings, open_server, verb))


async def _online(
    settings: Settings,
    opening: Callable[[Profile, Mapping[str, str], Clock], B],
    verb: Callable[[Reads[B], Settings], Awaitable[A]],
) -> A:
    from qsui.cli.clocks import SystemClock
    from qsui.cli.reading import reader

    clock = SystemClock()
    backend = opening(settings.profile, os.environ, clock)
    try:
        return await verb(reader(backend, clock, settings.profile.requests_per_min, note), settings)
    finally:
        await backend.aclose()


def note(sentence: str) -> None:
    """Say something on stderr that is not a result."""
    from qsui.present.text import printable

    click.echo(f"qsui: {printable(sentence)}", err=True)
