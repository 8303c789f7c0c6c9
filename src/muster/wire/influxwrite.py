"""What a write over InfluxDB's wire asks for, and how it is answered. No state, no I/O.

`/write` answers in InfluxDB's words, `/api/v2/write` in those of 2.x when a hub token wrote.

Source: docs/formats/line-protocol.md. Golden: tests/golden/influx/golden_writes.json
"""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Never

import msgspec

from muster.errors import LimitExceeded, MusterError
from muster.wire.goquote import quoted
from muster.wire.widerows import Body
from muster.wire.writesieve import DISAGREE, Refusal

_SECOND_NS = 1_000_000_000
_UNITS = {
    "": 1,
    "n": 1,
    "ns": 1,
    "u": 1_000,
    "us": 1_000,
    "ms": 1_000_000,
    "s": _SECOND_NS,
    "m": 60 * _SECOND_NS,
    "h": 3_600 * _SECOND_NS,
}
_UNITS_V2 = {word: _UNITS[word] for word in ("", "ns", "us", "ms", "s")}
_CONSISTENCIES = ("", "any", "one", "quorum", "all")
_ERROR_HEADER_BYTES = 1_024
_HIDDEN = dict.fromkeys([*range(0x20), 0x7F], " ")  # what no header may hold
JSON, PLAIN = "application/json", "text/plain; charset=utf-8"


class Dialect(Enum):
    """Whose answers are given."""

    V1 = 1
    V2 = 2


class WriteRefused(MusterError):
    """A write that is refused whole; `status` and text are for who sent it."""

    code = "write_refused"

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class WriteParameters(msgspec.Struct, frozen=True, kw_only=True):
    """What the URL of a write says."""

    database: str
    policy: str  # empty: the database's default
    precision_ns: int
    consistency: str


def write_parameters(url: Mapping[str, str]) -> WriteParameters:
    """Of `/write`. Errors: WriteRefused."""
    precision = url.get("precision", "")
    if precision not in _UNITS:
        _refuse(400, f"invalid precision {quoted(precision)} (use n, u, ms, s, m or h)")
    if not url.get("db"):
        _refuse(400, "database is required")
    return WriteParameters(
        database=url["db"],
        policy=url.get("rp", ""),
        precision_ns=_UNITS[precision],
        consistency=url.get("consistency", ""),
    )


def write_parameters_v2(url: Mapping[str, str], dialect: Dialect) -> WriteParameters:
    """Of `/api/v2/write`: the bucket is `db` or `db/rp`. Errors: WriteRefused."""
    precision = url.get("precision", "")
    if precision not in _UNITS_V2 and dialect is Dialect.V2:
        _refuse(400, "invalid precision; valid precision units are ns, us, ms, and s")
    if precision not in _UNITS_V2:
        _refuse(400, f"invalid precision {quoted(precision)} (use ns, us, ms or s)")
    database, policy = bucket_parts(url.get("bucket", ""))
    return WriteParameters(
        database=database, policy=policy, precision_ns=_UNITS_V2[precision], consistency=""
    )


def bucket_parts(bucket: str) -> tuple[str, str]:
    """Database and policy of a bucket's name. Errors: WriteRefused."""
    if not bucket:
        _refuse(404, 'bucket name "" is missing a slash; not in "database/retention-policy" format')
    database, _, policy = bucket.partition("/")
    if not database:
        _refuse(404, f"bucket name {quoted(bucket)} is in db/rp form but has an empty database")
    return database, policy


def check_consistency(parameters: WriteParameters) -> None:
    """Asked for when there is something to write; of no effect on one hub. Errors: WriteRefused."""
    if parameters.consistency.lower() not in _CONSISTENCIES:
        _refuse(400, "invalid consistency level")


def check_length(length: int, limit: int) -> None:
    """The length that a request tells of is enough to refuse it. Errors: WriteRefused."""
    if length > limit:
        _refuse(413, "Request Entity Too Large")


def database_not_found(database: str) -> WriteRefused:
    return WriteRefused(404, f"database not found: {quoted(database)}")


def policy_not_found(policy: str) -> WriteRefused:
    return WriteRefused(500, f"retention policy not found: {policy}")


