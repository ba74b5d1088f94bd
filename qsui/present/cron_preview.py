"""What an edit of a cadence would do, as lines: fires, numbers, remarks, the load of 48 hours.

Pure spans for a given width; nothing here computes fires (`domain/cron_effect.py` does).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.domain.cron_effect import Overlap, Side, next_shift, overlap
from qsui.domain.states import ScheduleState
from qsui.present import text
from qsui.present.role import Role, Span, Spans
from qsui.present.signs import Sign

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from qsui.domain.cron_effect import Effect, Fire
    from qsui.domain.cron_load import Load
    from qsui.domain.models import Schedule
    from qsui.present.layout import LookContext

CROWD = 3
"""From so many other schedules on that start in the same minute, a fire is marked."""

BESIDE_FROM = 90
"""From this width on the numbers stand beside the fires."""

LABEL = 12
_NEW_AT, _LOCAL_AT, _STARTS_AT, _NUMBERS_AT = 18, 36, 47, 62
_ALL_COLUMNS, _WITHOUT_STARTS = 58, 46


@dataclass(frozen=True, slots=True)
class Paces:
    """What is known of the schedule's runs; `None` if nothing is."""

    median: timedelta | None = None
    longest: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """All that the lines are made of; `load` is `None` while it is counted."""

    schedule: Schedule
    effect: Effect
    paces: Paces
    load: Load | None
    ctx: LookContext


# Fires


def fires(view: Preview, width: int, rows: int) -> list[Spans]:
    """Return a head and the next fires of both expressions in the order of time."""
    if width < _WITHOUT_STARTS:
        return [_fire_narrow(view, fire) for fire in view.effect.fires[:rows]]
    local = _local_head(view)
    head = f"{'Now':<{_NEW_AT}}{'New':<{_LOCAL_AT - _NEW_AT}}"
    head += f"{local:<{_STARTS_AT - _LOCAL_AT}}"
    if width >= _ALL_COLUMNS:
        head += "Starts with"
    lines: list[Spans] = [((head.rstrip(), Role.MUTED),)]
    lines += [_fire(view, fire, width) for fire in view.effect.fires[:rows]]
    return lines


def _fire(view: Preview, fire: Fire, width: int) -> Spans:
    when = moment(fire.at, view.ctx.now)
    was = fire.side is not Side.ADDED
    now_role = Role.ERROR if fire.side is Side.REMOVED else Role.TEXT
    now = f"{'-' if fire.side is Side.REMOVED else ' '} {when}" if was else ""
    if view.effect.new is None:
        new, role = "", Role.TEXT
    elif fire.side is Side.REMOVED:
        new, role = "removed", Role.MUTED
    else:
        is_added = fire.side is Side.ADDED
        new, role = f"{'+' if is_added else ' '} {when}", Role.OK if is_added else Role.TEXT
    local_role = Role.MUTED if fire.side is Side.REMOVED else Role.TEXT
    spans: list[Span] = [
        (text.pad(now, _NEW_AT), now_role),
        (text.pad(new, _LOCAL_AT - _NEW_AT), role),
        (text.pad(local_time(view, fire.at), _STARTS_AT - _LOCAL_AT), local_role),
    ]
    if width >= _ALL_COLUMNS and fire.side is not Side.REMOVED:
        spans.append(_starts_with(view, fire.at))
    return tuple(spans)


def _fire_narrow(view: Preview, fire: Fire) -> Spans:
    sign, role = {
        Side.ADDED: ("+", Role.OK),
        Side.REMOVED: ("-", Role.ERROR),
        Side.SAME: (" ", Role.TEXT),
    }[fire.side]
    local = local_time(view, fire.at)
    when = (f"{sign} {moment(fire.at, view.ctx.now)}", role)
    return (when, (f"  {local}", Role.MUTED)) if local else (when,)


def _starts_with(view: Preview, at: datetime) -> Span:
    if view.load is None:
        return ("", Role.MUTED)
    others = view.load.starts_at(at)
    if others == 0:
        return ("none", Role.MUTED)
    words = "1 other" if others == 1 else f"{text.count_exact(others)} others"
    return (
        (f"{view.ctx.signs.of(Sign.ALARM)} {words}", Role.WARN)
        if others >= CROWD
        else (
            words,
            Role.TEXT,
        )
    )


