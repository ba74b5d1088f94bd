"""The scopes of a dashboard: each is opened on its own, of settings that are validated together."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from qsui.cli.servers import ALTERYX
from qsui.domain.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qsui.cli.recall import Past
    from qsui.config.peek import Arguments, Peek, ProfilePeek
    from qsui.config.settings import Settings
    from qsui.domain.ports import Clock
    from qsui.tui.options import KnownProfile, LiveScope, Session


class Scopes:
    """Makes live scopes of profiles; all of them read the same clock."""

    def __init__(
        self, peeked: Peek, arguments: Arguments, environ: Mapping[str, str], clock: Clock
    ) -> None:
        self._peeked = peeked
        self._arguments = arguments
        self._environ = environ
        self._clock = clock
        self._loading: asyncio.Task[tuple[Settings, ...]] | None = None

    @property
    def live(self) -> tuple[LiveScope, ...]:
        """The live profiles, each in its own sandbox; the first is to be opened first."""
        return tuple(self._scope(one, one.sandbox) for one in self._peeked.profiles)

    @property
    def known(self) -> tuple[KnownProfile, ...]:
        """All profiles of the environment and the settings file."""
        from qsui.tui.options import KnownProfile

        return tuple(
            KnownProfile(one.name, one.sandbox, has_jobs=one.backend == ALTERYX)
            for one in self._peeked.known
        )

    def open_scope(self, name: str, sandbox: str) -> LiveScope:
        """Return a known profile in a sandbox, its own if that is empty, as a live scope.

        Raises:
            ConfigError: There is no such profile, or its server has no sandboxes.
        """
        (one,) = self._peeked.on(name).profiles
        if sandbox and one.backend == ALTERYX:
            raise ConfigError(f"{name} is an Alteryx Server, which has no sandboxes")
        return self._scope(one, sandbox or one.sandbox)

    def _scope(self, one: ProfilePeek, sandbox: str) -> LiveScope:
        from qsui.tui.options import LiveScope

        past: Past | None = None

        async def recall() -> Session | None:
            from qsui.cli.recall import recall_profile

            nonlocal past
            past = await recall_profile(one, self._arguments, self._environ, self._clock, sandbox)
            return past.session if past else None

        async def open_session() -> Session:
            from qsui.cli.sessions import open_session as compose_session

            settings = in_sandbox(await self._settings(one), sandbox)
            return await compose_session(settings, self._environ, self._clock, past=past)

        return LiveScope(
            profile=one.name,
            sandbox=sandbox,
            open_session=open_session,
            recall=recall,
            has_jobs=one.backend == ALTERYX,
            read_only=one.read_only,
            web_url=one.web_url,
        )

    async def _settings(self, one: ProfilePeek) -> Settings:
        """Return the settings of a profile: those of the live ones are validated at once.

        Raises:
            ConfigError: A setting of the file, of this profile or of any live one is wrong.
        """
        from qsui.cli.compose import load_settings

        if one not in self._peeked.profiles:
            narrowed = self._peeked.on(one.name)
            (settings,) = await asyncio.to_thread(
                load_settings, narrowed, self._arguments, self._environ
            )
            return settings
        if self._loading is None:
            self._loading = asyncio.create_task(
                asyncio.to_thread(load_settings, self._peeked, self._arguments, self._environ)
            )
        every = await asyncio.shield(self._loading)  # one who leaves takes it from no other
        return every[self._peeked.profiles.index(one)]


def in_sandbox(settings: Settings, sandbox: str) -> Settings:
    """Return settings for another sandbox of the same profile.

    That a profile is no production is said of its own sandbox only.
    """
    profile = settings.profile
    if sandbox == profile.sandbox:
        return settings
    production = profile.production or None
    return replace(settings, profile=replace(profile, sandbox=sandbox, production=production))
