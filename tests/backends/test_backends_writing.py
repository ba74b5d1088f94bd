"""Which requests an action is made of: methods, addresses, bodies and headers, to the letter."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsui.backends.adobe.writing import offers
from qsui.backends.jsontext import json_text
from qsui.domain.actions import VERBS_OF, Action, Verb
from qsui.domain.drafts import QueryDraft, ScheduleDraft
from qsui.domain.errors import ConfigError
from qsui.domain.models import Kind, Ref
from qsui.domain.ports import Outgoing, SendsActions
from tests.support.backends import (
    BASE,
    EVERY_ACTION,
    PLANNED,
    QUERY,
    RUN_REF,
    SCHEDULE_REF,
    SECRET,
    START,
    action_id,
    in_turn,
    open_on,
    ref,
)

NOTHING = in_turn({})


def outgoing(action: Action) -> tuple[Outgoing, ...]:
    return open_on(NOTHING).outgoing(action)


def lines_of(action: Action) -> list[str]:
    """Spell each request as `METHOD path body`."""
    found = outgoing(action)
    return [f"{one.method} {one.path.removeprefix(QUERY)} {one.body}".rstrip() for one in found]


RUN_PATH = "/schedules/s-1/runs/bWFudWFsX18yMDI2LTA2LTA0VDExOjAwOjAwKzAwOjAw"
ONE = '{"dbName":"prod:all","sql":"SELECT 1","name":"one"}'
PLAN = (
    '{"schedule":"5 4 * * *","startDate":"2026-06-04T12:00:00.000Z",'
    '"endDate":"2026-07-04T12:00:00.000Z","maxActiveRuns":1}'
)
STATE = '{"body":[{"op":"replace","path":"/state","value":"%s"}]}'
EXPECTED = {
    "trigger-schedule": ["POST /schedules/s-1/runs"],
    "enable-schedule": [f"PATCH /schedules/s-1 {STATE % 'enable'}"],
    "disable-schedule": [f"PATCH /schedules/s-1 {STATE % 'disable'}"],
    "set-cron-schedule": [
        'PATCH /schedules/s-1 {"body":[{"op":"replace","path":"/schedule/schedule",'
        '"value":"5 4 * * *"}]}'
    ],
    "delete-schedule": [f"PATCH /schedules/s-1 {STATE % 'disable'}", "DELETE /schedules/s-1"],
    "create-schedule": [f'POST /schedules {{"query":{ONE},"schedule":{PLAN}}}'],
    "cancel-run": [f'PATCH {RUN_PATH} {{"op":"cancel"}}'],
    "rerun-run": [f"POST /queries {ONE}"],
    "cancel-query": ['PATCH /queries/q-1 {"op":"cancel"}'],
    "rerun-query": [f"POST /queries {ONE}"],
    "delete-query": ['PATCH /queries/q-1 {"op":"soft_delete"}'],
    "create-query": [f"POST /queries {ONE}"],
    "delete-template": ["DELETE /query-templates/t-1"],
}


@pytest.mark.parametrize("action", EVERY_ACTION, ids=action_id)
def test_an_action_is_these_requests(action: Action) -> None:
    assert lines_of(action) == EXPECTED[action_id(action)]


def test_the_backend_sends_actions_and_no_verb_is_forgotten() -> None:
    assert isinstance(open_on(NOTHING), SendsActions)
    elsewhere = {Kind.WORKFLOW, Kind.JOB}
    known = {(v, kind) for kind, verbs in VERBS_OF.items() for v in verbs if kind not in elsewhere}
    known |= {(Verb.CREATE, Kind.QUERY), (Verb.CREATE, Kind.SCHEDULE)}
    assert {(action.verb, action.target.kind) for action in EVERY_ACTION} == known


@pytest.mark.parametrize(("verb", "kind"), list(product(Verb, Kind)))
def test_what_is_not_offered_has_a_reason_and_makes_no_request(verb: Verb, kind: Kind) -> None:
    can = any(a.verb is verb and a.target.kind is kind for a in EVERY_ACTION)
    reason = offers(verb, kind)
    assert (reason == "") is can
    if not can:
        with pytest.raises(ConfigError, match=reason):
            outgoing(Action(verb, ref(kind, "x", "y"), "x", cron="* * * * *", draft=PLANNED))


@pytest.mark.parametrize("action", EVERY_ACTION, ids=action_id)
def test_headers_say_who_is_meant_and_hold_no_secret(action: Action) -> None:
    for one in outgoing(action):
        headers = dict(one.headers)
        assert headers["x-gw-ims-org-id"] == "ORG@AdobeOrg"
        assert headers["x-sandbox-name"] == "prod"
        assert headers["Accept"] == "application/json"
        assert ("Content-Type" in headers) is bool(one.body)
        assert one.url.startswith(f"{BASE}{QUERY}/")
        assert one.what
        assert SECRET not in repr(one)
        assert not {"authorization", "x-api-key"} & {name.lower() for name in headers}


def test_everything_in_a_draft_is_sent_in_a_fixed_order() -> None:
    query = QueryDraft(
        template_id="t-9",
        name="nightly",
        description="what it does",
        parameters=(("day", "2026-01-01"), ("b", "x")),
        insert_into="sales",
    )
    plan = ScheduleDraft(query, "@daily", START.astimezone(timezone(timedelta(hours=5))), None, 3)
    (line,) = lines_of(Action(Verb.CREATE, ref(Kind.SCHEDULE), "", draft=plan))
    assert line == (
        'POST /schedules {"query":{"dbName":"prod:all","templateId":"t-9","name":"nightly",'
        '"description":"what it does","queryParameters":{"day":"2026-01-01","b":"x"},'
        '"insertIntoParameters":{"datasetName":"sales"}},'
        '"schedule":{"schedule":"@daily","startDate":"2026-06-04T12:00:00.000Z",'
        '"maxActiveRuns":3}}'
    )
    ctas = QueryDraft(sql="SELECT 1", ctas="made")
    (line,) = lines_of(Action(Verb.CREATE, ref(Kind.QUERY), "", draft=ctas))
    assert line.endswith('"sql":"SELECT 1","ctasParameters":{"datasetName":"made"}}')


def test_a_draft_of_the_wrong_kind_or_none_is_refused() -> None:
    for kind, draft in ((Kind.SCHEDULE, QueryDraft("SELECT 1")), (Kind.QUERY, PLANNED)):
        with pytest.raises(ConfigError, match=f"no {kind} was written"):
            outgoing(Action(Verb.CREATE, ref(kind), "", draft=draft))
    with pytest.raises(ConfigError, match="no run was written"):
        outgoing(Action(Verb.RERUN, RUN_REF, ""))


@pytest.mark.parametrize(
    "stranger",
    [
        Ref("p", "dev", Kind.SCHEDULE, "", "s-1"),
        Ref("other", "prod", Kind.SCHEDULE, "", "s-1"),
    ],
)
def test_a_record_of_another_scope_is_refused(stranger: Ref) -> None:
    with pytest.raises(ConfigError, match=r"Nothing was sent: the record is of .* p/prod"):
        outgoing(Action(Verb.DISABLE, stranger, "s"))


@pytest.mark.parametrize("id", ["", ".", ".."])
def test_an_id_that_is_another_address_is_refused(id: str) -> None:
    with pytest.raises(ConfigError, match="Nothing was sent"):
        outgoing(Action(Verb.DELETE, ref(Kind.TEMPLATE, id), "t"))


def test_an_id_stays_one_segment_and_a_run_may_be_named_in_either_form() -> None:
    action = Action(Verb.DELETE, ref(Kind.TEMPLATE, "a/../b?c#d e%2F=é"), "t")
    assert lines_of(action) == ["DELETE /query-templates/a%2F..%2Fb%3Fc%23d%20e%252F%3D%C3%A9"]
    decoded = ref(Kind.RUN, "manual__2026-06-04T11:00:00+00:00", "s-1")
    assert outgoing(Action(Verb.CANCEL, decoded, "r")) == outgoing(
        Action(Verb.CANCEL, RUN_REF, "r")
    )


def test_a_base_url_with_the_services_path_or_a_prefix_is_not_doubled() -> None:
    for base in (f"{BASE}/gw", f"{BASE}/gw{QUERY}", f"{BASE}/gw{QUERY}/"):
        backend = open_on(NOTHING, base_url=base)
        (one,) = backend.outgoing(Action(Verb.TRIGGER, SCHEDULE_REF, "s"))
        assert one.url == f"{BASE}/gw{QUERY}/schedules/s-1/runs"


@given(st.dictionaries(st.text(), st.text() | st.characters(categories=["Cs", "Cc", "Cf", "Co"])))
def test_any_text_travels_whole_and_can_be_shown(body: dict[str, str]) -> None:
    text = json_text(body)
    assert json.loads(text) == body
    assert text.isprintable()
    text.encode()


def test_words_of_other_languages_stay_readable() -> None:
    assert json_text({"name": "毎日 – größe"}) == '{"name":"毎日 – größe"}'


def test_a_start_is_utc_whatever_its_zone() -> None:
    start = datetime(2026, 1, 1, 2, 30, 0, 123456, tzinfo=UTC)
    plan = ScheduleDraft(QueryDraft("SELECT 1"), "@once", start.astimezone(timezone.max))
    (one,) = outgoing(Action(Verb.CREATE, ref(Kind.SCHEDULE), "", draft=plan))
    assert '"startDate":"2026-01-01T02:30:00.123456Z"' in one.body