def moment(at: datetime, now: datetime) -> str:
    """Return a fire in UTC: `Thu 04 06:30`, `29 Feb 06:30`, `2028-02-29 06:30`."""
    days = (at.date() - now.date()).days
    if days < 25:
        return f"{at:%a %d %H:%M}"
    return f"{at:%d %b %H:%M}" if days < 300 else f"{at:%Y-%m-%d %H:%M}"


def local_time(view: Preview, at: datetime) -> str:
    """Return a fire in the local zone, with the day if it is another; empty if that is UTC."""
    if is_utc(view.ctx.zone, at):
        return ""
    local = at.astimezone(view.ctx.zone)
    return f"{local:%H:%M}" if local.date() == at.date() else f"{local:%a %H:%M}"


def is_utc(zone: tzinfo, at: datetime) -> bool:
    """Whether times of a zone are those of UTC, so that they need not be said twice."""
    return at.astimezone(zone).tzname() == "UTC"


def _local_head(view: Preview) -> str:
    if is_utc(view.ctx.zone, view.ctx.now):
        return ""
    name = text.printable(text.zone_word(view.ctx.zone, view.ctx.now), 40)
    return text.elide_end(name, 10, view.ctx.signs.ellipsis)


# Numbers


def numbers(view: Preview) -> list[tuple[str, Spans]]:
    """Return labelled numbers before and after: runs, run time, overlap, first run."""
    effect, paces = view.effect, view.paces
    if effect.new is None:
        return []
    arrow = " > " if view.ctx.signs.ascii else " → "
    before, after = effect.a_day
    if effect.old is None:  # a server's own words: how often that is cannot be told
        rate = ((f"not known{arrow}", Role.MUTED), (rate_words(after), Role.STRONG))
        found: list[tuple[str, Spans]] = [("Runs", rate)]
    else:
        found = [_rate_line(before, after, arrow)]
    if paces.median is not None and effect.old is not None:
        was, will = (text.duration(paces.median * rate) for rate in effect.a_day)
        found.append(("Run time", ((was + arrow, Role.TEXT), (f"{will} a day", Role.STRONG))))
    found.append(("Overlap", _overlap(view, arrow)))
    gap = effect.gaps[1]
    if paces.longest is not None and gap is not None:
        words = f"longest run {text.duration(paces.longest)}, gap {_round(gap)}"
        found.append(("", ((words, Role.MUTED),)))
    found.append(("First run", first_run(view)))
    return found


def _round(gap: timedelta) -> str:
    """Return a duration without the zeros of its smaller unit: `6h`, `1d`, `1h30`."""
    return text.duration(gap).removesuffix("00")


def _rate_line(before: float, after: float, arrow: str) -> tuple[str, Spans]:
    if min(before, after) >= 1:
        was, will = (f"{rate:.3g}" if rate < 1000 else f"{rate:.0f}" for rate in (before, after))
        return "Runs a day", ((was + arrow, Role.TEXT), (will, Role.STRONG))
    return "Runs", ((rate_words(before) + arrow, Role.TEXT), (rate_words(after), Role.STRONG))


def rate_words(a_day: float) -> str:
    """Return how often something happens, in the unit that gives at least one."""
    for unit, days in (("day", 1.0), ("week", 7.0), ("month", 30.4375), ("year", 365.25)):
        if a_day * days >= 0.99:
            return f"{a_day * days:.2g} a {unit}" if a_day < 100 else f"{a_day:.0f} a {unit}"
    return "0 a day" if a_day == 0 else "rarely"


def _overlap(view: Preview, arrow: str) -> Spans:
    known = view.paces
    was, will = (overlap(gap, known.median, known.longest) for gap in view.effect.gaps)
    if Overlap.UNKNOWN in (was, will):
        return (("not known", Role.MUTED),)
    is_bad = will not in (Overlap.NONE, was)
    return ((f"{was.value}{arrow}", Role.TEXT), (will.value, Role.WARN if is_bad else Role.STRONG))


