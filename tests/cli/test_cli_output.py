"""Output is exact for scripts and harmless for terminals."""

from __future__ import annotations

import csv
import io
import json
import sys
import unicodedata
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsui.cli.output import TABLES, to_json, write_list, write_record
from qsui.cli.records import query_record, template_record
from qsui.cli.shapes import COLUMNS
from qsui.domain.models import Kind, Query, QueryError, Ref, Template
from qsui.domain.states import RunState

if TYPE_CHECKING:
    from qsui.cli.records import Fields

NOW = datetime(2026, 6, 4, 3, 12, tzinfo=UTC)
HOSTILE = "a\x1b]52;c;eA==\x07b\x9b31mc\u202ed\u200be\ud800f[/x]\ng"
TEXTS = st.text(max_size=80)


def a_query(text: str) -> Query:
    return Query(
        Ref("prod", "prod", Kind.QUERY, "", text),
        RunState.FAILED,
        text,
        name=text,
        sql=text,
        user=text,
        errors=(QueryError("58000", "USER_ERROR", text, text, text),),
        created_at=NOW,
    )


def printed(form: str, *records: Fields, kind: str = "queries") -> str:
    target = io.StringIO()
    real, sys.stdout = sys.stdout, target
    try:
        write_list(kind, records, form=form, as_of=NOW, complete=True)
    finally:
        sys.stdout = real
    return target.getvalue()


def is_harmless(text: str) -> bool:
    return all(
        char == "\n" or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
        for char in text
    )


@given(TEXTS)
def test_json_gives_back_any_text_and_shows_none_of_its_controls(text: str) -> None:
    out = to_json({"a": text})
    assert json.loads(out) == {"a": text}
    out.encode("utf-8")
    assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in out)


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv"])
def test_no_form_lets_a_terminal_obey(form: str) -> None:
    out = printed(form, query_record(a_query(HOSTILE)))
    assert is_harmless(out)
    assert "[/x]" in out


@given(TEXTS)
def test_a_table_has_one_line_a_record(text: str) -> None:
    out = printed("table", query_record(a_query(text)))
    assert len(out.split("\n")) == 3
    assert is_harmless(out)


@given(st.lists(TEXTS, max_size=4))
def test_csv_has_one_row_a_record(texts: list[str]) -> None:
    out = printed("csv", *(query_record(a_query(text)) for text in texts))
    rows = list(csv.reader(io.StringIO(out, newline="")))
    assert tuple(rows[0]) == COLUMNS["queries"]
    assert len(rows) == len(texts) + 1
    assert {len(row) for row in rows} == {len(COLUMNS["queries"])}


def test_the_text_form_shows_every_key(capsys: pytest.CaptureFixture[str]) -> None:
    record = query_record(a_query(HOSTILE))
    write_record("query", record, form="text", as_of=NOW)
    out = capsys.readouterr().out
    assert is_harmless(out)
    for key in record:
        assert f"\n{key}" in f"\n{out}"


@pytest.mark.parametrize("kind", COLUMNS)
def test_empty_lists_are_valid_in_every_form(kind: str) -> None:
    envelope: dict[str, Any] = json.loads(printed("json", kind=kind))
    assert envelope == {
        "qsui": 1,
        "kind": kind,
        "as_of": "2026-06-04T03:12:00Z",
        "complete": True,
        "records": [],
    }
    assert printed("jsonl", kind=kind) == ""
    assert printed("csv", kind=kind) == ",".join(COLUMNS[kind]) + "\n"
    assert printed("table", kind=kind).startswith(TABLES[kind][0][0])


def test_tables_name_keys_that_records_have() -> None:
    for kind, columns in TABLES.items():
        assert {key for _, key, _ in columns} <= set(COLUMNS[kind])


def test_what_is_unknown_is_null_and_never_absent() -> None:
    bare = Template(Ref("p", "s", Kind.TEMPLATE, "", "x"), "", "")
    assert template_record(bare) == dict.fromkeys(COLUMNS["templates"]) | {
        "id": "x",
        "profile": "p",
        "parameters": {},
    }


def test_letters_that_the_locale_lacks_are_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    write_list("queries", [query_record(a_query("größe"))], form="jsonl", as_of=NOW, complete=True)
    sys.stdout.flush()
    assert json.loads(raw.getvalue())["name"] == "größe"
