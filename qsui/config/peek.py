"""The first step: which profiles are live, with the standard library only.

Enough for the first paint of the dashboard. Nothing is validated here beyond what it takes to name
the profiles; `load` does the rest.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from qsui.config.folders import settings_file
from qsui.config.locate import line_of, nearest
from qsui.domain.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ENV_PROFILE = "env"
ENV_VARIABLES = {
    "backend": "QSUI_BACKEND",
    "base_url": "QSUI_BASE_URL",
    "token_url": "QSUI_TOKEN_URL",
    "client_id": "QSUI_CLIENT_ID",
    "client_secret": "QSUI_CLIENT_SECRET",
    "access_token": "QSUI_ACCESS_TOKEN",
    "org_id": "QSUI_ORG_ID",
    "sandbox": "QSUI_SANDBOX",
    "scopes": "QSUI_SCOPES",
    "ca_bundle": "QSUI_CA_BUNDLE",
}
HOW_TO_BEGIN = (
    "Try `qsui demo`, or set QSUI_CLIENT_ID, QSUI_CLIENT_SECRET, QSUI_ORG_ID and QSUI_SANDBOX "
    "(for an Alteryx Server QSUI_BACKEND=alteryx, QSUI_BASE_URL and the first two), "
    "or write a profile into {file} (README, Configure)"
)


@dataclass(frozen=True, slots=True)
class Arguments:
    """The options of the command line that choose and change settings."""

    profiles: tuple[str, ...] = ()
    config: Path | None = None
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class ProfilePeek:
    """One profile by name, and what the header shows of it before anything is validated.

    `source` is `environment` or `file`; `table` is what was written there, secrets included.
    `read_only` counts what was asked for by option and variable, too.
    """

    name: str
    source: str
    backend: str = "adobe"
    sandbox: str = ""
    read_only: bool = False
    web_url: str = ""
    table: Mapping[str, object] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Peek:
    """The live profiles in the order in which they were named, at least one.

    `known` are all profiles of the environment and the file, the live ones among them. `document`
    is the parsed file (empty without one), `text` its text. `warning` is a sentence for stderr, or
    empty.
    """

    profiles: tuple[ProfilePeek, ...]
    known: tuple[ProfilePeek, ...]
    file: Path
    file_exists: bool
    text: str = field(default="", repr=False)
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)
    warning: str = ""

    def on(self, name: str) -> Peek:
        """Return the same with one profile live, by name.

        Raises:
            ConfigError: Neither the environment nor the file has it.
        """
        for profile in self.known:
            if profile.name == name:
                return replace(self, profiles=(profile,))
        raise ConfigError(f"{self.file}: there is no [profiles.{name}]")


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    text: str | None
    document: Mapping[str, Any]

    @property
    def profiles(self) -> Mapping[str, Any]:
        found = self.document.get("profiles", {})
        if not isinstance(found, dict) or not all(isinstance(p, dict) for p in found.values()):
            raise ConfigError(f"{self.path}: `profiles` must hold tables such as [profiles.prod]")
        return found


def peek(arguments: Arguments, environ: Mapping[str, str]) -> Peek:
    """Choose the live profiles.

    Raises:
        ConfigError: The file is missing though named, cannot be read or parsed, or no profile or
            an unknown one is meant.
    """
    path = settings_file(environ, arguments.config)
    text = _read(path, must_exist=arguments.config is not None)
    file = _File(path, text, _parse(path, text or ""))
    forced = is_read_only(arguments, environ)
    known = {name: _seen(name, "file", table, forced) for name, table in file.profiles.items()}
    has_env = bool(_env(environ, "QSUI_CLIENT_ID") or _env(environ, "QSUI_ACCESS_TOKEN"))
    if has_env:
        known[ENV_PROFILE] = _seen(ENV_PROFILE, "environment", env_table(environ), forced)
    names = _choose(arguments, environ, file, has_env=has_env)
    warning = ""
    if text is None and environ.get("QSUI_CONFIG"):
        warning = f"QSUI_CONFIG names {path}, which does not exist; using the environment alone"
    return Peek(
        profiles=tuple(known[name] for name in names),
        known=tuple(known.values()),
        file=path,
        file_exists=text is not None,
        text=text or "",
        document=file.document,
        warning=warning,
    )


def _seen(name: str, source: str, table: Mapping[str, object], forced: bool) -> ProfilePeek:
    return ProfilePeek(
        name=name,
        source=source,
        backend=_word(table.get("backend")) or "adobe",
        sandbox=_word(table.get("sandbox")),
        read_only=forced or table.get("read_only") is True,
        web_url=_word(table.get("web_url")),
        table=table,
    )


def env_table(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the profile that the variables make; an empty variable counts as unset."""
    return {key: value for key, name in ENV_VARIABLES.items() if (value := _env(environ, name))}