def first_run(view: Preview) -> Spans:
    """Return when the first run is due after saving, or why there is none."""
    effect, now = view.effect, view.ctx.now
    if effect.first is None:
        why = "never, it ends before" if effect.ends_first else "never"
        if effect.new is not None and effect.new.is_once:
            why = "never, it ran once already"
        return ((why, Role.WARN),)
    left = text.until(effect.first, now)
    return ((("at once" if left == "now" else f"in {left}"), Role.STRONG),)


def beside(left: Sequence[Spans], view: Preview) -> list[Spans]:
    """Return the fires with the numbers to the right of them, below the head."""
    right: list[Spans] = [()]
    for label, value in numbers(view):
        right.append(((text.pad(label, LABEL if label else 0), Role.MUTED), *value))
    lines: list[Spans] = []
    for index in range(max(len(left), len(right))):
        start = left[index] if index < len(left) else ()
        more = right[index] if index < len(right) else ()
        used = sum(text.width_of(part) for part, _ in start)
        gap: Span = (" " * max(1, _NUMBERS_AT - used), Role.TEXT)
        lines.append((*start, gap, *more) if more else start)
    return lines


def below(view: Preview, width: int) -> list[Spans]:
    """Return the numbers in as few lines as hold them."""
    lines: list[Spans] = []
    used = 0
    for label, value in numbers(view):
        part: list[Span] = [(f"{label} ", Role.MUTED)] if label else []
        part += value
        size = sum(text.width_of(words) for words, _ in part)
        if lines and used + 3 + size <= width:
            lines[-1] = (*lines[-1], ("   ", Role.TEXT), *part)
            used += 3 + size
        else:
            lines.append(tuple(part))
            used = size
    return lines


# Remarks


def remarks(view: Preview) -> list[Span]:
    """Return what a person should know before, the most important first."""
    found: list[Span] = []
    schedule, effect, ctx = view.schedule, view.effect, view.ctx
    alarm = ctx.signs.of(Sign.ALARM)
    if effect.is_same:
        found.append(("Fires at the same times as now", Role.MUTED))
    if effect.ends_first and schedule.end_at is not None:
        end = text.moment_long(schedule.end_at, ctx.now)
        found.append((f"{alarm} Ends before: {end}", Role.WARN))
    if schedule.state is ScheduleState.DISABLED:
        found.append(("Off: nothing runs until it is on", Role.MUTED))
    if schedule.start_at is not None and schedule.start_at > ctx.now:
        start = text.moment_long(schedule.start_at, ctx.now)
        found.append((f"Begins {start}", Role.MUTED))
    found += [*_crowd(view, alarm), *_waits(view, alarm), *_clocks(view)]
    return found


def _crowd(view: Preview, alarm: str) -> list[Span]:
    if view.load is None:
        return []
    news = [fire.at for fire in view.effect.fires if fire.side is not Side.REMOVED]
    worst = max(news, key=view.load.starts_at, default=None)
    if worst is None or view.load.starts_at(worst) < CROWD:
        return []
    others = text.count_exact(view.load.starts_at(worst))
    return [(f"{alarm} {worst:%H:%M} starts with {others} others", Role.WARN)]


def _waits(view: Preview, alarm: str) -> list[Span]:
    gap, known = view.effect.gaps[1], view.paces
    if overlap(gap, known.median, known.longest) not in (Overlap.SOMETIMES, Overlap.USUAL):
        return []
    most = view.schedule.max_active_runs
    what = "the next run waits" if most == 1 else f"up to {most} run at once"
    return [(f"{alarm} Overlap: {what}", Role.WARN)]


def _clocks(view: Preview) -> list[Span]:
    """Return what a change of the local clocks does to a cadence that the server reads in UTC."""
    effect, zone = view.effect, view.ctx.zone
    new, first = effect.new, effect.first
    if new is None or first is None or effect.a_day[1] < 1 / 32:
        return []
    shift = next_shift(zone, first.astimezone(zone).date())
    if shift is None:
        return []
    day, by = shift
    if len(new.hours) == 24 and by % timedelta(hours=1) == timedelta(0):
        return []
    before = first.astimezone(zone)
    after = (before.replace(tzinfo=None) + by).time()
    name = text.printable(text.zone_word(zone, first), 40)
    when = f"{day:%d %b}".lstrip("0")
    return [(f"{before:%H:%M} {name} is {after:%H:%M} from {when}", Role.MUTED)]
