"""What a web server answers, how fast, and whether it says what it should.

`response_time` is from the first step of the connection to the end of the head. Without an
answer there are neither it nor `http_response_code` nor the tag `status_code`.

Source: Telegraf's http_response.
"""

import msgspec

from muster.collectors.api import Measurement, fields
from muster.collectors.probes.api import ProbeKind
from muster.model.metric import Kind, Point, Value
from muster.model.probe import HttpProbe

SUCCESS = "success"
MISMATCH = "response_string_mismatch"
BODY_ERROR = "body_read_error"
FAILED = "connection_failed"
TIMEOUT = "timeout"
DNS_ERROR = "dns_error"
STATUS_MISMATCH = "response_status_code_mismatch"
CODES = {
    SUCCESS: 0,
    MISMATCH: 1,
    BODY_ERROR: 2,
    FAILED: 3,
    TIMEOUT: 4,
    DNS_ERROR: 5,
    STATUS_MISMATCH: 6,
}


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What a request came to. `status` 0: there was no answer. Units: seconds, bytes."""

    fault: str = ""  # one of CODES for what went wrong on the way
    status: int = 0
    time_s: float = 0.0
    length: int = -1  # of the body; -1: not known
    matches: bool | None = None  # None: nothing had to match, or the body was not read


def point(probe: HttpProbe, answered: Answered, time_ns: int) -> Point:
    """One `http_response` point."""
    tags = probe.tags
    found: dict[str, Value] = {}
    result = answered.fault or SUCCESS
    if answered.status:
        tags["status_code"] = str(answered.status)
        found = {"response_time": answered.time_s, "http_response_code": answered.status}
        if answered.length >= 0:
            found["content_length"] = answered.length
        if answered.matches is not None:
            found["response_string_match"] = int(answered.matches)
            if not answered.matches and not answered.fault:
                result = MISMATCH
        if probe.status:
            is_good = answered.status == probe.status
            found["response_status_code_match"] = int(is_good)
            if not is_good and not answered.fault:
                result = STATUS_MISMATCH
    found |= {"result_code": CODES[result], "result_type": result}
    return Point("http_response", found, time_ns, tags | {"result": result})


_RESULTS = ", ".join(f"{code} {name}" for name, code in CODES.items())
_YES_NO = "1 yes, 0 no; only when it is asked for"

PROBE = ProbeKind(
    name="http_response",
    asked="an address, and what to expect there",
    measurements=(
        Measurement(
            name="http_response",
            tags=("server", "method", "result", "status_code"),
            fields=(
                *fields(Kind.FLOAT, "seconds", "response_time"),
                *fields(Kind.INTEGER, "status", "http_response_code"),
                *fields(Kind.INTEGER, "bytes", "content_length"),
                *fields(Kind.INTEGER, _YES_NO, "response_string_match response_status_code_match"),
                *fields(Kind.INTEGER, _RESULTS, "result_code"),
                *fields(Kind.STRING, "result in words", "result_type"),
            ),
        ),
    ),
)
