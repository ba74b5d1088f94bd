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
class HeaderState:
    """What the header is about; `health` is `None` until the session is open."""

    profile: str
    sandbox: str
    read_only: bool
    is_demo: bool
    now: datetime
    zone: ZoneInfo | None
    health: Health | None
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
    """Who and where on the left, how fresh on the right."""
    where = printable(f"{state.profile}/{state.sandbox}" if state.sandbox else state.profile, 40)
    left: list[Span] = [(" qsui ", Role.CHIP_FOCUS), (f" {where} ", Role.TEXT)]
    if state.is_demo:
        left.append((" DEMO ", Role.CHIP_WARN))
    left.append((" RO " if state.read_only else " RW ", _mode_role(state)))
    clock = _clock(state, with_local=width >= SEPARATED_FROM)
    candidates = [
        [_freshness(state), *_numbers(state, wide=width >= SEPARATED_FROM), clock],
        [_freshness(state), *_numbers(state, wide=False), clock],
        [_freshness(state), *_numbers(state, wide=False)[:1], clock],
        [_freshness(state), clock],
        [_freshness(state)],
    ]
    glue = " - " if state.ascii else " · "
    room = width - line_width(left) - 2
    for groups in candidates:
        shown = [group for group in groups if group]
        right = _joined(shown, glue if width >= SEPARATED_FROM else "  ")
        if line_width(right) <= room:
            return spread(left, [*right, (" ", Role.TEXT)], width)
    return spread(left, (), width)


def tabs(entries: Sequence[Tab], width: int) -> tuple[Span, ...]:
    """The screens that exist; the keys at the right give way first, then titles shrink to keys."""
    right: list[Span] = []
    for key, words in ((":", "go to"), ("?", "help")):
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


def _mode_role(state: HeaderState) -> Role:
    if state.read_only:
        return Role.MUTED
    return Role.CHIP_FOCUS if state.is_demo else Role.CHIP_WARN


def _freshness(state: HeaderState) -> tuple[Span, ...]:
    health = state.health
    if health is None or health.state == "starting":
        return (("starting", Role.MUTED),)
    if state.is_frozen:
        return (("rows frozen", Role.WARN),)
    if health.state == "live":
        return ((f"live {duration(timedelta(seconds=health.poll_interval_s))}", Role.OK),)
    since = health.failing_since or health.last_success_at
    age = duration(_age(state.now, since)) if since else ""
    if health.state == "throttled":
        until = health.trouble.next_try_at if health.trouble else None
        waits = f" {duration(max(until - state.now, timedelta()))}" if until else ""
        return ((f"! waits{waits} (429)", Role.WARN),)
    if health.state == "refused":
        return ((" ! refused ", Role.CHIP_ERROR),)
    if health.state == "offline":
        return ((f" ! offline {age} ".replace("  ", " "), Role.CHIP_WARN),)
    return ((f"! stale {age}".rstrip(), Role.WARN),)


def _numbers(state: HeaderState, *, wide: bool) -> list[tuple[Span, ...]]:
    health = state.health
    if health is None or health.state in ("offline", "refused", "starting"):
        return []
    between = " of " if wide else "/"
    numbers: list[tuple[Span, ...]] = [
        (
            (
                f"{health.requests_last_min}{between}{health.requests_per_min} req/min",
                Role.MUTED,
            ),
        )
    ]
    if health.no_run_links:
        numbers.append((("no run links", Role.WARN),))
    if health.token_expires_at is not None:
        left = health.token_expires_at - state.now
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
