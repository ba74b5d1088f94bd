"""People, workflows, collections and credentials of a server, and who may do what with them.

All of it is fixed for the life of a server: no call that is offered changes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from qsui.emulator.alteryx.ids import new_id
from qsui.emulator.alteryx.seeds import AlteryxScene, Role, Tool, UserSeed, WorkflowSeed
from qsui.emulator.clock import DAY, SECOND

if TYPE_CHECKING:
    import sqlite3

STUDIO_AGE_DAYS = 400


@dataclass(frozen=True, slots=True)
class User:
    """A person with their ids."""

    id: str
    subscription_id: str
    seed: UserSeed
    created_us: int

    @property
    def is_curator(self) -> bool:
        """Whether this is a server admin."""
        return self.seed.role is Role.CURATOR

    def may(self, what: str) -> bool:
        """Whether the person has the flag `schedule`, `prioritize` or `assign`."""
        return what in self.seed.may or (what == "prioritize" and self.is_curator)


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow with its ids."""

    id: str
    version_ids: tuple[str, ...]
    owner: User
    seed: WorkflowSeed
    created_us: int

    @property
    def shares(self) -> float:
        """The sum of the tools' shares of the time."""
        return sum(tool.share for tool in self.seed.tools) or 1.0

    def tool_at(self, step: int) -> Tool | None:
        """The tool that works when so many are done; `None` if all are."""
        return self.seed.tools[step] if step < len(self.seed.tools) else None

    def begins_us(self, job: sqlite3.Row) -> int:
        """When the tool at work in a running job began."""
        return self._boundary_us(job, job["step"])

    def ends_us(self, job: sqlite3.Row) -> int:
        """When the tool at work in a running job is done."""
        return self._boundary_us(job, job["step"] + 1)

    def _boundary_us(self, job: sqlite3.Row, done: int) -> int:
        shares = sum(tool.share for tool in self.seed.tools[:done]) if self.seed.tools else 1.0
        return int(job["started_us"] + job["modelled_us"] * shares / self.shares)


@dataclass(frozen=True, slots=True)
class Collection:
    """What is shared with whom, by ids."""

    id: str
    name: str
    owner: User
    user_ids: frozenset[str]
    workflow_ids: tuple[str, ...]
    schedule_ids: tuple[str, ...]
    created_us: int


@dataclass(frozen=True, slots=True)
class Credential:
    """A Windows account that workflows run as."""

    id: str
    user_name: str
    user_ids: tuple[str, ...]


