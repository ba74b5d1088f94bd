"""What the settings file may hold, as pydantic models: every key, its type and its default.

Only `load` uses these; they never leave `config`. Unknown keys are refused.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

_STRICT = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)
Seconds = Annotated[float, Field(gt=0, le=86_400)]


class ProfileTable(BaseModel):
    """`[profiles.NAME]`; an empty text counts as not given."""

    model_config = _STRICT

    backend: Literal["adobe", "alteryx"] = "adobe"
    base_url: str = ""
    token_url: str = ""
    org_id: str = ""
    client_id: str = ""
    client_secret: SecretStr | None = None
    client_secret_command: tuple[str, ...] = ()
    client_secret_env: str = ""
    client_secret_file: str = ""
    access_token: SecretStr | None = None
    sandbox: str = ""
    scopes: str = ""
    production: bool | None = None
    web_url: str = ""
    read_only: bool = False
    requests_per_min: Annotated[int, Field(ge=1, le=6_000)] | None = None
    ca_bundle: str = ""
    allow_http: bool = False


class UiTable(BaseModel):
    """`[ui]`."""

    model_config = _STRICT

    timezone: str = "UTC"
    theme: Literal["", "qsui-dark", "qsui-light", "qsui-16"] = ""
    signs: Literal["unicode", "ascii"] = "unicode"


class PollTable(BaseModel):
    """`[poll]`: seconds between reads of the live engine."""

    model_config = _STRICT

    change_s: Seconds = 10
    runs_on_screen_s: Seconds = 15
    run_detail_s: Seconds = 10
    schedules_s: Seconds = 60
    schedules_full_s: Seconds = 600


class SettingsFile(BaseModel):
    """The whole file."""

    model_config = _STRICT

    default_profiles: tuple[str, ...] = ()
    profiles: dict[str, ProfileTable] = Field(default_factory=dict)
    ui: UiTable = UiTable()
    poll: PollTable = PollTable()
    keymap: dict[str, str] = Field(default_factory=dict)


def known_keys(path: tuple[str, ...]) -> tuple[str, ...]:
    """Return the keys that may stand beside the last part of `path`; empty if any may."""
    match path[:-1]:
        case ():
            return tuple(SettingsFile.model_fields)
        case ("profiles", _):
            return tuple(ProfileTable.model_fields)
        case ("ui",):
            return tuple(UiTable.model_fields)
        case ("poll",):
            return tuple(PollTable.model_fields)
        case _:
            return ()
