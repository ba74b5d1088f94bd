"""`qsui handoff`: what the next shift must know, gathered from the server and the journal."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from qsui.cli.common import Common
from qsui.cli.flags import common_options
from qsui.cli.online import note, on_each, read_settings, worst_of
from qsui.domain.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from qsui.cli.gather_schedules import JudgedSchedule
    from qsui.cli.reading import AnyReader, Reader, ServerReader
    from qsui.config.settings import Settings
    from qsui.domain.jobs import Job
    from qsui.domain.journal import Deed
    from qsui.domain.models import Query, Run

SHIFT = timedelta(hours=12)
MOST_EXPLAINED = 10


@dataclass(frozen=True, slots=True)
class Handoff:
    """All that the page is made of.

    `now` is the server's time, `since` when the shift began, both aware UTC. `deeds` are the
    scope's actions since then and older ones that are still open. `trouble` says why the server
    could not be asked (then schedules, queries and jobs are empty), `notes` what was not read.
    `is_whole` is true if every schedule was read. `jobs` are those of an Alteryx Server that wait,
    run or failed in the shift.
    """

    where: str
    now: datetime
    since: datetime
    deeds: tuple[Deed, ...]
    schedules: tuple[JudgedSchedule, ...] = ()
    running_queries: tuple[Query, ...] = ()
    jobs: tuple[Job, ...] = ()
    trouble: str = ""
    notes: tuple[str, ...] = ()
    is_whole: bool = False


@click.command()
@click.option(
    "--since",
    metavar="TIME",
    default="",
    help="Begin of the shift: 12h ago unless given; 8h, 2026-06-04T22:00Z.",
)
@common_options
@click.pass_context
def handoff(context: click.Context, since: str) -> int:
    """Print a Markdown page for the next shift.

    What needs someone now, what runs, what was done from this machine since TIME (who, why and what
    came of it; unknown outcomes first), and the next fires of what is in trouble. Times are UTC.
    Nothing is sent but reads; runs of at most about 100 schedules are read. If the server is away
    the page still tells what was done, and the exit code is that of the failure (1, 3 or 4). With
    several live profiles there is a part for each, and the highest code counts.
    """

    async def verb(reader: Reader, settings: Settings) -> Gathered:
        return await _gather(reader, settings, since, lambda: _read_state(reader, since))

    async def server_verb(reader: ServerReader, settings: Settings) -> Gathered:
        return await _gather(reader, settings, since, lambda: _read_there(reader, since))

    from qsui.cli.handoff_text import page
    from qsui.cli.output import write_text

    _start(since, datetime.now(UTC))  # a wrong word is refused once, before anything is read
    live = read_settings(context.ensure_object(Common))
    told = on_each(live, verb, server_verb)
    found = [one.found for one in told if one.found]
    for one in told:
        if one.found and one.found.page.trouble:
            note(one.found.page.trouble, who=one.settings.profile.name if len(told) > 1 else "")
    write_text("\n".join(page(one.page) for one in found))
    sys.stdout.flush()
    return max([worst_of(told), *(one.code for one in found)])


def _start(since: str, now: datetime) -> datetime:
    from qsui.cli.times import parse_since

    return parse_since(since, now) if since else now - SHIFT


@dataclass(frozen=True, slots=True)
class Gathered:
    """The page of one profile, and the exit code of its failure (0: none)."""

    page: Handoff
    code: int


@dataclass(frozen=True, slots=True)
class State:
    """What a server told of itself."""

    schedules: tuple[JudgedSchedule, ...] = ()
    running_queries: tuple[Query, ...] = ()
    jobs: tuple[Job, ...] = ()
    is_whole: bool = False


async def _gather(
    reader: AnyReader, settings: Settings, since: str, read: Callable[[], Awaitable[State]]
) -> Gathered:
    from qsui.storage.journal import open_journal

    journal = open_journal(settings.state_folder)
    scope = reader.backend.scope
    state, trouble, code = State(), "", 0
    try:
        state = await read()
    except ApiError as error:
        trouble, code = str(error), error.exit_code
    now = reader.now
    begin = _start(since, now)
    deeds = tuple(
        deed for deed in journal.deeds(scope.key) if deed.intent.at >= begin or deed.stage.is_open
    )
    page = Handoff(
        where=scope.label,
        now=now.replace(microsecond=0),
        since=begin.replace(microsecond=0),
        deeds=deeds,
        schedules=state.schedules,
        running_queries=state.running_queries,
        jobs=state.jobs,
        trouble=trouble,
        notes=(*reader.notes, *((journal.trouble,) if journal.trouble else ())),
        is_whole=state.is_whole,
    )
    return Gathered(page, code)


async def _read_there(reader: ServerReader, since: str) -> State:
    from qsui.cli.handoff_there import read_server_state

    judged, jobs, is_whole = await read_server_state(reader, _start(since, reader.now))
    return State(schedules=tuple(judged), jobs=jobs, is_whole=is_whole)


async def _read_state(reader: Reader, since: str) -> State:
    """Read the schedules, one page of recent queries, and the runs of as many as allowed."""
    from qsui.cli.gather import SKIPPED
    from qsui.cli.gather_schedules import judged_by, newest_runs, told_runs
    from qsui.cli.reading import REFUSALS
    from qsui.cli.runs_of import by_run
    from qsui.domain.ports import QueryFilter
    from qsui.domain.states import ScheduleState

    schedules, is_whole = await reader.whole(reader.backend.schedules())
    if not is_whole:
        reader.notes.append(SKIPPED)
    queries: list[Query] = []
    try:
        asked = QueryFilter(created_since=_start(since, reader.now))
        queries = await reader.all(reader.backend.queries(asked, cap=100))
    except REFUSALS as error:
        reader.notes.append(f"{error} So errors and running queries may be missing.")
    groups = by_run(queries)
    enabled = [s for s in schedules if s.state is ScheduleState.ENABLED]
    enabled.sort(key=lambda s: not any(key[0] == s.id for key in groups))
    few = enabled[: max(0, reader.tokens_left - MOST_EXPLAINED)]
    if len(few) < len(enabled):
        reader.notes.append(
            f"the runs of {len(enabled) - len(few)} of {len(enabled)} enabled schedules were not "
            "read; what is said of those rests on recent queries alone"
        )
    lists = await reader.each(few, lambda schedule: newest_runs(reader, schedule.id))
    read = {schedule.id: runs for schedule, runs in zip(few, lists, strict=True)}
    now = reader.now
    judged = []
    for schedule in schedules:
        runs = read.get(schedule.id)
        told = told_runs(schedule.id, runs or (), groups)
        judged.append(judged_by(schedule, told, now, runs_read=runs is not None))
    running = [query for query in queries if query.state.is_active and not query.schedule_id]
    explained = await _explained(reader, judged)
    return State(tuple(explained), tuple(running), is_whole=is_whole)


async def _explained(reader: Reader, judged: Sequence[JudgedSchedule]) -> list[JudgedSchedule]:
    """Find the cause of last runs that failed, where no query told of it and the allowance lets."""
    from dataclasses import replace

    from qsui.live.merge import explained_run

    silent = [one for one in judged if (last := _last_failed(one)) and last.error is None]
    silent = silent[: min(MOST_EXPLAINED, reader.tokens_left // 3)]

    async def find(one: JudgedSchedule) -> JudgedSchedule:
        run = _last_failed(one)
        if run is None:
            return one
        found = await reader.backend.run_error(run, one.schedule.sql)
        if found is None:
            return one
        return replace(one, facts=replace(one.facts, last_final=explained_run(run, found)))

    told = await reader.each(silent, find)
    by_id = {one.schedule.id: one for one in told if one is not None}
    return [by_id.get(one.schedule.id, one) for one in judged]


def _last_failed(one: JudgedSchedule) -> Run | None:
    last = one.facts.last_final
    return last if last is not None and last.state.is_bad else None
