"""`qsui config`: what is set, and whether it works."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import click

from qsui.cli.common import Common
from qsui.cli.flags import common_options
from qsui.cli.online import Told, on_profile, read_settings, worst_of
from qsui.cli.servers import is_workflow_server
from qsui.domain.errors import ApiError, ConfigError, QsuiError

if TYPE_CHECKING:
    from qsui.cli.reading import AnyReader, Reader, ServerReader
    from qsui.config.settings import Settings


@click.group()
@common_options
def config() -> None:
    """Show or check the settings."""


@config.command("show")
@common_options
@click.pass_context
def config_show(context: click.Context) -> None:
    """Print the settings in force, without secrets: of each live profile."""
    for number, settings in enumerate(read_settings(context.ensure_object(Common))):
        if number:
            click.echo()
        for line in _shown(settings):
            click.echo(line)


@config.command("check")
@common_options
@click.pass_context
def config_check(context: click.Context) -> int:
    """Try the settings: the token, the sandbox, and one call of each list.

    On an Alteryx Server: the token, the role, the schedules, and what its release can do. Every
    live profile is tried; the exit code is the highest.
    """
    common = context.ensure_object(Common)
    live = read_settings(common)

    async def server_verb(reader: ServerReader, settings: Settings) -> int:
        return await _check_server(reader, settings, common)

    async def verb(reader: Reader, settings: Settings) -> int:
        return await _check(reader, settings, common)

    if len(live) == 1:
        return on_profile(live[0], verb, server_verb)
    codes = []
    for settings in live:
        try:
            codes.append(on_profile(settings, verb, server_verb))
        except QsuiError as error:
            codes.append(worst_of([Told(settings, error=error)]))
    return max(codes)


class Outcome(Protocol):
    """What one check came to."""

    @property
    def name(self) -> str:
        """What was tried."""
        ...

    @property
    def ok(self) -> bool:
        """Whether it works."""
        ...

    @property
    def sentence(self) -> str:
        """What was found, or what to do."""
        ...

    @property
    def error(self) -> ApiError | None:
        """What failed."""
        ...


@runtime_checkable
class ChecksItself(Protocol):
    """A backend that can try each thing its connection needs."""

    async def check(self) -> tuple[Outcome, ...]:
        """Try them in order."""
        ...


async def _check_server(reader: ServerReader, settings: Settings, common: Common) -> int:
    """Check the connection, then try what only a call of its own tells."""
    from qsui.cli.ability_words import ability_lines

    worst = await _check(reader, settings, common)
    if worst:
        return worst
    backend, now = reader.backend, reader.now
    with contextlib.suppress(ApiError):  # what it says is kept as an ability
        await reader.call(backend.people)
    with contextlib.suppress(ApiError):
        await reader.call(lambda: backend.planned_runs(now, now + timedelta(hours=1)))
    for sign, name, sentence in ability_lines(backend.capabilities):
        click.echo(f"{sign:4} {name:9} {sentence}")
    return worst


async def _check(reader: AnyReader, settings: Settings, common: Common) -> int:
    backend = reader.backend
    click.echo(f"{settings.profile.name}: {_one_line(settings.profile.origin)}")
    if not isinstance(backend, ChecksItself):
        raise ConfigError(f"the backend {settings.profile.backend} has no check")
    worst = 0
    for outcome in await reader.call(backend.check, cost=4):
        sign = "ok" if outcome.ok else "FAIL" if common.wants_ascii else "✗"
        click.echo(f"{sign:4} {outcome.name:9} {_one_line(outcome.sentence)}")
        if not outcome.ok:
            worst = max(worst, outcome.error.exit_code if outcome.error else 1)
    return worst


def _shown(settings: Settings) -> list[str]:
    profile, poll = settings.profile, settings.poll
    values = {
        "profile": f"{profile.name} (from {profile.origin})",
        "settings file": f"{settings.file}" + ("" if settings.file_exists else " (not there)"),
        "state folder": settings.state_folder,
        "backend": profile.backend,
        "base_url": profile.base_url,
        "token_url": profile.token_url,
        "org_id": profile.org_id,
        "client_id": profile.client_id or "-",
        "client_secret": profile.client_secret.describe(),
        "access_token": "given (hidden)" if profile.access_token else "not given",
        "sandbox": profile.sandbox,
        "scopes": profile.scopes,
        "production": "as the sandbox list says"
        if profile.production is None
        else _yes(profile.production),
        "web_url": profile.web_url or "-",
        "read_only": _yes(profile.read_only),
        "requests_per_min": profile.requests_per_min,
        "ca_bundle": profile.ca_bundle or "-",
        "allow_http": _yes(profile.allow_http),
        "ui.timezone": settings.timezone,
        "ui.theme": settings.theme or "by terminal",
        "ui.signs": "ascii" if settings.ascii else "unicode",
        "poll": ", ".join(
            f"{name} {getattr(poll, name):g}"
            for name in (
                "change_s",
                "runs_on_screen_s",
                "run_detail_s",
                "schedules_s",
                "schedules_full_s",
            )
        ),
        "keymap": ", ".join(f"{action} = {key}" for action, key in settings.keymap.items()) or "-",
    }
    if is_workflow_server(profile):
        values = {name: value for name, value in values.items() if name not in _ADOBE_ONLY}
    width = max(len(name) for name in values)
    return [f"{name.ljust(width)}  {_one_line(str(value))}" for name, value in values.items()]


_ADOBE_ONLY = ("org_id", "sandbox", "scopes")


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _one_line(text: str) -> str:
    from qsui.present.text import printable

    return printable(text)
