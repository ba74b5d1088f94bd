"""The zone of this machine, as a named zone where that can be told."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def local_zone() -> ZoneInfo:
    """Return the local zone: `TZ` if it names one, else `/etc/localtime`'s target, else UTC."""
    names = [os.environ.get("TZ", "").lstrip(":")]
    link = Path("/etc/localtime")
    if link.is_symlink():
        names.append(str(link.resolve()).partition("zoneinfo/")[2])
    for name in names:
        if not name:
            continue
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            continue
    return ZoneInfo("UTC")


def zones_of(setting: str) -> list[ZoneInfo]:
    """Return the zones that `z` goes through: that of the setting first, UTC, the local one."""
    utc = ZoneInfo("UTC")
    zones = [utc]
    local = local_zone()
    if local.key != "UTC":
        zones.append(local)
    if setting not in ("", "UTC", "local"):
        with contextlib.suppress(
            ZoneInfoNotFoundError
        ):  # settings were validated; tzdata may differ
            chosen = ZoneInfo(setting)
            zones = [chosen, *[zone for zone in zones if zone.key != chosen.key]]
    if setting == "local":
        zones.reverse()
    return zones
