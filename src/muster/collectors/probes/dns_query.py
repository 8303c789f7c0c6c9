"""How fast and with which code a name server answers.

A code other than NOERROR is an error (`result_code` 2) that still has its time.

Source: Telegraf's dns_query; RFC 1035.
"""

import msgspec

from muster.collectors.api import Measurement, fields
from muster.collectors.probes.api import ProbeKind
from muster.model.metric import Kind, Point, Value
from muster.model.probe import DnsProbe

SUCCESS, TIMEOUT, ERROR = "success", "timeout", "error"
_CODES = {SUCCESS: 0, TIMEOUT: 1, ERROR: 2}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a question came to. `rcode` empty: there was no answer. Units: milliseconds."""

    result: str = SUCCESS
    rcode: str = ""
    rcode_value: int = 0
    time_ms: float = 0.0


def point(probe: DnsProbe, asked: Asked, time_ns: int) -> Point:
    """One `dns_query` point."""
    result = asked.result
    tags = probe.tags
    found: dict[str, Value] = {}
    if asked.rcode:
        if asked.rcode_value:
            result = ERROR
        tags["rcode"] = asked.rcode
        found = {"query_time_ms": asked.time_ms, "rcode_value": asked.rcode_value}
    found["result_code"] = _CODES[result]
    return Point("dns_query", found, time_ns, tags | {"result": result})


PROBE = ProbeKind(
    name="dns_query",
    asked="a server, a domain and a type of record",
    measurements=(
        Measurement(
            name="dns_query",
            tags=("server", "domain", "record_type", "result", "rcode"),
            fields=(
                *fields(Kind.FLOAT, "milliseconds", "query_time_ms"),
                *fields(Kind.INTEGER, "0 success, 1 timeout, 2 error", "result_code"),
                *fields(Kind.INTEGER, "code of the answer", "rcode_value"),
            ),
        ),
    ),
)
