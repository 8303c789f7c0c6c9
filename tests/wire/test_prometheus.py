import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import InputError, LimitExceeded, MusterError
from muster.model.metric import points_of
from muster.testing.remotewriting import (
    STALE,
    STALE_BITS,
    metadata_v1,
    number,
    part,
    request_v2,
    series_v1,
    varint,
)
from muster.wire.lineparsed import LineError
from muster.wire.prometheus import COMPILED, PureRemoteParser, remote_parser
from muster.wire.prometheusparts import Metadata, RemoteLimits, Version

TWINS = {"pure": PureRemoteParser} | ({"compiled": remote_parser} if COMPILED else {})
both = pytest.mark.parametrize("parser", TWINS.values(), ids=TWINS)
UP = {"__name__": "up", "instance": "a:9100", "job": "node"}
TINY = RemoteLimits(
    points=4, series=2, labels=2, symbols=9, metadata=2, errors=2, body_bytes=999, natives=3
)


def points(received):
    return [
        (p.measurement, p.tags, p.fields, p.time_ns)
        for block in received.parsed.blocks()
        for p in points_of(block)
    ]


@both
def test_a_sample_of_1_0_becomes_a_point(parser):
    received = parser().parse(series_v1(UP, [(1.5, 1_700_000_000_123)]), Version.V1)

    tags = {"instance": "a:9100", "job": "node"}
    assert points(received) == [("up", tags, {"value": 1.5}, 1_700_000_000_123_000_000)]


@both
def test_a_sample_of_2_0_becomes_the_same_point(parser):
    old = parser().parse(series_v1(UP, [(1.5, 7), (2.5, -8)]), Version.V1)
    new = parser().parse(request_v2([(UP, [(1.5, 7), (2.5, -8)])]), Version.V2)

    assert new.parsed == old.parsed
    assert len(points(new)) == 2


@both
def test_texts_may_stand_behind_the_series_that_refer_to_them(parser):
    symbols, series = request_v2([(UP, [(1.0, 7)])]).split(part(4, b"node"))

    turned = series + symbols + part(4, b"node")
    assert len(points(parser().parse(turned, Version.V2))) == 1


@both
def test_references_may_come_one_by_one(parser):
    inside = number(1, 1) + number(1, 2) + part(2, b"")
    body = part(4, b"") + part(4, b"__name__") + part(4, b"up") + part(5, inside)

    assert points(parser().parse(body, Version.V2)) == [("up", {}, {"value": 0.0}, 0)]


@both
def test_labels_are_sorted_and_those_without_a_value_are_none(parser):
    labels = [("job", "node"), ("__name__", "up"), ("empty", ""), ("a", "1")]
    received = parser().parse(series_v1(labels, [(1.0, 7)]), Version.V1)

    assert received.parsed.layouts[0].series[0].tags == (("a", "1"), ("job", "node"))


@both
def test_a_series_that_comes_twice_is_one_and_order_is_told(parser):
    other = {"__name__": "b"}
    body = series_v1(UP, [(1.0, 9)]) + series_v1(other, [(2.0, 9)]) + series_v1(UP, [(3.0, 5)])
    parsed = parser().parse(body, Version.V1).parsed

    assert list(parsed.rows) == [2, 1]
    assert list(parsed.order) == [0, 2, 1]


@both
def test_stale_markers_keep_their_bits(parser):
    received = parser().parse(series_v1(UP, [(STALE, 7), (math.inf, 8)]), Version.V1)

    assert received.parsed.values[0] == STALE_BITS
    assert received.parsed.points_total == 2


@both
def test_where_numbers_must_be_finite_others_are_dropped_and_counted(parser):
    samples = [(STALE, 7), (math.inf, 8), (-math.inf, 9), (math.nan, 9), (1.0, 9)]
    received = parser().parse(series_v1(UP, samples), Version.V1, True)

    assert (received.parsed.points_total, received.dropped) == (1, 4)


@both
def test_what_is_not_stored_is_counted(parser):
    old = parser().parse(series_v1(UP, [(1.0, 7)], part(3, b"") * 2 + part(4, b"")), Version.V1)
    new = parser().parse(request_v2([(UP, [])], part(4, b"") * 2 + part(3, b"")), Version.V2)

    assert (old.exemplars, old.histograms) == (new.exemplars, new.histograms) == (2, 1)
    assert new.parsed.points_total == 0


