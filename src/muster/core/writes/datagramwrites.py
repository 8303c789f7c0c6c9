"""Line protocol that comes in datagrams, written into one database.

Nobody gets an answer, so all that is refused is counted, and the first of it logged. While the
disk takes nothing the same points are tried again; what comes meanwhile waits in the queue, and
is dropped when that is full.

Source: InfluxDB 1.x, services/udp
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import msgspec

from muster.core.databases.databasebook import DatabaseNotFound
from muster.core.databases.databases import Databases, DatabaseSettings
from muster.core.writes.pointwrites import PointWrites, Target, Writer
from muster.errors import LimitExceeded, MusterError, NotFound, SettingsError, Unavailable
from muster.model.access import Actor
from muster.model.ids import SpaceId
from muster.model.influx import Login
from muster.ports.datagrams import DatagramCounts, DatagramSource
from muster.wire.influxwrite import WriteRefused, write_parameters

log = logging.getLogger(__name__)

_BODY_BYTES = 1 << 20  # that are written at once
_AGAIN_S = 1.0
_LOGGED = 1_000  # refusals are logged again after so many


class UdpSettings(DatabaseSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Line protocol by datagrams: nobody shows who they are, and nobody is answered."""

    udp_port: int = 0  # port for line protocol in datagrams; 0: there is none
    # addresses for datagrams; whoever reaches them can write
    udp_addresses: tuple[str, ...] = ("127.0.0.1",)
    # database of the hub's own space that datagrams go to; made when it is not there
    udp_database: str = "udp"
    udp_policy: str = ""  # retention policy that datagrams go to; none: the database's default
    udp_precision: str = "ns"  # unit of timestamps in datagrams: n, u, ms, s, m or h
    # memory for datagrams that wait to be written; more are dropped
    udp_queue_bytes: int = 16 << 20


class DatagramState(msgspec.Struct, frozen=True, kw_only=True):
    """What came and what became of it, since the hub's start."""

    port: int  # 0: the hub takes no datagrams
    database: str
    datagrams: DatagramCounts
    points: int  # that were written
    refused: int  # lines and points that were not
    error: str  # why, the last time


class DatagramWrites:
    """Takes datagrams from a source until cancelled."""

    def __init__(
        self,
        *,
        source: DatagramSource,
        writes: PointWrites,
        databases: Databases,
        space: Callable[[], SpaceId | None],
        settings: UdpSettings,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._source = source
        self._writes = writes
        self._databases = databases
        self._space = space
        self._settings = settings
        self._sleep = sleep
        self._points = 0
        self._refused = 0
        self._logged = -_LOGGED
        self._error = ""

    async def run(self) -> None:
        """Write what comes."""
        if not self._settings.udp_port:
            return
        precision_ns = precision_of(self._settings)
        while True:
            found = await self._source.take(_BODY_BYTES)
            body = b"\n".join(found)
            while not await self._is_over(body, precision_ns):
                await self._sleep(_AGAIN_S)

    def state(self) -> DatagramState:
        return DatagramState(
            port=self._settings.udp_port,
            database=self._settings.udp_database,
            datagrams=self._source.counts(),
            points=self._points,
            refused=self._refused,
            error=self._error,
        )

    async def _is_over(self, body: bytes, precision_ns: int) -> bool:
        """Write some lines; False when trying again helps."""
        try:
            await self._write(body, precision_ns)
        except (Unavailable, LimitExceeded) as error:
            if self._error != str(error):
                self._error = str(error)
                log.warning("datagrams wait", extra={"error": self._error})
            return error.status == LimitExceeded("", too_large=True).status
        except MusterError as error:
            self._refuse(body.count(b"\n") + 1, str(error))
        except Exception:
            # What one datagram holds must not end the hub.
            log.exception("datagrams could not be written")
            self._refuse(body.count(b"\n") + 1, "a fault of the hub; see its log")
        return True

    async def _write(self, body: bytes, precision_ns: int) -> None:
        parsed = await self._writes.read(body, precision_ns)
        if parsed.errors_total:
            self._refuse(parsed.errors_total, parsed.errors[0].text if parsed.errors else "")
        if not parsed.points_total:
            return
        target = await self._target(precision_ns)
        written = await self._writes.store(parsed, target, Writer())
        refused = sum(each.points for each in written.refusals)
        self._points += parsed.points_total - refused
        if refused:
            self._refuse(refused, written.refusals[0].reason)

    async def _target(self, precision_ns: int) -> Target:
        """Where points go; the database is made for the first of them."""
        settings, space = self._settings, self._space()
        if space is None:
            raise NotFound("the hub has no space yet")
        try:
            self._databases.database(space, settings.udp_database)
        except DatabaseNotFound:
            actor = Actor(name="datagrams")
            login = Login(space=space, actor=actor, name="datagrams", admin=True)
            await self._databases.create(login, settings.udp_database)
        return Target(space, settings.udp_database, settings.udp_policy, precision_ns)

    def _refuse(self, count: int, why: str) -> None:
        self._refused += count
        self._error = why[:500]
        if self._refused - self._logged >= _LOGGED:
            self._logged = self._refused
            log.warning("datagrams were refused", extra={"lines": count, "error": self._error})


def precision_of(settings: UdpSettings) -> int:
    """Nanoseconds of a timestamp's unit. Errors: SettingsError."""
    try:
        asked = {"db": "x", "precision": settings.udp_precision}
        return write_parameters(asked).precision_ns
    except WriteRefused as error:
        raise SettingsError(str(error), key="influx.udp_precision") from error


def check(settings: UdpSettings) -> None:
    """Errors: SettingsError naming the key."""
    precision_of(settings)
    if not 0 <= settings.udp_port <= 65_535:
        raise SettingsError(f"not a port: {settings.udp_port}", key="influx.udp_port")
    if settings.udp_port and not settings.udp_addresses:
        raise SettingsError("at least one address", key="influx.udp_addresses")
    if settings.udp_port and settings.udp_database in ("", settings.own):
        text = "name a database of your own: that of what agents send is for reading"
        raise SettingsError(text, key="influx.udp_database")
    if settings.udp_queue_bytes < 1 << 16:
        raise SettingsError(f"at least {1 << 16} bytes", key="influx.udp_queue_bytes")
