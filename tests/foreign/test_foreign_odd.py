"""One habit at a time: addresses, empty servers, refusals, crowds, small pages, shared times."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from qsui.cli.shapes import COLUMNS
from tests.foreign import facts
from tests.foreign.server import foreign
from tests.foreign.spelling import Habits

if TYPE_CHECKING:
    from tests.support.cli import Done, Qsui

ONE = Habits("one")
KINDS = ("schedules", "queries", "templates", "runs")


@pytest.mark.parametrize("prefix", ["", "/gateway/v1"])
@pytest.mark.parametrize("tail", ["", "/", "/data/foundation/query", "/data/foundation/query/"])
def test_every_spelling_of_the_address_works(qsui: Qsui, prefix: str, tail: str) -> None:
    with foreign(replace(ONE, prefix=prefix)) as server:
        env = server.env | {"QSUI_BASE_URL": server.origin + prefix + tail}
        assert qsui("config", "check", env=env).code == 0
        assert len(qsui("list", "templates", "-o", "jsonl", env=env).out.splitlines()) == 23


@pytest.mark.parametrize("empty", [200, 404, 4040])
@pytest.mark.parametrize("kind", KINDS)
def test_a_server_with_nothing_has_empty_lists(qsui: Qsui, kind: str, empty: int) -> None:
    with foreign(replace(ONE, is_empty=True, empty=empty)) as server:
        done = qsui("list", kind, "-o", "json", env=server.env)
        assert done.code == 0, done.err
        assert done.json["records"] == []
        assert done.json["complete"] is True
        assert qsui("config", "check", env=server.env).code == 0


@pytest.mark.parametrize("size", [7, 12])
@pytest.mark.parametrize("form", ["object", "linktype", "page", "string"])
def test_rows_of_one_time_that_no_page_holds_are_not_passed_off_as_all(
    qsui: Qsui, form: str, size: int
) -> None:
    with foreign(replace(ONE, next_form=form, page_size=size)) as server:
        done = qsui("list", "schedules", "-o", "json", env=server.env)
        assert done.code == 0, done.err
        found = [record["id"] for record in done.json["records"]]
        assert len(found) == len(set(found))
        assert {s.id for s in (*facts.PLAIN, *facts.OTHERS[:5])} <= set(found)
        assert done.json["complete"] is False
        assert "share one time" in done.err


def test_small_letters_do_not_hide_old_failures(qsui: Qsui) -> None:
    with foreign(replace(ONE, lower=True, next_form="linktype", page_size=5)) as server:
        done = qsui("list", "queries", "--where", "state:timeout", "-o", "json", env=server.env)
    expected = {query.id for query in facts.QUERIES if query.state == "TIMEOUT"}
    assert {record["id"] for record in done.json["records"]} == expected
    assert done.json["complete"] is True


def test_a_wrong_secret_and_a_wrong_address_end_differently(qsui: Qsui) -> None:
    with foreign(ONE) as server:
        done = qsui("list", "queries", env=server.env | {"QSUI_CLIENT_SECRET": "wrong"})
        assert (done.code, done.out) == (4, "")
        done = qsui("list", "queries", env=server.env | {"QSUI_BASE_URL": f"{server.origin}/nope"})
        assert (done.code, done.out) == (1, "")
        assert "base_url" in done.err
        gone = server.env
    done = qsui("list", "queries", env=gone)
    assert (done.code, done.out) == (3, "")


def test_what_the_server_takes_is_asked_at_once_next_time(qsui: Qsui) -> None:
    with foreign(replace(ONE, largest=50)) as server:
        assert qsui("list", "queries", "--limit", "500", env=server.env).code == 0
        sizes = [path.partition("limit=")[2].split("&")[0] for path in server.seen]
        assert sizes == ["100", "50", "50", "50"]


def test_every_request_is_read_only_and_says_what_it_must(qsui: Qsui) -> None:
    with foreign(replace(ONE, strict=True)) as server:
        for kind in KINDS:
            assert qsui("list", kind, env=server.env).code == 0
        lists = [path for path in server.seen if "limit=" in path]
        assert lists
        assert all("orderby=-" in path for path in lists)


@pytest.mark.parametrize(
    "arguments",
    [
        ("schedule", "no-such-schedule"),
        ("query", "no-such-query"),
        ("template", "no-such-template"),
        ("run", "c2NoZWR1bGVkX18yMDIwLTAxLTA4VDEyOjMwOjAwKzAwOjAw", "--schedule", facts.FINE.id),
    ],
    ids=lambda arguments: arguments[0],
)
@pytest.mark.parametrize("sparse", [False, True], ids=["told", "empty"])
def test_what_is_not_there_is_refused(qsui: Qsui, arguments: tuple[str, ...], sparse: bool) -> None:
    with foreign(replace(ONE, sparse=sparse)) as server:
        done = qsui("show", *arguments, env=server.env)
    assert done.code == 1, done.err
    assert done.out == ""


def test_every_output_form_has_every_row(qsui: Qsui) -> None:
    def out(form: str) -> Done:
        return qsui("list", "templates", "-o", form, env=server.env)

    with foreign(ONE) as server:
        forms = {form: out(form).out for form in ("jsonl", "csv", "table")}
    lines = [json.loads(line) for line in forms["jsonl"].splitlines()]
    rows = list(csv.DictReader(io.StringIO(forms["csv"])))
    assert [line["id"] for line in lines] == [row["id"] for row in rows]
    assert len(lines) == len(facts.TEMPLATES)
    assert tuple(rows[0]) == COLUMNS["templates"]
    assert "Saved 22" in forms["table"]
