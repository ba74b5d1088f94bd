"""Which profile is live: command line, environment, file, in that order."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from qsui.config.peek import Arguments, peek
from qsui.domain.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from qsui.config.peek import Peek

TWO = """
[profiles.prod]
sandbox = "prod"
[profiles.dev]
sandbox = "dev"
read_only = true
"""
ENV = {"QSUI_CLIENT_ID": "c", "QSUI_SANDBOX": "from-env"}


def told(found: Peek) -> tuple[str, str, str]:
    """Name, sandbox and source of the only live profile."""
    (one,) = found.profiles
    return one.name, one.sandbox, one.source


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(TWO)
    return path


def test_a_named_profile_beats_the_environment(file: Path) -> None:
    found = peek(Arguments(profiles=("dev",), config=file), ENV)
    assert told(found) == ("dev", "dev", "file")
    assert found.profiles[0].read_only


def test_the_environment_beats_the_file(file: Path) -> None:
    found = peek(Arguments(config=file), ENV)
    assert told(found) == (
        "env",
        "from-env",
        "environment",
    )


def test_an_access_token_alone_makes_the_env_profile(tmp_path: Path) -> None:
    environ = {"QSUI_ACCESS_TOKEN": "t", "QSUI_CONFIG": str(tmp_path / "none.toml")}
    assert peek(Arguments(), environ).profiles[0].name == "env"


def test_an_empty_variable_counts_as_unset(file: Path) -> None:
    with pytest.raises(ConfigError, match="several profiles"):
        peek(Arguments(config=file), {"QSUI_CLIENT_ID": "", "QSUI_ACCESS_TOKEN": " "})


def test_default_profiles_choose(file: Path) -> None:
    file.write_text('default_profiles = ["dev"]\n' + TWO)
    assert peek(Arguments(config=file), {}).profiles[0].name == "dev"


def test_the_only_profile_is_taken(file: Path) -> None:
    file.write_text('[profiles.only]\nsandbox = "s"\n')
    assert peek(Arguments(), {"QSUI_CONFIG": str(file)}).profiles[0].name == "only"


def test_without_any_profile_it_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        peek(Arguments(), {"QSUI_CONFIG": str(tmp_path / "none.toml")})
    words = str(caught.value)
    assert "qsui demo" in words
    assert "QSUI_CLIENT_ID" in words
    assert caught.value.exit_code == 2


def test_variables_without_a_client_are_not_enough(tmp_path: Path) -> None:
    environ = {"QSUI_ORG_ID": "x", "QSUI_CONFIG": str(tmp_path / "none.toml")}
    with pytest.raises(ConfigError, match="QSUI_ORG_ID set, but neither QSUI_CLIENT_ID"):
        peek(Arguments(), environ)


@pytest.mark.parametrize(
    ("prefix", "arguments"),
    [("", ("prod", "dev")), ('default_profiles = ["prod", "dev", "prod"]\n', ())],
)
def test_several_profiles_are_live_in_the_order_in_which_they_are_named(
    file: Path, prefix: str, arguments: tuple[str, ...]
) -> None:
    file.write_text(prefix + TWO)
    found = peek(Arguments(profiles=arguments, config=file), {})
    assert [one.name for one in found.profiles] == ["prod", "dev"]
    assert [one.read_only for one in found.profiles] == [False, True]
    turned = peek(Arguments(profiles=("dev", "prod"), config=file), {})
    assert [one.name for one in turned.profiles] == ["dev", "prod"]


def test_the_environment_is_one_of_several_if_it_is_named(file: Path) -> None:
    found = peek(Arguments(profiles=("env", "dev"), config=file), ENV)
    assert [(one.name, one.source) for one in found.profiles] == [
        ("env", "environment"),
        ("dev", "file"),
    ]
    assert [one.name for one in found.known] == ["prod", "dev", "env"]


def test_a_named_env_without_its_variables_is_refused(file: Path) -> None:
    with pytest.raises(ConfigError, match="made of variables"):
        peek(Arguments(profiles=("dev", "env"), config=file), {})


def test_known_profiles_are_those_that_can_be_opened_and_one_of_them_can_be_chosen(
    file: Path,
) -> None:
    found = peek(Arguments(profiles=("dev",), config=file), {})
    assert [one.name for one in found.known] == ["prod", "dev"]
    assert [one.name for one in found.on("prod").profiles] == ["prod"]
    with pytest.raises(ConfigError, match=r"no \[profiles.other\]"):
        found.on("other")


def test_what_is_looked_at_shows_no_secret(file: Path) -> None:
    file.write_text('[profiles.p]\nclient_secret = "hush-hush"\n')
    found = peek(Arguments(config=file), ENV | {"QSUI_CLIENT_SECRET": "hush-hush"})
    assert "hush" not in repr(found)


@pytest.mark.parametrize("wrong", ['"prod"', "[1]", "{ prod = true }", "true"])
def test_default_profiles_of_another_shape_are_refused_with_their_line(
    file: Path, wrong: str
) -> None:
    file.write_text(f"\ndefault_profiles = {wrong}\n" + TWO)
    with pytest.raises(ConfigError, match=r"config.toml, line 2: .*must be a list of names"):
        peek(Arguments(config=file), {})


def test_the_same_profile_twice_is_one(file: Path) -> None:
    found = peek(Arguments(profiles=("dev", "dev"), config=file), {})
    assert [one.name for one in found.profiles] == ["dev"]


def test_each_of_several_names_must_be_known(file: Path) -> None:
    with pytest.raises(ConfigError, match=r"--profile names prd, .*did you mean prod\?"):
        peek(Arguments(profiles=("dev", "prd"), config=file), {})


def test_an_unknown_profile_names_the_nearest(file: Path) -> None:
    with pytest.raises(ConfigError, match=r"no \[profiles.prd\]; did you mean prod\?"):
        peek(Arguments(profiles=("prd",), config=file), {})


def test_an_unknown_default_profile_names_its_line(file: Path) -> None:
    file.write_text('\ndefault_profiles = ["zzz"]\n' + TWO)
    with pytest.raises(ConfigError, match=r"config.toml, line 2: .*it holds prod, dev"):
        peek(Arguments(config=file), {})


def test_a_file_that_is_not_toml_names_the_line(file: Path) -> None:
    file.write_text("a = 1\nb = \n")
    with pytest.raises(ConfigError, match=r"config.toml is not valid TOML: .*line 2"):
        peek(Arguments(config=file), ENV)


def test_a_missing_file_is_an_error_only_if_asked_for_by_name(tmp_path: Path) -> None:
    missing = tmp_path / "none.toml"
    with pytest.raises(ConfigError, match="does not exist"):
        peek(Arguments(config=missing), ENV)
    found = peek(Arguments(), ENV | {"QSUI_CONFIG": str(missing)})
    assert found.profiles[0].name == "env"
    assert "does not exist" in found.warning


def test_a_folder_or_binary_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        peek(Arguments(config=tmp_path), ENV)
    binary = tmp_path / "x.toml"
    binary.write_bytes(b"a = '\xff'")
    with pytest.raises(ConfigError, match="not UTF-8"):
        peek(Arguments(config=binary), ENV)


@pytest.mark.parametrize(("word", "expected"), [("1", True), ("Yes", True), ("0", False)])
def test_read_only_can_be_asked_for_by_variable(file: Path, word: str, expected: bool) -> None:
    environ = ENV | {"QSUI_READ_ONLY": word}
    assert peek(Arguments(config=file), environ).profiles[0].read_only is expected


def test_a_read_only_variable_of_another_word_is_refused(file: Path) -> None:
    with pytest.raises(ConfigError, match="QSUI_READ_ONLY"):
        peek(Arguments(config=file), ENV | {"QSUI_READ_ONLY": "perhaps"})


def test_peek_needs_the_standard_library_only() -> None:
    code = (
        "import sys, qsui.config.peek, qsui.config.folders\n"
        "print([m for m in ('pydantic', 'httpx', 'textual', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
