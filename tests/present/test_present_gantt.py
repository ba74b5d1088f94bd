"""The tasks of a run that are drawn."""

from __future__ import annotations

from qsui.domain.models import Task
from qsui.domain.states import RunState
from qsui.present.gantt import TASKS_SHOWN, tasks_shown


def task(number: int, state: RunState = RunState.SUCCESS) -> Task:
    return Task(id=f"t{number}", state=state, raw_state=state.value)


def test_few_tasks_are_all_drawn() -> None:
    tasks = [task(number) for number in range(TASKS_SHOWN)]
    assert list(tasks_shown(tasks)) == tasks


def test_of_many_tasks_those_in_trouble_are_drawn_in_their_place() -> None:
    tasks = [task(number) for number in range(9_999)] + [task(9_999, RunState.FAILED)]
    shown = tasks_shown(tasks)
    assert len(shown) == TASKS_SHOWN
    assert [one.id for one in shown[:2]] == ["t0", "t1"]
    assert shown[-1].id == "t9999"
