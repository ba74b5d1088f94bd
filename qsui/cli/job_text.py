"""A job as text for people: label and value, then its log by tool, worst first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.domain.jobs import ENGINE_TOOL, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from qsui.cli.records import Fields

_WIDTH = 9


def job_lines(record: Fields, plain: Iterable[str]) -> Iterator[str]:
    """Yield the lines of a job's record; `plain` are those of what has no shape of its own.

    What the engine says for itself only is counted, not shown.
    """
    yield from plain
    messages, outputs = record["messages"], record["outputs"]
    yield from _messages(messages)
    yield "outputs    -" if not outputs else "outputs"
    for output in outputs or ():
        formats = ", ".join(output["formats"])
        yield f"    {output['name'] or '-'}  {formats}  {output['id']}".rstrip()


def _messages(messages: Sequence[Fields] | None) -> Iterator[str]:
    if not messages:
        yield "messages   " + ("none" if messages is not None else "-")
        return
    shown = [one for one in messages if one["severity"] != Severity.HIDDEN]
    yield "messages"
    by_tool: dict[int | None, list[Fields]] = {}
    for one in shown:
        by_tool.setdefault(one["tool_id"], []).append(one)
    for tool, some in sorted(by_tool.items(), key=lambda item: min(map(_rank, item[1]))):
        yield f"    {_tool(tool)}"
        for one in some:
            yield from _message(one)
    if hidden := len(messages) - len(shown):
        yield f"    and {hidden} of the engine's own, which -o json prints"


def _message(message: Fields) -> Iterator[str]:
    word = message["severity"]
    if word == Severity.UNKNOWN:
        word = f"code {message['raw_status']}" if message["raw_status"] is not None else "?"
    first, *more = str(message["text"]).splitlines() or [""]
    yield f"        {word.ljust(_WIDTH)}{first}"
    for line in more:
        yield f"        {' ' * _WIDTH}{line}"


def _tool(tool: int | None) -> str:
    if tool is None:
        return "no tool named"
    return "the engine" if tool == ENGINE_TOOL else f"tool {tool}"


def _rank(message: Fields) -> int:
    return Severity(message["severity"]).rank
