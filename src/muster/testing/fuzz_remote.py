"""Mutated messages of other monitors against both twins of their decoders.

    python -m muster.testing.fuzz_remote --inputs 1000000 [--seed 1] [--seconds 300]

Rules: bytes give columns or a refusal, never another error; the pure twin, the compiled one and
one that remembers other messages give the same of remote write, but for metadata of 2.0, which
is told once; blocks of snappy are read and refused alike, and come back when packed; requests of
OTLP become columns that fit each other, or are refused.
Inputs are made of sound messages; the same seed gives the same ones. Bytes that break a rule are
printed as Python bytes: they belong into tests/wire/test_prometheus.py, test_snappy.py or
test_otlp.py.
"""

import math
import sys
from collections.abc import Callable
from random import Random

import msgspec

from muster.errors import InputError, LimitExceeded, MusterError
from muster.testing.fuzzedbytes import ByteFuzz, Check, spoil
from muster.testing.remotewriting import (
    STALE,
    double,
    label,
    metadata_v1,
    number,
    part,
    request_v2,
    series_v1,
    varint,
)
from muster.wire.lineparsed import Parsed
from muster.wire.otlp import OtlpLimits, decode_protobuf
from muster.wire.otlpcolumns import OtlpColumns
from muster.wire.prometheus import PureRemoteParser, RemoteParser, remote_parser
from muster.wire.prometheusnative import NativeHistograms
from muster.wire.prometheusparts import Received, RemoteLimits, Version
from muster.wire.snappy import SNAPPY, PureSnappy

LIMITS = RemoteLimits(
    points=40, series=12, labels=5, symbols=24, metadata=6, errors=5, remembered=60
)
_OTLP, _MOST = OtlpLimits(messages=400), 1 << 16
_NOW_NS = 1_700_000_000_000_000_000
_UP = {"__name__": "up", "instance": "a:9100", "job": "node"}
_PIECES = (
    *(bytes((byte,)) for byte in (0, 1, 2, 8, 9, 0x0A, 0x10, 0x12, 0x1A, 0x22, 0x2A, 0x80, 0xFF)),
    *(varint(-1), varint(1 << 60), b"\xff" * 11, b"\xed\xa0\x80", b"__name__", b"le"),
    *(double(1, math.nan), number(2, -5), part(3, b""), part(1, label("a", "b"))),
)
_HISTOGRAM = (
    number(1, 9) + double(3, 1.5) + number(4, 4) + number(6, 2)
    + part(11, number(1, 2) + number(2, 2)) + part(12, varint(2) + varint(4))
    + part(8, number(2, 1)) + part(10, bytes(8)) + part(16, bytes(8)) + number(15, 7)
)  # fmt: skip
_WRITES = (
    series_v1(_UP, [(1.5, 1_700_000_000_123)]),
    series_v1(_UP, [(STALE, 9), (math.inf, 10)], part(3, b"") + part(4, number(15, 7))),
    series_v1([("__name__", "b"), ("a", "1"), ("a", "2")], [(1.0, 1 << 60)]),
    metadata_v1("up", 2, "is it there", "s"),
    series_v1(_UP, (), part(4, _HISTOGRAM)),
    request_v2([(_UP, [])], part(3, _HISTOGRAM)),
    request_v2([(_UP, [(1.5, 7), (2.5, -8)]), ({"__name__": "down"}, [(1.0, 7)])], kind=1),
    part(4, b"") + part(4, b"__name__") + part(5, number(1, 1) + number(1, 1) + part(2, b"")),
)


def _metrics(kind: int, point: bytes) -> bytes:
    """A request of OTLP with one metric, of a kind, with one point."""
    metric = part(1, b"http.duration") + part(3, b"s") + part(kind, part(1, point) + number(2, 2))
    attribute = part(1, b"service.name") + part(2, part(1, b"cart"))
    scope = part(1, part(1, b"lib")) + part(2, metric)
    return part(1, part(1, part(1, attribute)) + part(2, scope))


