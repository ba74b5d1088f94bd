"""The log of a job in the server's order, and as text to be copied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.present.job_messages import JobLog, Least, ToolLog, counts_of
from qsui.present.job_words import tool_words
from qsui.present.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qsui.domain.jobs import JobMessage


def as_said(messages: Sequence[JobMessage]) -> JobLog:
    """Return a log in the server's order: a tool that speaks again stands there again."""
    turns: list[list[JobMessage]] = []
    for message in messages:
        if turns and turns[-1][0].tool_id == message.tool_id:
            turns[-1].append(message)
        else:
            turns.append([message])
    tools = tuple(ToolLog(turn[0].tool_id, tuple(turn), counts_of(turn)) for turn in turns)
    return JobLog(tools, counts_of(messages))


def as_text(log: JobLog, least: Least) -> str:
    """Return a log as text, a line for each message and each tool above what it said."""
    lines: list[str] = []
    for tool in log.tools:
        said = [one for one in tool.messages if least.lets(one.severity)]
        lines += [tool_words(tool.tool_id) or "no tool named"] if said else []
        lines += [f"  {one.severity.value}: {printable(one.text.strip(), None)}" for one in said]
    return "\n".join(lines)
