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

TWO = """
[profiles.prod]
sandbox = "prod"
[profiles.dev]
sandbox = "dev"
read_only = true
"""
ENV = {"QSUI_CLIENT_ID": "c", "QSUI_SANDBOX": "from-env"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(TWO)
    return path


def test_a_named_profile_beats_the_environment(file: Path) -> None:
    found = peek(Arguments(profiles=("dev",), config=file), ENV)
    assert (found.profile, found.sandbox, found.profile_source) == ("dev", "dev", "file")
    assert found.read_only


def test_the_environment_beats_the_file(file: Path) -> None:
    found = peek(Arguments(config=file), ENV)
    assert (found.profile, found.sandbox, found.profile_source) == (
        "env",
        "from-env",
        "environment",
    )


def test_an_access_token_alone_makes_the_env_profile(tmp_path: Path) -> None:
    environ = {"QSUI_ACCESS_TOKEN": "t", "QSUI_CONFIG": str(tmp_path / "none.toml")}
    assert peek(Arguments(), environ).profile == "env"


def test_an_empty_variable_counts_as_unset(file: Path) -> None:
    with pytest.raises(ConfigError, match="several profiles"):
        peek(Arguments(config=file), {"QSUI_CLIENT_ID": "", "QSUI_ACCESS_TOKEN": " "})


def test_default_profiles_choose(file: Path) -> None:
    file.write_text('default_profiles = ["dev"]\n' + TWO)
    assert peek(Arguments(config=file), {}).profile == "dev"


def test_the_only_profile_is_taken(file: Path) -> None:
    file.write_text('[profiles.only]\nsandbox = "s"\n')
    assert peek(Arguments(), {"QSUI_CONFIG": str(file)}).profile == "only"


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
    [("", ("prod", "dev")), ('default_profiles = ["prod", "dev"]\n', ())],
)
def test_several_profiles_are_refused_with_a_sentence(
    file: Path, prefix: str, arguments: tuple[str, ...]
) -> None:
    file.write_text(prefix + TWO)
    with pytest.raises(ConfigError, match=r"Only one profile can be live yet.*prod, dev"):
        peek(Arguments(profiles=arguments, config=file), {})


def test_the_same_profile_twice_is_one(file: Path) -> None:
    assert peek(Arguments(profiles=("dev", "dev"), config=file), {}).profile == "dev"


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
    assert found.profile == "env"
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
    assert peek(Arguments(config=file), environ).read_only is expected


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
