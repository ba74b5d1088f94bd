"""Dialogs, toasts, stories, the journal and curl copies where a server runs workflows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from qsui.domain.actions import Action, Verb
from qsui.domain.journal import Deed, Entry, EntryKind
from qsui.domain.models import Kind
from qsui.domain.pending import Pending, Stage
from qsui.domain.ports import Outgoing
from qsui.domain.states import RunState, ScheduleState
from qsui.present import journal, outcomes, pending, pending_story, plan_words, target_words
from qsui.present.curl import as_curl
from qsui.present.layout import fit_columns
from qsui.present.role import plain
from qsui.present.scopes import with_scope
from qsui.present.signs import UNICODE
from tests.present.jobs_made import CRM, CTX, NOW, SALES, ago, job, ref, workflow
from tests.present.test_present_server_schedule import SCHEDULE

if TYPE_CHECKING:
    from datetime import datetime

    from qsui.domain.models import Record

RUN_NOW = Action(Verb.TRIGGER, ref("w-crm", Kind.WORKFLOW), "CRM_refresh")
CANCEL = Action(Verb.CANCEL, ref("j-3"), "CRM_refresh")
PULL = Action(Verb.TRIGGER, SCHEDULE.ref, "CRM nightly")
MADE = ref("j-77")


@dataclass(frozen=True)
class Target:
    action: Action = CANCEL
    record: Record | None = None
    read_at: datetime | None = NOW
    refusal: str = ""
    warnings: tuple[str, ...] = ()
    outgoing: tuple[Outgoing, ...] = ()
    before: str = ""
    after: str = ""
    running: int = 0
    writes: tuple[str, ...] = ()


def on_its_way(action: Action, stage: Stage = Stage.SENT, **more: object) -> Pending:
    given: dict[str, object] = {"sent_at": ago(0.5)} | more
    return Pending("1", action, stage, ago(0.6), **given)  # type: ignore[arg-type]  # by name


# Dialogs


def test_a_workflow_is_run_now() -> None:
    two = (RUN_NOW, replace(RUN_NOW, target=ref("w-2", Kind.WORKFLOW)))
    assert plan_words.plan_title((RUN_NOW,)) == "Run workflow CRM_refresh now"
    assert plan_words.plan_title(two, sent=2, marked=2) == "Run 2 marked workflows now"
    assert plan_words.button_words((RUN_NOW,), 1) == "Run now"
    assert plan_words.button_words(two, 2) == "Run 2 now"
    assert plan_words.button_words((RUN_NOW,), 1, unrecorded=True) == "Run now, unrecorded"


def test_a_schedule_of_a_workflow_is_triggered_as_any_other() -> None:
    assert plan_words.plan_title((PULL,)) == "Trigger CRM nightly"
    assert plan_words.button_words((PULL,), 1) == "Trigger"


def test_a_job_is_cancelled_by_its_kind() -> None:
    two = (CANCEL, replace(CANCEL, target=ref("j-4")))
    assert plan_words.plan_title((CANCEL,)) == "Cancel job CRM_refresh"
    assert plan_words.plan_title(two, sent=1) == "Cancel 1 of 2 jobs"
    assert plan_words.button_words((CANCEL,), 1) == "Cancel job"
    assert plan_words.button_words(two, 2) == "Cancel 2 jobs"


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (CRM, "queued for 38m"),
        (SALES, "runs for 22m"),
        (job(RunState.FAILED), "failed"),
        (job(RunState.ENDED), "ended"),
        (replace(job(RunState.UNKNOWN), raw_state="Paused"), "Paused"),
        (workflow(), "published"),
        (workflow(can_run=False), "may not be run"),
        (SCHEDULE, "on"),
        (replace(SCHEDULE, state=ScheduleState.DISABLED), "off"),
    ],
)
def test_a_target_says_how_it_stands(record: Record, words: str) -> None:
    assert target_words.state_words(Target(PULL, record)) == words


def test_active_jobs_of_a_schedule_are_jobs() -> None:
    assert target_words.state_words(Target(PULL, SCHEDULE, running=2)) == "on, 2 jobs active"


def test_the_dialog_tells_deleting_from_the_queue_from_cancelling() -> None:
    told = ("it waits: it is deleted from the queue and leaves no row behind",)
    assert plan_words.warnings_of(Target(warnings=told), is_hidden=False) == told


def test_a_whole_record_that_is_put_is_shown() -> None:
    put = Outgoing("PUT", "https://ayx.test/webapi/v3/schedules/1", '{"enabled":false}')
    lines = plan_words.sends_lines((Target(PULL, outgoing=(put,)),), 80, UNICODE)
    assert [plain(line) for line in lines] == ["PUT /webapi/v3/schedules/1", '{"enabled":false}']


# Toasts, panes, stories


def test_a_trigger_waits_for_its_job() -> None:
    for action, more in ((RUN_NOW, {}), (PULL, {"created_id": "j-77"}), (PULL, {"result": MADE})):
        sent = on_its_way(action, **more)
        assert outcomes.makes_job(sent)
        assert pending.sent_toast((sent,), CTX).endswith(", waiting to see its job")
        assert plain(pending.pending_words(sent, CTX)).endswith("ago, waiting to see its job")
    assert "its run" in pending.sent_toast((on_its_way(PULL),), CTX)


def test_a_job_that_was_seen_is_told_as_a_job() -> None:
    seen = {"result": MADE, "seen_at": ago(0.1)}
    words, is_trouble = pending.news_toast((on_its_way(RUN_NOW, Stage.DONE, **seen),), CTX)
    assert (words, is_trouble) == ("✓ CRM_refresh has a new job, seen after 24 s", False)
    done = on_its_way(RUN_NOW, Stage.DONE, **seen)
    assert outcomes.outcome_words(done, NOW) == "done, its job was seen after 24s"
    words, is_trouble = pending.news_toast((on_its_way(RUN_NOW, Stage.NO_EFFECT),), CTX)
    assert words.startswith("! No job of CRM_refresh seen")
    assert is_trouble


def test_a_cancelled_job_is_told_without_claiming_which_way_it_went() -> None:
    done = on_its_way(CANCEL, Stage.DONE, seen_at=ago(0.4))
    assert "neither waits nor runs any more" in pending.news_toast((done,), CTX)[0]
    assert outcomes.outcome_words(done, NOW) == "done, it neither waits nor runs any more after 6s"


def test_a_story_says_what_is_looked_for() -> None:
    def waits_for(one: Pending) -> str:
        lines = pending_story.story_lines((one,), lambda _: None, CTX)
        return next(plain(spans) for label, spans in lines if label == "Waits for")

    assert waits_for(on_its_way(CANCEL)) == (
        "the job, read back as ended, or gone from the server if it waited"
    )
    assert waits_for(on_its_way(PULL, created_id="j-77")) == (
        "the job that the answer named, read back"
    )
    assert waits_for(on_its_way(RUN_NOW, Stage.UNKNOWN)) == (
        "a new job of its workflow, since the answer named none"
    )
    assert waits_for(on_its_way(PULL)) == "a new run of it that was started by hand"


# The journal


def deed(verb: Verb, kind: Kind, **more: object) -> Deed:
    intent = Entry("1", EntryKind.INTENT, ago(2), ref=ref("x-1", kind), verb=verb, name="CRM")
    return Deed(replace(intent, **more))  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize(
    ("verb", "kind", "words"),
    [
        (Verb.TRIGGER, Kind.WORKFLOW, "run now"),
        (Verb.TRIGGER, Kind.SCHEDULE, "trigger"),
        (Verb.CANCEL, Kind.JOB, "cancel job"),
        (Verb.SET_CRON, Kind.SCHEDULE, "cadence"),
    ],
)
def test_the_journal_names_what_was_done(verb: Verb, kind: Kind, words: str) -> None:
    assert journal.what_words(deed(verb, kind)) == words
    assert len(words) <= 12


@pytest.mark.parametrize("kind", [Kind.WORKFLOW, Kind.SCHEDULE])
def test_the_undo_of_a_run_by_hand_is_a_cancel_of_its_job(kind: Kind) -> None:
    sent = deed(Verb.TRIGGER, kind, request="POST /webapi/v3/workflows/w-1/jobs")
    lines = journal.journal_lines(sent, CTX, may_undo=True)
    words = {label: plain(spans) for label, spans in lines}["Undo"]
    assert words == "u offers to cancel its job until it has ended"


def test_the_journal_of_several_scopes_says_where() -> None:
    from qsui.domain.models import Scope

    columns = with_scope(journal.JOURNAL_COLUMNS, (Scope("acme", "prod"), Scope("ayx", "")))
    fitted = fit_columns(columns, 120)
    made = journal.journal_cells(deed(Verb.CANCEL, Kind.JOB), CTX, fitted, may_undo=False)
    texts = {column.id: cell.text for (column, _), cell in zip(fitted, made, strict=True)}
    assert texts["scope"] == "ayx"
    unknown = replace(deed(Verb.CANCEL, Kind.JOB).intent, ref=None)
    made = journal.journal_cells(Deed(unknown), CTX, fitted, may_undo=False)
    assert "–" in [cell.text for cell in made]


def test_no_words_of_another_product_are_said_of_jobs() -> None:
    said = [
        outcomes.outcome_words(on_its_way(action, stage, created_id="j-77"), NOW)
        for action in (RUN_NOW, CANCEL, PULL)
        for stage in Stage
    ]
    words = " ".join(said).lower()
    assert not any(word in words for word in ("quarantine", "query service", "its run"))


# Curl


def test_a_copy_for_such_a_server_names_no_client_of_another() -> None:
    cancel = Outgoing(
        "DELETE",
        "https://ayx.test/webapi/v3/jobs/j-3",
        headers=(("Accept", "application/json"),),
    )
    copied = as_curl((cancel,))
    assert "x-api-key" not in copied
    assert 'Authorization: Bearer $QSUI_ACCESS_TOKEN"' in copied
    scoped = replace(cancel, headers=(("x-gw-ims-org-id", "org"),))
    assert '"x-api-key: $QSUI_CLIENT_ID"' in as_curl((scoped,))


def test_spans_of_time_in_words_never_run_backwards() -> None:
    early = on_its_way(RUN_NOW, sent_at=NOW + timedelta(minutes=1))
    assert "sent 0s ago" in outcomes.outcome_words(early, NOW)
