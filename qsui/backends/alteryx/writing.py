"""From an action to the request that it is; pure but for the time of day.

An action names only its target: what else a request must hold was read before, as every action's
target is, and is kept in `ScheduleFacts`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qsui.backends.alteryx.convert import PRIORITIES, is_true, priority_of
from qsui.backends.alteryx.recurrence import (
    NoRecurrenceError,
    cron_in,
    cron_of,
    iteration_for,
)
from qsui.backends.jsontext import json_text
from qsui.backends.times import parse_time
from qsui.domain.actions import VERBS_OF, Verb
from qsui.domain.errors import BadResponse, ConfigError
from qsui.domain.jobs import Ability
from qsui.domain.models import Kind
from qsui.domain.ports import Outgoing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from qsui.backends.alteryx.abilities import Abilities
    from qsui.backends.alteryx.schedule_lists import ScheduleFacts
    from qsui.backends.alteryx.transport import ServerTransport
    from qsui.backends.alteryx.wire import ScheduleWire
    from qsui.domain.actions import Action
    from qsui.domain.models import Ref, Scope

NO_CANCEL = "this server (before 2025.1) has no cancel"
NO_PATCH = "this server (before 2024.2) cannot change a schedule without its whole recurrence"

_KINDS = (Kind.SCHEDULE, Kind.WORKFLOW, Kind.JOB)
_REFUSED = {
    Verb.TRIGGER: "only workflows and schedules can be triggered",
    Verb.CANCEL: "only jobs can be cancelled",
    Verb.ENABLE: "only schedules can be on or off",
    Verb.DISABLE: "only schedules can be on or off",
    Verb.SET_CRON: "only schedules have a cadence",
    Verb.DELETE: "only schedules can be deleted",
    Verb.CREATE: "nothing can be created from here",
    Verb.RERUN: "jobs cannot be run again, trigger their workflow",
}


@dataclass(frozen=True, slots=True)
class Writer:
    """Makes the requests of one server; `now` is the server's time."""

    transport: ServerTransport
    scope: Scope
    abilities: Abilities
    facts: ScheduleFacts
    now: Callable[[], datetime]

    def offers(self, verb: Verb, kind: Kind) -> str:
        """Return why this server cannot do a verb on such records at all; empty if it can."""
        if kind not in _KINDS:
            return f"there are no {_PLURALS[kind]} on an Alteryx Server"
        if verb not in VERBS_OF[kind]:
            return f"{_REFUSED[verb]} on an Alteryx Server"
        if verb is Verb.CANCEL and not self.abilities.may("cancel"):
            return NO_CANCEL
        return ""

    def outgoing(self, action: Action) -> tuple[Outgoing, ...]:
        """Return what an action is made of: always one request.

        Raises:
            ConfigError: This server cannot do it, the target is of another scope or was not read.
        """
        target = action.target
        if reason := self.offers(action.verb, target.kind):
            raise _nothing(reason)
        if (target.profile, target.sandbox) != (self.scope.profile, self.scope.sandbox):
            raise _nothing(
                f"the record is of {target.profile}/{target.sandbox}, and this connection is to "
                f"{self.scope.label}"
            )
        match action.verb:
            case Verb.TRIGGER:
                return (self._trigger(target),)
            case Verb.CANCEL:
                return (self._request("DELETE", "v3/jobs/{}", target.id, "cancelling that job"),)
            case Verb.ENABLE | Verb.DISABLE:
                is_on = action.verb is Verb.ENABLE
                what = f"turning that schedule {'on' if is_on else 'off'}"
                return (self._change(target, {"enabled": is_on}, what),)
            case Verb.SET_CRON:
                return (self._set_cron(target, action.cron),)
            case _:
                what = "deleting that schedule"
                return (self._request("DELETE", "v3/schedules/{}", target.id, what),)

    def _trigger(self, target: Ref) -> Outgoing:
        if target.kind is Kind.WORKFLOW:
            body: dict[str, Any] = {}
            return self._request(
                "POST", "v3/workflows/{}/jobs", target.id, "running that workflow", body
            )
        row = self._row(target)
        workflow_id = workflow_id_of(row)
        if not workflow_id:
            raise _nothing("the workflow of that schedule was deleted")
        what = "running the workflow of that schedule"
        return self._request("POST", "v3/workflows/{}/jobs", workflow_id, what, _placing(row))

    def _set_cron(self, target: Ref, cron: str) -> Outgoing:
        row = self._row(target)
        zone = (row.time_zone or "").strip()
        with_cron = self.abilities.known.cron is Ability.YES
        try:
            iteration = iteration_for(
                cron,
                zone=zone,
                now=self.now(),
                with_cron=with_cron,
                kept=row.iteration,
                not_before=self._has_not_begun(row),
            )
        except NoRecurrenceError as error:
            raise _nothing(str(error)) from error
        body = {"iteration": iteration} | ({"timeZone": zone} if zone else {})
        return self._change(target, body, "changing the cadence of that schedule")

    def _change(self, target: Ref, body: dict[str, Any], what: str) -> Outgoing:
        if self.abilities.may("schedule_patch"):
            return self._request("PATCH", "v3/schedules/{}", target.id, what, body)
        return self._request(
            "PUT", "v3/schedules/{}", target.id, what, self._whole(self._row(target)) | body
        )

    def _whole(self, row: ScheduleWire) -> dict[str, Any]:
        """Return all that a PUT must hold; the start moves to the next fire."""
        zone = (row.time_zone or "").strip()
        cron = (
            self.facts.cron(row)
            or cron_of(row.iteration or {}, zone)
            or cron_in(row.frequency or "")
        )
        if not cron:
            raise _nothing(
                f"{NO_PATCH}, and it does not tell this one's: use the pages of the server"
            )
        try:
            iteration = iteration_for(
                cron,
                zone=zone,
                now=self.now(),
                with_cron=False,
                kept=row.iteration,
                not_before=self._has_not_begun(row),
            )
        except NoRecurrenceError as error:
            raise _nothing(f"{NO_PATCH}: {error}") from error
        return {
            "workflowId": workflow_id_of(row),
            "ownerId": row.owner_id or (row.owner.id if row.owner else None) or "",
            "iteration": iteration,
            "name": row.name or "",
            "comment": row.comment or "",
            "priority": _priority(row) or "Default",
            "workerTag": row.worker_tag or "",
            "enabled": is_true(row.enabled) is True,
            "credentialId": _credential(row),
            "timeZone": zone,
            "questions": _answers(row),
        }

    def _has_not_begun(self, row: ScheduleWire) -> bool:
        """Whether a start that is still ahead was meant so, and is not that of a new cadence."""
        return parse_time(row.last_run) is None and row.id not in self.facts.set_here

    def _row(self, target: Ref) -> ScheduleWire:
        row = self.facts.rows.get(target.id)
        if row is None:
            raise _nothing("that schedule was not read yet, so what it runs is not known")
        return row

    def _request(
        self, method: str, call: str, id: str, what: str, body: Mapping[str, Any] | None = None
    ) -> Outgoing:
        try:
            url = self.transport.url(call, (id,))
        except BadResponse as error:
            raise ConfigError(f"Nothing was sent: {error}") from error
        headers = [("Accept", "application/json")]
        if body is not None:
            headers.append(("Content-Type", "application/json"))
        text = "" if body is None else json_text(body)
        return Outgoing(method, url, text, tuple(headers), what)


