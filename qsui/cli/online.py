"""Run one verb against live profiles: settings, backend, budget, and closing it all again."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

import click

from qsui.domain.errors import QsuiError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from qsui.cli.common import Common
    from qsui.cli.reading import Listing, Reader, Reads, ServerReader
    from qsui.config.settings import Profile, Settings
    from qsui.domain.ports import Clock

A = TypeVar("A")
B = TypeVar("B", bound="Listing")


@dataclass(frozen=True, slots=True)
class Told(Generic[A]):
    """What a verb came to on one profile: what it found, or the error that ended it."""

    settings: Settings
    found: A | None = None
    error: QsuiError | None = None


def read_settings(common: Common) -> tuple[Settings, ...]:
    """Choose and validate the live profiles; the settings of each.

    Raises:
        ConfigError: A setting is wrong or missing.
    """
    from qsui.cli.compose import load_settings
    from qsui.config.peek import peek

    peeked = peek(common.arguments, os.environ)
    if peeked.warning:
        note(peeked.warning)
    return load_settings(peeked, common.arguments, os.environ)


def on_profile(
    settings: Settings,
    verb: Callable[[Reader, Settings], Awaitable[A]],
    server_verb: Callable[[ServerReader, Settings], Awaitable[A]],
) -> A:
    """Run a verb with a reader on one profile, `server_verb` if that is of an Alteryx Server.

    What was opened is closed again.

    Raises:
        ConfigError: The secret cannot be had, or an option cannot work.
        ApiError: As the verb does.
    """
    return asyncio.run(_on_profile(settings, verb, server_verb))


def on_each(
    live: Sequence[Settings],
    verb: Callable[[Reader, Settings], Awaitable[A]],
    server_verb: Callable[[ServerReader, Settings], Awaitable[A]],
) -> tuple[Told[A], ...]:
    """Do the same on every profile at once, in their order; an error ends it for its profile only.

    The error of a profile that is alone is raised.
    """
    if len(live) == 1:
        return (Told(live[0], on_profile(live[0], verb, server_verb)),)

    async def one(settings: Settings) -> Told[A]:
        name = settings.profile.name
        try:
            return Told(settings, await _on_profile(settings, verb, server_verb, name))
        except QsuiError as error:
            return Told(settings, error=error)

    async def every() -> tuple[Told[A], ...]:
        return tuple(await asyncio.gather(*map(one, live)))

    return asyncio.run(every())


async def _on_profile(
    settings: Settings,
    verb: Callable[[Reader, Settings], Awaitable[A]],
    server_verb: Callable[[ServerReader, Settings], Awaitable[A]],
    who: str = "",
) -> A:
    from qsui.cli.compose import open_profile, open_server
    from qsui.cli.servers import is_workflow_server

    if is_workflow_server(settings.profile):
        return await _online(settings, open_server, server_verb, who)
    return await _online(settings, open_profile, verb, who)


async def _online(
    settings: Settings,
    opening: Callable[[Profile, Mapping[str, str], Clock], B],
    verb: Callable[[Reads[B], Settings], Awaitable[A]],
    who: str,
) -> A:
    from qsui.cli.clocks import SystemClock
    from qsui.cli.reading import reader

    clock = SystemClock()
    backend = await asyncio.to_thread(opening, settings.profile, os.environ, clock)
    say = partial(note, who=who)
    try:
        return await verb(reader(backend, clock, settings.profile.requests_per_min, say), settings)
    finally:
        await backend.aclose()


def worst_of(told: Sequence[Told[A]]) -> int:
    """Say on stderr which profiles failed and why; return the highest exit code, 0 if none did."""
    failed = [(one.settings.profile.name, one.error) for one in told if one.error]
    for name, error in failed:
        _tell(f"{name}: {error}")
    return max((error.exit_code for _, error in failed), default=0)


def _tell(sentences: str) -> None:
    """Say on stderr what may have several lines."""
    from qsui.present.text import printable_lines

    click.echo("qsui: " + "\n".join(printable_lines(sentences)), err=True)


def note(sentence: str, *, who: str = "") -> None:
    """Say something on stderr that is not a result; `who` is the profile if there are several."""
    from qsui.present.text import printable

    click.echo(f"qsui: {printable(f'{who}: {sentence}' if who else sentence)}", err=True)
