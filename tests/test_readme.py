"""README is true: its commands, keys, options, variables, settings and record keys all exist.

`python -m tests.test_readme` writes the table of keys anew.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import tomllib
from pathlib import Path

import click
import pytest
from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import key_to_character

import qsui.tui
from qsui.cli.lists import KINDS
from qsui.cli.root import root
from qsui.cli.shapes import COLUMNS
from qsui.config.peek import ENV_VARIABLES
from qsui.config.schema import PollTable, ProfileTable, SettingsFile, UiTable

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BEGIN, END = "<!-- keys:begin -->\n", "<!-- keys:end -->"
TRY = "python3 -m venv .venv && .venv/bin/pip install -q '.[demo]' && .venv/bin/qsui demo"
TEST = (
    "python3 -m venv .venv && .venv/bin/pip install -q '.[demo,test]' && .venv/bin/python -m pytest"
)
# Where the keys of each class count, in the README's words and order.
PLACES = {
    "QsuiApp": "everywhere",
    "RecordTable": "rows",
    "Acting": "act",
    "ListMarks": "mark",
    "ListOrder": "lists",
    "ListPane": "lists",
    "ListScreen": "lists",
    "SchedulesScreen": "schedules",
    "_RunList": "runs",
    "QueriesScreen": "queries",
    "JobList": "jobs",
    "AllJobsScreen": "all jobs",
    "WorkflowsScreen": "workflows",
    "JournalScreen": "journal",
    "DeedScreen": "one action",
    "DetailScreen": "details",
    "RunScreen": "run detail",
    "JobScreen": "job detail",
    "JobMessagesScreen": "messages",
    "SpanView": "text",
    "RawScreen": "JSON",
    "HelpScreen": "help",
    "PickScreen": "choices",
    "ScopeScreen": "scopes",
    "VerbsScreen": "menus",
    "DialogScreen": "dialogs",
    "DialogButton": "buttons",
    "ConfirmScreen": "confirm",
    "QuitScreen": "leaving",
    "ExplainScreen": "what and why",
    "CronField": "cadence",
    "PresetTree": "presets",
    "NewScreen": "new",
    "TemplateScreen": "templates",
}
SHORT = {
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "escape": "Esc",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "slash": "/",
    "at": "@",
    "minus": "-",
    "plus": "+",
    "underscore": "_",
}


def bindings() -> dict[str, list[Binding]]:
    """Return the bindings that each class of the dashboard declares itself, by its name."""
    found: dict[str, list[Binding]] = {}
    for module in pkgutil.walk_packages(qsui.tui.__path__, "qsui.tui."):
        for name, held in vars(importlib.import_module(module.name)).items():
            if isinstance(held, type) and issubclass(held, DOMNode):
                own = [b for b in held.__dict__.get("BINDINGS", ()) if isinstance(b, Binding)]
                if own and held.__module__ == module.name:
                    found[name] = own
    return found


def shown(keys: str) -> str:
    """Write keys as a person reads them: `` `Ctrl+D` `` , `` `/` ``."""
    words: list[str] = []
    for key in keys.split(","):
        *held, last = key.split("+")
        char = key_to_character(last)
        word = SHORT.get(last) or (char if char and char.isprintable() and char != " " else "")
        word = word or last.capitalize()
        word = word.upper() if held and len(word) == 1 else word
        words.append("+".join([*(part.capitalize() for part in held), word]))
    return " ".join(f"`{word}`" for word in words).replace("|", "\\|")


def keys_table() -> str:
    """Return the README's table of keys."""
    found = bindings()
    lines = ["| where | key | does | action |", "|---|---|---|---|"]
    lines += [
        f"| {place} | {shown(binding.key)} | {binding.description} | `{binding.id}` |"
        for name, place in PLACES.items()
        for binding in found.get(name, ())
    ]
    return "\n".join(lines) + "\n"


def commands() -> dict[str, click.Command]:
    """Return every verb by its words: `list`, `config show`."""
    context = click.Context(root)
    found: dict[str, click.Command] = {}
    for name in root.list_commands(context):
        command = root.get_command(context, name)
        assert command is not None
        found[name] = command
        if isinstance(command, click.Group):
            found |= {f"{name} {sub}": verb for sub, verb in command.commands.items()}
    return found


def options(command: click.Command) -> set[str]:
    """Return the long options of a verb, or the short one if it has no other."""
    return {
        next((opt for opt in parameter.opts if opt.startswith("--")), parameter.opts[0])
        for parameter in command.params
        if isinstance(parameter, click.Option)
    }


ALL_OPTIONS = set().union(*map(options, [root, *commands().values()])) | {"--help"}


def test_the_two_commands_are_exactly_these() -> None:
    fenced = re.findall(r"^```sh\n(python3 .*)\n```$", README, re.MULTILINE)
    assert fenced == [TRY, TEST]


def test_every_key_is_listed_and_every_listed_key_exists() -> None:
    block = README.partition(BEGIN)[2].partition(END)[0]
    assert block == keys_table(), "run: python -m tests.test_readme"


def test_every_class_with_keys_has_a_place() -> None:
    assert set(bindings()) <= set(PLACES)


@pytest.mark.parametrize("words", commands())
def test_every_command_is_listed(words: str) -> None:
    assert f"`qsui {words}" in README


@pytest.mark.parametrize("option", sorted(ALL_OPTIONS - {"--help"}))
def test_every_option_is_listed(option: str) -> None:
    assert re.search(rf"`[^`]*(?<![\w-]){option}(?![\w-])[^`]*`", README)


def test_every_option_named_exists() -> None:
    named = set(re.findall(r"(?<=[`\s])--[a-z][a-z-]+", README))
    assert named <= ALL_OPTIONS


def test_every_kind_of_list_is_named() -> None:
    for kind in KINDS:
        assert kind in README


def test_every_variable_is_listed_and_exists() -> None:
    named = set(re.findall(r"QSUI_[A-Z_]+", README))
    assert named == {*ENV_VARIABLES.values(), "QSUI_READ_ONLY", "QSUI_CONFIG", "QSUI_STATE_DIR"}


def test_the_example_of_the_settings_is_valid_and_names_every_key() -> None:
    example = README.partition("```toml\n")[2].partition("```")[0]
    SettingsFile.model_validate(tomllib.loads(example))
    for table in (SettingsFile, ProfileTable, UiTable, PollTable):
        for key in table.model_fields:
            assert re.search(rf"\b{key}\b", example), key


@pytest.mark.parametrize("kind", COLUMNS)
def test_every_key_of_a_record_is_listed(kind: str) -> None:
    for key in COLUMNS[kind]:
        assert re.search(rf"\b{key}\b", README), key


def test_every_dependency_has_a_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["demo"]]
    section = README.partition("### Dependencies")[2]
    for requirement in wanted:
        name = re.split(r"[=<>]", requirement)[0]
        assert re.search(rf"\b{name}\b", section), name


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4, 5, 130])
def test_every_exit_code_is_explained(code: int) -> None:
    assert f"\n| {code} | " in README


def test_every_picture_exists() -> None:
    for path in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README):
        assert (ROOT / path).is_file(), path


if __name__ == "__main__":
    before, begin, rest = README.partition(BEGIN)
    after = rest.partition(END)[2]
    (ROOT / "README.md").write_text(before + begin + keys_table() + END + after, encoding="utf-8")
