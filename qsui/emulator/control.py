"""The emulator's own addresses, for tests and demonstrations: time, faults, counted requests.

    GET    /_emulator/clock                    {"now": "2026-01-01T00:00:00.000Z", "speed": 1.0}
    POST   /_emulator/clock    {"advance_s": n}  lets n virtual seconds pass, then answers as GET
    GET    /_emulator/faults                   {"faults": [{"name", "arg", "count", "path"}]}
    PUT    /_emulator/faults                   switches one on (see `faults`), answers as GET
    DELETE /_emulator/faults[?name=NAME]       ends one or all, answers as GET
    GET    /_emulator/requests                 {"since", "total", "endpoints": {"GET /queries": n},
                                                "minutes": [{"minute", "total", "counts": {...}}]}

Minutes are virtual. Requests to `/_emulator` itself are not counted.
"""

from collections import Counter

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qsui.emulator.adobe import read_json
from qsui.emulator.clock import MINUTE, VirtualClock
from qsui.emulator.faults import Faults, parse_json
from qsui.emulator.paging import iso_ms
from qsui.emulator.replies import JsonReply, refused
from qsui.emulator.world import World

CONTROL_PATH = "/_emulator"
_MAX_ADVANCE_S = 366 * 86_400


class RequestLog:
    """Counts requests per virtual minute and endpoint."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._since = clock.now_us()
        self._minutes: dict[int, Counter[str]] = {}

    def count(self, endpoint: str) -> None:
        """Note one request."""
        minute = self._clock.now_us() // MINUTE
        self._minutes.setdefault(minute, Counter())[endpoint] += 1

    def as_json(self) -> dict[str, object]:
        """All counts since the start."""
        total: Counter[str] = Counter()
        for counts in self._minutes.values():
            total.update(counts)
        return {
            "since": iso_ms(self._since),
            "total": total.total(),
            "endpoints": dict(total.most_common()),
            "minutes": [
                {"minute": iso_ms(minute * MINUTE), "total": counts.total(), "counts": dict(counts)}
                for minute, counts in sorted(self._minutes.items())
            ],
        }


class Control:
    """Handlers of the control addresses."""

    def __init__(self, world: World, faults: Faults, log: RequestLog) -> None:
        self._world = world
        self._faults = faults
        self._log = log

    def routes(self) -> list[Route]:
        """The routes of this part."""
        return [
            Route(f"{CONTROL_PATH}/clock", self.clock, methods=["GET", "POST"]),
            Route(f"{CONTROL_PATH}/faults", self.faults, methods=["GET", "PUT", "DELETE"]),
            Route(f"{CONTROL_PATH}/requests", self.requests, methods=["GET"]),
        ]

    async def clock(self, request: Request) -> Response:
        """Read the clock, or let time pass."""
        if request.method == "POST":
            body = await read_json(request)
            seconds = body.get("advance_s") if isinstance(body, dict) else None
            if isinstance(seconds, bool) or not isinstance(seconds, int | float):
                raise refused(400, "advance_s must be a number of seconds")
            if not 0 <= seconds <= _MAX_ADVANCE_S:
                raise refused(400, f"advance_s must be from 0 to {_MAX_ADVANCE_S}")
            await self._world.advance(seconds)
        clock = self._world.clock
        return JsonReply({"now": iso_ms(clock.now_us()), "speed": clock.speed})

    async def faults(self, request: Request) -> Response:
        """List, switch on, or end faults."""
        try:
            if request.method == "PUT":
                self._faults.switch_on(parse_json(await read_json(request)))
            elif request.method == "DELETE":
                self._faults.clear(request.query_params.get("name"))
        except ValueError as error:
            raise refused(400, str(error)) from error
        return JsonReply({"faults": self._faults.listed()})

    async def requests(self, _request: Request) -> Response:
        """Counted requests."""
        return JsonReply(self._log.as_json())
