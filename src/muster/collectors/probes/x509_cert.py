"""How long the certificate of a web server is still good, of each https probe.

One that does not verify is looked at all the same, in a connection of its own that carries
nothing, so that one that has run out is seen as such.

Source: Telegraf's x509_cert.
"""

import msgspec

from muster.clock import SECOND_NS
from muster.collectors.api import Measurement, fields
from muster.collectors.probes.api import ProbeKind
from muster.model.metric import Kind, Point, Value
from muster.model.probe import HttpProbe


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate that a server showed. Units: seconds since 1970."""

    common_name: str = ""
    issuer: str = ""
    begins_s: int
    ends_s: int
    fault: str = ""  # why it does not verify


def point(probe: HttpProbe, shown: Shown, time_ns: int) -> Point:
    """One `x509_cert` point."""
    now_s = time_ns // SECOND_NS
    tags = {
        "source": probe.url,
        "type": "leaf",
        "verification": "invalid" if shown.fault else "valid",
    }
    names = {"common_name": shown.common_name, "issuer_common_name": shown.issuer}
    found: dict[str, Value] = {
        "age": now_s - shown.begins_s,
        "expiry": shown.ends_s - now_s,
        "startdate": shown.begins_s,
        "enddate": shown.ends_s,
        "verification_code": int(bool(shown.fault)),
    }
    if shown.fault:
        found["verification_error"] = shown.fault
    tags |= {name: value for name, value in names.items() if value}
    return Point("x509_cert", found, time_ns, tags)


PROBE = ProbeKind(
    name="x509_cert",
    asked="an https address, with the probe of `http_response`",
    measurements=(
        Measurement(
            name="x509_cert",
            tags=("source", "type", "verification", "common_name", "issuer_common_name"),
            fields=(
                *fields(Kind.INTEGER, "seconds", "age expiry"),
                *fields(Kind.INTEGER, "seconds since 1970", "startdate enddate"),
                *fields(Kind.INTEGER, "0 good, 1 not", "verification_code"),
                *fields(Kind.STRING, "why it is not good", "verification_error"),
            ),
        ),
    ),
)
