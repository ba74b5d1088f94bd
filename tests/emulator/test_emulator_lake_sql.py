"""Cutting SQL into tokens and statements, without ever being fooled by quotes and comments."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsui.emulator.lake import split_statements
from qsui.emulator.lake_sql import referenced, tokens, without_ctas_options

SQLISH = st.lists(
    st.sampled_from(
        [
            *("SELECT", "FROM", "t", "BEGIN", "END", "1", "é", "名", "$day", "E'", "a$b"),
            *(";", "'", '"', "''", "$$", "$q$", "--", "/*", "*/", "(", ")", "\\", "\n", " ", ","),
        ]
    ),
    max_size=40,
).map("".join)
QUOTED = st.sampled_from(
    [
        "';'",
        "'it''s; fine'",
        "E'\\';'",
        '"odd;name"',
        "$$;$$",
        "$x$ ; $$ ; $x$",
        "/* ; /* ; */ ; */ 1",
        "1 -- ;\n",
        "'-- ;'",
        "'/* ;'",
        "ünïcode",
    ]
)


@given(SQLISH | st.text(max_size=60))
def test_the_tokens_of_any_text_are_the_text(sql: str) -> None:
    assert "".join(token.text for token in tokens(sql)) == sql


@given(SQLISH | st.text(max_size=60))
def test_any_text_splits_into_stripped_pieces_of_itself(sql: str) -> None:
    for statement in split_statements(sql):
        assert statement
        assert statement == statement.strip()
        assert statement in sql


@given(st.lists(QUOTED.map(lambda piece: f"SELECT {piece}".strip()), min_size=1, max_size=6))
def test_quoted_semicolons_do_not_split(statements: list[str]) -> None:
    assert split_statements("\n;\n".join(statements)) == statements
    assert (
        split_statements("$zz$ BEGIN " + "\n;\n".join(statements) + "\n; END; $zz$") == statements
    )


@given(st.text(max_size=60) | SQLISH)
def test_scans_never_fail(sql: str) -> None:
    assert referenced(sql) == tuple(sorted(set(referenced(sql))))
    assert without_ctas_options(sql).count("\n") == sql.count("\n")


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("", []),
        (" ; -- only this\n ; /* and this */ ", []),
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT 1;SELECT 2;", ["SELECT 1", "SELECT 2"]),
        ("$$ BEGIN SELECT 1; SELECT 2; END $$;", ["SELECT 1", "SELECT 2"]),
        ("$$BEGIN\nSELECT 1;\nEND$$", ["SELECT 1"]),
        ("-- why\n$$ begin SELECT 1; end; $$", ["SELECT 1"]),
        (
            "$$ BEGIN SELECT CASE WHEN a THEN 1 ELSE 2 END; SELECT ';'; END $$",
            ["SELECT CASE WHEN a THEN 1 ELSE 2 END", "SELECT ';'"],
        ),
        ("$$ BEGIN SELECT 1; EXCEPTION WHEN OTHERS THEN SELECT 2; END $$", ["SELECT 1"]),
        ("$$ BEGIN END $$", []),
        ("SELECT $$ BEGIN SELECT 1; END $$", ["SELECT $$ BEGIN SELECT 1; END $$"]),
        ("$$ SELECT 1; $$", ["$$ SELECT 1; $$"]),
        ("SELECT 'open ; SELECT 2", ["SELECT 'open ; SELECT 2"]),
    ],
)
def test_statements(sql: str, expected: list[str]) -> None:
    assert split_statements(sql) == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT * FROM Orders o, web_events AS e WHERE true", ("orders", "web_events")),
        ("SELECT * FROM prod.public.orders", ("orders",)),
        ('SELECT * FROM "Orders"', ("Orders",)),
        ("WITH a AS (SELECT 1 FROM b) SELECT * FROM a JOIN c USING (x)", ("b", "c")),
        ("SELECT extract(day FROM ts) FROM t", ("t",)),
        ("SELECT * FROM range(10) r", ()),
        ("INSERT INTO out (a, b) SELECT 1 FROM x", ("out", "x")),
        ("SELECT 'FROM no' -- FROM neither\nFROM yes", ("yes",)),
        ("SELECT * FROM (SELECT * FROM inner_one) x", ("inner_one",)),
        ("$$ BEGIN SELECT * FROM a; SELECT * FROM b; END $$", ("a", "b")),
    ],
)
def test_tables_named_in_a_text(sql: str, expected: tuple[str, ...]) -> None:
    assert referenced(sql) == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("CREATE TABLE a WITH (schema='x') AS SELECT 1", "CREATE TABLE a  AS SELECT 1"),
        ("create table a\nwith (\n a=1, b=f(2)\n) as select 1", "create table a\n\n\n as select 1"),
        ("CREATE TABLE a AS WITH x AS (SELECT 1) SELECT * FROM x", None),
        ("CREATE TABLE a (b INT)", None),
        ("WITH x AS (SELECT 1) SELECT * FROM x", None),
    ],
)
def test_options_of_a_ctas_are_left_out_line_by_line(sql: str, expected: str | None) -> None:
    assert without_ctas_options(sql) == (expected or sql)
