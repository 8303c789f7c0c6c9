"""What is sent on to a neighbour: its settings, and which points they are about."""

from collections.abc import Callable
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from muster.errors import SettingsError
from muster.model.ids import NodeId, SpaceId
from muster.ports.forwarding import Form

_MOST_PATTERNS = 1_000
_LEAST_QUEUE = 1 << 20


class ForwardFormat(StrEnum):
    """What a neighbour reads."""

    INFLUX = "influx"  # line protocol: InfluxDB, VictoriaMetrics, Telegraf, another hub
    PROMETHEUS = "prometheus"  # remote write: Prometheus, Mimir, VictoriaMetrics


class ForwardSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One [forward.NAME]: where points are sent on to, and which.

    The lists hold patterns with `*` and `?`; an empty list is no bound.
    """

    url: str  # http, https or udp; without a path that of the format: /write, /api/v1/write
    format: ForwardFormat = ForwardFormat.INFLUX
    database: str = ""  # there; empty: named as here
    policy: str = ""  # there; empty: its default one
    spaces: tuple[str, ...] = ()  # ids of spaces
    databases: tuple[str, ...] = ()  # what agents send is in the one that influx.own names
    measurements: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()  # names or ids
    rooms: tuple[str, ...] = ()  # names or ids
    ca_file: Path | None = None  # whom to trust; empty: whom the system does
    certificate: Path | None = None  # of this hub as a client, with `key` beside it or in it
    key: Path | None = None
    # one line: NAME:PASSWORD, or `Token …` or `Bearer …` as the header has it
    credentials_file: Path | None = None
    gzip: bool = True  # lines are packed
    queue_bytes: int = 1 << 30  # on disk; beyond it the oldest points are dropped


class SubscriptionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is sent to the subscriptions of databases."""

    # whether subscriptions are served; who may make one says where this hub sends
    enabled: bool = True
    gzip: bool = False  # whether bodies to destinations are packed; InfluxDB sends them plain
    # PEM that destinations by https are verified by; none: the system's trust
    ca_file: Path | None = None
    # disk for what waits for one destination; beyond it the oldest points go
    queue_bytes: int = 256 << 20


class Origin(NamedTuple):
    """Whose points are to be sent on."""

    space: SpaceId
    database: str
    policy: str
    node: NodeId | None = None  # None: nobody's certificate was shown
    name: str = ""  # of the node


RoomsOf = Callable[[NodeId], frozenset[str]]


class Rule:
    """Which points settings are about."""

    def __init__(self, settings: ForwardSettings, rooms_of: RoomsOf) -> None:
        self._settings = settings
        self._rooms_of = rooms_of
        self.measurements = settings.measurements

    def fits(self, origin: Origin) -> bool:
        """Whether points of an origin are meant; measurements are not looked at."""
        settings = self._settings
        if not _fits(settings.spaces, origin.space) or not _fits(
            settings.databases, origin.database
        ):
            return False
        if not settings.nodes and not settings.rooms:
            return True
        if origin.node is None:
            return False
        return _fits(settings.nodes, origin.name, origin.node) and (
            not settings.rooms or _fits(settings.rooms, *self._rooms_of(origin.node))
        )


def check(name: str, settings: ForwardSettings) -> None:
    """Errors: SettingsError naming the key."""
    key = f"forward.{name}"
    if not name.replace("-", "").replace("_", "").isalnum() or len(name) > 64:
        raise SettingsError("a name is up to 64 letters, digits, - and _", key=key)
    if not _is_url(settings.url):
        raise SettingsError(
            f"an address is http://, https:// or udp:// with a host, not {settings.url[:100]!r};"
            " credentials are in credentials_file",
            key=f"{key}.url",
        )
    if form_of(settings) is Form.DATAGRAMS and settings.format is not ForwardFormat.INFLUX:
        raise SettingsError(
            'a udp:// address takes line protocol only: use "influx"', key=f"{key}.format"
        )
    if settings.key is not None and settings.certificate is None:
        raise SettingsError("a key goes with a certificate", key=f"{key}.certificate")
    if settings.queue_bytes < _LEAST_QUEUE:
        raise SettingsError(f"at least {_LEAST_QUEUE} bytes", key=f"{key}.queue_bytes")
    for field in ("spaces", "databases", "measurements", "nodes", "rooms"):
        if len(getattr(settings, field)) > _MOST_PATTERNS:
            raise SettingsError(f"at most {_MOST_PATTERNS}", key=f"{key}.{field}")


def form_of(settings: ForwardSettings) -> Form:
    """How points are written for it."""
    if urlsplit(settings.url).scheme == "udp":
        return Form.DATAGRAMS
    return Form.SAMPLES if settings.format is ForwardFormat.PROMETHEUS else Form.LINES


def is_meant(patterns: tuple[str, ...], name: str) -> bool:
    """Whether one of the patterns fits a name; without patterns every name is."""
    return _fits(patterns, name)


def _fits(patterns: tuple[str, ...], *names: str) -> bool:
    return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns for name in names)


def _is_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    known = parts.scheme in ("http", "https") or (parts.scheme == "udp" and bool(port))
    return known and bool(parts.hostname) and parts.username is None and url.isprintable()
