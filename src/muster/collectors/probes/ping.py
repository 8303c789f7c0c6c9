"""Echo replies of another machine, by ICMP.

A request goes out by an unprivileged datagram socket; where the kernel gives the agent none
(`net.ipv4.ping_group_range`), `result_code` is 2. Without any reply the times are left out, and
`result_code` is 1, as it is for a name that is not known; that one has no `percent_packet_loss`.

Source: Telegraf's ping, method native.
"""

from math import sqrt

import msgspec

from muster.collectors.api import Measurement, fields
from muster.collectors.probes.api import ProbeKind
from muster.model.metric import Kind, Point, Value
from muster.model.probe import PingProbe

SUCCESS, NO_HOST, ERROR = 0, 1, 2


class Pinged(msgspec.Struct, frozen=True, kw_only=True):
    """What a ping came to. Units: milliseconds. `code` other than 0: nothing was sent."""

    code: int = SUCCESS
    sent: int = 0
    times_ms: tuple[float, ...] = ()  # one for each reply
    ttl: int = 0  # of the newest reply; 0: not told


def point(probe: PingProbe, pinged: Pinged, time_ns: int) -> Point:
    """One `ping` point."""
    return Point("ping", _fields(pinged), time_ns, probe.tags)


def _fields(pinged: Pinged) -> dict[str, Value]:
    if pinged.code:
        return {"result_code": pinged.code}
    times = pinged.times_ms
    counts: dict[str, Value] = {
        "packets_transmitted": pinged.sent,
        "packets_received": len(times),
    }
    if not pinged.sent:
        return counts | {"result_code": ERROR}
    counts["percent_packet_loss"] = 100.0 * (pinged.sent - len(times)) / pinged.sent
    if not times:
        return counts | {"result_code": NO_HOST}
    mean = sum(times) / len(times)
    found: dict[str, Value] = {
        "result_code": SUCCESS,
        "average_response_ms": mean,
        "minimum_response_ms": min(times),
        "maximum_response_ms": max(times),
        "standard_deviation_ms": sqrt(sum((each - mean) ** 2 for each in times) / len(times)),
    }
    if pinged.ttl:
        found["ttl"] = pinged.ttl
    return counts | found


PROBE = ProbeKind(
    name="ping",
    asked="a name or an address, each `interval_s` with `count` requests",
    measurements=(
        Measurement(
            name="ping",
            tags=("url",),
            fields=(
                *fields(Kind.INTEGER, "count", "packets_transmitted packets_received"),
                *fields(Kind.INTEGER, "hops left of the newest reply", "ttl"),
                *fields(Kind.INTEGER, "0 success, 1 no host or reply, 2 error", "result_code"),
                *fields(Kind.FLOAT, "percent", "percent_packet_loss"),
                *fields(
                    Kind.FLOAT,
                    "milliseconds",
                    "average_response_ms minimum_response_ms maximum_response_ms"
                    " standard_deviation_ms",
                ),
            ),
        ),
    ),
)
