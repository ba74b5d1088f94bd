"""Old rows before the server's side: which scope they are of, and what is told without any."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from qsui.cli.clocks import SystemClock
from qsui.cli.common import Common
from qsui.cli.compose import connection_options, load_settings
from qsui.cli.dashboard import dashboard_options
from qsui.cli.recall import Past, early_scope, recall_profile, why_read_only
from qsui.config.peek import Arguments, peek
from qsui.domain.errors import ConfigError
from qsui.domain.models import Kind, Ref, Schedule
from qsui.domain.secret import Secret
from qsui.domain.states import ScheduleState
from qsui.storage.history import open_history

if TYPE_CHECKING:
    from pathlib import Path

    from qsui.domain.models import Scope

NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)
ENV = {
    "QSUI_CLIENT_ID": "c",
    "QSUI_CLIENT_SECRET": "s",
    "QSUI_ORG_ID": "o@AdobeOrg",
    "QSUI_SANDBOX": "prod",
}


def environ(tmp_path: Path, **more: str) -> dict[str, str]:
    file = tmp_path / "config.toml"
    file.touch(mode=0o600)
    return {**ENV, "QSUI_CONFIG": str(file), "QSUI_STATE_DIR": str(tmp_path / "state"), **more}


def keep(env: dict[str, str], tmp_path: Path) -> Scope:
    """Let a history know one schedule of the live scope."""
    scope = early_scope(peek(Arguments(), env).profiles[0])
    assert scope is not None
    ref = Ref(scope.profile, scope.sandbox, Kind.SCHEDULE, "", "s1")
    schedule = Schedule(ref, "daily", ScheduleState.ENABLED, "ENABLED", "0 2 * * *")
    history = open_history(tmp_path / "state")
    history.save_schedules(scope, (schedule,), NOON, replace=True)
    history.close()
    return scope


def recalled(env: dict[str, str]) -> Past | None:
    """What is remembered of the live profile."""
    one = peek(Arguments(), env).profiles[0]
    return asyncio.run(recall_profile(one, Arguments(), env, SystemClock()))


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"QSUI_BASE_URL": "https://PLATFORM.adobe.io:443/data/foundation/query/"},
        {"QSUI_BASE_URL": " http://127.0.0.1:8765 "},
        {"QSUI_ORG_ID": " o@AdobeOrg ", "QSUI_SANDBOX": " dev "},
        {"QSUI_BACKEND": "adobe", "QSUI_BASE_URL": ""},
    ],
)
def test_the_scope_told_early_is_the_one_that_the_backend_has(
    more: dict[str, str], tmp_path: Path
) -> None:
    from qsui.backends.adobe.backend import AdobeBackend

    env = environ(tmp_path, **more)
    peeked = peek(Arguments(), env)
    (settings,) = load_settings(peeked, Arguments(), env)
    backend = AdobeBackend(connection_options(settings.profile, Secret("s")), SystemClock())
    assert early_scope(peeked.profiles[0]) == backend.scope
    asyncio.run(backend.aclose())


def test_the_scope_of_a_profile_in_the_file_is_told_too(tmp_path: Path) -> None:
    env = environ(tmp_path)
    (tmp_path / "config.toml").write_text(
        '[profiles.night]\nclient_id = "c"\norg_id = "o@AdobeOrg"\nsandbox = " dev "\n'
        'base_url = "https://platform.adobe.io/"\nread_only = true\n'
    )
    env = {name: value for name, value in env.items() if name not in ENV}
    peeked = peek(Arguments(), env)
    scope = early_scope(peeked.profiles[0])
    assert scope is not None
    assert scope.label == "night/dev"
    assert scope.key == early_scope_key(tmp_path)
    assert why_read_only(peeked.profiles[0], Arguments(), env).startswith(
        "read-only: read_only = true"
    )


def early_scope_key(tmp_path: Path) -> str:
    env = environ(tmp_path, QSUI_SANDBOX="dev")
    scope = early_scope(peek(Arguments(profiles=("env",)), env).profiles[0])
    assert scope is not None
    return scope.key


@pytest.mark.parametrize(
    "more",
    [
        {"QSUI_ORG_ID": ""},
        {"QSUI_SANDBOX": ""},
        {"QSUI_BASE_URL": "http://127.0.0.1:not-a-port"},
        {"QSUI_BACKEND": "alteryx"},
    ],
)
def test_settings_that_are_wrong_have_no_early_scope(more: dict[str, str], tmp_path: Path) -> None:
    env = environ(tmp_path, **more)
    assert early_scope(peek(Arguments(), env).profiles[0]) is None


def test_nothing_is_recalled_and_no_file_made_without_a_history(tmp_path: Path) -> None:
    env = environ(tmp_path)
    assert recalled(env) is None
    assert not (tmp_path / "state").exists()


def test_a_history_of_another_scope_is_not_recalled(tmp_path: Path) -> None:
    keep(environ(tmp_path), tmp_path)
    env = environ(tmp_path, QSUI_SANDBOX="dev")
    assert recalled(env) is None


def test_a_history_that_cannot_be_read_leaves_the_start_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "history.db").write_bytes(b"not a database at all" * 100)
    env = environ(tmp_path)
    assert recalled(env) is None


def test_the_old_session_is_completed_and_keeps_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = environ(
        tmp_path, QSUI_BASE_URL="http://127.0.0.1:9", QSUI_TOKEN_URL="http://127.0.0.1:9/t"
    )
    scope = keep(env, tmp_path)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    (live,) = dashboard_options(Common(), peek(Arguments(), env)).scopes

    async def main() -> None:
        assert live.recall is not None
        early = await live.recall()
        assert early is not None
        assert early.store.snapshot.schedules(scope).from_history
        stand_ins = (early.engine, early.control)
        session = await live.open_session()
        assert session is early
        assert session.engine is not stand_ins[0]
        assert session.backend.scope == scope
        assert session.open_control is not None
        assert session.control is stand_ins[1]
        await session.open_control()
        assert session.control is not stand_ins[1]
        assert session.store.snapshot.schedule(scope, "s1") is not None
        await session.aclose()

    asyncio.run(main())


def test_settings_at_fault_are_told_though_there_are_old_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = environ(tmp_path)
    keep(env, tmp_path)
    (tmp_path / "config.toml").write_text("[poll]\nchange_s = 0\n")
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    (live,) = dashboard_options(Common(), peek(Arguments(), env)).scopes

    async def main() -> None:
        assert live.recall is not None
        early = await live.recall()
        assert early is not None
        with pytest.raises(ConfigError, match=r"poll\.change_s"):
            await live.open_session()
        await early.aclose()

    asyncio.run(main())


def test_httpx_comes_without_its_own_command_line() -> None:
    code = (
        "import sys\nfrom qsui.cli.compose import import_httpx\nimport_httpx()\nimport_httpx()\n"
        "import httpx\nprint([n for n in ('click', 'pygments', 'httpx._main') if n in sys.modules],"
        " httpx.AsyncClient.__name__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[] AsyncClient"