@both
def test_where_native_histograms_lie_is_told(parser):
    old = parser().parse(series_v1(UP, [], part(4, b"\x08\x01")), Version.V1)
    refused = parser().parse(series_v1((), [], part(4, b"")), Version.V1)

    (native,) = old.natives
    assert native.layout.series[0].measurement == "up"
    assert native.end - native.start == 2
    assert (refused.histograms, refused.natives) == (1, ())


@both
def test_metadata_is_read_from_both_versions(parser):
    old = parser().parse(metadata_v1("up", 2, "is it there", "s"), Version.V1)
    new = parser().parse(request_v2([(UP, [(1.0, 7)])], kind=1), Version.V2)

    assert old.metadata == (Metadata("up", 2, "is it there", "s"),)
    assert new.metadata == (Metadata("up", 1, "what it is", ""),)


@both
def test_metadata_of_2_0_is_told_once_for_a_series(parser):
    warm, body = parser(), request_v2([(UP, [(1.0, 7)])], kind=1)

    assert [len(warm.parse(body, Version.V2).metadata) for _ in range(2)] == [1, 0]


REFUSED = {
    (("job", "a"),): "series 2: no label __name__",
    (("__name__", ""),): "series 2: no label __name__",
    (("__name__", "up"), ("", "x")): 'series 2 "up": a label without a name',
    (("__name__", "up"), ("a", "1"), ("a", "2")): 'series 2 "up": label "a" twice',
    (("__name__", "up"), ("a", b"\xff")): 'series 2 "up": label "a" is no UTF-8',
    (("__name__", "up"), ("a", b"\xed\xa0\x80")): 'series 2 "up": label "a" is no UTF-8',
    (("__name__", "up"), ("a", "x" * 65_530)): (
        'series 2 "up": labels of 65545 bytes: at most 65535 are stored'
    ),
}


@both
@pytest.mark.parametrize("labels", REFUSED, ids=lambda labels: REFUSED[labels])
def test_a_series_that_cannot_be_stored_is_refused_and_others_are_not(parser, labels):
    body = series_v1(UP, [(1.0, 7)]) + series_v1(labels, [(1.0, 7), (2.0, 8)])
    received = parser().parse(body, Version.V1)

    assert received.parsed.errors == (LineError(2, REFUSED[labels]),)
    assert (received.refused, received.parsed.points_total) == (2, 1)


@both
def test_a_time_that_no_nanoseconds_can_tell_is_refused_alone(parser):
    received = parser().parse(series_v1(UP, [(1.0, 1 << 62), (1.0, 7)]), Version.V1)

    assert "time 4611686018427387904 ms outside range" in received.parsed.error_text
    assert (received.refused, received.parsed.points_total) == (1, 1)


@both
@pytest.mark.parametrize("numbers", [[1], [1, 99], [1, 1 << 63]], ids=str)
def test_references_to_nothing_refuse_the_series(parser, numbers):
    inside = part(1, b"".join(map(varint, numbers))) + part(2, b"")
    body = part(4, b"") + part(4, b"__name__") + part(5, inside)

    error = parser().parse(body, Version.V2).parsed.error_text
    assert error == "series 1: labels_refs do not name texts of the message in pairs"


@both
def test_more_refusals_than_are_told_are_counted(parser):
    parsed = parser(TINY).parse(series_v1((), [(1.0, 1)]) * 5, Version.V1).parsed

    assert (len(parsed.errors), parsed.errors_total) == (2, 5)
    assert parsed.error_text.endswith("and 3 more lines")


@both
def test_too_many_labels_refuse_a_series_though_it_has_the_first_of_a_known_one(parser):
    few = [("__name__", "up"), ("a", "1"), ("b", "2")]
    warm = parser(TINY)
    warm.parse(series_v1(few, [(1.0, 7)]), Version.V1)

    parsed = warm.parse(series_v1([*few, ("c", "3"), ("d", "4")], [(1.0, 7)]), Version.V1).parsed
    assert parsed.error_text == 'series 1 "up": too many labels: 4 > 2'


