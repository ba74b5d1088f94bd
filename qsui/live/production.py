"""Whether a scope counts as production: what cannot be told counts so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.domain.errors import ApiError, Unreachable
from qsui.domain.ports import ListsSandboxes

if TYPE_CHECKING:
    from qsui.domain.models import Scope


class Production:
    """Asks the list of sandboxes once, unless the profile says it itself.

    A server without sandboxes always counts as production.
    """

    def __init__(self, backend: object, scope: Scope, said: bool | None) -> None:
        self._backend = backend
        self._scope = scope
        self._known = said

    async def ask(self) -> bool:
        """Whether it is production. A list that may not be read is not asked for again."""
        if self._known is None and not isinstance(self._backend, ListsSandboxes):
            self._known = True
        if self._known is None and isinstance(self._backend, ListsSandboxes):
            try:
                listed = await self._backend.sandboxes()
            except Unreachable:
                return True
            except ApiError:
                listed = ()
            types = [box.is_production for box in listed if box.name == self._scope.sandbox]
            self._known = types != [False]
        return self._known is not False
