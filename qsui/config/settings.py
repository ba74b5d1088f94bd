"""The validated settings: plain frozen values, whether they came from the file or variables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qsui.domain.addresses import ADOBE_SCOPES
from qsui.domain.secret import NO_SECRET, Secret

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ADOBE_REQUESTS_PER_MIN = 60
ALTERYX_REQUESTS_PER_MIN = 300


@dataclass(frozen=True, slots=True)
class SecretSource:
    """Where the client secret comes from; exactly one of these is given, or none."""

    value: Secret = NO_SECRET
    command: tuple[str, ...] = ()
    env: str = ""
    file: Path | None = None

    @property
    def is_given(self) -> bool:
        """Whether a secret can be had at all."""
        return bool(self.value or self.command or self.env or self.file)

    def describe(self) -> str:
        """Say where it comes from, never what it is."""
        if self.value:
            return "given directly"
        if self.command:
            return f"printed by the command {self.command[0]}"
        if self.env:
            return f"the variable {self.env}"
        return f"the file {self.file}" if self.file else "not given"


@dataclass(frozen=True, slots=True)
class Profile:
    """One connection, complete: what it takes to speak to one sandbox of one server.

    An Alteryx Server has no organisation, sandbox or scopes: these are empty then, and so may be
    `client_id` with an access token.

    `origin` says where it was set, for messages: the environment, or the file and table.
    `production` is `None` if the sandbox list is to say. `read_only_because` is a clause that says
    what makes it read-only, empty if nothing does.
    """

    name: str
    origin: str
    backend: str
    base_url: str
    token_url: str
    org_id: str
    client_id: str
    client_secret: SecretSource
    access_token: Secret
    sandbox: str
    scopes: str = ADOBE_SCOPES
    production: bool | None = None
    web_url: str = ""
    read_only: bool = False
    read_only_because: str = ""
    requests_per_min: int = ADOBE_REQUESTS_PER_MIN
    ca_bundle: Path | None = None
    allow_http: bool = False


@dataclass(frozen=True, slots=True)
class Poll:
    """Intervals of the live engine, in seconds."""

    change_s: float = 10
    runs_on_screen_s: float = 15
    run_detail_s: float = 10
    schedules_s: float = 60
    schedules_full_s: float = 600


@dataclass(frozen=True, slots=True)
class Settings:
    """All that the command line needs to wire one live profile."""

    profile: Profile
    file: Path
    file_exists: bool
    state_folder: Path
    timezone: str = "UTC"
    theme: str = ""
    ascii: bool = False
    poll: Poll = Poll()
    keymap: Mapping[str, str] = field(default_factory=dict)
