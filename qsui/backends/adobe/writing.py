"""From an action to the requests that it is made of; pure.

Bodies are compact JSON in a fixed order. What terminals and shells could not carry unharmed is
escaped in them: dialogs, journal and curl copies show the same text that is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qsui.backends.jsontext import json_text
from qsui.backends.paths import query_service_url
from qsui.backends.times import format_time
from qsui.domain import run_ids
from qsui.domain.actions import VERBS_OF, Verb
from qsui.domain.drafts import QueryDraft, ScheduleDraft, query_of_draft
from qsui.domain.errors import BadResponse, ConfigError
from qsui.domain.models import Kind
from qsui.domain.ports import Outgoing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qsui.domain.actions import Action
    from qsui.domain.models import Ref, Scope

_CREATED = frozenset({Kind.QUERY, Kind.SCHEDULE})
_NOT_HERE = frozenset({Kind.WORKFLOW, Kind.JOB})
_REFUSED = {
    Verb.TRIGGER: "only schedules can be triggered",
    Verb.CANCEL: "only runs and queries can be cancelled",
    Verb.ENABLE: "only schedules can be on or off",
    Verb.DISABLE: "only schedules can be on or off",
    Verb.SET_CRON: "only schedules have a cadence",
    Verb.DELETE: "runs cannot be deleted",
    Verb.CREATE: "only queries and schedules can be created",
    Verb.RERUN: "only runs and queries can be run again",
}
_THINGS = {"schedules": "schedule", "queries": "query", "query-templates": "template"}


@dataclass(frozen=True, slots=True)
class Writer:
    """Makes the requests of one scope; `gateway` is its base URL without the service's path."""

    gateway: str
    scope: Scope
    headers: Mapping[str, str]

    def outgoing(self, action: Action) -> tuple[Outgoing, ...]:
        """Return what an action is made of, in order: deleting a schedule turns it off first.

        Raises:
            ConfigError: Query Service cannot do it, or the target is of another scope or no record.
        """
        target = action.target
        if reason := offers(action.verb, target.kind):
            raise ConfigError(f"Nothing was sent: {reason}.")
        if (target.profile, target.sandbox) != (self.scope.profile, self.scope.sandbox):
            raise ConfigError(
                f"Nothing was sent: the record is of {target.profile}/{target.sandbox}, and this "
                f"connection is to {self.scope.label}."
            )
        match action.verb:
            case Verb.TRIGGER:
                return (self._post(("schedules", target.id, "runs"), "triggering that schedule"),)
            case Verb.ENABLE | Verb.DISABLE:
                return (self._switch(target, action.verb.value),)
            case Verb.SET_CRON:
                what = "changing the cadence of that schedule"
                return (self._replace(target, "/schedule/schedule", action.cron, what),)
            case Verb.CANCEL:
                return (self._operation(target, "cancel", "cancelling"),)
            case Verb.DELETE:
                return self._delete(target)
            case Verb.CREATE | Verb.RERUN:
                return (self._create(action),)

    def _delete(self, target: Ref) -> tuple[Outgoing, ...]:
        if target.kind is Kind.QUERY:
            return (self._operation(target, "soft_delete", "deleting"),)
        path = _path_of(target)
        delete = self._request("DELETE", path, what=f"deleting that {target.kind.value}")
        if target.kind is Kind.TEMPLATE:
            return (delete,)
        return (self._switch(target, "disable"), delete)

    def _create(self, action: Action) -> Outgoing:
        draft = action.draft
        wanted = ScheduleDraft if action.target.kind is Kind.SCHEDULE else QueryDraft
        if not isinstance(draft, wanted):
            raise ConfigError(f"Nothing was sent: no {action.target.kind.value} was written.")
        query = request_of(query_of_draft(draft), f"{self.scope.sandbox}:all")
        if isinstance(draft, ScheduleDraft):
            body = {"query": query, "schedule": _timing_of(draft)}
            return self._post(("schedules",), "creating a schedule", body)
        return self._post(("queries",), "submitting a query", query)

    def _switch(self, target: Ref, value: str) -> Outgoing:
        what = "turning that schedule on" if value == "enable" else "turning that schedule off"
        return self._replace(target, "/state", value, what)

    def _replace(self, target: Ref, path: str, value: str, what: str) -> Outgoing:
        body = {"body": [{"op": "replace", "path": path, "value": value}]}
        return self._request("PATCH", _path_of(target), body, what=what)

    def _operation(self, target: Ref, op: str, doing: str) -> Outgoing:
        what = f"{doing} that {target.kind.value}"
        return self._request("PATCH", _path_of(target), {"op": op}, what=what)

    def _post(
        self, path: tuple[str, ...], what: str, body: Mapping[str, object] | None = None
    ) -> Outgoing:
        return self._request("POST", path, body, what=what)

    def _request(
        self,
        method: str,
        path: tuple[str, ...],
        body: Mapping[str, object] | None = None,
        *,
        what: str,
    ) -> Outgoing:
        try:
            url = query_service_url(self.gateway, path)
        except BadResponse as error:
            raise ConfigError(f"Nothing was sent: {error}") from error
        headers = [*self.headers.items(), ("Accept", "application/json")]
        if body is not None:
            headers.append(("Content-Type", "application/json"))
        return Outgoing(
            method,
            url,
            "" if body is None else json_text(body),
            tuple(headers),
            what,
        )


