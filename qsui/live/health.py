"""How a scope is doing, derived from what its reads met. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.live.store import Health, HealthState

if TYPE_CHECKING:
    from datetime import datetime

    from qsui.domain.ports import QueryServiceReads
    from qsui.live.demands import PollOptions
    from qsui.live.knowledge import Knowledge
    from qsui.live.read_log import ReadLog

PATIENCE = 3
GRACE = timedelta(seconds=20)


def health_of(
    known: Knowledge, backend: QueryServiceReads, options: PollOptions, now: datetime
) -> Health:
    """Return the health at `now`, without the request count and the history's trouble."""
    return Health(
        scope=backend.scope,
        state=state_of(known, options.change_s, now),
        last_success_at=known.last_success_at,
        failing_since=known.backoff.failing_since,
        trouble=known.backoff.latest,
        requests_per_min=options.requests_per_min,
        poll_interval_s=options.change_s,
        token_expires_at=backend.token.expires_at,
        server_offset=backend.server_offset,
        no_run_links=known.no_run_links,
        swept=len(known.swept),
        to_sweep=known.enabled,
        sweep_complete_at=known.sweep_complete_at,
        bad_records=known.bad_records,
    )


def state_of(log: ReadLog, interval_s: float, now: datetime) -> HealthState:
    """Return the worst that holds; one forbidden list alone does not make a scope stale.

    `interval_s` is how often something should be read.
    """
    backoff = log.backoff
    if backoff.is_refused:
        return "refused"
    if backoff.is_paused(now):
        return "throttled"
    if backoff.is_failing("unreachable"):
        return "offline"
    if backoff.is_failing("server_error", "bad_response", "not_found", "rejected"):
        return "stale"
    if log.last_success_at is None:
        return "starting"
    promise = timedelta(seconds=interval_s * PATIENCE) + GRACE
    return "stale" if now - log.last_success_at > promise else "live"
