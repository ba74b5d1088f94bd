"""What the words about a plan need of one of its targets; `qsui.live.plans.Target` is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from qsui.domain.actions import Action
    from qsui.domain.models import Record
    from qsui.domain.ports import Outgoing


class ShownTarget(Protocol):
    """One action of a plan, with its target as just read."""

    @property
    def action(self) -> Action:
        """What is to be done."""
        ...

    @property
    def record(self) -> Record | None:
        """It as just read."""
        ...

    @property
    def read_at(self) -> datetime | None:
        """When."""
        ...

    @property
    def refusal(self) -> str:
        """Why it is left out."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """Clauses."""
        ...

    @property
    def outgoing(self) -> tuple[Outgoing, ...]:
        """Its requests."""
        ...

    @property
    def before(self) -> str:
        """What is replaced."""
        ...

    @property
    def after(self) -> str:
        """By what."""
        ...

    @property
    def running(self) -> int:
        """Active runs."""
        ...

    @property
    def writes(self) -> tuple[str, ...]:
        """Datasets."""
        ...
