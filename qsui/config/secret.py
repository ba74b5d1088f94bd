"""Fetch the client secret from where the settings say; blocking, so call it in a thread."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from qsui.domain.errors import ConfigError
from qsui.domain.secret import NO_SECRET, Secret

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from qsui.config.settings import Profile

_COMMAND_LIMIT_S = 30.0


def client_secret(profile: Profile, environ: Mapping[str, str]) -> Secret:
    """Return the secret, an empty one if the profile has an access token and no secret.

    A command is run without a shell, with at most 30 s; its first line of output counts.

    Raises:
        ConfigError: The command failed, or the variable or file is missing or empty.
    """
    source = profile.client_secret
    if source.value:
        return source.value
    if source.command:
        return _from_command(profile, source.command)
    if source.env:
        if found := environ.get(source.env, "").strip():
            return Secret(found)
        raise ConfigError(f"{profile.origin}: client_secret_env names {source.env}, which is unset")
    return _from_file(profile, source.file) if source.file else NO_SECRET


def _from_command(profile: Profile, command: tuple[str, ...]) -> Secret:
    where = f"{profile.origin}: client_secret_command ({command[0]})"
    try:
        done = subprocess.run(  # noqa: S603 (the user's own command, without a shell)
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_COMMAND_LIMIT_S,
            check=False,
        )
    except OSError as error:
        raise ConfigError(f"{where} cannot be run: {error.strerror or error}") from error
    except subprocess.TimeoutExpired as error:
        raise ConfigError(f"{where} took longer than {_COMMAND_LIMIT_S:.0f} s") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{where} did not print text") from error
    if done.returncode:
        raise ConfigError(f"{where} ended with status {done.returncode}; run it by hand to see why")
    return _first_line(where, done.stdout)


def _from_file(profile: Profile, file: Path) -> Secret:
    where = f"{profile.origin}: client_secret_file ({file})"
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{where} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{where} is not text") from error
    return _first_line(where, text)


def _first_line(where: str, text: str) -> Secret:
    lines = text.strip().splitlines()
    if not lines or not lines[0].strip():
        raise ConfigError(f"{where} gave nothing")
    return Secret(lines[0].strip())
