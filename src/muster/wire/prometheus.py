"""Messages of Prometheus remote write, 1.0 and 2.0, to columns. Pure twin of `_prometheus.pyx`.

Both twins give the same columns and the same words of refusal. A parser remembers the series
that it has met, so that the next message of the same series costs no more than its samples; what
it answers does not depend on what it remembers, but for what 2.0 says of a metric, which is told
once for each series. One message at a time: a thread that parses has a parser of its own.

Source: prometheus.io/docs/specs/prw, remote write 1.0 and 2.0; protobuf.dev, "Encoding"
"""

from __future__ import annotations

import struct
from array import array
from typing import NamedTuple, Protocol

from muster.model.metric import Layout
from muster.wire.lineparsed import LATEST_NS, names_time
from muster.wire.prometheusparts import (
    HELP_BYTES,
    KEY_BYTES,
    METRIC_BYTES,
    MS_NS,
    NAME,
    UNIT_BYTES,
    End,
    Fault,
    Metadata,
    Native,
    Received,
    Refused,
    RemoteLimits,
    Version,
    check_body,
    ended,
    layout_of_labels,
    metadata_of,
    parsed_of,
    series_errors,
)
from muster.wire.protoreader import Malformed, ProtoReader, Wire

DEFAULT_LIMITS = RemoteLimits()
_NAME = NAME.encode()
_EXPONENT = 0x7FF0_0000_0000_0000
_LONG = struct.Struct("<q")
_Labels = tuple[tuple[bytes, bytes], ...]
_LENGTH, _VARINT, _FIXED64 = int(Wire.LENGTH), int(Wire.VARINT), int(Wire.FIXED64)
_REQUEST_V1 = {1: _LENGTH, 3: _LENGTH}
_REQUEST_V2 = {4: _LENGTH, 5: _LENGTH}
_SERIES_V1 = {1: _LENGTH, 2: _LENGTH, 3: _LENGTH, 4: _LENGTH}
_SERIES_V2 = {2: _LENGTH, 3: _LENGTH, 4: _LENGTH, 5: _LENGTH}
_LABEL = {1: _LENGTH, 2: _LENGTH}
_SAMPLE = {1: _FIXED64, 2: _VARINT}
_METADATA_V1 = {1: _VARINT, 2: _LENGTH, 4: _LENGTH, 5: _LENGTH}
_METADATA_V2 = {1: _VARINT, 3: _VARINT, 4: _VARINT}


class RemoteParser(Protocol):
    """What both twins can do."""

    def parse(self, body: bytes, version: int, finite: bool = False) -> Received:
        """The columns of a message; with `finite` without NaN and infinities.

        Errors: InputError for what is no such message; LimitExceeded when it is over a limit.
        """
        ...


class _Sample(NamedTuple):
    bits: int
    time_ms: int


class _Fault(Exception):
    def __init__(self, fault: Fault, about: bytes = b"", number: int = 0) -> None:
        super().__init__(fault)
        self.fault, self.about, self.number = fault, about, number


class _Stopped(Exception):
    def __init__(self, end: End) -> None:
        super().__init__(end)
        self.end = end


class PureRemoteParser:
    """The twin that needs no compiler."""

    def __init__(self, limits: RemoteLimits = DEFAULT_LIMITS) -> None:
        self._limits = limits
        self._layouts: dict[_Labels, Layout] = {}

    def parse(self, body: bytes, version: int, finite: bool = False) -> Received:
        check_body(body, self._limits)
        message = _Message(self._limits, self._layouts, finite)
        reader = ProtoReader(body, 0, len(body))
        try:
            message.read_v1(reader) if version == Version.V1 else message.read_v2(body)
        except Malformed as error:
            raise ended(error.end, error.offset, self._limits) from None
        except _Stopped as error:
            raise ended(error.end, 0, self._limits) from None
        received = message.received()
        if len(self._layouts) > self._limits.remembered:
            self._layouts.clear()
        return received


