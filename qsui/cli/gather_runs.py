"""`qsui list runs`: of one schedule, or of all by way of the queries that link to a run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.cli.find import find_schedule
from qsui.cli.gather import SKIPPED, Gathered, compile_where
from qsui.cli.gather_schedules import DAY, say_how_long
from qsui.cli.reading import REFUSALS
from qsui.cli.runs_of import by_run, learnt, timed
from qsui.domain.cron import interval, try_parse
from qsui.domain.filters_fields import run_fields
from qsui.domain.ports import QueryFilter
from qsui.domain.states import RunState, ScheduleState
from qsui.domain.views import RunView
from qsui.live.merge import explained_run, merged_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from qsui.cli.gather import Wanted
    from qsui.cli.reading import Reader
    from qsui.cli.runs_of import RunKey, TimedRun
    from qsui.domain.models import Query, Run, Schedule

QUERIES_OF_ONE = 300
QUERIES_OF_ALL = 2_000
UNDECIDED = (RunState.ENDED, RunState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the reads of one verb brought together."""

    queries: Mapping[RunKey, list[Query]]
    schedules: Mapping[str, Schedule]
    fits: Callable[[TimedRun], bool]

    def rows(self, reader: Reader, runs: Iterable[Run]) -> list[TimedRun]:
        """Return the runs that fit, newest first, told all that the queries know."""
        told = learnt(self.queries, runs).values()
        return [row for row in timed(told, self.schedules, reader.now) if self.fits(row)]


async def gather_runs(reader: Reader, wanted: Wanted) -> Gathered[TimedRun]:
    """Read runs, newest first."""
    test = compile_where(wanted.where, run_fields())
    if not wanted.schedule and wanted.since is None:
        await reader.learn_time()
        wanted = replace(wanted, since=reader.now - DAY)

    def fits(row: TimedRun) -> bool:
        run = row.run
        view = RunView(run, row.schedule, row.due_at, row.start_lag)
        recent = wanted.is_recent(run.started_at, row.due_at, run.slot_at)
        return recent and test.matches(view, reader.now)

    if wanted.schedule:
        return await _of_one(reader, wanted, fits)
    return await _of_all(reader, wanted, fits)


async def _of_one(
    reader: Reader, wanted: Wanted, fits: Callable[[TimedRun], bool]
) -> Gathered[TimedRun]:
    schedule = await find_schedule(reader, wanted.schedule)
    asked = QueryFilter(schedule_id=schedule.id, created_since=wanted.since)
    queries, _ = await _queries(reader, asked, QUERIES_OF_ONE)
    mine = {key: some for key, some in by_run(queries).items() if key[0] == schedule.id}
    known = _Known(mine, {schedule.id: schedule}, fits)
    runs: list[Run] = []
    at_end = False
    async for page in reader.pages(reader.backend.runs(schedule.id)):
        runs += page.records
        if page.is_last or _is_past(page.records, schedule, wanted):
            at_end = True
            break
        if len(known.rows(reader, runs)) > wanted.limit:
            break
    rows = await _with_details(reader, wanted, known, runs)
    return Gathered(tuple(rows[: wanted.limit]), complete=at_end and len(rows) <= wanted.limit)


def _is_past(runs: tuple[Run, ...], schedule: Schedule, wanted: Wanted) -> bool:
    """Whether all further runs, older ones, began before the time asked for."""
    slots = [run.slot_at for run in runs if run.slot_at]
    if wanted.since is None or not slots:
        return False
    cron = try_parse(schedule.cron)
    gap = interval(cron, min(slots)) if cron else timedelta()
    return min(slots) + gap + DAY < wanted.since


