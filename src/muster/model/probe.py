"""Probes: what an agent asks of other machines, how often, and within which limits.

Who may give an agent probes, and which addresses they may reach, says the agent itself (Reach).
Bounds on numbers and texts are part of the types; what two fields mean together `check` says.
"""

import re
from enum import StrEnum
from typing import Annotated, Literal

import msgspec

from muster.errors import InputError
from muster.model.ids import NodeId, ProbeId, RoomId, SpaceId
from muster.model.pattern import compile_pattern

Host = Annotated[str, msgspec.Meta(min_length=1, max_length=253)]
Url = Annotated[str, msgspec.Meta(min_length=8, max_length=1_024)]
Interval = Annotated[int, msgspec.Meta(ge=5, le=86_400)]  # seconds
Timeout = Annotated[float, msgspec.Meta(ge=0.05, le=30.0)]  # seconds
RecordType = Literal["A", "AAAA", "ANY", "CNAME", "MX", "NS", "PTR", "SOA", "SPF", "SRV", "TXT"]

BESIDE_HUB = "MUSTER_BESIDE_HUB"  # in the environment of a hub's own agent
MAX_PROBES = 200  # of one space, and of one agent
MAX_BYTES = 48_000  # of one agent's probes as JSON: they travel as one question

_FOLLOWS = 0.0
_OF_INTERVAL = 0.8

_HOST = re.compile(r"[^\s/\\@?#%\x00-\x1f\x7f]+")
_URL = re.compile(r"https?://[^\s\x00-\x1f\x7f]+", re.IGNORECASE)


class Reach(StrEnum):
    """Which addresses a hub's probes may reach from an agent, from the least to the most."""

    NONE = "none"  # it runs no probes of a hub
    PUBLIC = "public"  # addresses of the internet
    PRIVATE = "private"  # those of its local networks too
    ANY = "any"  # also the machine itself and link-local ones


class PingProbe(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="ping",
):
    """ICMP echo: whether a machine answers, and how fast."""

    url: Host  # name or address
    interval_s: Interval = 15
    count: Annotated[int, msgspec.Meta(ge=1, le=20)] = 1
    gap_s: Annotated[float, msgspec.Meta(ge=0.2, le=10.0)] = 1.0  # between two requests
    timeout_s: Timeout = _FOLLOWS  # for each reply; left out: 1, or what the interval leaves
    ip: Literal["", "4", "6"] = ""  # only by this version of IP

    def __post_init__(self) -> None:
        _follow(self, 1.0, self.interval_s - (self.count - 1) * self.gap_s)

    @property
    def target(self) -> str:
        return self.url

    @property
    def tags(self) -> dict[str, str]:
        """By what its points are told from those of others."""
        return {"url": self.url}

    @property
    def longest_s(self) -> float:
        """How long it may take, without looking the name up."""
        return (self.count - 1) * self.gap_s + self.timeout_s


class DnsProbe(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="dns_query",
):
    """A question to a name server."""

    server: Host  # name or address
    domain: Annotated[str, msgspec.Meta(min_length=1, max_length=253)] = "."
    record_type: RecordType = "NS"
    network: Literal["udp", "tcp"] = "udp"
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = 53
    interval_s: Interval = 60
    timeout_s: Timeout = _FOLLOWS  # left out: 2, or what the interval leaves

    def __post_init__(self) -> None:
        _follow(self, 2.0, self.interval_s)

    @property
    def target(self) -> str:
        return f"{self.server} {self.domain} {self.record_type}"

    @property
    def tags(self) -> dict[str, str]:
        """By what its points are told from those of others."""
        return {
            "server": self.server,
            "domain": self.domain,
            "record_type": self.record_type,
        }

    @property
    def longest_s(self) -> float:
        return self.timeout_s


class HttpProbe(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="http_response",
):
    """A request to a web server: its status, its time, what it says, its certificate."""

    url: Url
    method: Literal["GET", "HEAD"] = "GET"
    match: Annotated[str, msgspec.Meta(max_length=256)] = ""  # pattern that the body has to hold
    status: Annotated[int, msgspec.Meta(ge=0, le=599)] = 0  # the only good one; 0: any
    follow_redirects: bool = False
    verify: bool = True  # False: a certificate of whomever will do
    interval_s: Interval = 60
    timeout_s: Timeout = _FOLLOWS  # left out: 5, or what the interval leaves

    def __post_init__(self) -> None:
        _follow(self, 5.0, self.interval_s)

    @property
    def target(self) -> str:
        return self.url

    @property
    def tags(self) -> dict[str, str]:
        """By what its points are told from those of others."""
        return {"server": self.url, "method": self.method}

    @property
    def longest_s(self) -> float:
        return self.timeout_s


Probe = PingProbe | DnsProbe | HttpProbe


def _follow(probe: Probe, usual_s: float, left_s: float) -> None:
    """A timeout that nobody gave: the usual one, or four fifths of a shorter time."""
    if probe.timeout_s == _FOLLOWS:
        wanted_s = min(usual_s, round(_OF_INTERVAL * left_s, 3)) if left_s > 0 else usual_s
        msgspec.structs.force_setattr(probe, "timeout_s", wanted_s)


def kind_of(probe: Probe) -> str:
    """Its name in JSON, which is that of the measurement it yields."""
    return str(probe.__struct_config__.tag)


class StoredProbe(msgspec.Struct, frozen=True, kw_only=True):
    """A probe of a space, and who runs it: these nodes and the nodes of these rooms.

    Of neither any: the hub's own agent.
    """

    id: ProbeId
    space: SpaceId
    probe: Probe
    nodes: tuple[NodeId, ...] = ()
    rooms: tuple[RoomId, ...] = ()
    enabled: bool = True
    created_ns: int = 0


def check(probe: Probe) -> Probe:
    """The probe, when its fields make sense together. Errors: InputError."""
    match probe:
        case PingProbe(url=host) | DnsProbe(server=host):
            if not _HOST.fullmatch(host) or host.startswith("-"):
                raise InputError(f"not a name or an address: {host[:80]!r}")
        case HttpProbe():
            _check_url(probe.url)
            if probe.match:
                compile_pattern(probe.match)
    if probe.longest_s >= probe.interval_s:
        raise InputError(
            f"{probe.target[:80]}: it may take {probe.longest_s:g} s, which is not less than its"
            f" interval of {probe.interval_s} s"
        )
    return probe


def _check_url(url: str) -> None:
    if not _URL.fullmatch(url):
        raise InputError(f"not an http or https address: {url[:80]!r}")
    authority = re.split(r"[/?#]", url.partition("://")[2], maxsplit=1)[0]
    if "@" in authority:
        raise InputError("an address with a name or password in it would show it to everybody")
