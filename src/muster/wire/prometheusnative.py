"""Native histograms of remote write as classic ones: `_bucket` by `le`, `_count`, `_sum`.

Their buckets are those of OTLP's exponential histograms, counted from one further, and become the
same bounds (wire/otlphistograms.py); those of custom bounds are classic by themselves.

Source: prometheus/prompb types.proto, Histogram; prometheus.io/docs/specs/native_histograms
"""

import math
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeVar

import msgspec

from muster.errors import InputError, LimitExceeded
from muster.model.metric import Layout
from muster.wire.lineparsed import LATEST_NS, LineError, Parsed, names_time
from muster.wire.otlphistograms import Bucket, classic, exponential
from muster.wire.otlpnames import number_text
from muster.wire.prometheuslayouts import LayoutBook
from muster.wire.prometheusparts import MS_NS, Native, Received, RemoteLimits
from muster.wire.protoreader import Malformed, ProtoReader, Wire
from muster.wire.varint import unzigzag

T = TypeVar("T")
_LONG, _DOUBLE = struct.Struct("<q"), struct.Struct("<d")
_STALE = 0x7FF0_0000_0000_0002
_EXPONENT = 0x7FF0_0000_0000_0000  # all of it set: no finite number
_CUSTOM = -53  # the schema of custom bounds
_MOST_BUCKETS = 10_000  # that one histogram may tell of
_VARINT, _FIXED, _LENGTH = int(Wire.VARINT), int(Wire.FIXED64), int(Wire.LENGTH)
_SPAN = {1: _VARINT, 2: _VARINT}
_NEGATIVE, _POSITIVE = (8, 9, 10), (11, 12, 13)  # spans, changes of counts, counts
_CHANGES = (9, 12)
_CUSTOM_VALUES = 16


class _Sample(NamedTuple):
    suffix: str
    le: str
    bits: int


class _Raw:
    """The fields of one histogram."""

    def __init__(self, reader: ProtoReader) -> None:
        self.wholes: dict[int, int] = {}
        self.reals: dict[int, float] = {}
        self.sum_bits = 0
        self.lists: dict[int, list[float]] = {number: [] for number in _READ}
        self.spans: dict[int, list[tuple[int, int]]] = {8: [], 11: []}
        while reader.is_open:
            self._take(reader, *reader.tag())

    def number(self, whole: int, real: int) -> float:
        """A number that may come in either form."""
        return self.wholes.get(whole, 0) or self.reals.get(real, 0.0)

    def _take(self, reader: ProtoReader, field: int, wire: int) -> None:
        if field in self.spans and wire == Wire.LENGTH:
            found = {1: 0, 2: 0}
            inside = reader.inner()
            for each in inside.fields(_SPAN):
                found[each] = inside.varint()
            self._add(self.spans[field], (unzigzag(found[1]), found[2]))
        elif field in _READ and wire == Wire.LENGTH:
            inside = reader.inner()
            while inside.is_open:
                self._add(self.lists[field], _READ[field](inside))
        elif field in _READ and wire == (_VARINT if field in _CHANGES else _FIXED):
            self._add(self.lists[field], _READ[field](reader))
        elif field == 3 and wire == Wire.FIXED64:
            self.sum_bits = _LONG.unpack(reader.fixed(wire))[0]
        elif wire == Wire.FIXED64:
            self.reals[field] = _double(reader)
        elif wire == Wire.VARINT:
            self.wholes[field] = reader.signed()
        else:
            reader.skip(wire)

    @staticmethod
    def _add(some: list[T], value: T) -> None:
        if len(some) >= _MOST_BUCKETS:
            raise InputError(f"a histogram with more than {_MOST_BUCKETS} buckets")
        some.append(value)

    def side(self, fields: tuple[int, int, int]) -> list[tuple[int, float]]:
        """Numbers of buckets, as this format counts them, with what is in them."""
        spans, changes, counts = fields
        totals = self.lists[counts] or _summed(self.lists[changes])
        indexes: list[int] = []
        at = 0
        for gap, length in self.spans[spans]:
            at += gap
            if length > len(totals) - len(indexes):
                raise InputError("a histogram with spans of more buckets than there are")
            indexes += range(at, at + length)
            at += length
        if len(indexes) != len(totals):
            raise InputError("a histogram with more buckets than its spans tell of")
        return list(zip(indexes, totals, strict=True))


def _double(reader: ProtoReader) -> float:
    number: float = _DOUBLE.unpack(reader.fixed(Wire.FIXED64))[0]
    return number


def _change(reader: ProtoReader) -> int:
    return unzigzag(reader.varint())


_READ: dict[int, Callable[[ProtoReader], float]] = {
    9: _change,
    10: _double,
    12: _change,
    13: _double,
    _CUSTOM_VALUES: _double,
}


def _summed(changes: Sequence[float]) -> list[float]:
    totals, total = [], 0.0
    for change in changes:
        total += change
        totals.append(total)
    return totals