class _Message:
    """One message as it is read."""

    def __init__(self, limits: RemoteLimits, layouts: dict[_Labels, Layout], finite: bool) -> None:
        self._limits = limits
        self._layouts = layouts
        self._finite = finite
        self._rows: dict[_Labels, list[tuple[int, int, int]]] = {}
        self._points = self._place = 0
        self._errors: list[Refused] = []
        self._errors_total = self._refused = self._dropped = 0
        self._histograms = self._exemplars = 0
        self._natives: list[tuple[_Labels, int, int]] = []
        self._own_natives: list[tuple[int, int]] = []
        self._metadata: list[Metadata] = []
        self._symbols: list[bytes] = []
        self._labels: list[tuple[bytes, bytes]] = []
        self._labels_total = 0
        self._samples: list[_Sample] = []

    def read_v1(self, reader: ProtoReader) -> None:
        for field in reader.fields(_REQUEST_V1):
            if field == 1:
                self._series_v1(reader.inner())
            else:
                self._metadata_v1(reader.inner())

    def read_v2(self, body: bytes) -> None:
        """All texts first: nothing says that they stand before what refers to them."""
        reader = ProtoReader(body, 0, len(body))
        for field in reader.fields(_REQUEST_V2):
            text = reader.text()
            if field == 4:
                self._add_symbol(text)
        reader = ProtoReader(body, 0, len(body))
        for field in reader.fields(_REQUEST_V2):
            inside = reader.inner()
            if field == 5:
                self._series_v2(inside)

    def received(self) -> Received:
        times, order, values = array("q"), array("I"), array("q")
        for rows in self._rows.values():
            for time_ns, place, pattern in rows:
                times.append(time_ns)
                order.append(place)
                values.append(pattern)
        layouts = tuple(self._layouts[labels] for labels in self._rows)
        return Received(
            parsed=parsed_of(
                layouts,
                array("I", [len(rows) for rows in self._rows.values()]),
                (times, order, values),
                tuple(n for n, layout in enumerate(layouts) if names_time(layout)),
                series_errors(self._errors, self._limits),
                self._errors_total,
            ),
            samples=self._points,
            refused=self._refused,
            dropped=self._dropped,
            histograms=self._histograms,
            exemplars=self._exemplars,
            natives=tuple(
                Native(self._layouts[labels], start, end) for labels, start, end in self._natives
            ),
            metadata=tuple(self._metadata),
        )

    def _add_symbol(self, text: bytes) -> None:
        if len(self._symbols) >= self._limits.symbols:
            raise _Stopped(End.SYMBOLS)
        if not self._symbols and text:
            raise _Stopped(End.FIRST_SYMBOL)
        self._symbols.append(text)

    def _begin_series(self) -> None:
        self._place += 1
        self._labels, self._samples, self._labels_total = [], [], 0
        self._own_natives = []

    def _series_v1(self, reader: ProtoReader) -> None:
        self._begin_series()
        for field in reader.fields(_SERIES_V1):
            inside = reader.inner()
            match field:
                case 1:
                    self._label(inside)
                case 2:
                    self._sample(inside)
                case 3:
                    self._exemplars += 1
                case _:
                    self._native(inside)
        self._finish(is_referred=True)

    def _series_v2(self, reader: ProtoReader) -> None:
        self._begin_series()
        references: list[int] = []
        described: tuple[int, int, int] | None = None
        while reader.is_open:
            start = reader.at
            field, wire = reader.tag()
            if field == 1 and wire == Wire.VARINT:
                references.append(reader.varint())
            elif field != 1 and field not in _SERIES_V2:
                reader.skip(wire)
            elif wire != Wire.LENGTH:
                raise Malformed(End.TAG, start)
            elif field == 1:
                inside = reader.inner()
                while inside.is_open:
                    references.append(inside.varint())
            else:
                described = self._part_v2(field, reader.inner(), described)
        known = len(self._layouts)
        self._finish(self._refer(references))
        if described is not None and len(self._layouts) > known:
            self._describe(*described)

    def _part_v2(
        self, field: int, inside: ProtoReader, described: tuple[int, int, int] | None
    ) -> tuple[int, int, int] | None:
        match field:
            case 2:
                self._sample(inside)
            case 3:
                self._native(inside)
            case 4:
                self._exemplars += 1
            case _:
                found = dict(zip(_METADATA_V2, described or (0, 0, 0), strict=True))
                for each in inside.fields(_METADATA_V2):
                    found[each] = inside.varint()
                return found[1], found[3], found[4]
        return described

    def _refer(self, references: list[int]) -> bool:
        """Whether the references are pairs of texts that are there."""
        most = 2 * (self._limits.labels + 1)
        if len(references) % 2:
            return False
        kept = references[:most]
        if any(number >= len(self._symbols) for number in kept):
            return False
        for name, value in zip(kept[::2], kept[1::2], strict=True):
            self._add_label(self._symbols[name], self._symbols[value])
        self._labels_total += (len(references) - len(kept)) // 2
        return True

    def _add_label(self, name: bytes, value: bytes) -> None:
        """A label without a value is none."""
        if value:
            self._labels_total += 1
            if len(self._labels) <= self._limits.labels:
                self._labels.append((name, value))

    def _label(self, reader: ProtoReader) -> None:
        found = {1: b"", 2: b""}
        for field in reader.fields(_LABEL):
            found[field] = reader.text()
        self._add_label(found[1], found[2])

    def _sample(self, reader: ProtoReader) -> None:
        bits = time_ms = 0
        for field in reader.fields(_SAMPLE):
            if field == 1:
                bits = _LONG.unpack(reader.fixed(Wire.FIXED64))[0]
            else:
                time_ms = reader.signed()
        if len(self._samples) >= self._limits.points:
            raise _Stopped(End.POINTS)
        self._samples.append(_Sample(bits, time_ms))

    def _native(self, reader: ProtoReader) -> None:
        self._histograms += 1
        if self._histograms > self._limits.natives:
            raise _Stopped(End.NATIVES)
        self._own_natives.append((reader.at, reader.end))

    def _metadata_v1(self, reader: ProtoReader) -> None:
        kind, texts = 0, {2: b"", 4: b"", 5: b""}
        for field in reader.fields(_METADATA_V1):
            if field == 1:
                kind = reader.varint()
            else:
                texts[field] = reader.text()
        if texts[2] and len(self._metadata) < self._limits.metadata:
            self._tell_of(texts[2], kind, texts[4], texts[5])

    def _describe(self, kind: int, help_at: int, unit_at: int) -> None:
        if len(self._metadata) < self._limits.metadata:
            texts = self._symbols
            help_text = texts[help_at] if help_at < len(texts) else b""
            unit = texts[unit_at] if unit_at < len(texts) else b""
            self._tell_of(self._metric(), kind, help_text, unit)

    def _tell_of(self, metric: bytes, kind: int, help_text: bytes, unit: bytes) -> None:
        self._metadata.append(
            metadata_of(metric[:METRIC_BYTES], kind, help_text[:HELP_BYTES], unit[:UNIT_BYTES])
        )

    def _metric(self) -> bytes:
        return next((value for name, value in self._labels if name == _NAME), b"")

    def _finish(self, is_referred: bool) -> None:
        """The series at hand goes to the columns, or is refused."""
        try:
            if not is_referred:
                raise _Fault(Fault.REFERENCE)
            if self._labels_total > self._limits.labels + 1:
                raise _Fault(Fault.LABELS, number=self._labels_total - 1)
            self._labels.sort(key=lambda label: label[0])
            labels = tuple(self._labels)
            if labels not in self._layouts:
                self._check(labels)
                self._layouts[labels] = layout_of_labels([text for pair in labels for text in pair])
        except _Fault as fault:
            self._refused += len(self._samples)
            self._tell(fault)
            return
        self._natives += [(labels, start, end) for start, end in self._own_natives]
        for sample in self._samples:
            self._take(labels, sample)

    def _check(self, labels: _Labels) -> None:
        if not self._metric():
            raise _Fault(Fault.NAME)
        last: bytes | None = None
        for name, value in labels:
            if not name:
                raise _Fault(Fault.LABEL_NAME)
            if not (_is_text(name) and _is_text(value)):
                raise _Fault(Fault.TEXT, name)
            if name == last:
                raise _Fault(Fault.LABEL_TWICE, name)
            last = name
        size = sum(len(name) + len(value) + 2 for name, value in labels)
        if size > KEY_BYTES:
            raise _Fault(Fault.LONG_KEY, number=size)

    def _tell(self, fault: _Fault) -> None:
        self._errors_total += 1
        if len(self._errors) < self._limits.errors:
            metric, about = self._metric()[:METRIC_BYTES], fault.about[:METRIC_BYTES]
            self._errors.append(Refused(self._place, fault.fault, metric, about, fault.number))

    def _take(self, labels: _Labels, sample: _Sample) -> None:
        time_ns = sample.time_ms * MS_NS
        if not -LATEST_NS <= time_ns <= LATEST_NS:
            self._refused += 1
            self._tell(_Fault(Fault.TIME_RANGE, number=sample.time_ms))
            return
        if self._finite and sample.bits & _EXPONENT == _EXPONENT:
            self._dropped += 1
            return
        if self._points >= self._limits.points:
            raise _Stopped(End.POINTS)
        if labels not in self._rows and len(self._rows) >= self._limits.series:
            raise _Stopped(End.SERIES)
        self._rows.setdefault(labels, []).append((time_ns, self._points, sample.bits))
        self._points += 1


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


try:
    from muster.wire import _prometheus
except ImportError:
    COMPILED = False
else:
    COMPILED = True


def remote_parser(limits: RemoteLimits = DEFAULT_LIMITS) -> RemoteParser:
    """A parser that remembers: the compiled twin where there is one."""
    return _prometheus.CompiledRemoteParser(limits) if COMPILED else PureRemoteParser(limits)
