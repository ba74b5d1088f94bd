"""Every fault of the settings is one sentence that names where it is and what to do."""

from __future__ import annotations

import base64
import json
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsui.config.load import load
from qsui.config.locate import line_of, nearest
from qsui.config.peek import Arguments, peek
from qsui.config.secret import client_secret
from qsui.domain.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from qsui.config.settings import Settings

ENV = {
    "QSUI_CLIENT_ID": "client",
    "QSUI_CLIENT_SECRET": "hush-hush",
    "QSUI_ORG_ID": "0123@AdobeOrg",
    "QSUI_SANDBOX": "prod",
}
GOOD = """
[profiles.prod]
org_id = "0123@AdobeOrg"
client_id = "client"
client_secret_env = "AEP_SECRET"
sandbox = "prod"
"""


def loaded(environ: dict[str, str], *, config: Path | None = None, **more: bool) -> Settings:
    arguments = Arguments(config=config, read_only=more.get("read_only", False))
    (settings,) = load(peek(arguments, environ), arguments, environ)
    return settings


@pytest.fixture
def none(tmp_path: Path) -> dict[str, str]:
    return {"QSUI_CONFIG": str(tmp_path / "none.toml")}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(GOOD)
    return path


def test_four_variables_reach_adobe(none: dict[str, str]) -> None:
    profile = loaded(ENV | none).profile
    assert profile.base_url == "https://platform.adobe.io"
    assert profile.token_url == "https://ims-na1.adobelogin.com/ims/token/v3"
    assert profile.requests_per_min == 60
    assert client_secret(profile, ENV).reveal() == "hush-hush"


def test_variables_do_not_patch_a_profile_of_the_file(file: Path) -> None:
    arguments = Arguments(profiles=("prod",), config=file)
    environ = ENV | {"QSUI_SANDBOX": "other"}
    assert load(peek(arguments, environ), arguments, environ)[0].profile.sandbox == "prod"


@pytest.mark.parametrize("name", ["QSUI_CLIENT_SECRET", "QSUI_ORG_ID", "QSUI_SANDBOX"])
def test_a_missing_variable_is_named(none: dict[str, str], name: str) -> None:
    environ = {key: value for key, value in ENV.items() if key != name} | none
    with pytest.raises(ConfigError, match=f"^{name} is missing: "):
        loaded(environ)


@pytest.mark.parametrize("key", ["org_id", "client_id", "client_secret_env", "sandbox"])
def test_a_missing_key_is_named_with_file_and_table(file: Path, key: str) -> None:
    file.write_text("\n".join(line for line in GOOD.splitlines() if not line.startswith(key)))
    with pytest.raises(ConfigError, match=r"config.toml \[profiles.prod\]: \w+ is missing: "):
        loaded({}, config=file)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('\n[ui]\ntimezon = "UTC"\n', "line 9: ui.timezon is not a known key.*timezone?"),
        ('sandbx = "x"\n', "line 7: profiles.prod.sandbx is not a known key.*sandbox?"),
        ("[pol]\n", "line 7: pol is not a known key; did you mean poll?"),
        ("[poll]\nchange_s = 0\n", "line 8: poll.change_s: input should be greater than 0"),
        ('[profiles."a b"]\nread_only = 7\n', r'line 8: profiles\."a b"\.read_only: '),
        ("[keymap]\nx = 3\n", "line 8: keymap.x: input should be a valid string"),
        ('[ui]\ntimezone = "Mars/Base"\n', "line 8: ui.timezone 'Mars/Base' is not a time zone"),
        ('[keymap]\na = "t"\nb = "t"\n', "line 9: the key t is given to both a and b"),
        ('[ui]\nsigns = "emoji"\n', "line 8: ui.signs: must be 'unicode' or 'ascii'"),
    ],
)
def test_a_fault_names_file_line_path_and_nearest_key(file: Path, text: str, place: str) -> None:
    file.write_text(GOOD + text)
    arguments = Arguments(profiles=("prod",), config=file)
    with pytest.raises(ConfigError, match=rf"config.toml, {place}"):
        load(peek(arguments, {}), arguments, {})


