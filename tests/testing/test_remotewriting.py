from muster.testing.remotewriting import (
    label,
    number,
    request_v1,
    request_v2,
    sample,
    series_v1,
    varint,
)
from muster.wire.prometheus import remote_parser
from muster.wire.prometheusparts import Version


def test_messages_are_those_of_the_definition_byte_for_byte():
    assert varint(-1) == b"\xff" * 9 + b"\x01"
    assert number(2, 300) == b"\x10\xac\x02"
    assert label("a", "b") == b"\x0a\x01a\x12\x01b"
    assert sample(1.0, 1) == b"\x09\0\0\0\0\0\0\xf0\x3f\x10\x01"
    assert series_v1({"a": "b"}, [(1.0, 1)]).startswith(
        b"\x0a\x15\x0a\x06\x0a\x01a\x12\x01b\x12\x0b"
    )


def test_texts_of_2_0_come_once_and_the_first_is_empty():
    body = request_v2([({"a": "b"}, []), ({"a": "c"}, [])])

    assert (
        body
        == b"\x22\x00\x22\x01a\x22\x01b\x22\x01c\x2a\x04\x0a\x02\x01\x02\x2a\x04\x0a\x02\x01\x03"
    )


def test_both_versions_say_the_same_and_are_read():
    labels = (("__name__", "up"), ("job", "node"))
    old = request_v1([(labels, [7, -8], [1.0, 2.5])])
    new = request_v2([(dict(labels), [(1.0, 7), (2.5, -8)])])

    read = remote_parser().parse(old, Version.V1)
    assert read == remote_parser().parse(new, Version.V2)
    assert list(read.parsed.times) == [7_000_000, -8_000_000]