class Catalogue:
    """Everything of a scene that has an id, made the same way every time.

    `born_us` is when the scene was first used; ages count back from it.
    """

    def __init__(self, scene: AlteryxScene, *, style: str, born_us: int) -> None:
        self.scene = scene
        self._style = style
        self._born_us = born_us
        self.users = [self._user(seed) for seed in scene.users]
        self._by_email = {user.seed.email: user for user in self.users}
        self._by_user_id = {user.id: user for user in self.users}
        self._by_key = {user.seed.key: user for user in self.users if user.seed.key}
        self.workflows = [self._workflow(seed) for seed in scene.workflows]
        self._by_id = {workflow.id: workflow for workflow in self.workflows}
        self._by_name = {workflow.seed.name: workflow for workflow in self.workflows}
        self.collections = [self._collection(at) for at in range(len(scene.collections))]
        self.credentials = [self._credential(name) for name in scene.credentials]
        self._stalled = frozenset(
            self.schedule_id(seed.name) for seed in scene.schedules if seed.stalled
        )

    def schedule_id(self, name: str) -> str:
        """The id of a schedule that the scene starts with."""
        return self._id("schedule", name, days_ago=60)

    def is_stalled(self, row: sqlite3.Row) -> bool:
        """Whether the server lost a schedule: nobody saved it since."""
        return row["id"] in self._stalled and row["modified_us"] == row["created_us"]

    def user(self, user_id: str) -> User | None:
        """A person by id."""
        return self._by_user_id.get(user_id)

    def person(self, email: str) -> User | None:
        """A person by address."""
        return self._by_email.get(email)

    def key_owner(self, key: str) -> User | None:
        """The person whose API key this is."""
        return self._by_key.get(key)

    def workflow(self, workflow_id: str | None) -> Workflow | None:
        """A workflow by id."""
        return self._by_id.get(workflow_id or "")

    def workflow_named(self, name: str) -> Workflow | None:
        """A workflow by name."""
        return self._by_name.get(name)

    def credential(self, credential_id: str) -> Credential | None:
        """A credential by id."""
        return next((one for one in self.credentials if one.id == credential_id), None)

    def collections_of(self, user: User) -> list[Collection]:
        """The collections that a person owns or shares."""
        return [one for one in self.collections if self._is_in(user, one)]

    def workflows_of(self, user: User) -> list[Workflow]:
        """The workflows that a person can see."""
        if user.is_curator:
            return self.workflows
        shared = self._shared_workflows(user)
        return [one for one in self.workflows if _is_open_to(one, user, shared)]

    def has_access(self, user: User, workflow: Workflow) -> bool:
        """Whether the workflow is the person's own, shared with them, or public."""
        return _is_open_to(workflow, user, self._shared_workflows(user))

    def can_run(self, user: User, workflow: Workflow) -> bool:
        """Whether the person may start it."""
        return user.is_curator or self.has_access(user, workflow)

    def sees_schedule(self, user: User, row: sqlite3.Row) -> bool:
        """Whether a schedule is the person's own or shared with them."""
        return (
            user.is_curator or row["owner_id"] == user.id or self._shares_schedule(user, row["id"])
        )

    def edits_schedule(self, user: User, row: sqlite3.Row) -> bool:
        """Whether the person may change a schedule."""
        return user.is_curator or bool(row["owner_id"] == user.id)

    def sees_job(self, user: User, row: sqlite3.Row) -> bool:
        """Whether a job is the person's own, or one of a schedule that is shared with them."""
        return (
            user.is_curator
            or row["user_id"] == user.id
            or self._shares_schedule(user, row["schedule_id"])
        )

    def _shares_schedule(self, user: User, schedule_id: str | None) -> bool:
        return any(schedule_id in one.schedule_ids for one in self.collections_of(user))

    def _shared_workflows(self, user: User) -> frozenset[str]:
        return frozenset(id for one in self.collections_of(user) for id in one.workflow_ids)

    @staticmethod
    def _is_in(user: User, collection: Collection) -> bool:
        return user.id in collection.user_ids or collection.owner.id == user.id

    def _id(self, kind: str, name: str, *, days_ago: float) -> str:
        chance = Random(f"{kind}|{name}")  # noqa: S311 - the same id every time
        return new_id(self._style, self._born_us - int(days_ago * DAY), chance)

    def _user(self, seed: UserSeed) -> User:
        age = STUDIO_AGE_DAYS
        return User(
            self._id("user", seed.email, days_ago=age),
            self._id("subscription", seed.email, days_ago=age),
            seed,
            self._born_us - age * DAY,
        )

    def _workflow(self, seed: WorkflowSeed) -> Workflow:
        days = seed.created_days_ago
        versions = tuple(
            self._id("version", f"{seed.name}|{number}", days_ago=days / (number + 1))
            for number in range(seed.versions)
        )
        born = self._born_us - int(days * DAY) - sum(seed.name.encode()) * SECOND
        owner = self._by_email[seed.owner]
        return Workflow(self._id("workflow", seed.name, days_ago=days), versions, owner, seed, born)

    def _collection(self, at: int) -> Collection:
        seed = self.scene.collections[at]
        return Collection(
            self._id("collection", seed.name, days_ago=200),
            seed.name,
            self._by_email[seed.owner],
            frozenset(self._by_email[email].id for email in seed.users),
            tuple(self._by_name[name].id for name in seed.workflows),
            tuple(self.schedule_id(name) for name in seed.schedules),
            self._born_us - 200 * DAY,
        )

    def _credential(self, name: str) -> Credential:
        users = tuple(
            user.id
            for user in self.users
            if any(
                seed.credential == name and seed.owner == user.seed.email
                for seed in self.scene.workflows
            )
        )
        return Credential(self._id("credential", name, days_ago=300), name, users)


def _is_open_to(workflow: Workflow, user: User, shared: frozenset[str]) -> bool:
    return workflow.owner is user or workflow.id in shared or workflow.seed.is_public