def test_a_profile_that_is_not_live_may_be_incomplete(file: Path) -> None:
    file.write_text(GOOD + '[profiles.later]\nbackend = "alteryx"\n')
    arguments = Arguments(profiles=("prod",), config=file)
    assert load(peek(arguments, {}), arguments, {})[0].profile.name == "prod"


def test_an_unknown_backend_names_the_variable(none: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="QSUI_BACKEND: must be 'adobe' or 'alteryx'"):
        loaded(ENV | none | {"QSUI_BACKEND": "oracle"})


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://platform.example", "uses plain http to platform.example"),
        ("ftp://x", "must be an https address"),
        ("platform.adobe.io", "must be an https address"),
        ("https://", "must be an https address"),
        ("https://u:p@x.example", "must not hold a user name"),
        ("https://x.example/?a=1", "must not hold"),
        ("https://x.example:port", "is not an address"),
        ("https://[::1", "is not an address"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(
    none: dict[str, str], url: str, words: str
) -> None:
    for name in ("QSUI_BASE_URL", "QSUI_TOKEN_URL"):
        with pytest.raises(ConfigError, match=f"^{name} {words}"):
            loaded(ENV | none | {name: url})


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost", "[::1]:80", "127.9.9.9"])
def test_plain_http_to_this_machine_is_allowed(none: dict[str, str], host: str) -> None:
    assert loaded(ENV | none | {"QSUI_BASE_URL": f"http://{host}"}).profile.base_url.endswith(host)


def test_plain_http_elsewhere_needs_allow_http(file: Path) -> None:
    file.write_text(GOOD + 'base_url = "http://aep.example"\nallow_http = true\n')
    assert loaded({}, config=file).profile.allow_http


def test_a_value_that_cannot_be_a_header_is_refused(none: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"^QSUI_ORG_ID holds a space"):
        loaded(ENV | none | {"QSUI_ORG_ID": "a b"})


def test_a_secret_in_a_public_file_is_refused(file: Path) -> None:
    file.write_text(GOOD.replace("client_secret_env", "client_secret"))
    file.chmod(0o644)
    with pytest.raises(ConfigError, match=r"line 5: .*client_secret is readable.*chmod 600") as e:
        loaded({}, config=file)
    assert "AEP_SECRET" not in str(e.value)
    file.chmod(0o600)
    assert client_secret(loaded({}, config=file).profile, {}).reveal() == "AEP_SECRET"


def test_two_sources_of_the_secret_are_refused(file: Path) -> None:
    file.write_text(GOOD + 'client_secret_file = "s"\n')
    with pytest.raises(ConfigError, match="both given: keep one"):
        loaded({}, config=file)


def test_the_secret_never_shows(none: dict[str, str]) -> None:
    assert "hush-hush" not in repr(loaded(ENV | none))


def test_the_secret_can_come_from_a_variable(file: Path) -> None:
    profile = loaded({}, config=file).profile
    assert client_secret(profile, {"AEP_SECRET": " s \n"}).reveal() == "s"
    with pytest.raises(ConfigError, match="AEP_SECRET, which is unset"):
        client_secret(profile, {"AEP_SECRET": ""})


def test_the_secret_can_come_from_a_file_beside_the_settings(file: Path) -> None:
    file.write_text(GOOD.replace("client_secret_env", "client_secret_file"))
    profile = loaded({}, config=file).profile
    with pytest.raises(ConfigError, match=r"client_secret_file \(.*AEP_SECRET\) cannot be read"):
        client_secret(profile, {})
    (file.parent / "AEP_SECRET").write_text("from-file\nsecond\n")
    assert client_secret(profile, {}).reveal() == "from-file"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("print('top')", ""),
        ("print()", "gave nothing"),
        ("import sys; sys.exit('hush-hush')", "ended with status 1"),
        ("import sys; sys.stdout.buffer.write(b'\\xff')", "did not print text"),
    ],
)
def test_the_secret_can_come_from_a_command(file: Path, code: str, words: str) -> None:
    command = json.dumps([sys.executable, "-c", code])
    file.write_text(
        GOOD.replace('client_secret_env = "AEP_SECRET"', f"client_secret_command = {command}")
    )
    profile = loaded({}, config=file).profile
    if not words:
        assert client_secret(profile, {}).reveal() == "top"
        return
    with pytest.raises(ConfigError, match=words) as caught:
        client_secret(profile, {})
    assert "hush-hush" not in str(caught.value)


