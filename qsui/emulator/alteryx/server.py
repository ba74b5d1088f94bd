"""One emulated Alteryx Server: its state and parts on the shared clock, and its routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request
from starlette.routing import Match, Route

from qsui.emulator.alteryx import scenes
from qsui.emulator.alteryx.catalogue import Catalogue
from qsui.emulator.alteryx.floor import Floor
from qsui.emulator.alteryx.job_calls import JobCalls
from qsui.emulator.alteryx.login import TOKEN_LIFE_S, Login
from qsui.emulator.alteryx.older_calls import OlderCalls
from qsui.emulator.alteryx.people_calls import PeopleCalls
from qsui.emulator.alteryx.releases import Release, release
from qsui.emulator.alteryx.replies import Answer
from qsui.emulator.alteryx.schedule_calls import ScheduleCalls
from qsui.emulator.alteryx.schedule_views import ScheduleViews
from qsui.emulator.alteryx.seeding import Seeder
from qsui.emulator.alteryx.service import BASE, Service
from qsui.emulator.alteryx.tables import Records
from qsui.emulator.alteryx.timetable import Timetable
from qsui.emulator.alteryx.views import Views
from qsui.emulator.alteryx.workflow_calls import WorkflowCalls
from qsui.emulator.clock import from_us
from qsui.emulator.quirks import Quirks
from qsui.emulator.replies import JsonReply, Refusal

if TYPE_CHECKING:
    from starlette.responses import Response

    from qsui.emulator.alteryx.seeds import AlteryxScene
    from qsui.emulator.faults import Faults
    from qsui.emulator.world import World

TOKEN_PATH: Final = f"{BASE}/oauth2/token"
_METHODS: Final = ["GET", "POST", "PUT", "PATCH", "DELETE"]


class AlteryxServer:
    """The Alteryx half of a world; it moves with the world's clock.

    `scene` is a scene or the name of one; a store that holds a server already is taken up as it
    is, with the scene and the kind of ids that it began with. `token_life_s` caps the life of
    tokens, which is an hour.

    Raises:
        ValueError: No such release or scene.
    """

    def __init__(
        self,
        world: World,
        scene: AlteryxScene | str = "demo",
        *,
        release_name: str = "current",
        quirks: Quirks | None = None,
        token_life_s: int = TOKEN_LIFE_S,
    ) -> None:
        self.release: Release = release(release_name)
        self.world = world
        self.quirks = quirks or Quirks()
        core = world.core
        self.records = Records(core.store)
        began: dict[str, Any] | None = core.store.meta("alteryx")
        born_us = began["born_us"] if began else core.clock.now_us()
        style = began["ids"] if began else self.quirks["A3"]
        if not isinstance(scene, str):
            built = scene
        else:
            built = scenes.build(
                began["scene"] if began else scene,
                now=from_us(born_us),
                with_cron=self.release >= Release.CURRENT,
                more=int(self.quirks["A9"]) if self.quirks["A9"] != "scene" else 0,
            )
        self.catalogue = Catalogue(built, style=style, born_us=born_us)
        full = self.quirks["A13"] == "full"
        self.floor = Floor(core, self.records, self.catalogue, style=style, full=full)
        self.timetable = Timetable(core, self.records, self.catalogue, self.floor)
        self.login = Login(
            core.store, core.clock, self.catalogue, life_s=min(token_life_s, TOKEN_LIFE_S)
        )
        if began is None:
            Seeder(core, self.records, self.catalogue, self.floor, style=style).write()
            core.store.set_meta("alteryx", {"scene": built.name, "ids": style, "born_us": born_us})
        self.timetable.resume()
        self.floor.resume()
        world.on_close.append(self.floor.close)

    def routes(self, faults: Faults) -> list[Route]:
        """Every route under `/webapi`, the last one for what this release does not know."""
        service = self._service(faults)

        async def token(request: Request) -> Response:
            try:
                return JsonReply(self.login.issue(request.headers, await request.body()))
            except Refusal as refusal:
                return JsonReply(refusal.body, status_code=refusal.status)

        known = [
            Route(TOKEN_PATH, token, methods=["POST"]),
            *WorkflowCalls(service).routes(),
            *JobCalls(service).routes(),
            *ScheduleCalls(service).routes(),
            *PeopleCalls(service).routes(),
            *OlderCalls(service).routes(),
        ]

        async def unknown(request: Request) -> Response:
            if request.url.path.endswith("/"):
                bare = {**request.scope, "path": request.url.path.rstrip("/")}
                for route in known:
                    match, found = route.matches(bare)
                    if match is Match.FULL:
                        answer: Response = await route.endpoint(
                            Request({**bare, **found}, request.receive)
                        )
                        return answer
            return _unknown(request, known, service).reply(as_xml=service.speaks_xml(request))

        return [*known, Route(f"{BASE}/{{path:path}}", unknown, methods=_METHODS)]

    def _service(self, faults: Faults) -> Service:
        core, catalogue = self.world.core, self.catalogue
        views = Views(catalogue, self.quirks, is_newest=self.release >= Release.CURRENT)
        return Service(
            core,
            self.records,
            catalogue,
            self.floor,
            self.timetable,
            views,
            ScheduleViews(catalogue, views, core.clock, self.quirks),
            self.login,
            self.quirks,
            faults,
            self.release,
        )


def _unknown(request: Request, known: list[Route], service: Service) -> Answer:
    if service.quirks["A14"] == "405":
        for route in known:
            if route.matches(request.scope)[0] is Match.PARTIAL:
                text = f"The requested resource does not support http method '{request.method}'."
                return Answer({"message": text}, 405)
    text = f"No HTTP resource was found that matches the request URI '{request.url.path}'."
    return Answer({"message": text} if service.quirks["A10"] == "json" else None, 404)
