"""`qsui config`: what is set, and whether it works."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from qsui.cli.common import Common, common_options
from qsui.cli.online import online, read_settings
from qsui.domain.errors import ApiError, NotFound

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from qsui.cli.reading import Reader
    from qsui.config.settings import Profile, Settings


@click.group()
@common_options
def config() -> None:
    """Show or check the settings."""


@config.command("show")
@common_options
@click.pass_context
def config_show(context: click.Context) -> None:
    """Print the settings in force, without secrets."""
    settings = read_settings(context.ensure_object(Common))
    for line in _shown(settings):
        click.echo(line)


@config.command("check")
@common_options
@click.pass_context
def config_check(context: click.Context) -> int:
    """Try the settings: the token, the sandbox, and one call of each list."""
    common = context.ensure_object(Common)
    return online(common, lambda reader, settings: _check(reader, settings, common))


async def _check(reader: Reader, settings: Settings, common: Common) -> int:
    profile = settings.profile
    click.echo(f"{profile.name}: {profile.origin}")
    worst = 0
    for name, ask in _checks(reader, profile):
        try:
            words, sign = await reader.call(ask), "ok"
        except ApiError as error:
            words, sign = str(error), "FAIL" if common.wants_ascii else "✗"
            worst = max(worst, error.exit_code)
        click.echo(f"{sign:4} {name:10} {_one_line(words)}")
        if name == "token" and worst:
            break
    return worst


def _checks(
    reader: Reader, profile: Profile
) -> tuple[tuple[str, Callable[[], Awaitable[str]]], ...]:
    backend = reader.backend

    async def token() -> str:
        info = await backend.ask_for_token()
        until = f"until {info.expires_at:%Y-%m-%d %H:%M}Z" if info.expires_at else "without an end"
        return f"{'fetched from ' + profile.token_url if info.can_renew else 'given'}, good {until}"

    async def sandbox() -> str:
        found = {sandbox.name: sandbox for sandbox in await backend.sandboxes()}
        if profile.sandbox not in found:
            raise NotFound(
                f"{profile.sandbox!r} is not among the sandboxes you may use "
                f"({', '.join(found) or 'none'}): set `sandbox`"
            )
        kind = found[profile.sandbox].is_production
        return f"{profile.sandbox}, " + (
            "type unknown: counts as production"
            if kind is None
            else "production"
            if kind
            else "development"
        )

    async def schedules() -> str:
        page = await anext(backend.schedules(cap=1), None)
        return "readable" if page and page.records else "readable; there are none"

    async def queries() -> str:
        page = await anext(backend.queries(cap=1), None)
        return "readable" if page and page.records else "readable; there are none"

    return (
        ("token", token),
        ("sandbox", sandbox),
        ("schedules", schedules),
        ("queries", queries),
    )


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
        "client_id": profile.client_id,
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
    width = max(len(name) for name in values)
    return [f"{name.ljust(width)}  {_one_line(str(value))}" for name, value in values.items()]


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _one_line(text: str) -> str:
    from qsui.present.text import printable

    return printable(text)
