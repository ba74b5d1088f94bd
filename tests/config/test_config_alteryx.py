"""What a profile of an Alteryx Server needs, what it must not hold, and its defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from qsui.config.load import load
from qsui.config.peek import Arguments, peek
from qsui.domain.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from qsui.config.settings import Profile

ENV = {
    "QSUI_BACKEND": "alteryx",
    "QSUI_BASE_URL": "https://ayx.acme.test/webapi",
    "QSUI_CLIENT_ID": "key",
    "QSUI_CLIENT_SECRET": "hush-hush",
}
GOOD = """
[profiles.ayx]
backend = "alteryx"
base_url = "https://ayx.acme.test/webapi"
client_id = "key"
client_secret_env = "AYX_SECRET"
"""


def from_env(folder: Path, **changes: str) -> Profile:
    environ = ENV | changes | {"QSUI_CONFIG": str(folder / "none.toml")}
    return load(peek(Arguments(), environ), Arguments(), environ)[0].profile


def from_file(folder: Path, more: str = "", text: str = GOOD) -> Profile:
    file = folder / "config.toml"
    file.write_text(text + more)
    arguments = Arguments(config=file)
    return load(peek(arguments, {}), arguments, {})[0].profile


def test_four_variables_reach_a_server(tmp_path: Path) -> None:
    profile = from_env(tmp_path)
    assert profile.backend == "alteryx"
    assert profile.base_url == "https://ayx.acme.test/webapi/"
    assert profile.token_url == "https://ayx.acme.test/webapi/oauth2/token"
    assert profile.requests_per_min == 300
    assert profile.production is True
    assert (profile.org_id, profile.sandbox, profile.scopes) == ("", "", "")


@pytest.mark.parametrize(
    "given",
    [
        "ayx.acme.test",
        "https://ayx.acme.test",
        "https://ayx.acme.test/webapi/",
        "https://ayx.acme.test/webapi/v3",
        "https://ayx.acme.test/gallery",
    ],
)
def test_every_spelling_of_the_address_means_the_same(tmp_path: Path, given: str) -> None:
    profile = from_env(tmp_path, QSUI_BASE_URL=given)
    assert profile.token_url == "https://ayx.acme.test/webapi/oauth2/token"


def test_a_profile_of_the_file_may_say_it_all(tmp_path: Path) -> None:
    more = (
        'token_url = "https://login.acme.test/token"\nproduction = false\nrequests_per_min = 60\n'
    )
    profile = from_file(tmp_path, more)
    assert profile.token_url == "https://login.acme.test/token"
    assert profile.production is False
    assert profile.requests_per_min == 60


def test_a_token_needs_no_key(tmp_path: Path) -> None:
    environ = {"QSUI_CLIENT_ID": "", "QSUI_CLIENT_SECRET": "", "QSUI_ACCESS_TOKEN": "opaque"}
    profile = from_env(tmp_path, **environ)
    assert profile.client_id == ""
    assert profile.access_token.reveal() == "opaque"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("QSUI_BASE_URL", "QSUI_BASE_URL is missing: it is the server's Web API address"),
        ("QSUI_CLIENT_SECRET", "QSUI_CLIENT_SECRET is missing: set it, or QSUI_ACCESS_TOKEN"),
    ],
)
def test_a_missing_variable_is_named(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(ConfigError, match=f"^{words}"):
        from_env(tmp_path, **{name: ""})


def test_a_missing_key_is_named_with_what_it_is(tmp_path: Path) -> None:
    text = GOOD.replace('client_id = "key"\n', "")
    with pytest.raises(ConfigError, match=r"\[profiles.ayx\]: client_id is missing: .*API access"):
        from_file(tmp_path, text=text)


@pytest.mark.parametrize("key", ["org_id", "sandbox", "scopes"])
def test_what_only_query_service_has_is_refused(tmp_path: Path, key: str) -> None:
    words = f"{key} does not belong to an Alteryx Server: remove it"
    with pytest.raises(ConfigError, match=rf"\[profiles.ayx\]: {words}"):
        from_file(tmp_path, f'{key} = "x"\n')
    with pytest.raises(ConfigError, match=f"^QSUI_{key.upper()} does not belong"):
        from_env(tmp_path, **{f"QSUI_{key.upper()}": "x"})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"QSUI_BASE_URL": "http://ayx.acme.test"}, "QSUI_BASE_URL uses plain http"),
        ({"QSUI_TOKEN_URL": "http://ayx.acme.test/t"}, "QSUI_TOKEN_URL uses plain http"),
        ({"QSUI_BASE_URL": "https://u:p@ayx.acme.test"}, "QSUI_BASE_URL must not hold a user"),
        ({"QSUI_BASE_URL": "ftp://ayx.acme.test"}, "QSUI_BASE_URL must be an https address"),
        ({"QSUI_BASE_URL": "https://ayx.acme.test/?a=1"}, r"QSUI_BASE_URL must not hold `\?`"),
        ({"QSUI_CLIENT_ID": "key:pair"}, "QSUI_CLIENT_ID holds a colon"),
        ({"QSUI_BACKEND": "alteryks"}, "QSUI_BACKEND: must be 'adobe' or 'alteryx'"),
    ],
)
def test_what_cannot_work_is_one_sentence(
    tmp_path: Path, changes: dict[str, str], words: str
) -> None:
    with pytest.raises(ConfigError, match=f"^{words}") as caught:
        from_env(tmp_path, **changes)
    assert "hush-hush" not in str(caught.value)
    assert ":p@" not in str(caught.value)
