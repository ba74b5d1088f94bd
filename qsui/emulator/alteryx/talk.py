"""What tools and the engine say about a job: messages with the engine's codes.

1 information, 2 warning, 3 error, 4 tool finished, 5 conversion error, 6 conversion error limit,
7 transient, 10 and 11 meta and configuration XML. Tool -1 is the engine itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from qsui.emulator.alteryx.seeds import Tool, ToolKind
from qsui.emulator.alteryx.tables import ERROR, SUCCESS, WARNING, Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qsui.emulator.core import Outcome

ENGINE: Final = -1
INFORMATION, WARNED, FAILED, FINISHED, CONVERSION, LIMIT, TRANSIENT, META, CONFIG = (
    1, 2, 3, 4, 5, 6, 7, 10, 11,
)  # fmt: skip
CONVERSION_LIMIT: Final = 10
_MOST_SAID: Final = 5000


def heard(tool: Tool, outcome: Outcome, *, full: bool = False, batch: int = 0) -> list[Message]:
    """What a tool says after its statement; an error (code 3) among it ends the workflow."""
    said = _failure(tool, outcome) if outcome.error else _said(tool, outcome.row_count, batch)
    if full:
        said = [
            (TRANSIENT, "50 % complete", tool.number),
            (META, '<MetaInfo connection="Output"><RecordInfo/></MetaInfo>', tool.number),
            *said,
            (FINISHED, "Tool finished", tool.number),
        ]
    return said


def _failure(tool: Tool, outcome: Outcome) -> list[Message]:
    error = outcome.error
    if error is None:
        return []
    lines = [line.strip() for line in tool.sql.strip().splitlines()]
    return [
        (FAILED, f"Error opening the query: [{error.code}] {error.message}", tool.number),
        (FAILED, f"Error SQLExecute: {' '.join(lines)[:160]}", tool.number),
        (FAILED, "The tool has no output and the workflow cannot go on.", tool.number),
    ]


def batches(tool: Tool, messages: Sequence[Message]) -> int:
    """How many batches a tool has told of."""
    return sum(number == tool.number and status == INFORMATION for status, _, number in messages)


def _said(tool: Tool, rows: int, batch: int) -> list[Message]:
    text = tool.says.replace("{rows}", f"{rows:,}").replace("{batch}", f"{batch:,}")
    number = tool.number
    if tool.kind is ToolKind.CHECK:
        return [(WARNED, text, number)] if rows else []
    if tool.kind is ToolKind.TEST:
        return [(FAILED, text, number)] if rows else []
    if tool.kind is ToolKind.SAY:
        return [
            (INFORMATION, f"Record #{row}: {text}", number)
            for row in range(1, min(rows, _MOST_SAID) + 1)
        ]
    if tool.kind is ToolKind.CONVERT:
        converted = [
            (CONVERSION, f"Record #{row}: {text}", number)
            for row in range(1, min(rows, CONVERSION_LIMIT) + 1)
        ]
        if rows > CONVERSION_LIMIT:
            converted.append((LIMIT, "Field conversion error limit reached.", number))
        return converted
    return [(INFORMATION, text, number)]


def verdict(messages: Sequence[Message]) -> str:
    """The disposition that messages add up to."""
    codes = {status for status, _, _ in messages}
    if FAILED in codes:
        return ERROR
    return WARNING if codes & {WARNED, CONVERSION, LIMIT} else SUCCESS


def farewell(name: str, ran_s: float, messages: Sequence[Message]) -> Message:
    """The engine's last line."""
    counts = [
        (sum(status == FAILED for status, _, _ in messages), "error"),
        (sum(status == WARNED for status, _, _ in messages), "warning"),
        (sum(status == CONVERSION for status, _, _ in messages), "field conversion error"),
    ]
    bad = " and ".join(f"{n} {what}{'' if n == 1 else 's'}" for n, what in counts if n)
    tail = f" with {bad}" if bad else ""
    return (INFORMATION, f"Finished running {name}.yxmd in {ran_s:.1f} seconds{tail}", ENGINE)


def stopped(user: str) -> Message:
    """The engine's last line of a job that was ended before its time."""
    return (INFORMATION, f"Cancelled by {user}.", ENGINE)
