"""Answers to ACME's challenges: over HTTP by this hub, in another server's folder, or in DNS.

Source: RFC 8555 sections 8.3 (HTTP) and 8.4 (DNS).
"""

import asyncio
import hashlib
import logging
import os
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from muster.errors import NotFound, Unavailable
from muster.model.address import join_address
from muster.model.base64url import format_base64url
from muster.net.hosts import name_of, require_known
from muster.net.http import Public, Request, Response, Route

log = logging.getLogger(__name__)

WELL_KNOWN = "/.well-known/acme-challenge"
_HOOK_S = 300.0
_READ_BYTES = 4096
_SAID = 300  # characters of what a hook says that are kept
_PASSED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ")


class HttpAnswers:
    """Serves them itself, on a listener without TLS."""

    kind = "http-01"

    def __init__(self) -> None:
        self._answers: dict[str, str] = {}

    async def present(self, name: str, token: str, answer: str) -> None:
        self._answers[token] = answer

    async def clean(self, name: str, token: str, answer: str) -> None:
        self._answers.pop(token, None)

    def routes(self) -> list[Route]:
        """Of the listener that the CA's servers come to."""

        async def serve(request: Request) -> Response:
            answer = self._answers.get(request.match["token"])
            if answer is None:
                raise NotFound("no such challenge")
            body = answer.encode("ascii")
            return Response(body=body, content_type="application/octet-stream")

        return [
            Route(
                method="GET",
                path=f"{WELL_KNOWN}/{{token}}",
                allow=Public.PROOF,
                handler=serve,
                max_body_bytes=0,
                summary="the answer to a challenge of the CA that certifies this hub's name",
            )
        ]


class FolderAnswers:
    """Leaves them in a folder that another server has on port 80. Errors: Unavailable."""

    kind = "http-01"

    def __init__(self, webroot: Path) -> None:
        self._folder = webroot / WELL_KNOWN.strip("/")

    async def present(self, name: str, token: str, answer: str) -> None:
        await asyncio.to_thread(self._write, token, answer)

    async def clean(self, name: str, token: str, answer: str) -> None:
        with suppress(OSError):
            await asyncio.to_thread((self._folder / token).unlink)

    def _write(self, token: str, answer: str) -> None:
        path = self._folder / token
        try:
            self._folder.mkdir(mode=0o755, parents=True, exist_ok=True)
            path.write_text(answer, encoding="ascii")
            path.chmod(0o644)
        except OSError as error:
            raise Unavailable(f"cannot write {path}: {error.strerror}") from error


class DnsAnswers:
    """Has a program set them in DNS: `PROGRAM present NAME VALUE`, later `PROGRAM cleanup …`.

    What goes into DNS is a digest that everybody may read. The program returns when the
    record is there; `wait_s` more gives the zone's other servers time.
    """

    kind = "dns-01"

    def __init__(
        self, program: Path, *, wait_s: float, pause: Callable[[float], Awaitable[None]]
    ) -> None:
        self._program = program
        self._wait_s = wait_s
        self._pause = pause

    async def present(self, name: str, token: str, answer: str) -> None:
        await self._run("present", name, answer)
        await self._pause(self._wait_s)

    async def clean(self, name: str, token: str, answer: str) -> None:
        try:
            await self._run("cleanup", name, answer)
        except Unavailable as error:  # a record that stays harms nobody
            log.warning("DNS hook did not clean up", extra={"error": str(error)})

    async def _run(self, action: str, name: str, answer: str) -> None:
        value = format_base64url(hashlib.sha256(answer.encode()).digest())
        record = f"_acme-challenge.{name.removeprefix('*.')}."
        try:
            process = await asyncio.create_subprocess_exec(
                str(self._program),
                *(action, record, value),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env={each: os.environ[each] for each in _PASSED if each in os.environ},
                start_new_session=True,  # uvloop knows no process_group
            )
        except OSError as error:
            raise Unavailable(f"cannot run {self._program}: {error.strerror}") from error
        try:
            async with asyncio.timeout(_HOOK_S):
                said = await _last_words(process)
        except TimeoutError as error:
            raise Unavailable(f"{self._program} took over {_HOOK_S:g} s") from error
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, 9)
                await process.wait()
        if process.returncode:
            text = said.decode("utf-8", "replace").strip()[-_SAID:]
            raise Unavailable(f"{self._program} {action} ended with {process.returncode}: {text}")


def redirect_route(hosts: Callable[[], Collection[str]], port: int) -> Route:
    """From a listener without TLS to the web's, for names that the hub goes by."""

    async def redirect(request: Request) -> Response:
        host = request.headers.get("host", "")
        require_known(host, hosts())
        where = join_address(name_of(host), port)
        headers = {"Location": f"https://{where}{quote(request.path)}"}
        return Response(status=308, headers=headers, content_type="text/plain")

    return Route(
        method="GET",
        path="/{path...}",
        allow=Public.TRUST,
        handler=redirect,
        max_body_bytes=0,
        summary="the way to the web listener",
    )


async def _last_words(process: asyncio.subprocess.Process) -> bytes:
    """Read until it ends; the end of what it said."""
    said = b""
    while process.stdout is not None and (part := await process.stdout.read(_READ_BYTES)):
        said = (said + part)[-_READ_BYTES:]
    await process.wait()
    return said