_PLURALS = {
    Kind.SCHEDULE: "schedules",
    Kind.RUN: "runs",
    Kind.QUERY: "queries",
    Kind.TEMPLATE: "templates",
    Kind.WORKFLOW: "workflows",
    Kind.JOB: "jobs",
}


def iteration_in(outgoing: Outgoing) -> dict[str, Any] | None:
    """Return the recurrence that a request sets, `None` if it sets none."""
    if outgoing.method not in ("PATCH", "PUT") or not outgoing.body:
        return None
    found = json.loads(outgoing.body).get("iteration")
    return found if isinstance(found, dict) else None


def target_of(outgoing: Outgoing) -> tuple[str, str]:
    """Return the kind of record that a request is about, plural as in its path, and its id."""
    steps = outgoing.url.split("/")
    if steps[-1] == "jobs":
        return steps[-3], steps[-2]
    return steps[-2], steps[-1]


def workflow_id_of(row: ScheduleWire) -> str:
    """Return what a schedule runs; empty if that was deleted."""
    return row.workflow_id or (row.application.id if row.application else None) or ""


def _placing(row: ScheduleWire) -> dict[str, Any]:
    """Return how a schedule runs its workflow: what is not set is left out."""
    found = {
        "credentialId": _credential(row),
        "workerTag": row.worker_tag or "",
        "priority": _priority(row),
        "questions": _answers(row),
    }
    return {name: value for name, value in found.items() if value}


def _credential(row: ScheduleWire) -> str:
    return row.credential_id or (row.credential.id if row.credential else None) or ""


def _priority(row: ScheduleWire) -> str:
    word = priority_of(row.priority).partition(" ")[0].title()
    return word if word in PRIORITIES else ""


def _answers(row: ScheduleWire) -> list[dict[str, Any]]:
    return [{"name": one.name or "", "value": one.value} for one in row.questions or []]


def _nothing(reason: str) -> ConfigError:
    return ConfigError(f"Nothing was sent: {reason}.")
