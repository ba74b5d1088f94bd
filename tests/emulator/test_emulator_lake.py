"""The data lake runs real SQL, cannot be talked out of its cage, and stops when told."""

from __future__ import annotations

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from qsui.emulator import lake as lake_module
from qsui.emulator.lake import Lake, Outcome, dataset_id
from qsui.emulator.shop_tables import INGESTED, OUTPUTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEAVY = "SELECT count(*) FROM range(2000000) a(i), range(2000000) b(j) WHERE hash(i, j) = 42"


@pytest.fixture(scope="module")
def shared() -> Iterator[Lake]:
    """A lake for tests that leave no trace in it."""
    lake = Lake()
    yield lake
    lake.close()


@pytest.fixture
def lake() -> Iterator[Lake]:
    lake = Lake()
    yield lake
    lake.close()


def code(outcome: Outcome) -> str:
    return outcome.error.code if outcome.error else ""


def run(lake: Lake, sql: str) -> Outcome:
    return lake.prepare(sql).run()


# What it holds


def test_every_table_of_the_shop_is_there(shared: Lake) -> None:
    assert {*INGESTED, *OUTPUTS, "segment_snapshot"} <= set(shared.tables())


def test_generated_tables_have_rows_and_outputs_none(shared: Lake) -> None:
    for table in INGESTED.keys() - {"finance_margins"}:
        assert run(shared, f"FROM {table}").row_count > 30, table
    assert run(shared, "SELECT * FROM prof_daily").row_count == 0


def test_the_same_seed_gives_the_same_rows_and_another_one_others() -> None:
    checks = []
    for seed in (7, 7, 8):
        lake = Lake(seed=seed)
        with lake.cursor() as cursor:
            asked = "SELECT bit_xor(hash(order_id, total, customer_id)) FROM orders"
            checks.append(cursor.execute(asked).fetchone())
        lake.close()
    assert checks[0] == checks[1] != checks[2]


def test_a_file_keeps_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "lake.duckdb"
    first = Lake(path)
    assert run(first, "CREATE TABLE mine AS SELECT 1 AS one").row_count == 1
    first.close()
    second = Lake(path)
    assert run(second, "SELECT * FROM mine").row_count == 1
    assert run(second, "SELECT * FROM orders").row_count == 6000
    second.close()


def test_a_file_that_is_no_lake_is_an_os_error(tmp_path: Path) -> None:
    path = tmp_path / "lake.duckdb"
    path.write_text("this is not a database, and long enough to be looked at" * 200)
    with pytest.raises(OSError, match="cannot open the data lake"):
        Lake(path).open()


# Rows and kinds of statements


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT * FROM segments", 48),
        ("select 1 AS a, 2 AS a;", 1),
        ("SELECT now(), 'a;b' -- done", 1),
        ("/* lead */ WITH x AS (SELECT 1) SELECT * FROM x", 1),
        ("(SELECT 1) UNION ALL (SELECT 2)", 2),
        ("VALUES (1), (2), (3)", 3),
        ("SELECT * FROM orders WHERE false", 0),
        ("EXPLAIN SELECT 1", 0),
    ],
)
def test_rows_of_a_select_are_counted(shared: Lake, sql: str, rows: int) -> None:
    assert run(shared, sql) == Outcome(rows, None, killed=False)


def test_every_column_of_a_select_is_worked_out(shared: Lake) -> None:
    assert code(run(shared, "SELECT CAST(name AS INTEGER) FROM segments")) == "58000"


def test_a_ctas_with_options_makes_a_table_that_can_be_dropped(lake: Lake) -> None:
    made = run(lake, "CREATE TABLE t WITH (schema='x', rowvalidation='false') AS SELECT 1 AS a")
    assert made == Outcome(1, None, killed=False)
    assert code(run(lake, "CREATE TABLE t AS SELECT 1 AS a")) == "42P07"
    assert run(lake, "INSERT INTO t SELECT 2").row_count == 1
    assert run(lake, "SELECT * FROM t").row_count == 2
    assert run(lake, "DROP TABLE t").error is None
    assert code(run(lake, "SELECT * FROM t")) == "42P01"


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM orders",
        "UPDATE orders SET total = 0",
        "TRUNCATE orders",
        "BEGIN",
        "PRAGMA database_list",
        "CHECKPOINT",
        "CREATE MACRO f() AS 1",
        "CREATE OR REPLACE TABLE orders AS SELECT 1",
    ],
)
def test_what_the_service_does_not_offer_is_refused(shared: Lake, sql: str) -> None:
    assert code(run(shared, sql)) == "0A000"


@pytest.mark.parametrize("sql", ["DROP TABLE orders", "ALTER TABLE prod.orders RENAME TO o2"])
def test_ingested_tables_stay(shared: Lake, sql: str) -> None:
    assert code(run(shared, sql)) == "42501"
    assert run(shared, "SELECT * FROM orders").row_count == 6000


def test_two_statements_at_once_are_a_syntax_error(shared: Lake) -> None:
    assert code(run(shared, "SELECT 1; SELECT 2")) == "42601"
    assert code(run(shared, "  -- nothing")) == "42601"


def test_a_text_cannot_break_out_of_the_row_count(shared: Lake) -> None:
    assert code(run(shared, "SELECT 1) x; SELECT (2")) == "42601"


