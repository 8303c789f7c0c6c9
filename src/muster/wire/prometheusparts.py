"""What a message of remote write comes to, whichever twin reads it: columns, counts, refusals.

A sample becomes a point: its metric's name is the measurement, its other labels are the tags,
its value the field `value`. The words of refusals live here, so that both twins of
wire/prometheus.py say the same.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from enum import IntEnum
from functools import lru_cache
from sys import intern

import msgspec

from muster.errors import InputError, LimitExceeded, MusterError
from muster.model.metric import Kind, Layout, Series
from muster.wire.lineparsed import LATEST_NS, LineError, Parsed, text_of

NAME = "__name__"
FIELD = "value"
KEY_BYTES = 65_535  # of all labels
METRIC_BYTES, HELP_BYTES, UNIT_BYTES = 256, 1_024, 64  # of texts that are told or remembered
MS_NS = 1_000_000
_SHARED_BYTES = 256  # of a label that is remembered
CHUNK_SAMPLES = 65_536  # a chunk holds less


class Version(IntEnum):
    """The two messages there are."""

    V1 = 1  # prometheus.WriteRequest
    V2 = 2  # io.prometheus.write.v2.Request


class RemoteLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How much one message may hold. A series over its limits is refused, a message whole."""

    body_bytes: int = 25_000_000  # unpacked
    points: int = 2_000_000
    series: int = 262_144
    labels: int = 1_024  # of a series, beside its name
    symbols: int = 1_000_000
    metadata: int = 16_384  # the rest is passed over
    natives: int = 5_000  # histograms; each becomes a sample for each of its buckets
    errors: int = 100  # refusals that are told; all are counted
    remembered: int = 1 << 20  # series that a parser keeps for the next message


class Metadata(msgspec.Struct, frozen=True, array_like=True):
    """What a sender says of a metric."""

    metric: str
    type: int  # as the messages number them; see METRIC_TYPES
    help: str
    unit: str


METRIC_TYPES = (
    *("unknown", "counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset"),
)
_FAMILIES, _ENDS = ("histogram", "gaugehistogram", "summary"), ("_bucket", "_count", "_sum")


