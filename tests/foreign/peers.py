"""The servers that every check is made against: no two sources agree, so neither do they."""

from __future__ import annotations

from tests.foreign.spelling import Habits

ODD_HOST = "https://platform-int.elsewhere.invalid:8443"

PEERS = (
    Habits("guides", odd_host=ODD_HOST, time_form="ms", strings=True),
    Habits(
        "spec",
        next_form="linktype",
        oldest_first=True,
        page_size=20,
        run_links="decoded",
        strict=True,
        sandboxes=403,
        token="string",
    ),
    Habits(
        "first-year",
        next_form="offset",
        oldest_first=True,
        page_size=20,
        lower=True,
        strings=True,
        time_form="bare",
        sandboxes=404,
        token="ms",
        wire="http10",
    ),
    Habits(
        "sparse",
        next_form="string",
        page_size=20,
        sparse=True,
        time_form="zoned",
        run_links="href",
        filters="decoded",
        empty=4040,
        token="bare",
        wire="chunked",
    ),
    Habits("careless", next_form="relative", page_size=20, filters="ignore", repeats=True),
    Habits("strict", largest=50, filters="refuse", empty=404, strict=True, wire="gzip"),
    Habits(
        "greater",
        next_form="none",
        filters="greater",
        time_form="number",
        wire="bom",
        prefix="/gw/v1",
    ),
    Habits(
        "linkless",
        next_form="page",
        page_size=20,
        run_links="none",
        wire="slow",
        token="created",
        status=202,
    ),
    Habits("crowded", at_once=2, wire="closing"),
)
