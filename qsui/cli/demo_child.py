"""What the demo's child process runs: the emulator, and then the end of the demo's folder.

    python -m qsui.cli.demo_child FOLDER PARENT OPTION...

`PARENT` is the process id of who started it, the options are those of `python -m qsui.emulator`.
A parent that lives removes the folder itself, after it has read there why the child ended; of one
that was killed only the child can.
"""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """Serve until standard input closes; returns the emulator's exit code."""
    from qsui.emulator.__main__ import main as emulate

    folder, parent = arguments[0], int(arguments[1])
    try:
        return emulate(list(arguments[2:]))
    finally:
        if os.getppid() != parent:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
