"""What clients ask first: is somebody there, and which version. Nobody has to say who they are.

Source: InfluxDB 1.8 and 2.x
"""

from datetime import UTC, datetime

from muster.clock import SECOND_NS, Clock
from muster.faces.influx.responses import VERSION, json_line
from muster.influxql.syntax.durations import spell_duration
from muster.net.http import Handler, Public, Request, Response, Route

_SILENT = ("", "0", "false")
_HEALTH = {
    "checks": [],
    "message": "ready for queries and writes",
    "name": "influxdb",
    "status": "pass",
    "version": VERSION,
}


class HealthFace:
    """Counts from when it is made."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._begun_ns = clock.now_ns()

    def routes(self) -> list[Route]:
        return [
            _route("/ping", self._ping, "Is somebody there? 204; 200 with `verbose`"),
            _route("/status", self._ping, "As /ping"),
            _route("/health", self._health, "How the server is"),
            _route("/api/v2/health", self._health_v2, "How the server is, as for 2.x"),
            _route("/ready", self._ready, "Since when the server runs"),
        ]

    async def _ping(self, request: Request) -> Response:
        if request.query.get("verbose", "") in _SILENT:
            return Response(status=204)
        return json_line({"version": VERSION})

    async def _health(self, request: Request) -> Response:
        return json_line(_HEALTH)

    async def _health_v2(self, request: Request) -> Response:
        return json_line({**_HEALTH, "commit": ""})

    async def _ready(self, request: Request) -> Response:
        begun = datetime.fromtimestamp(self._begun_ns // SECOND_NS, UTC)
        up_ns = (self._clock.now_ns() - self._begun_ns) // SECOND_NS * SECOND_NS
        started = begun.strftime("%Y-%m-%dT%H:%M:%SZ")
        up = spell_duration(max(up_ns, 0))
        return json_line({"status": "ready", "started": started, "up": up})


def _route(path: str, handler: Handler, summary: str) -> Route:
    return Route(method="GET", path=path, allow=Public.HEALTH, handler=handler, summary=summary)
