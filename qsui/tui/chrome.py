"""The four lines around every screen: header, tabs, status and footer, as spans for a width.

Pure: what they say is decided here, drawing is `widgets/span_view.py`. What does not fit is left
out whole, in the order given at each function; nothing is cut in the middle of a word.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from qsui.present.role import Role, Span
from qsui.present.text import duration, printable
from qsui.tui.widgets.span_view import line_width, spread

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from qsui.live.store import Health

SEPARATED_FROM = 112
"""From this width the header has separators and local time."""


@dataclass(frozen=True, slots=True)
class HeaderScope:
    """One live scope; `health` is `None` until its session is open.

    `is_shown` says that the screen shows its records, `has_failed` that it could not be opened.
    `now` is this machine's time as that scope takes it: its troubles and tokens are dated by it.
    """

    name: str
    read_only: bool
    health: Health | None
    is_shown: bool = True
    has_failed: bool = False
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class HeaderState:
    """What the header is about: every live scope, in order."""

    scopes: tuple[HeaderScope, ...]
    is_demo: bool
    now: datetime
    zone: ZoneInfo | None
    is_frozen: bool = False
    ascii: bool = False


@dataclass(frozen=True, slots=True)
class Tab:
    """One entry of the tab bar; `badge` is a count drawn in the error role if not zero."""

    key: str
    title: str
    is_active: bool
    badge: int = 0


@dataclass(frozen=True, slots=True)
class Hint:
    """One key of the footer. A disabled one is shown in brackets."""

    key: str
    words: str
    acts: bool = False
    is_enabled: bool = True


def header(state: HeaderState, width: int) -> tuple[Span, ...]:
    """Who and where on the left, how fresh on the right.

    Of several scopes those that the screen does not show are muted; where all their names have no
    room, their number stands.
    """
    is_wide = width >= SEPARATED_FROM
    left = _who(state, wide=True)
    if line_width(left) > width * 0.6:
        left = _who(state, wide=False)
    clock = _clock(state, with_local=is_wide)
    fresh = _freshness(state)
    candidates = [
        [fresh, *_numbers(state, wide=is_wide), clock],
        [fresh, *_numbers(state, wide=False), clock],
        [fresh, *_numbers(state, wide=False)[:1], clock],
        [fresh, clock],
        [fresh],
    ]
    glue = " - " if state.ascii else " · "
    room = width - line_width(left) - 2
    for groups in candidates:
        shown = [group for group in groups if group]
        right = _joined(shown, glue if is_wide else "  ")
        if line_width(right) <= room:
            return spread(left, [*right, (" ", Role.TEXT)], width)
    return spread(left, (), width)


def _who(state: HeaderState, *, wide: bool) -> list[Span]:
    """Every scope with its mode; if not `wide` and there are several, one name and a number."""
    spans: list[Span] = [(" qsui ", Role.CHIP_FOCUS), (" ", Role.TEXT)]
    demo: list[Span] = [(" DEMO ", Role.CHIP_WARN)] if state.is_demo else []
    shown = [scope for scope in state.scopes if scope.is_shown]
    if wide or len(state.scopes) == 1:
        for scope in state.scopes:
            name = printable(scope.name, 40)
            if not scope.is_shown:
                spans += [(f"({name})", Role.MUTED), (" ", Role.TEXT)]
                continue
            spans.append((f"{name} ", Role.TEXT))
            spans += [] if len(state.scopes) > 1 else demo
            spans.append(_mode(scope, state))
            spans.append((" ", Role.TEXT))
        return [*spans[:-1], *([] if len(state.scopes) == 1 else [(" ", Role.TEXT), *demo])]
    if len(shown) == 1:
        name = printable(shown[0].name, 24)
        more = f" +{len(state.scopes) - 1} "
        return [*spans, (f"{name} ", Role.TEXT), _mode(shown[0], state), (more, Role.MUTED), *demo]
    return [*spans, (f"{len(shown)} scopes ", Role.TEXT), *demo]


def _mode(scope: HeaderScope, state: HeaderState) -> Span:
    if scope.has_failed:
        return (" ! ", Role.CHIP_ERROR)
    if scope.read_only:
        return (" RO ", Role.MUTED)
    return (" RW ", Role.CHIP_FOCUS if state.is_demo else Role.CHIP_WARN)


def tabs(entries: Sequence[Tab], width: int, *, has_scopes: bool = False) -> tuple[Span, ...]:
    """The screens that exist; the keys at the right give way first, then titles shrink to keys."""
    right: list[Span] = []
    keys = ((":", "go to"), ("?", "help"))
    for key, words in (("@", "scope"), *keys) if has_scopes else keys:
        right += [(f"{key}", Role.FOCUS), (f" {words} ", Role.MUTED), (" ", Role.TEXT)]
    left = _tab_spans(entries, short=False)
    if line_width(left) > width:
        left = _tab_spans(entries, short=True)
    return spread(left, right[:-1], width)


def footer(hints: Sequence[Hint], width: int, *, plain: bool = False) -> tuple[Span, ...]:
    """Keys that work now: look keys, a bar, act keys, and help always at the right end.

    Keys fall out from the end of the look group; act keys and help stay. Where even those have no
    room, they stand without words.
    """
    look = [hint for hint in hints if not hint.acts]
    act = [hint for hint in hints if hint.acts]
    help_span: tuple[Span, ...] = (("?", Role.FOCUS), (" help ", Role.MUTED))
    while True:
        left = _hint_spans(look)
        if act:
            bar: list[Span] = [(" | " if plain else " │ ", Role.RULE)] if look else []
            left += [*bar, *_hint_spans(act)]
        if 1 + line_width(left) + 1 + line_width(help_span) <= width:
            break
        if not look:
            left = _hint_spans(act, keys_only=True)
            break
        look = look[:-1]
    return spread([(" ", Role.TEXT), *left], help_span, width)


def status(left: Sequence[Span], right: Sequence[Span], width: int) -> tuple[Span, ...]:
    """What was read when, and what waits; the right side gives way."""
    return spread([(" ", Role.TEXT), *left], [*right, (" ", Role.TEXT)], width)


STATES = ("refused", "offline", "throttled", "stale", "starting", "live")
"""How a scope may fare, worst first."""


def _worst(state: HeaderState) -> HeaderScope | None:
    """The scope that fares worst of those that are open, or about to be."""
    known = [scope for scope in state.scopes if not scope.has_failed]
    return min(known, key=lambda scope: STATES.index(_state_of(scope)), default=None)


def _state_of(scope: HeaderScope) -> str:
    return "starting" if scope.health is None else scope.health.state


def _freshness(state: HeaderState) -> tuple[Span, ...]:
    worst = _worst(state)
    if worst is None:
        return ()
    health = worst.health
    if health is None or health.state == "starting":
        live = any(_state_of(scope) == "live" for scope in state.scopes)
        name = f" {printable(worst.name, 24)}" if live else ""
        return ((f"starting{name}", Role.MUTED),)
    if state.is_frozen:
        return (("rows frozen", Role.WARN),)
    if health.state == "live":
        every = min(s.health.poll_interval_s for s in state.scopes if s.health is not None)
        return ((f"live {duration(timedelta(seconds=every))}", Role.OK),)
    name = f"{printable(worst.name, 24)} " if len(state.scopes) > 1 else ""
    return _trouble(health, worst.now or state.now, name)


def _trouble(health: Health, now: datetime, name: str) -> tuple[Span, ...]:
    """What is wrong with a scope, named if there are several."""
    since = health.failing_since or health.last_success_at
    age = duration(_age(now, since)) if since else ""
    if health.state == "throttled":
        until = health.trouble.next_try_at if health.trouble else None
        waits = f" {duration(max(until - now, timedelta()))}" if until else ""
        return ((f"! {name}waits{waits} (429)", Role.WARN),)
    if health.state == "refused":
        return ((f" ! {name}refused ", Role.CHIP_ERROR),)
    if health.state == "offline":
        return ((f" ! {name}offline {age} ".replace("  ", " "), Role.CHIP_WARN),)
    return ((f"! {name}stale {age}".rstrip(), Role.WARN),)


def _numbers(state: HeaderState, *, wide: bool) -> list[tuple[Span, ...]]:
    """Requests of the last minute, and for how long the first token to end is valid."""
    scopes = [
        scope
        for scope in state.scopes
        if scope.is_shown and _state_of(scope) not in ("offline", "refused", "starting")
    ]
    healths = [scope.health for scope in scopes if scope.health is not None]
    if not healths:
        return []
    between = " of " if wide else "/"
    sent = sum(health.requests_last_min for health in healths)
    most = sum(health.requests_per_min for health in healths)
    numbers: list[tuple[Span, ...]] = [((f"{sent}{between}{most} req/min", Role.MUTED),)]
    if any(health.no_run_links for health in healths):
        numbers.append((("no run links", Role.WARN),))
    lives = [
        scope.health.token_expires_at - (scope.now or state.now)
        for scope in scopes
        if scope.health is not None and scope.health.token_expires_at is not None
    ]
    if lives:
        left = min(lives)
        role = Role.WARN if left < timedelta(minutes=5) else Role.MUTED
        numbers.append(((f"token {duration(max(left, timedelta()))}", role),))
    return numbers


def _clock(state: HeaderState, *, with_local: bool) -> tuple[Span, ...]:
    text = state.now.astimezone(UTC).strftime("%a %d %b %H:%MZ")
    if with_local and state.zone is not None:
        local = state.now.astimezone(state.zone)
        if local.utcoffset():
            text += f", {local:%H:%M} {printable(_zone_name(state.zone))}"
    return ((text, Role.TEXT),)


def _zone_name(zone: ZoneInfo) -> str:
    return (zone.key or "local").rsplit("/", 1)[-1].replace("_", " ")


def _age(now: datetime, since: datetime) -> timedelta:
    """An age that steps by 5 s up to a minute, then by minutes."""
    seconds = max(0.0, (now - since).total_seconds())
    step = 5 if seconds < 60 else 60
    return timedelta(seconds=int(seconds // step) * step)


def _joined(groups: Sequence[tuple[Span, ...]], glue: str) -> list[Span]:
    spans: list[Span] = []
    for group in groups:
        if spans:
            spans.append((glue, Role.MUTED))
        spans.extend(group)
    return spans


def _tab_spans(entries: Sequence[Tab], *, short: bool) -> list[Span]:
    spans: list[Span] = []
    for tab in entries:
        text = f"{tab.key}" if short and not tab.is_active else f"{tab.key} {tab.title}"
        spans.append((f" {text} ", Role.CHIP_FOCUS if tab.is_active else Role.MUTED))
        if tab.badge:
            role = Role.CHIP_FOCUS if tab.is_active else Role.ERROR
            spans.append((f"{tab.badge} ", role))
        spans.append((" ", Role.TEXT))
    return spans


def _hint_spans(hints: Sequence[Hint], *, keys_only: bool = False) -> list[Span]:
    spans: list[Span] = []
    for hint in hints:
        words = "" if keys_only else f" {hint.words}"
        if spans:
            spans.append(("  ", Role.MUTED))
        if hint.is_enabled:
            spans += [(hint.key, Role.FOCUS), (words, Role.MUTED)]
        else:
            spans.append((f"({hint.key}{words})", Role.MUTED))
    return spans
