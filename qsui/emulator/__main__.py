"""`python -m qsui.emulator`: the emulator without the rest of the program."""

import argparse
import sys
from pathlib import Path

from qsui.emulator.alteryx.releases import RELEASES
from qsui.emulator.quirks import MANNERS
from qsui.emulator.serve import DEFAULT_PORT, ServeOptions, serve


def options_from(arguments: list[str] | None = None) -> ServeOptions:
    """Options of a command line (without the program's name)."""
    parser = argparse.ArgumentParser(prog="python -m qsui.emulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 takes a free one")
    parser.add_argument("--data", type=Path, help="folder that keeps the state between runs")
    parser.add_argument("--scene", default="demo")
    parser.add_argument("--manner", default="docs", choices=list(MANNERS))
    parser.add_argument("--alteryx", default="current", choices=list(RELEASES))
    parser.add_argument("--quirk", action="append", default=[], metavar="Q11=string")
    parser.add_argument("--speed", type=float, default=1.0, help="virtual seconds per second")
    parser.add_argument("--fault", action="append", default=[], metavar="NAME[:ARG]")
    parser.add_argument("--schedules", type=int)
    parser.add_argument("--runs", type=int, help="past runs per schedule at most")
    parser.add_argument("--queries", type=int)
    parser.add_argument("--token-life", type=int, default=86_399, metavar="SECONDS")
    parser.add_argument("--no-control", action="store_true", help="no /_emulator addresses")
    parser.add_argument("--exit-on-stdin-close", action="store_true")
    given = parser.parse_args(arguments)
    return ServeOptions(
        host=given.host,
        port=given.port,
        data=given.data,
        scene=given.scene,
        manner=given.manner,
        alteryx=given.alteryx,
        quirks=tuple(given.quirk),
        speed=given.speed,
        faults=tuple(given.fault),
        schedules=given.schedules,
        runs=given.runs,
        queries=given.queries,
        control=not given.no_control,
        token_life_s=given.token_life,
        exit_on_stdin_close=given.exit_on_stdin_close,
    )


def main(arguments: list[str] | None = None) -> int:
    """Serve; the exit code is 0, 2 for a bad option, 3 for an address in use, 130 after Ctrl+C."""
    try:
        serve(options_from(arguments))
    except ValueError as error:
        sys.stderr.write(f"emulator: {error}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"emulator: {error}\n")
        return 3
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
