"""Routes of backups: those of the hub's folder, and one into a file that the operator names.

Of a backup only what it is goes out here, never its bytes: it holds the keys of the authority
(docs/adr/0013-backups-stay-on-the-machine.md).
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

import msgspec

from muster.errors import Denied, InputError, MusterError
from muster.model.access import Action, Actor
from muster.model.backup import BackupRun, BackupStep, BackupsView
from muster.net.http import Request, Response, Route, json_response, small_route


class BackupRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to; a path on the hub's machine that does not exist yet."""

    target: str


class Backups(Protocol):
    """hub.backups.lane.BackupLane, as far as it is needed here."""

    async def view(self, actor: Actor | None) -> BackupsView: ...
    async def create(self, actor: Actor | None) -> BackupRun: ...
    async def verify(self, actor: Actor | None, name: str) -> BackupRun: ...
    async def delete(self, actor: Actor | None, name: str) -> None: ...
    def stream(self, actor: Actor, target: Path) -> AsyncIterator[BackupStep]: ...


class BackupFace:
    """For admins of the hub; into a file of one's choice for the operator alone."""

    def __init__(self, backups: Backups) -> None:
        self._backups = backups

    def routes(self) -> list[Route]:
        path, manage = "/api/v1/backups", Action.HUB_MANAGE
        return [
            small_route(
                "GET",
                path,
                manage,
                self._show,
                "backups in the hub's folder, what is being done, and what is planned",
                gives=BackupsView,
            ),
            small_route(
                "POST",
                path,
                manage,
                self._create,
                "begin a backup into the hub's folder; how far it is shows in the list",
                gives=BackupRun,
                status=202,
                fresh=True,
            ),
            small_route(
                "POST",
                f"{path}/{{name}}/verify",
                manage,
                self._verify,
                "begin to read a backup whole, against its digests",
                gives=BackupRun,
                status=202,
            ),
            small_route(
                "DELETE",
                f"{path}/{{name}}",
                manage,
                self._delete,
                "delete a backup for good",
                fresh=True,
            ),
            Route(
                method="POST",
                path="/api/v1/backup",
                allow=manage,
                handler=self._into_file,
                summary="Back the hub up into a file on its machine (operator only); "
                "JSON lines of progress",
                takes=BackupRequest,
                fresh=True,
            ),
        ]

    async def _show(self, request: Request) -> Response:
        return json_response(await self._backups.view(request.actor))

    async def _create(self, request: Request) -> Response:
        return json_response(await self._backups.create(request.actor), 202)

    async def _verify(self, request: Request) -> Response:
        return json_response(await self._backups.verify(request.actor, request.match["name"]), 202)

    async def _delete(self, request: Request) -> Response:
        await self._backups.delete(request.actor, request.match["name"])
        return Response(status=204)

    async def _into_file(self, request: Request) -> Response:
        """Errors: Denied but for the operator: it may be written anywhere."""
        if request.actor is None or not request.actor.operator:
            raise Denied(
                "a backup into a file of your choice is made on the hub's own machine alone: "
                "muster --data DIR backup create FILE"
            )
        target = Path(request.json(BackupRequest).target)
        if not target.is_absolute():
            raise InputError(f"target must be an absolute path: {str(target)!r}")
        lines = _lines(self._backups.stream(request.actor, target))
        return Response(stream=lines, content_type="application/x-ndjson")


async def _lines(steps: AsyncIterator[BackupStep]) -> AsyncIterator[bytes]:
    """JSON lines. The answer's status is out already: an error becomes its last line."""
    try:
        async for step in steps:
            yield msgspec.json.encode(step) + b"\n"
    except MusterError as error:
        step = BackupStep(error={"code": error.code, "text": str(error)})
        yield msgspec.json.encode(step) + b"\n"