class Native(msgspec.Struct, frozen=True, array_like=True):
    """A native histogram of a series: where it lies in the message."""

    layout: Layout
    start: int
    end: int


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A message as columns, with what is not among them."""

    parsed: Parsed  # its errors are of series, numbered from 1
    samples: int = 0  # that came as such, and are among the columns
    refused: int = 0  # samples of series that were refused
    dropped: int = 0  # samples that are no finite number, where those are not wanted
    histograms: int = 0  # native ones, those of refused series too
    natives: tuple[Native, ...] = ()  # of series that were not refused
    kept_histograms: int = 0  # native ones that are among the columns, as classic ones
    exemplars: int = 0  # not stored
    metadata: tuple[Metadata, ...] = ()


class End(IntEnum):
    """Why reading ended. The numbers are those of prometheus.hpp."""

    WHOLE = 0
    CUT = 1
    WIDE = 2
    TAG = 3
    SYMBOLS = 4
    POINTS = 5
    SERIES = 6
    FIRST_SYMBOL = 7
    NATIVES = 8


class Fault(IntEnum):
    """Why a series, or a sample of it, is refused. The numbers are those of prometheus.hpp."""

    NAME = 1
    LABEL_NAME = 2
    LABEL_TWICE = 3  # with the label's name
    TEXT = 4  # with the label's name
    LABELS = 5  # with a count
    LONG_KEY = 6  # with a size
    REFERENCE = 7
    TIME_RANGE = 8  # with the time


class Refused(msgspec.Struct, frozen=True, array_like=True):
    """A series that was refused, as a twin reports it."""

    series: int
    fault: Fault
    metric: bytes
    about: bytes = b""
    number: int = 0


_MALFORMED = {
    End.CUT: "the message ends inside a field",
    End.WIDE: "a number has more than 64 bits",
    End.TAG: "no such field",
}
_WORDS = {
    Fault.NAME: f"no label {NAME}",
    Fault.LABEL_NAME: "a label without a name",
    Fault.LABEL_TWICE: "label {0} twice",
    Fault.TEXT: "label {0} is no UTF-8",
    Fault.LABELS: "too many labels: {1} > {2}",
    Fault.LONG_KEY: f"labels of {{1}} bytes: at most {KEY_BYTES} are stored",
    Fault.REFERENCE: "labels_refs do not name texts of the message in pairs",
    Fault.TIME_RANGE: f"time {{1}} ms outside range -{LATEST_NS} - {LATEST_NS} ns",
}


def ended(end: End, offset: int, limits: RemoteLimits) -> MusterError:
    """The refusal of a whole message."""
    match end:
        case End.SYMBOLS:
            return _too_many("symbols", limits.symbols)
        case End.POINTS:
            return _too_many("samples", limits.points)
        case End.SERIES:
            return _too_many("series", limits.series)
        case End.NATIVES:
            return _too_many("native histograms", limits.natives)
        case End.FIRST_SYMBOL:
            return InputError("the first of the symbols is not empty")
        case _:
            return InputError(f"protobuf: {_MALFORMED[end]} at byte {offset}")


def check_body(body: bytes, limits: RemoteLimits) -> None:
    """Refuse a message that is too long. Errors: LimitExceeded."""
    if len(body) > limits.body_bytes:
        text = f"the message has {len(body)} bytes, {limits.body_bytes} are allowed"
        raise LimitExceeded(text, too_large=True)


def check_columns(times: int, values: int, is_chunk: bool) -> None:
    """The sizes of columns that are to be written. Errors: InputError."""
    if times != values:
        raise InputError(f"{times} times for {values} values")
    if is_chunk and times >= CHUNK_SAMPLES:
        raise InputError(f"a chunk holds less than {CHUNK_SAMPLES} samples, not {times}")


def layout_of_labels(labels: Sequence[bytes]) -> Layout:
    """The layout of names and values, sorted by name, which are UTF-8."""
    pairs = [_label(*pair) for pair in _pairs(labels)]
    measurement = next(value for name, value in pairs if name == NAME)
    tags = tuple(pair for pair in pairs if pair[0] != NAME)
    return Layout((Series(measurement, tags, FIELD, Kind.FLOAT),))


def parsed_of(
    layouts: tuple[Layout, ...],
    rows: array[int],
    columns: tuple[array[int], array[int], array[int]],
    with_time: tuple[int, ...],
    errors: tuple[LineError, ...],
    errors_total: int,
) -> Parsed:
    """Columns `times`, `order` and `values` of one field each."""
    times, order, values = columns
    return Parsed(
        layouts=layouts,
        keys=array("I", range(len(layouts))),
        rows=rows,
        times=times,
        order=order,
        values=values,
        strings=((),) * len(layouts),
        with_time=with_time,
        errors=errors,
        errors_total=errors_total,
    )


def series_errors(refused: Iterable[Refused], limits: RemoteLimits) -> tuple[LineError, ...]:
    """The texts of refusals."""
    return tuple(LineError(each.series, _text(each, limits)) for each in refused)


def metadata_of(metric: bytes, type_number: int, help_text: bytes, unit: bytes) -> Metadata:
    """Texts as they came; what is no UTF-8 in them becomes U+FFFD.

    2.0 says it of each series, so a histogram's or a summary's loses what its series end in.
    """
    known = type_number if type_number < len(METRIC_TYPES) else 0
    name = text_of(metric)
    if METRIC_TYPES[known] in _FAMILIES:
        name = next((name.removesuffix(end) for end in _ENDS if name.endswith(end)), name)
    return Metadata(name, known, text_of(help_text), text_of(unit))


def _label(name: bytes, value: bytes) -> tuple[str, str]:
    """Labels come again with other series, and one object then serves for all."""
    if len(name) + len(value) > _SHARED_BYTES:
        return name.decode(), value.decode()
    return _shared(name, value)


@lru_cache(maxsize=65_536)
def _shared(name: bytes, value: bytes) -> tuple[str, str]:
    return intern(name.decode()), value.decode()


def _pairs(labels: Sequence[bytes]) -> Iterable[tuple[bytes, bytes]]:
    return zip(labels[::2], labels[1::2], strict=True)


def _text(refused: Refused, limits: RemoteLimits) -> str:
    about = f'"{text_of(refused.about)}"'
    reason = _WORDS[refused.fault].format(about, refused.number, limits.labels)
    metric = f' "{text_of(refused.metric)}"' if refused.metric else ""
    return f"series {refused.series}{metric}: {reason}"


def _too_many(what: str, limit: int) -> LimitExceeded:
    return LimitExceeded(f"more than {limit} {what}: send smaller messages", too_large=True)