async def _of_all(
    reader: Reader, wanted: Wanted, fits: Callable[[TimedRun], bool]
) -> Gathered[TimedRun]:
    everything, is_whole = await reader.whole(reader.backend.schedules())
    if not is_whole:
        reader.notes.append(SKIPPED)
    schedules = {s.id: s for s in everything}
    enabled = [s for s in schedules.values() if s.state is ScheduleState.ENABLED]
    asked = QueryFilter(created_since=wanted.since)
    queries, all_queries = await _queries(reader, asked, None if wanted.full else QUERIES_OF_ALL)
    known = _Known(by_run(queries), schedules, fits)
    runs: list[Run] = []
    read = 0
    if wanted.full:
        say_how_long(reader, len(enabled))
        lists = await reader.each(enabled, lambda one: _runs_since(reader, one, wanted))
        read = sum(1 for some in lists if some is not None)
        runs = [run for some in lists if some for run in some]
    if read < len(enabled):
        unread = len(enabled) - read
        reader.notes.append(
            f"the runs of {unread} of {len(enabled)} enabled schedules were not read: a run "
            "without a query is missing" + ("" if wanted.full else "; --full reads them all")
        )
    rows = await _with_details(reader, wanted, known, runs)
    is_all = is_whole and read == len(enabled) and all_queries and len(rows) <= wanted.limit
    return Gathered(tuple(rows[: wanted.limit]), complete=is_all)


async def _runs_since(reader: Reader, schedule: Schedule, wanted: Wanted) -> list[Run]:
    """Read the runs of one schedule back to the time asked for.

    The first page is paid for by the caller, the others here.
    """
    runs: list[Run] = []
    async for page in reader.backend.runs(schedule.id):
        runs += page.records
        if page.is_last or _is_past(page.records, schedule, wanted):
            break
        await reader.pay()
    return runs


async def _queries(reader: Reader, asked: QueryFilter, cap: int | None) -> tuple[list[Query], bool]:
    """Read queries, newest first; and whether these are all."""
    queries: list[Query] = []
    try:
        async for page in reader.pages(reader.backend.queries(asked, cap=cap)):
            queries += page.records
    except REFUSALS as error:
        reader.notes.append(f"{error} So errors and times of runs are missing.")
        return queries, False
    return queries, cap is None or len(queries) < cap


async def _with_details(
    reader: Reader, wanted: Wanted, known: _Known, runs: list[Run]
) -> list[TimedRun]:
    """Read what must be: failed runs and undecided ones, with `full` all that are shown.

    A state that only a query told of may have been put right by a later attempt.
    """
    rows = known.rows(reader, runs)
    shown = [row.run for row in rows[: wanted.limit]]
    must = [run for run in shown if wanted.full or _must_read(run)]
    if not wanted.full and len(must) > reader.tokens_left:
        reader.notes.append(
            f"{len(must) - reader.tokens_left} failed runs were not read again; --full reads them"
        )
        must = must[: reader.tokens_left]
    details = await reader.each(must, lambda run: reader.backend.run(run.schedule_id, run.id))
    read: dict[RunKey, Run] = {}
    for old, new in zip(must, details, strict=True):
        if new is not None:
            read[old.schedule_id, old.id] = merged_run(old, new, reader.now)
    if wanted.full:
        await _add_errors(reader, known, read)
    told = [read.get((row.run.schedule_id, row.run.id), row.run) for row in rows]
    return [row for row in timed(told, known.schedules, reader.now) if known.fits(row)]


def _must_read(run: Run) -> bool:
    return run.from_query and (run.state.is_bad or run.state in UNDECIDED)


async def _add_errors(reader: Reader, known: _Known, read: dict[RunKey, Run]) -> None:
    """Find the cause of failed runs that no query told of yet."""
    silent = [(key, run) for key, run in read.items() if run.state.is_bad and run.error is None]

    async def find(item: tuple[RunKey, Run]) -> Run:
        key, run = item
        schedule = known.schedules.get(key[0])
        found = await reader.backend.run_error(run, schedule.sql if schedule else "")
        return explained_run(run, found) if found else run

    for (key, _), run in zip(silent, await reader.each(silent, find), strict=True):
        if run is not None:
            read[key] = run
