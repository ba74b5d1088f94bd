"""Calls on people and what belongs to them: users, collections, subscriptions, credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from qsui.emulator.alteryx.replies import Answer
from qsui.emulator.alteryx.service import Service, curator_only, flag
from qsui.emulator.alteryx.workflow_calls import is_full

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import Route

    from qsui.emulator.alteryx.catalogue import User


_STUDIO: Final = ("id", "name", "credentialId", "canShareSchedules")


class PeopleCalls:
    """Handlers of `/v3/users`, `/v3/collections`, `/v3/subscriptions`, `/v3/credentials`."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self) -> list[Route]:
        """The routes of this part."""
        route = self._service.route
        return [
            route("v3/users", self.users),
            route("v3/users/{id}", self.user),
            route("v3/users/{id}/assets", self.assets),
            route("v3/collections", self.collections),
            route("v3/collections/{id}", self.collection),
            route("v3/subscriptions", self.subscriptions),
            route("v3/subscriptions/{id}", self.subscription),
            route("v3/credentials", self.credentials),
            route("v3/credentials/{id}", self.credential),
        ]

    async def users(self, request: Request, user: User) -> Answer:
        """All people; Curators only."""
        curator_only(user)
        query, views = request.query_params, self._service.views
        view = views.whole_user if is_full(request) else views.user
        found = []
        for one in self._service.catalogue.users:
            seed = one.seed
            wanted = {
                "email": seed.email,
                "role": seed.role.value,
                "firstName": seed.first,
                "lastName": seed.last,
            }
            if any(
                query.get(name) and query[name].lower() != text.lower()
                for name, text in wanted.items()
            ):
                continue
            if query.get("active") and flag(request, "active", default=True) != seed.active:
                continue
            found.append(view(one))
        return Answer(found)

    async def user(self, request: Request, user: User) -> Answer:
        """One person; Curators only."""
        return Answer(self._service.views.whole_user(self._named(request, user)))

    async def assets(self, request: Request, user: User) -> Answer:
        """What a person owns; Curators only."""
        service, owner = self._service, self._named(request, user)
        kind = request.query_params.get("assetType", "").lower() or "all"
        found: dict[str, list[Any]] = {
            "workflows": [
                {"id": one.id, "name": one.seed.name}
                for one in service.catalogue.workflows
                if one.owner is owner
            ],
            "schedules": [
                {"id": row["id"], "name": row["name"]}
                for row in service.records.schedules()
                if row["owner_id"] == owner.id
            ],
            "collections": [
                {"id": one.id, "name": one.name}
                for one in service.catalogue.collections
                if one.owner is owner
            ],
        }
        return Answer({name: rows if kind in ("all", name) else [] for name, rows in found.items()})

    async def collections(self, request: Request, user: User) -> Answer:
        """All collections; Curators only."""
        curator_only(user)
        views = self._service.views
        view = views.whole_collection if is_full(request) else views.collection
        return Answer([view(one) for one in self._service.catalogue.collections])

    async def collection(self, request: Request, user: User) -> Answer:
        """One collection; Curators only."""
        curator_only(user)
        for one in self._service.catalogue.collections:
            if one.id == request.path_params["id"]:
                return Answer(self._service.views.whole_collection(one))
        raise self._service.missing()

    async def subscriptions(self, request: Request, user: User) -> Answer:
        """All studios, one for each person; Curators only."""
        curator_only(user)
        name = request.query_params.get("name", "").lower()
        rows = [self._studio(one) for one in self._service.catalogue.users]
        return Answer([row for row in rows if not name or row["name"].lower() == name])

    async def subscription(self, request: Request, user: User) -> Answer:
        """One studio; Curators only."""
        curator_only(user)
        service = self._service
        for one in service.catalogue.users:
            if one.subscription_id == request.path_params["id"]:
                owned = [flow for flow in service.catalogue.workflows if flow.owner is one]
                return Answer(
                    {name: self._studio(one)[name] for name in _STUDIO}
                    | {
                        "users": [{"id": one.id, "name": f"{one.seed.first} {one.seed.last}"}],
                        "workflows": [{"id": flow.id, "name": flow.seed.name} for flow in owned],
                    }
                )
        raise service.missing()

    def _studio(self, user: User) -> dict[str, Any]:
        owned = sum(one.owner is user for one in self._service.catalogue.workflows)
        return {
            "id": user.subscription_id,
            "name": f"{user.seed.first} {user.seed.last}",
            "credentialId": "",
            "canShareSchedules": True,
            "userCount": 1,
            "workflowCount": owned,
        }

    async def credentials(self, request: Request, user: User) -> Answer:
        """All credentials for a Curator, else those that the caller may use."""
        service = self._service
        wanted = request.query_params.get("userId", "") if user.is_curator else ""
        return Answer(
            [
                {"id": one.id, "userName": one.user_name}
                for one in service.catalogue.credentials
                if (user.is_curator or user.id in one.user_ids)
                and (not wanted or wanted in one.user_ids)
            ]
        )

    async def credential(self, request: Request, user: User) -> Answer:
        """One credential."""
        one = self._service.catalogue.credential(request.path_params["id"])
        if one is None or not (user.is_curator or user.id in one.user_ids):
            raise self._service.missing()
        return Answer(
            {
                "id": one.id,
                "userName": one.user_name,
                "userIds": list(one.user_ids),
                "userGroupIds": [],
            }
        )

    def _named(self, request: Request, user: User) -> User:
        curator_only(user)
        found = self._service.catalogue.user(request.path_params["id"])
        if found is None:
            raise self._service.missing()
        return found