OVER = {
    "samples": (series_v1(UP, [(1.0, n) for n in range(5)]), Version.V1),
    "series": (b"".join(series_v1({"__name__": name}, [(1.0, 1)]) for name in "abc"), Version.V1),
    "symbols": (part(4, b"") * 10, Version.V2),
    "native histograms": (series_v1(UP, (), part(4, b"") * 4), Version.V1),
    "999 are allowed": (bytes(1_000), Version.V1),
}


@both
@pytest.mark.parametrize("what", OVER)
def test_a_message_over_a_limit_is_refused_whole(parser, what):
    with pytest.raises(LimitExceeded, match=what) as caught:
        parser(TINY).parse(*OVER[what])
    assert caught.value.status == 413


MALFORMED = {
    b"\x0a": "the message ends inside a field at byte 1",
    b"\x0a\x05abc": "the message ends inside a field at byte 2",
    b"\x10": "the message ends inside a field at byte 1",
    b"\x08\x00": "no such field at byte 0",
    b"\x0b": "no such field at byte 0",
    b"\x00": "no such field at byte 0",
    b"\xf8" + b"\xff" * 9 + b"\x7f": "a number has more than 64 bits at byte 0",
    b"\x0a\x02\x12\x05": "the message ends inside a field at byte 4",
    b"\x0a\x04\x12\x02\x08\x01": "no such field at byte 4",
    b"\x0a\x04\x12\x02\x09\x01": "the message ends inside a field at byte 5",
}


@both
@pytest.mark.parametrize("body", MALFORMED)
def test_what_is_no_message_is_refused_with_its_place(parser, body):
    with pytest.raises(InputError) as caught:
        parser().parse(body, Version.V1)
    assert str(caught.value) == f"protobuf: {MALFORMED[body]}"


@both
def test_the_first_symbol_must_be_empty(parser):
    with pytest.raises(InputError, match="first of the symbols is not empty"):
        parser().parse(part(4, b"up"), Version.V2)


@both
def test_fields_that_are_not_known_are_passed_over(parser):
    strange = number(9, 5) + part(99, b"x") + varint(10 << 3 | 1) + bytes(8) + b"\x5d" + bytes(4)
    received = parser().parse(strange + series_v1(UP, [(1.0, 7)], strange), Version.V1)

    assert received.parsed.points_total == 1


@both
def test_an_empty_message_is_empty(parser):
    assert parser().parse(b"", Version.V1) == parser().parse(b"", Version.V2)


@both
def test_a_label_named_time_is_told_of(parser):
    body = series_v1(UP, [(1.0, 7)]) + series_v1({"__name__": "a", "time": "x"}, [(1.0, 7)])

    assert parser().parse(body, Version.V1).parsed.with_time == (1,)


PIECES = st.sampled_from(
    [
        series_v1(UP, [(1.0, 7)]),
        series_v1({"__name__": "b"}, [(2.0, 1 << 60), (math.nan, 3)], part(3, b"") + part(4, b"")),
        metadata_v1("up", 1, "x"),
        request_v2([(UP, [(1.0, 7)])], kind=3),
        part(1, b""),
        part(4, b""),
        b"\x0a\x02\x0a\x00",
    ]
)


@pytest.mark.skipif(not COMPILED, reason="no compiled twin was built here")
@given(st.lists(PIECES, max_size=4), st.integers(0, 200), st.binary(max_size=3), st.booleans())
def test_both_twins_say_the_same_of_any_message(pieces, place, spoiled, finite):
    body = b"".join(pieces)
    body = body[:place] + spoiled + body[place + len(spoiled) :]

    for version in Version:
        pure = outcome(PureRemoteParser(), body, version, finite)
        assert pure == outcome(remote_parser(), body, version, finite)


def outcome(parser, body: bytes, version: Version, finite: bool):
    try:
        return parser.parse(body, version, finite)
    except MusterError as error:
        return str(error)


def test_values_are_read_bit_by_bit():
    bits = 0x7FF8_0000_0000_BEEF
    value = struct.unpack("<d", struct.pack("<Q", bits))[0]

    assert remote_parser().parse(series_v1(UP, [(value, 7)]), 1).parsed.values[0] == bits


@both
def test_a_series_with_some_good_references_is_told_without_a_name(parser):
    inside = part(1, b"\x01\x02\x63\x00")
    body = part(4, b"") + part(4, b"__name__") + part(4, b"up") + part(5, inside)

    assert parser().parse(body, 2).parsed.error_text.startswith("series 1: labels_refs")