def is_read_only(arguments: Arguments, environ: Mapping[str, str]) -> bool:
    """Whether `--read-only` or `QSUI_READ_ONLY` asks for it, whatever the profile says."""
    return bool(read_only_because(arguments, environ))


def read_only_because(arguments: Arguments, environ: Mapping[str, str]) -> str:
    """Say what asks for it, as a clause, whatever the profile says; empty if nothing does."""
    if arguments.read_only:
        return "--read-only was given"
    word = _env(environ, "QSUI_READ_ONLY").lower()
    if word in ("", "0", "false", "no", "off"):
        return ""
    if word in ("1", "true", "yes", "on"):
        return "QSUI_READ_ONLY is set"
    raise ConfigError(f"QSUI_READ_ONLY is {word!r}; say 1 or 0")


def _env(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name, "").strip()


def _word(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _read(file: Path, *, must_exist: bool) -> str | None:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        if must_exist:
            raise ConfigError(f"The settings file {file} does not exist") from None
        return None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file} is not UTF-8 text (byte {error.start})") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError(f"The settings file {file} cannot be read: {reason}") from error


def _parse(file: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file} is not valid TOML: {error}") from error


def _choose(
    arguments: Arguments, environ: Mapping[str, str], file: _File, *, has_env: bool
) -> tuple[str, ...]:
    names, why = _wanted(arguments, file, has_env=has_env)
    if not names:
        raise ConfigError(_nothing(file, environ))
    for name in names:
        if not (name == ENV_PROFILE and has_env) and name not in file.profiles:
            raise ConfigError(_unknown(name, why, file))
    return names


def _wanted(arguments: Arguments, file: _File, *, has_env: bool) -> tuple[tuple[str, ...], str]:
    """Return the names, each once, and where they come from."""
    if arguments.profiles:
        return tuple(dict.fromkeys(arguments.profiles)), "--profile names"
    if has_env:
        return (ENV_PROFILE,), "the environment names"
    default = file.document.get("default_profiles", [])
    if not isinstance(default, list) or not all(isinstance(name, str) for name in default):
        raise ConfigError(
            f'{_default_place(file)}: default_profiles must be a list of names, such as ["prod"]'
        )
    if default:
        return tuple(dict.fromkeys(default)), "default_profiles names"
    if len(file.profiles) == 1:
        return tuple(file.profiles), "the file holds"
    return (), ""


def _default_place(file: _File) -> str:
    line = line_of(file.text or "", ["default_profiles"])
    return f"{file.path}, line {line}" if line else str(file.path)


def _nothing(file: _File, environ: Mapping[str, str]) -> str:
    if file.profiles:
        listed = ", ".join(file.profiles)
        return (
            f"{file.path} holds several profiles ({listed}): use --profile, or set default_profiles"
        )
    if lonely := [name for name in ENV_VARIABLES.values() if _env(environ, name)]:
        return (
            f"{', '.join(lonely)} set, but neither QSUI_CLIENT_ID nor QSUI_ACCESS_TOKEN: set one "
            "of them to use the environment as a profile"
        )
    where = f"{file.path} does not exist" if file.text is None else f"{file.path} holds none"
    return f"No profile is configured ({where}). {HOW_TO_BEGIN.format(file=file.path)}"


def _unknown(name: str, why: str, file: _File) -> str:
    if name == ENV_PROFILE:
        return (
            "The profile `env` is made of variables, and neither QSUI_CLIENT_ID nor "
            "QSUI_ACCESS_TOKEN is set"
        )
    near = nearest(name, file.profiles)
    hint = f"did you mean {near}?" if near else f"it holds {', '.join(file.profiles) or 'none'}"
    place = _default_place(file) if why.startswith("default_profiles") else str(file.path)
    return f"{place}: {why} {name}, but there is no [profiles.{name}]; {hint}"
