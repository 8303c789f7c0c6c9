"""The hub itself: its health, its pulse, its settings, its backup."""

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from muster.core.intake.pulse import Pulse, Vitals
from muster.errors import Denied, InputError, MusterError
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


class BackupRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to; a path on the hub's machine that does not exist yet."""

    target: str


class BackupStep(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a backup's progress. The last one is `done` or an `error`."""

    text: str = ""
    done_bytes: int = 0
    total_bytes: int = 0
    done: bool = False
    file: str = ""
    sha256: str = ""
    error: dict[str, str] = {}


Backup = Callable[[Path], AsyncIterator[BackupStep]]


class HubFace:
    """Routes about the hub."""

    def __init__(
        self, *, vitals: Vitals, config: Callable[[], Sequence[ConfigRow]], backup: Backup
    ) -> None:
        self._vitals = vitals
        self._config = config
        self._backup = backup

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
            Route(
                method="POST",
                path="/api/v1/backup",
                allow=Action.HUB_MANAGE,
                handler=self.backup,
                summary="Back the hub up into a file on its machine (operator only); "
                "JSON lines of progress",
                takes=BackupRequest,
                fresh=True,
            ),
        ]

    async def health(self, request: Request) -> Response:
        return json_response(Health(ok=True))

    async def pulse(self, request: Request) -> Response:
        return json_response(self._vitals.take())

    async def config(self, request: Request) -> Response:
        return json_response(self._config())

    async def backup(self, request: Request) -> Response:
        """Errors: Denied but for the operator: the file holds the CA's keys."""
        if request.actor is None or not request.actor.operator:
            raise Denied(
                "a backup holds the CA's keys and is made on the hub's own machine alone: "
                "muster --data DIR backup FILE"
            )
        target = Path(request.json(BackupRequest).target)
        if not target.is_absolute():
            raise InputError(f"target must be an absolute path: {str(target)!r}")
        return Response(stream=_lines(self._backup(target)), content_type="application/x-ndjson")


async def _lines(steps: AsyncIterator[BackupStep]) -> AsyncIterator[bytes]:
    """JSON lines. The answer's status is out already: an error becomes its last line."""
    try:
        async for step in steps:
            yield msgspec.json.encode(step) + b"\n"
    except MusterError as error:
        step = BackupStep(error={"code": error.code, "text": str(error)})
        yield msgspec.json.encode(step) + b"\n"
