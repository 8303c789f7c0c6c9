"""Line protocol brought along from elsewhere: the database it goes to, and the points."""

import asyncio

from muster.core.writes.bulkwrites import (
    BulkAnswer,
    BulkTarget,
    BulkWrites,
    DatabaseThere,
    WantedDatabase,
)
from muster.model.access import Action
from muster.net.http import LISTS_BYTES, Request, Response, Route, json_response
from muster.wire.unpacking import unpack

_THREAD_BYTES = 65_536  # of a packed body that is unpacked off the event loop


class BulkWriteFace:
    """A database made ready, then its points."""

    def __init__(self, *, bulk: BulkWrites) -> None:
        self._bulk = bulk

    def routes(self) -> list[Route]:
        return [
            Route(
                method="POST",
                path="/api/v1/influx/databases",
                allow=Action.SPACE_MANAGE,
                handler=self._prepare,
                max_body_bytes=LISTS_BYTES,
                summary="a database and its policies, made where they are missing",
                takes=WantedDatabase,
                gives=DatabaseThere,
            ),
            Route(
                method="POST",
                path="/api/v1/influx/write",
                allow=Action.DATA_WRITE,
                handler=self._write,
                max_body_bytes=self._bulk.body_bytes,
                summary="write line protocol with times in nanoseconds, plain or packed with gzip",
                gives=BulkAnswer,
                query={
                    "space": "id of the space; left out, the hub's own",
                    "db": "the database",
                    "rp": "its policy; left out, the default one",
                },
            ),
        ]

    async def _prepare(self, request: Request) -> Response:
        return json_response(await self._bulk.prepare(request.actor, request.json(WantedDatabase)))

    async def _write(self, request: Request) -> Response:
        target = BulkTarget(*(request.query.get(key, "") for key in ("space", "db", "rp")))
        body = await _unpacked(request, self._bulk.body_bytes)
        return json_response(await self._bulk.write(request.actor, target, body))


async def _unpacked(request: Request, most: int) -> bytes:
    if request.headers.get("content-encoding", "") != "gzip":
        return request.body
    if len(request.body) < _THREAD_BYTES:
        return unpack(request.body, most)
    return await asyncio.to_thread(unpack, request.body, most)
