"""Named starting points for the emulator: what exists, what runs and what went wrong before.

`demo` is a lively shop, `quiet` the same shop on a good night, `trouble` its bad half standing
still (for pictures), `empty` nothing at all and `scale` as many schedules as asked for.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from qsui.emulator import shop_queries, shop_schedules
from qsui.emulator.shop_schedules import Dial
from qsui.emulator.shop_seeds import (
    QuerySeed,
    Scene,
    ScheduleSeed,
    TemplateSeed,
    Visitor,
)
from qsui.emulator.shop_texts import past_error, sql

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["QuerySeed", "Scene", "ScheduleSeed", "TemplateSeed", "Visitor", "build", "names"]

_SCALE_SCHEDULES: Final = 1000
_SCALE_QUERIES: Final = 200
_SCALE_RUNS: Final = 3
_SUBJECTS: Final = ("orders", "profiles", "sessions", "loyalty", "stock", "email", "geo", "price")
_VERBS: Final = ("merge", "rollup", "export", "dedupe", "score", "check", "load")
_OWNERS: Final = (
    shop_schedules.ROBOT,
    shop_schedules.PIPELINE,
    shop_schedules.ANA,
    shop_schedules.JD,
    shop_schedules.MK,
)


def names() -> tuple[str, ...]:
    """The scenes that `build` knows, the default one first."""
    return (*_BUILDERS, "scale")


def build(
    name: str,
    *,
    schedules: int | None = None,
    runs: int | None = None,
    queries: int | None = None,
    now: datetime | None = None,
) -> Scene:
    """The scene called `name`, laid out around `now` (aware UTC; default: the real time).

    `schedules`, `runs` (per schedule) and `queries` set the size of `scale`; the other scenes
    are as big as they are.

    Raises:
        ValueError: There is no such scene, or a size is negative.
    """
    if name == "scale":
        sizes = (schedules, runs, queries)
        if any(size is not None and size < 0 for size in sizes):
            raise ValueError("sizes of a scene cannot be negative")
        return _scale(
            _SCALE_SCHEDULES if schedules is None else schedules,
            _SCALE_RUNS if runs is None else runs,
            _SCALE_QUERIES if queries is None else queries,
        )
    if name not in _BUILDERS:
        raise ValueError(f"unknown scene {name!r}; known: {', '.join(names())}")
    return _BUILDERS[name](Dial(now or datetime.now(UTC)))


def _demo(dial: Dial) -> Scene:
    return Scene(
        "demo",
        schedules=(
            *shop_schedules.in_trouble(dial),
            shop_schedules.fails_soon(dial),
            *shop_schedules.every_minute(),
            *shop_schedules.hourly(dial),
            *shop_schedules.rare(dial),
        ),
        queries=shop_queries.queries(),
        templates=shop_queries.templates(),
        visitor=Visitor(shop_schedules.new_audience(dial), every_s=150),
        dev_schedules=_dev(dial),
    )


def _trouble(dial: Dial) -> Scene:
    new = replace(shop_schedules.new_audience(dial), state="REGISTERING")
    busy = replace(
        shop_schedules.hourly(dial)[0], cron=dial.hourly(-5), running_for_s=240, base_s=1260
    )
    return Scene(
        "trouble",
        schedules=(*shop_schedules.in_trouble(dial), new, busy, *shop_schedules.rare(dial)),
        queries=shop_queries.queries(),
        templates=shop_queries.templates(),
        dev_schedules=_dev(dial),
    )


def _quiet(dial: Dial) -> Scene:
    rare = tuple(seed for seed in shop_schedules.rare(dial) if seed.state == "ENABLED")
    calm = tuple(replace(seed, history="") for seed in (*shop_schedules.hourly(dial), *rare))
    return Scene(
        "quiet",
        schedules=calm,
        queries=tuple(query for query in shop_queries.queries() if query.state == "SUCCESS"),
        templates=shop_queries.templates(),
        dev_schedules=_dev(dial),
    )


def _empty(_dial: Dial) -> Scene:
    return Scene("empty")


def _dev(dial: Dial) -> tuple[ScheduleSeed, ...]:
    """A few schedules of the development sandbox."""
    picked = [seed for seed in shop_schedules.hourly(dial) if "audience" in seed.name]
    merge = next(seed for seed in shop_schedules.rare(dial) if seed.name == "rfm_scoring")
    return (
        *(replace(seed, history="", created_days_ago=5) for seed in picked),
        replace(merge, name="rfm_scoring_v2", template=None, created_days_ago=2),
    )


def _scale(schedules: int, runs: int, queries: int) -> Scene:
    return Scene(
        "scale",
        schedules=tuple(_one_of_many(number) for number in range(schedules)),
        queries=shop_queries.many_queries(queries),
        templates=shop_queries.templates(),
        history_days=min(max(2, runs + 1), 90),
    )


def _one_of_many(number: int) -> ScheduleSeed:
    """One in five hourly, one in twenty weekly, the rest daily; one in a hundred fails."""
    subject, verb = _SUBJECTS[number % len(_SUBJECTS)], _VERBS[number % len(_VERBS)]
    minute, hour = number * 17 % 60, number * 7 // 5 % 24
    fails = number % 100 == 37
    if number % 5 == 0:
        cron = f"{minute} * * * *"
    elif number % 20 == 1:
        cron = f"{minute} {hour} * * {number // 20 % 7}"
    else:
        cron = f"{minute} {hour} * * *"
    text = sql("daily_profile_merge") if fails else f"-- {number}\nSELECT count(*) FROM orders"
    return ScheduleSeed(
        f"{subject}_{verb}_{number:05d}",
        text,
        cron,
        _OWNERS[number % len(_OWNERS)],
        state="DISABLED" if number % 50 == 13 else "ENABLED",
        base_s=40 + number * 31 % 500,
        history="xxx"[: 1 + number // 100 % 3] if fails else "",
        past_error=past_error("daily_profile_merge") if fails else None,
        off_days_ago=3 if number % 50 == 13 else None,
    )


_BUILDERS: Final[dict[str, Callable[[Dial], Scene]]] = {
    "demo": _demo,
    "trouble": _trouble,
    "quiet": _quiet,
    "empty": _empty,
}
