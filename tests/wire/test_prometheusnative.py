"""Native histograms, written as Prometheus' own library writes them."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import LimitExceeded, MusterError
from muster.model.metric import points_of
from muster.testing.remotewriting import STALE, double, number, part, request_v2, series_v1, varint
from muster.wire.prometheus import remote_parser
from muster.wire.prometheusnative import NativeHistograms
from muster.wire.prometheusparts import RemoteLimits

NAMED = {"__name__": "t", "job": "a"}
LIMITS = RemoteLimits()


def zigzag(value: int) -> int:
    return value << 1 if value >= 0 else (-value << 1) - 1


def spans(field: int, *each: tuple[int, int]) -> bytes:
    return b"".join(part(field, number(1, zigzag(gap)) + number(2, size)) for gap, size in each)


def changes(field: int, *each: int) -> bytes:
    return part(field, b"".join(varint(zigzag(change)) for change in each))


# schema 0: zero bucket 2, buckets (0.5,1]: 1, (1,2]: 2, (4,8]: 1; (-2,-1]: 3 negative
WHOLE = (
    number(1, 9) + double(3, 18.4) + number(4, zigzag(0)) + double(5, 0.001) + number(6, 2)
    + spans(8, (1, 1)) + changes(9, 3)
    + spans(11, (0, 2), (1, 1)) + changes(12, 1, 1, -1)
    + number(15, 7)
)  # fmt: skip
REAL = (
    double(2, 4.5) + double(3, 1.5) + number(4, zigzag(0)) + double(7, 0.5)
    + spans(11, (1, 2)) + part(13, struct.pack("<dd", 1.5, 2.5)) + number(15, 7)
)  # fmt: skip
CUSTOM = (
    number(1, 6) + double(3, 9.0) + number(4, zigzag(-53))
    + spans(11, (0, 1), (1, 1)) + changes(12, 1, 4)
    + part(16, struct.pack("<dd", 0.5, 2.0)) + number(15, 7)
)  # fmt: skip


def added(body: bytes, version: int = 1, limits: RemoteLimits = LIMITS, **more):
    received = remote_parser(limits).parse(body, version)
    return NativeHistograms(limits).added(received, body, **more)


def told(received) -> dict[str, float]:
    """Values by suffix and bound."""
    return {
        p.measurement.removeprefix("t") + p.tags.get("le", ""): p.fields["value"]
        for block in received.parsed.blocks()
        for p in points_of(block)
    }


def native(data: bytes) -> bytes:
    return series_v1(NAMED, (), part(4, data))


@pytest.mark.parametrize(
    ("body", "version"), [(native(WHOLE), 1), (request_v2([(NAMED, [])], part(3, WHOLE)), 2)]
)
def test_a_histogram_of_whole_counts_becomes_a_classic_one(body, version):
    received = added(body, version)

    assert told(received) == {
        "_bucket-1": 3,
        "_bucket0.001": 5,
        "_bucket1": 6,
        "_bucket2": 8,
        "_bucket8": 9,
        "_bucket+Inf": 9,
        "_count": 9,
        "_sum": 18.4,
    }
    assert (received.histograms, received.kept_histograms, received.samples) == (1, 1, 0)
    assert set(received.parsed.times) == {7_000_000}


def test_a_histogram_of_real_counts_too():
    assert told(added(native(REAL))) == {
        "_bucket0": 0.5,
        "_bucket2": 2.0,
        "_bucket4": 4.5,
        "_bucket+Inf": 4.5,
        "_count": 4.5,
        "_sum": 1.5,
    }


def test_custom_bounds_are_bounds():
    assert told(added(native(CUSTOM))) == {
        "_bucket0.5": 1,
        "_bucket2": 1,
        "_bucket+Inf": 6,
        "_count": 6,
        "_sum": 9.0,
    }


def test_counts_may_come_one_by_one():
    apart = WHOLE.replace(changes(12, 1, 1, -1), number(12, 2) + number(12, 2) + number(12, 1))

    assert apart != WHOLE
    assert told(added(native(apart))) == told(added(native(WHOLE)))


def test_a_stale_histogram_marks_what_is_always_there():
    found = told(added(native(double(3, STALE) + number(15, 7))))

    assert set(found) == {"_bucket+Inf", "_count", "_sum"}
    assert all(math.isnan(value) for value in found.values())


def test_where_numbers_must_be_finite_others_are_left_out():
    received = added(native(number(1, 1) + double(3, math.inf)), finite=True)

    assert set(told(received)) == {"_bucket+Inf", "_count"}


def test_samples_of_the_message_stay_where_they_were():
    body = series_v1({"__name__": "up"}, [(1.0, 7), (2.0, 8)]) + native(CUSTOM)
    parsed = added(body).parsed

    assert list(parsed.rows) == [2, 1, 1, 1, 1, 1]
    assert list(parsed.order) == list(range(7))
    assert parsed.layouts[0].series[0].measurement == "up"


def test_the_same_series_comes_again_as_the_same_layout():
    histograms, body = NativeHistograms(LIMITS), native(CUSTOM)
    first, again = (
        histograms.added(remote_parser().parse(body, 1), body).parsed.layouts for _ in range(2)
    )

    assert all(one is other for one, other in zip(first, again, strict=True))


BAD = {
    "spans of more buckets": spans(11, (0, 3)) + changes(12, 1),
    "more buckets than its spans": changes(12, 1, 2),
    "scale": number(4, zigzag(60)),
    "beyond its bounds": number(4, zigzag(-53)) + spans(11, (5, 1)) + changes(12, 1),
    "more than 10000 buckets": part(12, bytes(10_001)),
    "malformed": b"\x0b",
    "its time": number(15, 1 << 60),
    "do not ascend": number(4, zigzag(-53)) + part(16, bytes(16)),
}


@pytest.mark.parametrize("reason", BAD)
def test_a_histogram_that_cannot_be_read_is_refused_alone(reason):
    received = added(native(BAD[reason]) + native(CUSTOM))

    assert reason in received.parsed.error_text
    assert (received.histograms, received.kept_histograms) == (2, 1)


def test_too_many_histograms_refuse_the_message():
    with pytest.raises(LimitExceeded, match="native histograms"):
        added(native(CUSTOM) * 3, limits=RemoteLimits(natives=2))
    with pytest.raises(LimitExceeded, match="samples"):
        added(native(CUSTOM), limits=RemoteLimits(points=4))


@given(st.integers(0, len(WHOLE)), st.binary(max_size=4), st.integers(0, 3))
def test_whatever_comes_is_read_or_refused(place, spoiled, cut):
    data = WHOLE[:place] + spoiled + WHOLE[place + cut :]
    try:
        parsed = added(native(data)).parsed
    except MusterError as error:
        assert str(error)
    else:
        assert sum(parsed.rows) == parsed.points_total == len(parsed.values)
