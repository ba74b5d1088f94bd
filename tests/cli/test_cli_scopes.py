"""The scopes of a dashboard: each opens on its own, both kinds, from settings and from a demo."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from qsui.cli.common import Common
from qsui.cli.compose import load_settings
from qsui.cli.dashboard import dashboard_options
from qsui.cli.demo import demo_options
from qsui.cli.demo_server import DemoServer
from qsui.cli.recall import early_scope
from qsui.cli.scopes import in_sandbox
from qsui.config.peek import peek
from qsui.domain.errors import ConfigError
from qsui.domain.jobs import Workflow
from qsui.domain.models import Kind, Ref
from qsui.live.jobs.verdicts import JobVerdicts
from qsui.storage.history import open_history
from tests.support.alteryx import KEY, running_alteryx, small_scene
from tests.support.alteryx_cli import SCHEDULES
from tests.support.emulator import NOON, ORG_ID, running_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from qsui.domain.models import Scope
    from qsui.tui.options import DashboardOptions, Session

BOTH = ("prod", "ayx")
AWAY = "http://127.0.0.1:9"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings for both kinds, whose servers are away."""
    monkeypatch.setenv("QSUI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("BOTH_SECRETS", "qsui-demo-secret")
    path = tmp_path / "config.toml"
    path.write_text(
        f'[profiles.prod]\nbase_url = "{AWAY}"\ntoken_url = "{AWAY}/ims/token/v3"\n'
        f'org_id = "{ORG_ID}"\nclient_id = "{KEY}"\nclient_secret_env = "BOTH_SECRETS"\n'
        f'sandbox = "prod"\nproduction = false\nweb_url = "https://experience.adobe.com/"\n'
        f'[profiles.ayx]\nbackend = "alteryx"\nbase_url = "{AWAY}"\n'
        f'client_id = "{KEY}"\nclient_secret_env = "BOTH_SECRETS"\nread_only = true\n'
    )
    return path


@pytest.fixture
def served(file: Path) -> Iterator[Path]:
    """The same with servers that answer."""
    with (
        running_server(speed=0, now=NOON) as service,
        running_alteryx(small_scene(schedules=SCHEDULES), speed=0, now=NOON) as server,
    ):
        head, _, tail = file.read_text().partition("[profiles.ayx]")
        head, tail = head.replace(AWAY, service.url), tail.replace(AWAY, server.url)
        file.write_text(f"{head}[profiles.ayx]{tail}")
        yield file


def options_of(file: Path, *profiles: str, read_only: bool = False) -> DashboardOptions:
    common = Common(profiles=profiles, config=file, read_only=read_only)
    return dashboard_options(common, peek(common.arguments, os.environ))


def test_every_live_profile_is_a_scope_and_every_known_one_can_be_opened(file: Path) -> None:
    options = options_of(file, *BOTH)
    assert [scope.label for scope in options.scopes] == ["prod/prod", "ayx"]
    assert [scope.has_jobs for scope in options.scopes] == [False, True]
    assert [scope.read_only for scope in options.scopes] == [False, True]
    assert [scope.web_url for scope in options.scopes] == ["https://experience.adobe.com/", ""]
    alone = options_of(file, "ayx", read_only=True)
    assert [scope.label for scope in alone.scopes] == ["ayx"]
    known = [(one.name, one.sandbox, one.has_jobs) for one in alone.known_profiles]
    assert known == [("prod", "prod", False), ("ayx", "", True)]
    assert alone.open_scope is not None
    assert alone.open_scope("prod", "").label == "prod/prod"
    other = alone.open_scope("prod", "dev")
    assert (other.label, other.has_jobs, other.read_only) == ("prod/dev", False, True)
    with pytest.raises(ConfigError, match="ayx is an Alteryx Server, which has no sandboxes"):
        alone.open_scope("ayx", "dev")
    with pytest.raises(ConfigError, match=r"no \[profiles.other\]"):
        alone.open_scope("other", "")


def test_both_kinds_are_read_by_their_own_engine_into_their_own_store(served: Path) -> None:
    async def main() -> None:
        options = options_of(served, *BOTH)
        service, server = [await scope.open_session() for scope in options.scopes]
        try:
            assert (service.has_jobs, server.has_jobs) == (False, True)
            assert service.store is not server.store
            assert isinstance(server.verdicts, JobVerdicts)
            for session in (service, server):
                await session.engine.poll_once()
            assert names(service) == {"orders_rollup", "profile_merge", "old_backfill"}
            assert names(server) == {"Nightly", "Third Tuesday", "Paused"}
            assert service.open_control is not None
            assert server.open_control is not None
            await service.open_control()
            await server.open_control()
            assert service.control.read_only == ""
            assert server.control.read_only == "read-only: read_only = true in [profiles.ayx]"
            assert not await service.control.is_production()
            assert await server.control.is_production()
        finally:
            await service.aclose()
            await server.aclose()
            await server.aclose()

    asyncio.run(main())


def names(session: Session) -> set[str]:
    """The names of the schedules that a session knows."""
    records = session.store.snapshot.schedules(session.scope).records.values()
    return {getattr(record, "name", "") for record in records}


def test_a_scope_that_cannot_be_opened_leaves_the_others_alone(
    served: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = served.read_text()
    served.write_text(text.replace('"BOTH_SECRETS"', '"NOWHERE"', 1))
    monkeypatch.delenv("NOWHERE", raising=False)

    async def main() -> None:
        first, second = options_of(served, *BOTH).scopes
        with pytest.raises(ConfigError, match="client_secret_env names NOWHERE, which is unset"):
            await first.open_session()
        session = await second.open_session()
        await session.engine.poll_once()
        assert names(session)
        await session.aclose()

    asyncio.run(main())


def test_settings_of_all_live_profiles_are_validated_with_the_first(file: Path) -> None:
    file.write_text(file.read_text().replace("read_only = true", 'sandbox = "x"'))

    async def main() -> None:
        for scope in options_of(file, *BOTH).scopes:
            with pytest.raises(ConfigError, match=r"\[profiles.ayx\]: sandbox does not belong"):
                await scope.open_session()
        session = await options_of(file, "prod").scopes[0].open_session()
        await session.aclose()

    asyncio.run(main())


def test_one_who_stops_waiting_for_the_settings_takes_them_from_no_other(file: Path) -> None:
    async def main() -> None:
        first, second = options_of(file, *BOTH).scopes
        gone = asyncio.ensure_future(first.open_session())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        gone.cancel()
        session = await second.open_session()
        await session.aclose()
        with pytest.raises(asyncio.CancelledError):
            await gone

    asyncio.run(main())


def test_no_production_is_said_of_the_profiles_own_sandbox_only(file: Path) -> None:
    common = Common(profiles=("prod",), config=file)
    (settings,) = load_settings(peek(common.arguments, os.environ), common.arguments, os.environ)
    assert in_sandbox(settings, "prod").profile.production is False
    other = in_sandbox(settings, "dev").profile
    assert (other.sandbox, other.production) == ("dev", None)
    sure = replace(settings, profile=replace(settings.profile, production=True))
    assert in_sandbox(sure, "dev").profile.production is True


def keep_workflow(file: Path) -> Scope:
    """Let a history know one workflow of the profile `ayx`."""
    one = peek(Common(profiles=("ayx",), config=file).arguments, os.environ).profiles[0]
    scope = early_scope(one)
    assert scope is not None
    workflow = Workflow(Ref(scope.profile, "", Kind.WORKFLOW, "", "w1"), "Nightly load")
    history = open_history(file.parent / "state")
    history.save_workflows(scope, (workflow,), datetime.now(UTC), replace=True)
    history.close()
    return scope


def test_a_server_of_jobs_is_recalled_and_completed(served: Path) -> None:
    scope = keep_workflow(served)

    async def main() -> None:
        live = options_of(served, *BOTH).scopes[1]
        assert live.recall is not None
        early = await live.recall()
        assert early is not None
        assert early.has_jobs
        assert early.store.snapshot.workflow(scope, "w1") is not None
        assert early.control.read_only.startswith("read-only: read_only = true")
        waiting = asyncio.ensure_future(early.job_engine.read_schedule("Nightly"))
        await asyncio.sleep(0)
        assert not waiting.done()
        waiting.cancel()
        stand_in = early.engine
        session = await live.open_session()
        assert session is early
        assert session.engine is not stand_in
        assert session.backend.scope == scope
        await session.engine.poll_once()
        assert names(session)
        await session.aclose()

    asyncio.run(main())


def test_what_one_scope_remembers_is_not_told_of_the_other(file: Path) -> None:
    keep_workflow(file)

    async def main() -> None:
        recall = options_of(file, *BOTH).scopes[0].recall
        assert recall is not None
        assert await recall() is None

    asyncio.run(main())


@pytest.mark.parametrize("more", ['org_id = "o"', 'sandbox = "prod"', ""])
def test_a_server_has_an_early_scope_unless_its_settings_are_odd(file: Path, more: str) -> None:
    file.write_text(f"{file.read_text()}{more}\n")
    one = peek(Common(profiles=("ayx",), config=file).arguments, os.environ).profiles[0]
    assert (early_scope(one) is None) is bool(more)


def test_the_demo_opens_both_on_one_clock_and_ends_with_the_last() -> None:
    server = DemoServer.start("empty", 60.0, os.environ, alteryx="2025.1")
    options = demo_options(Common(), server, 60.0)
    assert [scope.label for scope in options.scopes] == ["demo/prod", "ayx"]
    assert [one.name for one in options.known_profiles] == ["demo", "ayx"]

    async def main() -> None:
        service, jobs = [await scope.open_session() for scope in options.scopes]
        assert service.clock is jobs.clock
        await service.engine.poll_once()
        await jobs.engine.poll_once()
        for session in (service, jobs):
            assert session.health is not None
            assert session.health.state == "live", session.health
        await service.aclose()
        assert server.folder.exists()
        await jobs.aclose()
        assert not server.folder.exists()

    try:
        asyncio.run(main())
    finally:
        server.close()


def test_the_demos_scopes_can_be_opened_by_name(tmp_path: Path) -> None:
    server = DemoServer.__new__(DemoServer)  # only its folder is asked for
    server.folder = tmp_path
    make = demo_options(Common(read_only=True), server, 1.0).open_scope
    assert make is not None
    dev = make("demo", "dev")
    assert (dev.label, dev.read_only, dev.has_jobs) == ("demo/dev", True, False)
    assert make("demo", "").label == "demo/prod"
    assert make("ayx", "").has_jobs
    with pytest.raises(ConfigError, match="has no sandboxes"):
        make("ayx", "prod")
    with pytest.raises(ConfigError, match="the demo has no profile other"):
        make("other", "")


def test_an_unknown_release_is_refused_with_those_there_are() -> None:
    server = DemoServer.start("empty", 1.0, os.environ, alteryx="2019.1")
    try:
        with pytest.raises(ConfigError, match=r"did not start.*2019.1"):
            server.base_url()
    finally:
        server.close()


def test_a_fault_in_any_live_profile_closes_the_screen_with_its_sentence_once(file: Path) -> None:
    from qsui.tui.app import QsuiApp

    file.write_text(file.read_text().replace("read_only = true", 'sandbox = "x"'))
    app = QsuiApp(options_of(file, *BOTH))

    app.run(headless=True, size=(80, 24))
    assert app.return_code == 2
    assert app.closing_words.count("sandbox does not belong to an Alteryx Server") == 1