def offers(verb: Verb, kind: Kind) -> str:
    """Return why Query Service cannot do a verb on such records at all; empty if it can."""
    if kind in _NOT_HERE:
        return f"there are no {kind.value}s in Query Service"
    can = kind in _CREATED if verb is Verb.CREATE else verb in VERBS_OF[kind]
    return "" if can else f"{_REFUSED[verb]} in Query Service"


def request_of(draft: QueryDraft, database: str) -> dict[str, object]:
    """Return what is run, as `POST /queries` and the `query` of `POST /schedules` want it."""
    found: dict[str, object] = {"dbName": database}
    if draft.template_id:
        found["templateId"] = draft.template_id
    else:
        found["sql"] = draft.sql
    texts = {"name": draft.name, "description": draft.description}
    found |= {key: text for key, text in texts.items() if text}
    if draft.parameters:
        found["queryParameters"] = dict(draft.parameters)
    if draft.insert_into:
        found["insertIntoParameters"] = {"datasetName": draft.insert_into}
    if draft.ctas:
        found["ctasParameters"] = {"datasetName": draft.ctas}
    return found


def thing_of(outgoing: Outgoing) -> str:
    """Return what a 404 to a request is about; empty if it concerns no record."""
    steps = outgoing.path.partition("/query/")[2].split("/")
    if len(steps) == 1:
        return ""
    if steps[-2] == "runs":
        return "that run"
    return f"that {_THINGS.get(steps[0], 'record')}"


def _timing_of(draft: ScheduleDraft) -> dict[str, object]:
    found: dict[str, object] = {"schedule": draft.cron}
    if draft.start_at is not None:
        found["startDate"] = format_time(draft.start_at)
    if draft.end_at is not None:
        found["endDate"] = format_time(draft.end_at)
    found["maxActiveRuns"] = draft.max_active_runs
    return found


def _path_of(target: Ref) -> tuple[str, ...]:
    match target.kind:
        case Kind.SCHEDULE:
            return ("schedules", target.id)
        case Kind.RUN:
            return ("schedules", target.parent, "runs", run_ids.encoded(target.id))
        case Kind.QUERY:
            return ("queries", target.id)
        case Kind.TEMPLATE:
            return ("query-templates", target.id)
        case Kind.WORKFLOW | Kind.JOB:
            raise ConfigError(f"Nothing was sent: {offers(Verb.CANCEL, target.kind)}.")
