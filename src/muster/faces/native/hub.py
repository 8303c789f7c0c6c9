"""The hub itself: its health, its pulse, its settings."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from muster.core.intake.pulse import Pulse, Vitals
from muster.model.access import Action
from muster.net.http import Public, Request, Response, Route, json_response


class ConfigRow(msgspec.Struct, frozen=True):
    """One setting in force and where it came from."""

    key: str
    value: Any
    origin: str


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The hub answers."""

    ok: bool


class HubFace:
    """Routes about the hub."""

    def __init__(self, *, vitals: Vitals, config: Callable[[], Sequence[ConfigRow]]) -> None:
        self._vitals = vitals
        self._config = config

    def routes(self) -> list[Route]:
        return [
            Route(
                method="GET",
                path="/api/v1/health",
                allow=Public.HEALTH,
                handler=self.health,
                summary="Whether the hub answers",
                gives=Health,
            ),
            Route(
                method="GET",
                path="/api/v1/hub",
                allow=Action.HUB_READ,
                handler=self.pulse,
                summary="The hub's pulse: ingest, journal, disk, links, state",
                gives=Pulse,
            ),
            Route(
                method="GET",
                path="/api/v1/config",
                allow=Action.HUB_MANAGE,
                handler=self.config,
                summary="Every setting in force and where it came from",
                gives=list[ConfigRow],
            ),
        ]

    async def health(self, request: Request) -> Response:
        return json_response(Health(ok=True))

    async def pulse(self, request: Request) -> Response:
        return json_response(self._vitals.take())

    async def config(self, request: Request) -> Response:
        return json_response(self._config())
