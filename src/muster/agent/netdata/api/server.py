"""A small HTTP server on 127.0.0.1: reads only, one request per connection, bounded everywhere.

Whoever has an account on this machine may read it, as with Netdata. A browser is kept from
reading it for a page of somebody else's: only names of this machine are answered, and no other
origin is ever allowed.

Source: RFC 9112; netdata-claim-aclk specification 7.1 (path forms)
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from urllib.parse import parse_qsl, unquote, urlsplit

from muster.agent.collecting.scheduler import CollectorStatus
from muster.agent.netdata.api.formats import TEXT
from muster.agent.netdata.api.ownership import Ownership
from muster.agent.netdata.api.pages import VERSION, Page, Pages
from muster.agent.netdata.api.ring import Ring
from muster.agent.netdata.keeper import Keeper
from muster.agent.settings import NetdataApiSettings
from muster.clock import Clock
from muster.errors import InputError
from muster.model.inventory import Facts
from muster.model.metric import Block
from muster.net.client import hang_up

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
_NAMES = frozenset(("127.0.0.1", "localhost", "::1", "ip6-localhost"))
_MAX_HEAD = 16 << 10
_MAX_PARAMETERS = 64
_AT_ONCE = 16
_HEAD_S, _ANSWER_S = 10.0, 120.0
_SHORTEST_S, _LONGEST_S = 60, 86_400  # of the history; its memory has a bound of its own
_REASONS = {200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found"}
_REASONS |= {405: "Method Not Allowed", 421: "Misdirected Request", 503: "Service Unavailable"}


class LocalApi:
    """`run` until cancelled; `feed` each tick. A port that is taken is only logged."""

    def __init__(self, port: int, ring: Ring, pages: Pages, ownership: Ownership) -> None:
        self._port = port
        self._ring = ring
        self._pages = pages
        self._ownership = ownership
        self._open = 0

    def feed(self, blocks: Sequence[Block]) -> None:
        self._ring.feed(blocks)

    async def run(self) -> None:
        self._ownership.begin()
        try:
            server = await asyncio.start_server(self._serve, HOST, self._port, limit=_MAX_HEAD)
        except OSError as error:
            extra = {"port": self._port, "cause": error.strerror or str(error)}
            log.error("the local API cannot listen", extra=extra)
            return
        async with server:
            log.info("local API", extra={"address": f"{HOST}:{self._port}"})
            await asyncio.Event().wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            async with asyncio.timeout(_HEAD_S):
                head = await reader.readuntil(b"\r\n\r\n")
            async with asyncio.timeout(_ANSWER_S):
                writer.write(_format(await self._page(head), head.startswith(b"HEAD ")))
                await writer.drain()
        except asyncio.LimitOverrunError:
            writer.write(_format(Page(400, TEXT, "the request is too long"), False))
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            log.debug("local API not asked to the end")
        finally:
            self._open -= 1
            await hang_up(writer)

    async def _page(self, head: bytes) -> Page:
        if self._open > _AT_ONCE:
            return Page(503, TEXT, "too many requests at once")
        try:
            method, target, host = _parse(head)
            if method not in ("GET", "HEAD"):
                return Page(405, TEXT, "this API is only read")
            if host not in _NAMES:
                return Page(421, TEXT, "this is not the name of this machine")
            path, query = _split(target)
            found = self._own_path(path)
        except InputError as error:
            return Page(400, TEXT, str(error))
        if found is None:
            return Page(404, TEXT, "File does not exist, or is not accessible")
        if found in ("v2/claim", "v3/claim"):
            return await self._ownership.answer(found[:2], query)
        return self._pages.answer(found, query)

    def _own_path(self, path: str) -> str | None:
        """What stands behind /api/; of /host/NAME and /node/ID only this machine's. None: no."""
        first, _, rest = path.removeprefix("/").partition("/")
        if first in ("host", "node"):
            named, _, rest = rest.partition("/")
            agent = self._pages.agent()
            if named not in (agent["nm"], agent["nd"], agent["mg"]):
                return None
            first, _, rest = rest.partition("/")
        return rest.strip("/") if first == "api" else None


def make_api(
    *,
    settings: NetdataApiSettings,
    keeper: Keeper,
    facts: Facts,
    collectors: Callable[[], Sequence[CollectorStatus]],
    clock: Clock,
) -> LocalApi:
    """The API with all that it needs. It makes the machine id, by which tools know a machine."""
    keeper.cloud.machine_guid()
    intervals = {each.name: each.interval_s for each in collectors()}
    history_s = min(max(round(settings.history.total_seconds()), _SHORTEST_S), _LONGEST_S)
    ring = Ring(history_s, intervals)
    pages = Pages(ring=ring, keeper=keeper, facts=facts, collectors=collectors, clock=clock)
    return LocalApi(settings.port, ring, pages, Ownership(keeper, clock, pages.agent))


def _parse(head: bytes) -> tuple[str, str, str]:
    """(method, target, host without its port). Errors: InputError."""
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise InputError("this is no HTTP request")
    hosts = [line[5:].strip() for line in lines if line[:5].lower() == "host:"]
    if len(hosts) != 1:
        raise InputError("a request names one host")
    try:
        return words[0], words[1], urlsplit(f"//{hosts[0]}").hostname or ""
    except ValueError as error:
        raise InputError("the host is none") from error


def _split(target: str) -> tuple[str, dict[str, str]]:
    path, _, text = target.partition("?")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MAX_PARAMETERS)
    except ValueError as error:
        raise InputError("too many parameters") from error
    return unquote(path), dict(pairs)


def _format(page: Page, only_head: bool) -> bytes:
    body = page.body.encode()
    head = (
        f"HTTP/1.1 {page.status} {_REASONS.get(page.status, 'Error')}\r\n"
        f"Connection: close\r\nServer: Muster {VERSION}\r\nContent-Type: {page.kind}\r\n"
        "Cache-Control: no-cache, no-store, must-revalidate\r\nX-Content-Type-Options: nosniff\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + (b"" if only_head else body)