def test_a_command_that_does_not_end_is_ended(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qsui.config.secret._COMMAND_LIMIT_S", 0.05)
    file.write_text(
        GOOD.replace('client_secret_env = "AEP_SECRET"', 'client_secret_command = ["sleep", "60"]')
    )
    with pytest.raises(ConfigError, match="took longer than"):
        client_secret(loaded({}, config=file).profile, {})


def test_a_command_that_does_not_exist_is_named(file: Path) -> None:
    file.write_text(
        GOOD.replace('client_secret_env = "AEP_SECRET"', 'client_secret_command = ["no-such-x"]')
    )
    with pytest.raises(ConfigError, match=r"client_secret_command \(no-such-x\) cannot be run"):
        client_secret(loaded({}, config=file).profile, {})


def test_the_client_id_can_come_from_the_token(none: dict[str, str]) -> None:
    claims = base64.urlsafe_b64encode(b'{"client_id": "from-claim"}').decode().rstrip("=")
    environ = {key: ENV[key] for key in ("QSUI_ORG_ID", "QSUI_SANDBOX")} | none
    settings = loaded(environ | {"QSUI_ACCESS_TOKEN": f"h.{claims}.s"})
    assert settings.profile.client_id == "from-claim"
    with pytest.raises(ConfigError, match=r"^QSUI_CLIENT_ID is missing"):
        loaded(environ | {"QSUI_ACCESS_TOKEN": "opaque"})


def test_a_certificate_file_must_exist(none: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"^QSUI_CA_BUNDLE names .*not a file"):
        loaded(ENV | none | {"QSUI_CA_BUNDLE": "/no/such.pem"})


def test_read_only_is_never_taken_back(file: Path) -> None:
    file.write_text(GOOD + "read_only = true\n")
    assert loaded({"QSUI_READ_ONLY": "0"}, config=file).profile.read_only
    file.write_text(GOOD)
    assert not loaded({}, config=file).profile.read_only
    assert loaded({}, config=file, read_only=True).profile.read_only
    assert loaded({"QSUI_READ_ONLY": "1"}, config=file).profile.read_only


@given(st.text(max_size=200), st.lists(st.text(max_size=8), min_size=1, max_size=3))
def test_any_text_has_a_line_or_none(text: str, path: list[str]) -> None:
    line = line_of(text, path)
    assert line is None or 1 <= line <= len(text.splitlines())


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("a",), 1),
        (("t", "x"), 3),
        (("t", "u", "y"), 4),
        (("t", "in", "z"), 5),
        (("t", "k k"), 6),
        (("q", "w"), 7),
        (("nowhere",), None),
    ],
)
def test_a_key_path_is_found(path: tuple[str, ...], line: int | None) -> None:
    text = 'a = 1\n[t]\nx = 1\nu.y = 2\nin = { z = 1 }\n"k k" = 1\n[q . w] # c\n'
    assert line_of(text, path) == line


def test_the_nearest_word() -> None:
    assert nearest("sandbx", ["sandbox", "scopes"]) == "sandbox"
    assert nearest("zzzz", ["sandbox"]) is None
