"""What a new machine fetches: the installer script and the files whose digests it holds.

Public on purpose, on the enrol listener and on web: nothing in it is secret, and a command
binds it by digest. It works without a network beyond the hub.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from muster.core.connecting.kit import SCRIPT, KitBuild, KitFile, KitSource
from muster.net.http import Handler, Public, Request, Response, Route, json_response

_PART_BYTES = 256 << 10
_TYPES = {".sh": "text/x-shellscript", ".json": "application/json"}


class ManifestView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything there is to fetch, and what runs where."""

    version: str
    files: tuple[KitFile, ...]
    builds: tuple[KitBuild, ...]
    missing: tuple[str, ...]


class InstallFace:
    """For everybody, as long as the hub has a kit."""

    def __init__(self, source: KitSource) -> None:
        self._source = source

    def routes(self) -> list[Route]:
        return [
            _route(
                "/install/manifest.json",
                self._manifest,
                "what can be installed from here, with digests",
            ),
            _route("/install/kickstart.sh", self._script, "the installer script"),
            _route("/install/files/{name}", self._file, "one file of the installer"),
        ]

    async def _manifest(self, request: Request) -> Response:
        kit = await self._source.kit()
        return json_response(
            ManifestView(
                version=kit.version, files=kit.files, builds=kit.builds, missing=kit.missing
            )
        )

    async def _script(self, request: Request) -> Response:
        await self._source.kit()
        return await _answer(self._source.path(SCRIPT))

    async def _file(self, request: Request) -> Response:
        await self._source.kit()
        return await _answer(self._source.path(request.match["name"]))


def _route(path: str, handler: Handler, summary: str) -> Route:
    return Route(
        method="GET",
        path=path,
        allow=Public.ASSET,
        handler=handler,
        max_body_bytes=0,
        summary=summary,
    )


async def _answer(path: Path) -> Response:
    size = (await asyncio.to_thread(path.stat)).st_size
    return Response(
        stream=_parts(path),
        content_type=_TYPES.get(path.suffix, "application/octet-stream"),
        headers={"Content-Length": str(size), "Cache-Control": "no-cache"},
    )


async def _parts(path: Path) -> AsyncIterator[bytes]:
    file = await asyncio.to_thread(path.open, "rb")
    try:
        while part := await asyncio.to_thread(file.read, _PART_BYTES):
            yield part
    finally:
        file.close()
