"""The queue in words: its title, run-aways, what a waiting job waits for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from qsui.domain.queueing import QueueView, RunAway, Waiting
from qsui.domain.states import RunState
from qsui.present import queue_lines
from qsui.present.role import plain
from tests.present.jobs_made import BIG, CRM, CTX, HOSTILE, NOW, SALES, URGENT, job, queue


def test_the_title_says_slots_as_a_guess() -> None:
    assert plain(queue_lines.queue_title(queue())) == (
        "running 2 of ~2 slots   queued 2   oldest wait 38m"
    )
    assert plain(queue_lines.queue_title(QueueView())) == "running 0   queued 0"
    assert "~1 slot " in plain(queue_lines.queue_title(queue(SALES, CRM, slots=1)))


@pytest.mark.parametrize(
    ("is_manual", "words"),
    [
        (True, "Likely started by hand: the server never ends such a job itself."),
        (None, "The server may end it only if a schedule started it."),
        (False, "Likely started by a schedule: a limit of the server may end it."),
    ],
)
def test_a_run_away_is_told_with_what_the_server_will_do(
    is_manual: bool | None, words: str
) -> None:
    one = RunAway(
        BIG, timedelta(hours=3, minutes=10), timedelta(minutes=14), timedelta(1), is_manual
    )
    assert plain(queue_lines.run_away_words(one)) == (
        f"! adhoc_big_join runs 3h10, median 14m. {words}"
    )
    unknown = replace(one, usual=None)
    assert "runs 3h10, no median known. " in plain(queue_lines.run_away_words(unknown))


def test_many_run_aways_take_few_lines() -> None:
    one = RunAway(BIG, timedelta(hours=3), None, timedelta(1))
    five = replace(queue(), run_aways=(one,) * 5)
    lines = [plain(line) for line in queue_lines.run_away_lines(five, most=3)]
    assert len(lines) == 3
    assert lines[-1] == "! 3 more jobs run far longer"
    assert queue_lines.run_away_lines(QueueView()) == ()


def test_a_place_says_who_is_ahead_by_priority() -> None:
    view = queue()
    first, second = view.waiting
    assert plain(queue_lines.place_words(first, view)) == "1st in line"
    assert plain(queue_lines.place_words(second, view)) == "2nd in line, 1 ahead, by priority"
    three = queue(SALES, BIG, URGENT, CRM, replace(job(RunState.QUEUED, "j-9"), priority="Low"))
    assert plain(queue_lines.place_words(three.waiting[2], three)) == (
        "3rd in line, 2 ahead, all by priority"
    )


def test_what_a_job_waits_for_names_who_holds_the_slots() -> None:
    assert plain(queue_lines.waits_for(CRM, queue(), CTX)) == (
        "a slot: adhoc_big_join (unknown) and Daily_Sales (~9m) hold both"
    )


def test_a_tag_narrows_what_it_waits_for() -> None:
    tagged = replace(CRM, worker_tag="gpu")
    assert plain(queue_lines.waits_for(tagged, queue(), CTX)).startswith("a slot of worker gpu: ")
    assert plain(queue_lines.waits_for(tagged, queue(tagged), CTX)) == (
        "a slot of worker gpu: nothing runs, likely none is up for it"
    )


def test_with_free_slots_the_jobs_at_work_hold_nothing() -> None:
    assert plain(queue_lines.waits_for(CRM, queue(slots=5), CTX)).endswith("(~9m) run")
    assert plain(queue_lines.waits_for(CRM, queue(SALES, CRM, slots=1), CTX)) == (
        "a slot: Daily_Sales (~9m) holds the only one seen"
    )


def test_more_holders_than_fit_are_counted() -> None:
    many = [replace(SALES, ref=replace(SALES.ref, id=f"s-{n}")) for n in range(6)]
    words = plain(queue_lines.waits_for(CRM, queue(*many, CRM, slots=6), CTX))
    assert words.endswith("and 3 more hold all 6")


def test_a_likely_start_is_hedged_and_says_on_what_it_rests() -> None:
    at = NOW + timedelta(minutes=19)
    assert plain(queue_lines.likely_start(at, 6, CTX)) == (
        "starts ~Thu 04 Jun 03:31Z, in ~19m, from the medians of the 6 jobs ahead and those at work"
    )
    assert "now" in plain(queue_lines.likely_start(NOW, 0, CTX))
    for start, look in ((None, CTX), (at, replace(CTX, stale=True))):
        assert plain(queue_lines.likely_start(start, 1, look)).startswith("start not known")


def test_names_of_servers_are_harmless_and_cut() -> None:
    hostile = replace(BIG, workflow_name=HOSTILE * 20)
    one = RunAway(hostile, timedelta(hours=3), None, timedelta(1))
    spans = (
        *queue_lines.run_away_words(one),
        *queue_lines.waits_for(CRM, replace(queue(), working=(hostile,)), CTX),
        *queue_lines.place_words(Waiting(hostile, 1), queue()),
    )
    assert all(piece.isprintable() for piece, _ in spans)
    assert len(plain(spans)) < 300
