"""From what was typed to actions: every target is found before anything is sent.

A word that means nothing, or several things, ends the verb: nothing is sent for the others either.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qsui.cli.find import Finder, remembered_run, split_run
from qsui.domain.actions import Action, Verb
from qsui.domain.models import Kind, Ref

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from qsui.cli.reading import AnyReader, Reader
    from qsui.config.settings import Settings
    from qsui.domain.drafts import Draft
    from qsui.domain.models import Run, Schedule, Scope


async def schedule_actions(
    reader: AnyReader, words: Iterable[str], verb: Verb, *, cron: str = ""
) -> list[Action]:
    """Return one action for each schedule that is meant, named by id or unique name."""
    finder = Finder(reader)
    found = [await finder.find(word) for word in words]
    return _once(Action(verb, schedule.ref, schedule.name, cron=cron) for schedule in found)


async def query_actions(reader: Reader, ids: Iterable[str], verb: Verb) -> list[Action]:
    """Return one action for each query."""
    actions = []
    for id in dict.fromkeys(ids):
        query = await reader.call(partial(reader.backend.query, id))
        actions.append(Action(verb, query.ref, query.name or query.id))
    return actions


async def template_actions(reader: Reader, ids: Iterable[str]) -> list[Action]:
    """Return a deletion for each template."""
    actions = []
    for id in dict.fromkeys(ids):
        template = await reader.call(partial(reader.backend.template, id))
        actions.append(Action(Verb.DELETE, template.ref, template.name or template.id))
    return actions


async def run_actions(
    reader: Reader, settings: Settings, texts: Iterable[str], schedule: str
) -> list[Action]:
    """Return a cancellation for each run: `RUN` of `schedule`, or `SCHEDULE/RUN`."""
    finder = Finder(reader)
    actions = []
    for text in texts:
        of, run = await find_run(reader, settings, finder, text, schedule)
        actions.append(Action(Verb.CANCEL, run.ref, run_name(of, run)))
    return _once(actions)


async def find_run(
    reader: Reader, settings: Settings, finder: Finder, text: str, given: str
) -> tuple[Schedule, Run]:
    """Read the run that is meant and the schedule that it belongs to.

    Raises:
        ConfigError: The run's schedule cannot be told.
        NotFound: There is no such schedule or run.
    """
    word, run_id = split_run(text, given) or remembered_run(
        text, settings.state_folder, reader.backend.scope
    )
    schedule = await finder.find(word)
    return schedule, await reader.call(lambda: reader.backend.run(schedule.id, run_id))


def run_name(schedule: Schedule, run: Run) -> str:
    """Return what people call a run: its schedule and its slot."""
    name = schedule.name or schedule.id
    return f"{name} {run.slot_at:%Y-%m-%d %H:%M}Z" if run.slot_at else f"{name} {run.id}"


def creation(scope: Scope, kind: Kind, draft: Draft, name: str) -> Action:
    """Return what makes a record that has no id yet."""
    target = Ref(scope.profile, scope.sandbox, kind, "", "")
    return Action(Verb.CREATE, target, name, draft=draft)


def _once(actions: Iterable[Action]) -> list[Action]:
    """Drop targets that were named twice."""
    by_target: dict[Ref, Action] = {}
    for action in actions:
        by_target.setdefault(action.target, action)
    return list(by_target.values())


def all_given(ids: Sequence[str]) -> str:
    """Return the first id that can be none; empty if all can be."""
    return next((repr(id) for id in ids if id.strip() in ("", ".", "..")), "")
