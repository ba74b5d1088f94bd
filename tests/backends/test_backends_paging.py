"""Walking lists on servers that repeat, loop, forget links, count or sort as they like."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsui.backends.adobe.paging import overlay
from qsui.backends.times import format_time
from qsui.domain.errors import ApiError, ServerError
from qsui.domain.ports import QueryFilter
from tests.support.backends import (
    Server,
    all_pages,
    all_records,
    in_turn,
    open_on,
    page_of,
    params_of,
    run,
)

ZERO = datetime(2026, 1, 1, tzinfo=UTC)


def row(number: int, at: datetime | None = None, **more: Any) -> dict[str, Any]:
    moment = format_time(at or ZERO + timedelta(minutes=number))
    return {"id": f"s{number}", "created": moment, "updated": moment, "state": "ENABLED", **more}


@dataclass
class Cursor:
    """A compliant cursor server with switches for bad habits."""

    rows: list[dict[str, Any]]
    link: str = "docs"  # docs, oas, string, relative, odd, none, offset, loop, plus, next_only
    most: int = 1000
    ignores_order: bool = False
    key: str = "schedules"
    exclusive: bool = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        sent = params_of(request)
        size = min(int(sent["limit"]), self.most)
        order = sent["orderby"].lstrip("-+ ")
        rows = sorted(self.rows, key=lambda r: r[order], reverse=True)
        if self.ignores_order:
            rows = self.rows
        start = sent.get("start", "")
        if self.link == "offset":
            if start and not start.isdigit():
                return httpx.Response(400, json={"message": "start", "statusCode": 400})
            begin = int(start or 0)
            page, rest = rows[begin : begin + size], rows[begin + size :]
            following = str(begin + size)
        else:
            if start:
                moment = datetime.fromisoformat(start)
                rows = [r for r in rows if self._follows(r[order], moment)]
            page, rest = rows[:size], rows[size:]
            last = page[-1][order] if page else ""
            following = (last if self.exclusive else rest[0][order]) if rest else ""
        if self.link == "loop":
            following = page[0][order] if page else ""
            rest = page
        body = page_of(self.key, page, self._link(following) if rest else None)
        if self.link == "next_only" and rest:
            body["_page"]["next"] = following
        return httpx.Response(200, json=body)

    def _follows(self, value: str, start: datetime) -> bool:
        moment = datetime.fromisoformat(value)
        return moment < start if self.exclusive else moment <= start

    def _link(self, start: str) -> Any:
        host = "https://server.test/data/foundation/query/schedules"
        return {
            "docs": {"href": f"{host}?orderby=-created&start={start}", "method": "GET"},
            "offset": {"href": f"{host}?orderby=-created&start={start}"},
            "loop": {"href": f"{host}?orderby=-created&start={start}"},
            "oas": f"{host}?start={start}&limit=1000&linkType=next",
            "string": f"{host}?start={start}",
            "relative": {"href": f"?start={start}"},
            "odd": {"href": f"https://platform-va7.adobe.io:444/query/wrong?start={start}#x"},
            "plus": {"href": f"{host}?start={start.replace('Z', '+00:00')}"},
            "none": None,
            "next_only": None,
        }[self.link]


def listed(server: Any, **arguments: Any) -> tuple[list[str], int]:
    """Return the ids listed and the number of requests."""
    seen = Server(server)

    async def work() -> list[str]:
        backend = open_on(seen)
        records = await all_records(backend.schedules(**arguments))
        await backend.aclose()
        return [record.id for record in records]

    ids = run(work())
    return ids, len(seen.seen)


NEWEST_250 = [f"s{number}" for number in reversed(range(250))]


@pytest.mark.parametrize(
    "link",
    ["docs", "oas", "string", "relative", "odd", "none", "offset", "plus", "next_only"],
)
def test_every_kind_of_next_link_leads_to_the_end(link: str) -> None:
    ids, requests = listed(Cursor([row(n) for n in range(250)], link=link))
    assert ids == NEWEST_250
    assert requests == 3


def test_an_exclusive_start_works_too() -> None:
    ids, _requests = listed(Cursor([row(n) for n in range(250)], exclusive=True))
    assert ids == NEWEST_250


def test_a_loop_is_left_behind() -> None:
    ids, requests = listed(Cursor([row(n) for n in range(250)], link="loop"))
    assert ids == NEWEST_250
    assert requests == 5


def test_a_link_that_always_leads_on_ends_where_nothing_is_new() -> None:
    same = page_of("schedules", [row(n) for n in range(100)], {"href": "?start=x"})
    ids, requests = listed(in_turn(same))
    assert (len(ids), requests) == (100, 3)
    last = page_of("schedules", [row(0)], {"href": "?start=x"})
    ids, requests = listed(in_turn(same, last))
    assert (len(ids), requests) == (100, 2)


def test_a_server_that_cuts_pages_short_is_followed_by_its_links() -> None:
    ids, requests = listed(Cursor([row(n) for n in range(60)], most=20))
    assert ids == [f"s{n}" for n in reversed(range(60))]
    assert requests == 3


def test_a_full_page_of_exactly_a_hundred_is_asked_for_once_more() -> None:
    ids, requests = listed(Cursor([row(n) for n in range(100)], link="none"))
    assert len(ids) == 100
    assert requests == 2
    ids, requests = listed(Cursor([row(n) for n in range(99)], link="none"))
    assert (len(ids), requests) == (99, 1)


def test_asking_once_more_may_be_refused() -> None:
    first = page_of("schedules", [row(n) for n in reversed(range(100))])
    refusal = httpx.Response(400, json={"message": "start must be an offset", "statusCode": 400})
    ids, requests = listed(in_turn(first, refusal))
    assert (len(ids), requests) == (100, 2)


def test_equal_times_at_a_boundary_lose_no_reachable_row() -> None:
    same = ZERO + timedelta(minutes=100)
    rows = [row(n, same if 90 <= n < 140 else None) for n in range(250)]
    ids, _requests = listed(Cursor(rows))
    assert len(ids) == len(set(ids)) == 250


def test_a_whole_page_of_one_time_does_not_loop() -> None:
    ids, requests = listed(Cursor([row(n, ZERO) for n in range(300)]))
    assert len(ids) == 100
    assert requests == 3


def test_more_rows_of_one_time_than_a_page_holds_are_stepped_over_and_that_is_said() -> None:
    same = ZERO + timedelta(minutes=100)
    server = Server(Cursor([row(n, same if 90 <= n < 115 else None) for n in range(130)], most=20))

    async def work() -> None:
        backend = open_on(server)
        pages = await all_pages(backend.schedules())
        await backend.aclose()
        found = {record.id for page in pages for record in page.records}
        assert found >= {f"s{n}" for n in range(90)}
        assert len(found) == 130 - 5
        assert not any(page.is_last for page in pages)

    run(work())


def test_what_a_link_offers_and_the_server_refuses_is_left_out_from_then_on() -> None:
    cursor = Cursor([row(n) for n in range(250)], link="oas")

    def answer(request: httpx.Request) -> httpx.Response:
        if "linkType" in params_of(request):
            return httpx.Response(400, json={"message": "unknown: linkType", "statusCode": 400})
        return cursor(request)

    ids, requests = listed(answer)
    assert ids == NEWEST_250
    assert requests == 4


def test_rows_that_move_while_paging_come_once() -> None:
    first = page_of("schedules", [row(3), row(2)], {"href": "?start=x"})
    second = page_of("schedules", [row(2), row(1)])
    ids, _requests = listed(in_turn(first, second))
    assert ids == ["s3", "s2", "s1"]


def test_a_page_out_of_order_is_sorted() -> None:
    ids, _requests = listed(Cursor([row(n) for n in range(5)], ignores_order=True))
    assert ids == ["s4", "s3", "s2", "s1", "s0"]


def test_rows_without_a_time_come_last() -> None:
    rows = [{"id": "none"}, row(1), {"id": "junk", "created": "yesterday"}, row(2)]
    ids, _requests = listed(in_turn(page_of("schedules", rows)))
    assert ids == ["s2", "s1", "none", "junk"]


def test_a_cap_is_kept_and_says_whether_more_exist() -> None:
    async def work() -> None:
        server = Server(Cursor([row(n) for n in range(250)]))
        backend = open_on(server)
        pages = await all_pages(backend.schedules(cap=5))
        assert [r.id for p in pages for r in p.records] == ["s249", "s248", "s247", "s246", "s245"]
        assert not pages[-1].is_last
        assert params_of(server.seen[0])["limit"] == "5"
        pages = await all_pages(backend.schedules(cap=120))
        assert sum(len(p.records) for p in pages) == 120
        assert not pages[-1].is_last
        pages = await all_pages(backend.schedules(cap=250))
        assert pages[-1].is_last
        pages = await all_pages(backend.schedules(cap=1000))
        assert sum(len(p.records) for p in pages) == 250
        assert pages[-1].is_last
        await backend.aclose()

    run(work())


def test_order_is_always_sent_and_a_page_is_never_larger_than_a_hundred() -> None:
    server = Server(Cursor([row(n) for n in range(250)], link="oas"))

    async def work() -> None:
        backend = open_on(server)
        await all_records(backend.schedules())
        await all_records(backend.runs("s", limit=5000))
        await all_records(backend.queries())
        await all_records(backend.templates())
        await backend.aclose()

    server.answer = lambda request: (
        Cursor([row(n) for n in range(250)], link="oas")(request)
        if request.url.path.endswith("/schedules")
        else httpx.Response(200, json=[])
    )
    run(work())
    for request in server.seen:
        sent = params_of(request)
        assert sent["orderby"] == "-created"
        assert int(sent["limit"]) <= 100
    assert "linkType" in params_of(server.seen[1])


def test_filters_travel_with_every_page() -> None:
    rows = [row(n) | {"state": "FAILED"} for n in range(150)]
    server = Server(Cursor(rows, link="string", key="queries"))

    async def work() -> None:
        backend = open_on(server)
        where = QueryFilter(
            updated_since=ZERO, raw_state="FAILED", include_hidden=True, include_deleted=True
        )
        assert len(await all_records(backend.queries(where, newest_change_first=True))) == 150
        await backend.aclose()

    run(work())
    assert len(server.seen) == 2
    for request in server.seen:
        sent = params_of(request)
        assert sent["property"] == "updated>=2026-01-01T00:00:00.000Z,state==FAILED"
        assert sent["orderby"] == "-updated"
        assert sent["excludeHidden"] == sent["excludeSoftDeleted"] == "false"
    assert "property=updated%3E%3D2026" in str(server.seen[0].url)


def test_a_value_with_a_comma_is_left_to_the_caller() -> None:
    server = Server(in_turn(page_of("queries", [])))

    async def work() -> None:
        backend = open_on(server)
        await all_records(backend.queries(QueryFilter(schedule_id="a,b", raw_state="FAILED")))
        await backend.aclose()

    run(work())
    assert params_of(server.seen[0])["property"] == "state==FAILED"


def test_a_failure_on_a_later_page_is_raised_after_the_pages_before_it() -> None:
    first = page_of("schedules", [row(3)], {"href": "?start=x"})
    server = Server(in_turn(first, httpx.Response(500)))

    async def work() -> None:
        backend = open_on(server)
        pages = backend.schedules()
        assert [record.id for record in (await anext(pages)).records] == ["s3"]
        with pytest.raises(ServerError):
            await anext(pages)
        await backend.aclose()

    run(work())


class TestUnchanged:
    def test_the_same_body_is_not_read_again_but_the_walk_goes_on(self) -> None:
        first = page_of("schedules", [row(3), row(2)], {"href": "?start=x"})
        later = page_of("schedules", [row(2), row(1)])
        newer = page_of("schedules", [row(1), row(0)])

        async def work() -> None:
            backend = open_on(Server(in_turn(first, later, first, newer)))
            pages = await all_pages(backend.schedules(newest_change_first=True))
            assert [[r.id for r in p.records] for p in pages] == [["s3", "s2"], ["s1"]]
            pages = await all_pages(backend.schedules(newest_change_first=True))
            assert pages[0].unchanged
            assert not pages[0].is_last
            assert [[r.id for r in p.records] for p in pages] == [[], ["s1", "s0"]]
            await backend.aclose()

        run(work())

    def test_a_guess_that_is_refused_ends_an_unchanged_walk_too(self) -> None:
        first = page_of("schedules", [row(n) for n in reversed(range(100))])
        refusal = httpx.Response(400, json={"message": "start", "statusCode": 400})

        async def work() -> None:
            server = Server(in_turn(first, refusal, first, refusal))
            backend = open_on(server)
            for unchanged in (False, True):
                pages = await all_pages(backend.schedules(newest_change_first=True))
                assert [page.unchanged for page in pages] == [unchanged, False]
                assert pages[-1].is_last
            await backend.aclose()

        run(work())

    def test_a_smaller_cap_asks_for_nothing_more(self) -> None:
        first = page_of("schedules", [row(n) for n in reversed(range(100))], {"href": "?start=x"})

        async def work() -> None:
            server = Server(in_turn(first, page_of("schedules", []), first))
            backend = open_on(server)
            await all_pages(backend.schedules(newest_change_first=True))
            asked = len(server.seen)
            pages = await all_pages(backend.schedules(newest_change_first=True, cap=100))
            assert [page.unchanged for page in pages] == [True]
            assert len(server.seen) == asked + 1
            await backend.aclose()

        run(work())

    def test_other_parameters_are_another_list(self) -> None:
        body = page_of("queries", [row(1)])

        async def work() -> None:
            backend = open_on(Server(in_turn(body)))
            later = QueryFilter(updated_since=ZERO)
            for where in (QueryFilter(), later):
                pages = await all_pages(backend.queries(where, newest_change_first=True))
                assert not pages[0].unchanged
            pages = await all_pages(backend.queries(later, newest_change_first=True))
            assert pages[0].unchanged
            assert pages[0].is_last
            plain = await all_pages(backend.queries())
            assert not plain[0].unchanged
            await backend.aclose()

        run(work())

    def test_a_walk_that_failed_is_forgotten(self) -> None:
        first = page_of("schedules", [row(3)], {"href": "?start=x"})
        last = page_of("schedules", [row(1)])

        async def work() -> None:
            answers = in_turn(first, httpx.Response(403), first, last)
            backend = open_on(Server(answers))
            with pytest.raises(ApiError):
                await all_pages(backend.schedules(newest_change_first=True))
            pages = await all_pages(backend.schedules(newest_change_first=True))
            assert [[r.id for r in p.records] for p in pages] == [["s3"], ["s1"]]
            await backend.aclose()

        run(work())


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("", None),
        ("https://x.test/path", None),
        ("https://[bad", None),
        ("?start=5", {"start": "5"}),
        ("?start=2026-01-01T00:00:00+00:00", {"start": "2026-01-01T00:00:00+00:00"}),
        ("?start=2026-01-01T00%3A00%3A00%2B00%3A00", {"start": "2026-01-01T00:00:00+00:00"}),
        ("?orderby=%2Bcreated&start=a", {"start": "a", "orderby": "-created"}),
        ("?property=state==X&start=a", {"start": "a", "property": "mine"}),
        ("?limit=1000000&start=a", {"start": "a", "limit": "100"}),
        ("?limit=20&start=a", {"start": "a", "limit": "20"}),
        ("?limit=abc&start=a", {"start": "a", "limit": "100"}),
        ("?isPrevLink=true&start=a", {"start": "a"}),
        ("?page=2", {"page": "2"}),
        ("?&&=x&start=", {"start": ""}),
    ],
)
def test_what_is_taken_from_a_link(link: str, expected: dict[str, str] | None) -> None:
    sent = (("orderby", "-created"), ("limit", "100"), ("property", "mine"))
    result = overlay(sent, link, 100)
    if expected is None:
        assert result is None
    else:
        assert result is not None
        assert dict(result) == dict(sent) | expected


@given(st.text(max_size=200))
def test_no_link_is_fatal(link: str) -> None:
    overlay((("orderby", "-created"), ("limit", "100")), link, 100)


@given(
    minutes=st.lists(st.integers(0, 40), max_size=60),
    size=st.integers(1, 20),
    link=st.sampled_from(["docs", "oas", "string", "none", "loop", "offset", "next_only"]),
    cap=st.none() | st.integers(1, 30),
)
def test_no_row_comes_twice_and_every_walk_ends(
    minutes: list[int], size: int, link: str, cap: int | None
) -> None:
    rows = [row(n, ZERO + timedelta(minutes=m)) for n, m in enumerate(minutes)]
    server = Server(Cursor(rows, link=link, key="runsSchedules"))

    async def work() -> None:
        backend = open_on(server)
        pages = await all_pages(backend.runs("s", limit=size, cap=cap))
        ids = [r.id for p in pages for r in p.records]
        assert len(ids) == len(set(ids))
        assert len(ids) <= (cap or 60)
        assert len(server.seen) <= len(rows) + 2
        if link == "offset":
            assert len(ids) == min(len(rows), cap or 60)
        await backend.aclose()

    run(work())
