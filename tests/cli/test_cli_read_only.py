"""Who forbids writes: the flag, the variable or the settings, for the dashboard and the demo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from qsui.cli.common import Common
from qsui.cli.compose import connection_options, load_settings, read_only_words
from qsui.cli.dashboard import dashboard_options
from qsui.cli.demo_scopes import AYX, demo_settings
from qsui.cli.demo_server import DemoServer
from qsui.config.peek import peek
from qsui.domain.secret import NO_SECRET

if TYPE_CHECKING:
    from pathlib import Path

PROFILE = (
    '[profiles.p]\norg_id = "o@AdobeOrg"\nclient_id = "c"\nclient_secret_env = "S"\n'
    'sandbox = "prod"\nweb_url = "https://experience.adobe.com/"\n'
)


@pytest.mark.parametrize(
    ("text", "flag", "environ", "words"),
    [
        ("", False, {}, ""),
        ("read_only = false\n", False, {"QSUI_READ_ONLY": "0"}, ""),
        ("read_only = true\n", False, {}, "read-only: read_only = true in [profiles.p]"),
        ("", False, {"QSUI_READ_ONLY": "1"}, "read-only: QSUI_READ_ONLY is set"),
        ("read_only = true\n", True, {}, "read-only: --read-only was given"),
    ],
)
def test_header_transport_and_reason_agree(
    tmp_path: Path, text: str, flag: bool, environ: dict[str, str], words: str
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(PROFILE + text)
    common = Common(config=file, read_only=flag)
    peeked = peek(common.arguments, environ)
    profile = load_settings(peeked, common.arguments, environ)[0].profile
    assert read_only_words(profile) == words
    assert connection_options(profile, NO_SECRET).read_only is bool(words)
    (scope,) = dashboard_options(common, peeked).scopes
    assert scope.read_only is bool(words)
    assert scope.web_url == "https://experience.adobe.com/"


def test_the_demo_writes_unless_it_is_told_not_to(tmp_path: Path) -> None:
    server = DemoServer.__new__(DemoServer)  # only its folder is asked for
    server.folder = tmp_path
    assert not demo_settings(server, "http://127.0.0.1:1").profile.read_only
    told = demo_settings(server, "http://127.0.0.1:1", "--read-only was given").profile
    assert read_only_words(told) == "read-only: --read-only was given"
    of_jobs = demo_settings(server, "http://127.0.0.1:1", "--read-only was given", name=AYX)
    assert of_jobs.profile.read_only
