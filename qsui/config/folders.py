"""Where the settings file and the state folder are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def settings_file(environ: Mapping[str, str], given: Path | None = None) -> Path:
    """Return the path of the settings file: `--config`, else `QSUI_CONFIG`, else the platform's.

    It need not exist.
    """
    if given is not None:
        return given
    if named := environ.get("QSUI_CONFIG"):
        return Path(named).expanduser()
    import platformdirs

    return Path(platformdirs.user_config_dir("qsui", appauthor=False)) / "config.toml"


def state_folder(environ: Mapping[str, str]) -> Path:
    """Return the state folder: `QSUI_STATE_DIR`, else the platform's. It need not exist."""
    if named := environ.get("QSUI_STATE_DIR"):
        return Path(named).expanduser()
    import platformdirs

    return Path(platformdirs.user_state_dir("qsui", appauthor=False))