_REQUESTS = (
    _metrics(5, part(7, part(1, b"k") + part(2, number(3, -1))) + double(4, 1.5)),
    _metrics(7, number(8, 1)),
    _metrics(9, double(5, 1.0) + part(6, bytes(16)) + part(7, bytes(8))),
    _metrics(10, number(6, 5) + part(8, number(1, 3) + part(2, b"\x01\x02\x03"))),
    _metrics(11, part(6, double(1, 0.5) + double(2, 2.0))),
)


class Decoders:
    """All decoders: fresh ones for each input, and ones that remember."""

    def __init__(self) -> None:
        self._fresh: tuple[Callable[[RemoteLimits], RemoteParser], ...] = (
            PureRemoteParser,
            remote_parser,
        )
        self._warm: tuple[RemoteParser, ...] = tuple(make(LIMITS) for make in self._fresh)
        self._pure = PureSnappy()
        self._columns = OtlpColumns(LIMITS)
        self._histograms = NativeHistograms(LIMITS)

    def check(self, data: bytes) -> bool:
        """Whether anything took the bytes whole. Errors: AssertionError when a rule is broken."""
        self._check_block(data)
        taken = [self._check_write(data, version) for version in Version]
        return any([*taken, self._check_otlp(data)])

    def _check_block(self, data: bytes) -> None:
        first, other = (_outcome(each.unpack, data, _MOST) for each in (self._pure, SNAPPY))
        _require(first == other, f"twins disagree: {first!r} is not {other!r}")
        packed = SNAPPY.pack(data)
        _require(packed == self._pure.pack(data), "twins pack differently")
        _require(self._pure.unpack(packed, _MOST) == data, "what was packed does not come back")

    def _check_write(self, data: bytes, version: Version) -> bool:
        parsers = (*(make(LIMITS) for make in self._fresh), *self._warm)
        first, *others = (_outcome(each.parse, data, version) for each in parsers)
        for other in others:
            same = _told(first, version) == _told(other, version)
            _require(same, f"twins disagree: {first!r} is not {other!r}")
        if not isinstance(first, Received):
            return False
        _check_columns(first.parsed)
        self._check_histograms(first, data)
        return not first.parsed.errors

    def _check_histograms(self, received: Received, data: bytes) -> None:
        try:
            added = self._histograms.added(received, data)
        except LimitExceeded:
            return
        _check_columns(added.parsed)
        kept = 0 <= added.kept_histograms <= len(received.natives) <= received.histograms
        _require(kept, "more histograms are kept than there are")

    def _check_otlp(self, data: bytes) -> bool:
        try:
            taken = self._columns.take(decode_protobuf(data, _OTLP), _NOW_NS)
        except (InputError, LimitExceeded):
            return False
        _check_columns(taken.parsed)
        _require(taken.rejected <= taken.points, "more points are rejected than there are")
        return not taken.rejected


def _outcome(decode: Callable[..., object], *words: object) -> object:
    try:
        return decode(*words)
    except MusterError as error:
        return str(error)


def _told(outcome: object, version: Version) -> object:
    if isinstance(outcome, Received) and version is Version.V2:
        return msgspec.structs.replace(outcome, metadata=())
    return outcome


def _check_columns(parsed: Parsed) -> None:
    total = parsed.points_total
    fits = sum(parsed.rows) == total == len(parsed.values) == len(parsed.order)
    _require(fits and sorted(parsed.order) == list(range(total)), "columns do not fit each other")
    msgspec.json.encode([block.layout for block in parsed.blocks()])  # all of it is text


def _require(holds: bool, rule: str) -> None:
    if not holds:
        raise AssertionError(rule)


def input_of(chance: Random) -> bytes:
    """Some messages behind each other, or a block, most of them with something wrong."""
    kinds = chance.choice((_WRITES, _WRITES, _REQUESTS))
    data = bytearray(b"".join(chance.choices(kinds, k=chance.randrange(1, 4))))
    if chance.random() < 0.2:
        data = bytearray(SNAPPY.pack(bytes(data)))
    spoil(data, chance, _PIECES)
    return bytes(data)


def _decoders() -> Check:
    decoders = Decoders()
    return lambda data, _chance: decoders.check(data)


FUZZ = ByteFuzz("Fuzz the decoders of other monitors' messages.", input_of, _decoders)

if __name__ == "__main__":
    sys.exit(FUZZ.main())