# The cage


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("COPY orders TO '/tmp/stolen.csv'", "42501"),
        ("COPY orders FROM '/etc/passwd'", "42501"),
        ("SELECT * FROM read_csv('/etc/passwd')", "42501"),
        ("SELECT * FROM read_text('/etc/passwd')", "42501"),
        ("SELECT * FROM glob('/etc/*')", "42501"),
        ("SELECT * FROM '/etc/passwd.csv'", "42501"),
        ("ATTACH '/tmp/other.db'", "42501"),
        ("EXPORT DATABASE '/tmp/out'", "42501"),
        ("INSTALL httpfs", "42501"),
        ("LOAD httpfs", "42501"),
        ("SET enable_external_access = true", "58000"),
        ("SET threads = 64", "58000"),
        ("SET memory_limit = '64GB'", "58000"),
    ],
)
def test_files_extensions_and_settings_are_out_of_reach(
    shared: Lake, sql: str, expected: str
) -> None:
    outcome = run(shared, sql)
    assert code(outcome) == expected
    assert outcome.error is not None
    assert ".duckdb" not in outcome.error.message


def test_the_engine_itself_refuses_without_our_list(shared: Lake) -> None:
    import duckdb

    for sql in ("COPY orders TO '/tmp/x.csv'", "SET lock_configuration = false", "INSTALL spatial"):
        with shared.cursor() as cursor, pytest.raises(duckdb.Error):
            cursor.execute(sql)


def test_a_result_too_big_for_memory_fails_and_spares_the_lake(shared: Lake) -> None:
    outcome = run(shared, "SELECT list(i) FROM range(400000000) t(i)")
    assert outcome.error is not None
    assert (outcome.error.code, outcome.error.error_type) == ("58000", "SYSTEM_ERROR")
    assert run(shared, "SELECT 1").row_count == 1


# Cancelling


def test_cancel_before_the_run_kills_it(shared: Lake) -> None:
    execution = shared.prepare("CREATE TABLE never_made AS SELECT 1")
    execution.cancel()
    assert execution.run() == Outcome(0, None, killed=True)
    assert "never_made" not in shared.tables()


def test_cancel_during_the_run_kills_it_and_no_other(shared: Lake) -> None:
    with ThreadPoolExecutor(2) as pool:
        execution = shared.prepare(HEAVY)
        running = pool.submit(execution.run)
        time.sleep(0.05)
        assert run(shared, "SELECT * FROM segments").row_count == 48
        assert not running.done()
        execution.cancel()
        assert running.result(timeout=60) == Outcome(0, None, killed=True)


def test_cancel_at_any_moment_ends_the_run(shared: Lake) -> None:
    for delay_ms in (0, 0, 0.2, 0.5, 1, 2, 4):
        execution = shared.prepare(HEAVY)
        timer = threading.Timer(delay_ms / 1000, execution.cancel)
        timer.start()
        assert execution.run().killed
        timer.join()


def test_a_statement_that_waits_to_write_can_be_cancelled(shared: Lake) -> None:
    with shared.writing, ThreadPoolExecutor(1) as pool:
        execution = shared.prepare("INSERT INTO prof_daily SELECT 'a', 'b', 1, 1")
        running = pool.submit(execution.run)
        execution.cancel()
        assert running.result(timeout=60).killed


def test_cancel_after_the_end_changes_nothing(shared: Lake) -> None:
    execution = shared.prepare("SELECT 1")
    assert execution.run().row_count == 1
    execution.cancel()
    execution.cancel()
    assert run(shared, "SELECT 1").row_count == 1


def test_a_closed_lake_says_so() -> None:
    lake = Lake()
    lake.open()
    lake.close()
    with pytest.raises(OSError, match="closed"):
        run(lake, "SELECT 1")


def test_close_ends_what_runs(lake: Lake) -> None:
    lake.open()
    with ThreadPoolExecutor(1) as pool:
        execution = lake.prepare(HEAVY)
        running = pool.submit(execution.run)
        time.sleep(0.05)
        lake.close()
        assert running.result(timeout=60).killed


def test_many_writers_at_once_all_succeed(lake: Lake) -> None:
    with ThreadPoolExecutor(8) as pool:
        sql = "INSERT INTO audience_out SELECT 'a', customer_id, now() FROM profiles LIMIT 10"
        outcomes = list(pool.map(lambda _: run(lake, sql), range(24)))
    assert {outcome.row_count for outcome in outcomes} == {10}
    assert run(lake, "SELECT * FROM audience_out").row_count == 240


# Growth


def test_a_table_that_grows_loses_its_oldest_rows(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lake_module, "TABLE_CAP", 100)
    for batch in range(40):
        sql = f"INSERT INTO partner_price_log (FROM range(20) SELECT {batch}, now())"
        assert run(lake, sql) == Outcome(20, None, killed=False)
    assert run(lake, "SELECT * FROM partner_price_log").row_count <= 100
    assert run(lake, "SELECT * FROM partner_price_log WHERE batch_no = 39").row_count == 20
    assert run(lake, "SELECT * FROM partner_price_log WHERE batch_no < 30").row_count == 0


def test_an_ingested_table_keeps_its_own_rows(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lake_module, "TABLE_CAP", 100)
    for _ in range(6):
        run(lake, "INSERT INTO segments SELECT 'new', 'new', true FROM range(20)")
    assert run(lake, "SELECT * FROM segments WHERE segment_id <> 'new'").row_count == 48
    assert run(lake, "SELECT * FROM segments").row_count <= 100


# Dataset ids


def test_dataset_ids_are_stable_and_look_like_the_catalogs(shared: Lake) -> None:
    ids = shared.datasets("SELECT * FROM web_events e JOIN profiles p ON true")
    assert ids == (dataset_id("profiles"), dataset_id("web_events"))
    assert all(re.fullmatch("[0-9a-f]{24}", one) for one in ids)
    assert shared.datasets("not SQL ' at all (") == ()


def test_dataset_ids_need_no_engine() -> None:
    lake = Lake()
    lake.close()
    assert lake.datasets("INSERT INTO prof_daily SELECT * FROM orders") == (
        dataset_id("orders"),
        dataset_id("prof_daily"),
    )
