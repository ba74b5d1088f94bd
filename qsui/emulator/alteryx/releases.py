"""The releases of Alteryx Server that differ in what they can do."""

from enum import IntEnum


class Release(IntEnum):
    """Releases in the order of their age.

    2025.1 can cancel jobs; the current one also lists the server's jobs and takes cron expressions.
    """

    R2024_2 = 1
    R2025_1 = 2
    CURRENT = 3


RELEASES = {
    "2024.2": Release.R2024_2,
    "2025.1": Release.R2025_1,
    "current": Release.CURRENT,
}


def release(name: str) -> Release:
    """A release by its name.

    Raises:
        ValueError: There is no such release here.
    """
    if name not in RELEASES:
        raise ValueError(f"no Alteryx release {name!r}; there are {', '.join(RELEASES)}")
    return RELEASES[name]