class NativeHistograms:
    """Adds what histograms became to the columns of their message."""

    def __init__(self, limits: RemoteLimits) -> None:
        self._limits = limits
        self._book = LayoutBook(limits)

    def added(self, received: Received, body: bytes, finite: bool = False) -> Received:
        """A message with the samples of its histograms; with `finite` of finite numbers alone.

        Errors: LimitExceeded.
        """
        if not received.natives:
            return received
        rows: dict[int, tuple[Layout, list[tuple[int, int]]]] = {}
        errors: list[LineError] = []
        room = self._limits.points - received.parsed.points_total
        for native in received.natives:
            try:
                found = self._taken(native, body)
            except (InputError, Malformed) as error:
                text = "malformed" if isinstance(error, Malformed) else str(error)
                metric = native.layout.series[0].measurement
                errors.append(LineError(0, f'native histogram of "{metric}": {text}'))
                continue
            for layout, time_ns, bits in found:
                if not (finite and bits & _EXPONENT == _EXPONENT):
                    rows.setdefault(id(layout), (layout, []))[1].append((time_ns, bits))
            room -= len(found)
            if room < 0:
                text = f"more than {self._limits.points} samples: send smaller messages"
                raise LimitExceeded(text, too_large=True)
        self._book.trim()
        parsed = _joined(received.parsed, list(rows.values()), errors, self._limits)
        kept = len(received.natives) - len(errors)
        return msgspec.structs.replace(received, parsed=parsed, kept_histograms=kept)

    def _taken(self, native: Native, body: bytes) -> list[tuple[Layout, int, int]]:
        """All samples of a histogram: layout, time, bits. Errors: InputError, Malformed."""
        raw = _Raw(ProtoReader(body, native.start, native.end))
        time_ns = raw.wholes.get(15, 0) * MS_NS
        if not -LATEST_NS <= time_ns <= LATEST_NS:
            raise InputError("its time is beyond what is stored")
        series = native.layout.series[0]
        found = []
        for sample in _samples(raw):
            tags = series.tags
            if sample.le:
                tags = tuple(sorted({**dict(tags), "le": sample.le}.items()))
            layout = self._book.layout(series.measurement + sample.suffix, tags)
            found.append((layout, time_ns, sample.bits))
        return found


def _samples(raw: _Raw) -> Iterator[_Sample]:
    """Errors: InputError."""
    is_stale = raw.sum_bits == _STALE
    count = _STALE if is_stale else _bits(raw.number(1, 2))
    for bucket in () if is_stale else _buckets(raw):
        if math.isfinite(bucket.bound):
            yield _Sample("_bucket", number_text(bucket.bound), _bits(bucket.total))
    yield _Sample("_bucket", "+Inf", count)
    yield _Sample("_count", "", count)
    yield _Sample("_sum", "", raw.sum_bits)


def _buckets(raw: _Raw) -> list[Bucket]:
    schema = unzigzag(raw.wholes.get(4, 0))
    positive = raw.side(_POSITIVE)
    if schema == _CUSTOM:
        bounds = raw.lists[_CUSTOM_VALUES]
        counts = [0.0] * (len(bounds) + 1)
        for index, total in positive:
            if not 0 <= index < len(counts):
                raise InputError("a histogram with a bucket beyond its bounds")
            counts[index] += total
        return classic(bounds, counts)
    # OTLP's bucket i begins where bucket i of this format ends
    sides = (
        [(index - 1, total) for index, total in side] for side in (positive, raw.side(_NEGATIVE))
    )
    return exponential(schema, raw.number(6, 7), raw.reals.get(5, 0.0), *sides)


def _bits(value: float) -> int:
    bits: int = _LONG.unpack(_DOUBLE.pack(value))[0]
    return bits


def _joined(
    parsed: Parsed,
    more: Sequence[tuple[Layout, list[tuple[int, int]]]],
    errors: Sequence[LineError],
    limits: RemoteLimits,
) -> Parsed:
    """Columns with others behind them."""
    times, order, values = parsed.times[:], parsed.order[:], parsed.values[:]
    keys, rows = parsed.keys[:], parsed.rows[:]
    for _, samples in more:
        keys.append(len(keys))
        rows.append(len(samples))
        for time_ns, bits in samples:
            order.append(len(times))
            times.append(time_ns)
            values.append(bits)
    first = len(parsed.layouts)
    timed = (first + at for at, (layout, _) in enumerate(more) if names_time(layout))
    told = (*parsed.errors, *errors)[: max(len(parsed.errors), limits.errors)]
    return msgspec.structs.replace(
        parsed,
        layouts=(*parsed.layouts, *(layout for layout, _ in more)),
        keys=keys,
        rows=rows,
        times=times,
        order=order,
        values=values,
        strings=parsed.strings + ((),) * len(more),
        with_time=(*parsed.with_time, *timed),
        errors=told,
        errors_total=parsed.errors_total + len(errors),
    )