def too_many_values(measurement: str, tag: str, value: str, count: int, limit: int) -> str:
    """The reason why a point is refused whose tag has too many values."""
    return (
        f"max-values-per-tag limit exceeded ({count}/{limit}): measurement={quoted(measurement)}"
        f" tag={quoted(tag)} value={quoted(value)}"
    )


def too_many_series(limit: int) -> str:
    """The reason why a point is refused that would be a new series."""
    return f"max-series-per-database limit exceeded: ({limit})"


class WriteAnswer(msgspec.Struct, frozen=True):
    """Status and text; a text is an error, and none is 204."""

    status: int
    error: str = ""
    dialect: Dialect = Dialect.V1

    @property
    def body(self) -> bytes:
        if self.status == 405:
            return f"{self.error}\n".encode()
        if not self.error:
            return b""
        if self.dialect is Dialect.V2:
            code = _CODES.get(self.status, "internal error")
            return msgspec.json.encode({"code": code, "message": self.error})
        return msgspec.json.encode({"error": self.error}) + b"\n"

    @property
    def headers(self) -> dict[str, str]:
        """Those of a write; what every answer has comes from the face."""
        if self.status == 405:
            return {"Content-Type": PLAIN}
        headers = {"Content-Type": JSON}
        if self.status == 401 and self.dialect is Dialect.V1:
            headers["WWW-Authenticate"] = 'Basic realm="InfluxDB"'
        elif self.error and self.dialect is Dialect.V1:
            headers["X-Influxdb-Error"] = header_text(self.error)
        return headers


_CODES = {
    400: "invalid",
    401: "unauthorized",
    403: "forbidden",
    404: "not found",
    413: "request too large",
    422: "unprocessable entity",
    429: "too many requests",
    500: "internal error",
    503: "unavailable",
}
METHOD_NOT_ALLOWED = WriteAnswer(405, "Method Not Allowed")
_WORDS_V2 = {401: "unauthorized access", 403: "insufficient permissions for write"}
_HEADER_FAULT = "gzip: invalid header"


def answer_of(
    parsed: Body, refusals: Iterable[Refusal] = (), dialect: Dialect = Dialect.V1
) -> WriteAnswer:
    """What is said of a body when all that could be written is."""
    told = _told(refusals)
    if told:
        error = told
    elif parsed.errors and parsed.points_total:
        error = f"partial write: {parsed.error_text} dropped=0"
    else:
        error = parsed.error_text
    if not error:
        return WriteAnswer(204, "", dialect)
    if dialect is Dialect.V2 and parsed.points_total:
        return WriteAnswer(422, f"failure writing points to database: {error}", dialect)
    return WriteAnswer(400, error, dialect)


def is_unusable(parsed: Body) -> bool:
    """Nothing can be written, and the answer is known without asking for the policy."""
    return not parsed.points_total and parsed.errors_total > 0


def answer_of_error(error: MusterError, dialect: Dialect = Dialect.V1) -> WriteAnswer:
    """What is said of a write that was refused whole."""
    text = str(error)
    if isinstance(error, LimitExceeded) and error.status == 413:
        text = "Request Entity Too Large" if dialect is Dialect.V1 else text
    if dialect is Dialect.V2:
        text = _WORDS_V2.get(error.status, text)
        text = "gzipped HTTP body contains an invalid header" if text == _HEADER_FAULT else text
    return WriteAnswer(error.status, text, dialect)


def header_text(error: str) -> str:
    """An error as a header may carry it: its first 1,024 bytes on one line."""
    cut = error.encode(errors="replace")[:_ERROR_HEADER_BYTES].decode(errors="ignore")
    return cut.translate(_HIDDEN)


def _told(refusals: Iterable[Refusal]) -> str:
    """Of the earliest shard that refused points, else of those that fell into none."""
    by_shard: dict[float, list[Refusal]] = {}
    for each in refusals:
        shard = float("inf") if each.shard is None else each.shard
        by_shard.setdefault(shard, []).append(each)
    if not by_shard:
        return ""
    first = by_shard[min(by_shard)]
    reason = min(first, key=lambda each: each.place).reason
    if reason == DISAGREE:  # of a shard that kept nothing
        return reason
    return f"partial write: {reason} dropped={sum(each.points for each in first)}"


def _refuse(status: int, text: str) -> Never:
    raise WriteRefused(status, text)
