"""The second step: validate the whole file and every live profile; every fault is one sentence.

An error names the file, the key's path, its line and, for an unknown key, the nearest known one.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from pydantic import ValidationError

from qsui.config.check import complete_profile
from qsui.config.folders import state_folder
from qsui.config.locate import dotted, line_of, nearest
from qsui.config.peek import read_only_because
from qsui.config.schema import ProfileTable, SettingsFile, known_keys
from qsui.config.settings import Poll, Settings
from qsui.domain.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic_core import ErrorDetails

    from qsui.config.peek import Arguments, Peek, ProfilePeek
    from qsui.config.settings import Profile

_OTHERS_CAN_READ = stat.S_IRWXG | stat.S_IRWXO


def load(peeked: Peek, arguments: Arguments, environ: Mapping[str, str]) -> tuple[Settings, ...]:
    """Validate the file and the profiles that `peek` chose; the settings of each, in their order.

    Raises:
        ConfigError: A key is unknown, a value is wrong, or a live profile lacks something.
    """
    try:
        document = SettingsFile.model_validate(dict(peeked.document))
    except ValidationError as error:
        raise ConfigError(_file_fault(peeked, error.errors()[0])) from None
    _check_secret_is_private(peeked, document)
    _check_keymap(peeked, document.keymap)
    _check_timezone(peeked, document.ui.timezone)
    because = read_only_because(arguments, environ)
    profiles = [_complete(peeked, one, document, because) for one in peeked.profiles]
    return tuple(
        Settings(
            profile=profile,
            file=peeked.file,
            file_exists=peeked.file_exists,
            state_folder=state_folder(environ),
            timezone=document.ui.timezone,
            theme=document.ui.theme,
            ascii=document.ui.signs == "ascii",
            poll=Poll(**document.poll.model_dump()),
            keymap=document.keymap,
        )
        for profile in profiles
    )


def _complete(peeked: Peek, one: ProfilePeek, document: SettingsFile, because: str) -> Profile:
    is_env = one.source == "environment"
    return complete_profile(
        one.name,
        _env_profile(one) if is_env else document.profiles[one.name],
        origin="the environment" if is_env else f"{peeked.file} [profiles.{dotted([one.name])}]",
        from_environment=is_env,
        folder=peeked.file.parent,
        read_only_because=because,
    )


def _env_profile(one: ProfilePeek) -> ProfileTable:
    try:
        return ProfileTable.model_validate(dict(one.table))
    except ValidationError as error:
        fault = error.errors()[0]
        name = f"QSUI_{str(fault['loc'][0]).upper()}"
        raise ConfigError(f"{name}: {_reason(fault)}") from None


def _file_fault(peeked: Peek, fault: ErrorDetails) -> str:
    path = tuple(str(part) for part in fault["loc"])
    place = _place(peeked.file, peeked.text, path)
    if fault["type"] != "extra_forbidden":
        return f"{place}: {dotted(path)}: {_reason(fault)}"
    known = known_keys(path)
    near = nearest(path[-1], known)
    hint = f"did you mean {near}?" if near else f"known keys are {', '.join(known)}"
    return f"{place}: {dotted(path)} is not a known key; {hint}"


def _place(file: Path, text: str, path: tuple[str, ...]) -> str:
    line = line_of(text, path)
    return f"{file}, line {line}" if line else str(file)


def _reason(fault: ErrorDetails) -> str:
    """Say what is wrong with a value without repeating it: it may be a secret."""
    if fault["type"] == "literal_error":
        return f"must be {fault.get('ctx', {}).get('expected', 'one of the known words')}"
    words = fault["msg"]
    return words[0].lower() + words[1:]


def _check_secret_is_private(peeked: Peek, document: SettingsFile) -> None:
    keys = ("client_secret", "access_token")
    held = [
        (name, key)
        for name, table in document.profiles.items()
        for key in keys
        if getattr(table, key) is not None
    ]
    if not held or not peeked.file.is_file():
        return
    mode = stat.S_IMODE(peeked.file.stat().st_mode)
    if mode & _OTHERS_CAN_READ:
        path = ("profiles", *held[0])
        raise ConfigError(
            f"{_place(peeked.file, peeked.text, path)}: {dotted(path)} is readable by others "
            f"(mode {mode:04o}): run `chmod 600 {peeked.file}`, or use client_secret_command"
        )


def _check_keymap(peeked: Peek, keymap: Mapping[str, str]) -> None:
    owner: dict[str, str] = {}
    for action, keys in keymap.items():
        for key in (k.strip() for k in keys.split(",")):
            path = ("keymap", action)
            if not key:
                raise ConfigError(
                    f"{_place(peeked.file, peeked.text, path)}: {dotted(path)} names no key"
                )
            if key in owner:
                raise ConfigError(
                    f"{_place(peeked.file, peeked.text, path)}: the key {key} is given to both "
                    f"{owner[key]} and {action}"
                )
            owner[key] = action


def _check_timezone(peeked: Peek, name: str) -> None:
    if name in ("UTC", "local"):
        return
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        place = _place(peeked.file, peeked.text, ("ui", "timezone"))
        raise ConfigError(
            f"{place}: ui.timezone {name!r} is not a time zone; say UTC, local or a name such as "
            "Europe/Berlin"
        ) from None
