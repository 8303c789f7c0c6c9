from enum import IntEnum
from typing import Annotated

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.testing.codec_rules import check_any_bytes, check_bit_flips
from muster.wire.netdata.protobuf import decode, encode
from muster.wire.netdata.protofields import (
    Int32,
    Int64,
    Limits,
    ProtobufError,
    UInt32,
    UInt64,
)


class Colour(IntEnum):
    NONE = 0
    RED = 7


class Inner(msgspec.Struct, frozen=True):
    name: Annotated[str, 1] = ""
    count: Annotated[UInt32, 2] = 0


class Everything(msgspec.Struct, frozen=True, kw_only=True):
    text: Annotated[str, 1] = ""
    raw: Annotated[bytes, 2] = b""
    flag: Annotated[bool, 3] = False
    small: Annotated[Int32, 4] = 0
    large: Annotated[Int64, 5] = 0
    natural: Annotated[UInt64, 6] = 0
    number: Annotated[float, 7] = 0.0
    colour: Annotated[Colour, 8] = Colour.NONE
    inner: Annotated[Inner | None, 9] = None
    listed: Annotated[tuple[Inner, ...], 10] = ()
    mapped: Annotated[dict[str, str], 21] = {}


everything = st.builds(
    Everything,
    text=st.text(),
    raw=st.binary(),
    flag=st.booleans(),
    small=st.integers(-(2**31), 2**31 - 1),
    large=st.integers(-(2**63), 2**63 - 1),
    natural=st.integers(0, 2**64 - 1),
    number=st.floats(allow_nan=False),
    colour=st.sampled_from(Colour),
    inner=st.none() | st.builds(Inner, name=st.text(), count=st.integers(0, 2**32 - 1)),
    listed=st.lists(st.builds(Inner, name=st.text()), max_size=4).map(tuple),
    mapped=st.dictionaries(st.text(), st.text(), max_size=4),
)


@given(everything)
def test_what_is_written_comes_back(message):
    assert decode(Everything, encode(message)) == message


@given(st.binary(max_size=200))
def test_any_bytes_give_a_message_or_an_error(data):
    check_any_bytes(lambda each: decode(Everything, each), data)


def test_any_flipped_bit_gives_a_message_or_an_error():
    whole = Everything(
        text="ab",
        large=-5,
        number=1.5,
        inner=Inner("x"),
        listed=(Inner("y", 3),),
        mapped={"k": "v"},
    )
    check_bit_flips(lambda each: decode(Everything, each), encode(whole))


@pytest.mark.parametrize(
    ("message", "data"),
    [
        (Everything(), ""),
        (Everything(text="testing"), "0a0774657374696e67"),
        (Everything(natural=150), "309601"),
        (Everything(small=-2), "20feffffffffffffffff01"),
        (Everything(flag=True), "1801"),
        (Everything(number=-0.0), "390000000000000080"),
        (Everything(number=1.0), "39000000000000f03f"),
        (Everything(colour=Colour.RED), "4007"),
        (Everything(inner=Inner()), "4a00"),
        (Everything(inner=Inner(count=150)), "4a03109601"),
        (Everything(listed=(Inner(), Inner("a"))), "520052030a0161"),
        (Everything(mapped={"a": "b"}), "aa01060a0161120162"),
    ],
)
def test_bytes_are_those_of_the_format(message, data):
    assert encode(message).hex() == data
    assert decode(Everything, bytes.fromhex(data)) == message


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ("f80601", "a number"),
        ("fa060161", "a text"),
        ("f9060000000000000000", "eight bytes"),
        ("fd0600000000", "four bytes"),
        ("fb0608010b0c0a0161fc06", "a group with another in it"),
        ("0801", "a known field in another form"),
    ],
)
def test_what_is_not_known_is_passed_over(data, what):
    known = encode(Everything(small=3))

    assert decode(Everything, bytes.fromhex(data) + known) == Everything(small=3), what


def test_what_comes_twice_counts_as_it_came_last():
    assert decode(Everything, bytes.fromhex("0a01610a0162")).text == "b"


def test_a_message_that_comes_twice_is_merged():
    data = bytes.fromhex("4a030a0161" + "4a021005")

    assert decode(Everything, data).inner == Inner("a", 5)


def test_text_that_is_no_utf_8_is_mended():
    assert decode(Everything, b"\x0a\x02\xffa").text == "\N{REPLACEMENT CHARACTER}a"


def test_an_unknown_value_of_an_enum_is_its_first():
    assert decode(Everything, b"\x40\x63").colour is Colour.NONE


def test_a_number_of_more_bits_than_its_field_is_cut_to_them():
    assert decode(Everything, bytes.fromhex("20ffffffff1f")).small == -1


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("0a05", "ends inside text"),
        ("0a", "ends inside a number"),
        ("39000000", "ends inside number"),
        ("20ffffffffffffffffff7f", "more than 64 bits"),
        ("00", "no number of a field: 0"),
        ("ffffffff7f01", "no number of a field"),
        ("0f", "no form of a value: 7"),
        ("fc06", "end of a group that did not begin"),
        ("fb06f406", "end of a group that did not begin"),
        ("fb06", "ends inside a number"),
        ("fb06" * 17, "groups within each other"),
        ("fa0605", "ends inside a field"),
        ("4a020a05", "Inner: the data ends inside name"),
    ],
)
def test_what_breaks_the_format_is_refused_with_its_place(data, why):
    with pytest.raises(ProtobufError, match=why):
        decode(Everything, bytes.fromhex(data))


def test_limits_hold():
    limits = Limits(message_bytes=100, text_bytes=3, repeated=2)

    for data, why in [
        (bytes(101), "longer than 100"),
        (b"\x0a\x04abcd", "text is longer than 3"),
        (b"\x12\x04abcd", "raw is longer than 3"),
        (b"\x52\x00" * 3, "more than 2 entries of listed"),
        (b"\x4a\x00" * 3, "more than 2 entries of inner"),
        (b"\xaa\x01\x00" * 3, "more than 2 entries of mapped"),
        (b"\x52\x06\x0a\x04abcd", "Inner: name is longer than 3"),
    ]:
        with pytest.raises(ProtobufError, match=why):
            decode(Everything, data, limits)


@pytest.mark.parametrize(
    "message",
    [
        Everything(small=2**31),
        Everything(natural=-1),
        Everything(text="\ud800"),
        Everything(text=5),
        Everything(number="x"),
        Everything(inner="x"),
        Everything(mapped={"a": 1}),
    ],
)
def test_a_value_that_does_not_fit_its_field_is_not_written(message):
    with pytest.raises(ProtobufError, match="cannot be written"):
        encode(message)


def test_a_struct_that_gives_a_number_twice_is_none():
    class Wrong(msgspec.Struct):
        one: Annotated[str, 1] = ""
        other: Annotated[str, 1] = ""

    with pytest.raises(TypeError, match="twice"):
        encode(Wrong())


def test_the_fields_of_all_messages_within_count_together():
    limits = Limits(fields=6)
    two = "52050a01611001"  # a list's entry of two fields: three in all

    assert len(decode(Everything, bytes.fromhex(two * 2), limits).listed) == 2
    with pytest.raises(ProtobufError, match="Inner: more than 6 fields"):
        decode(Everything, bytes.fromhex(two * 3), limits)
    with pytest.raises(ProtobufError, match="Everything: more than 6 fields"):
        decode(Everything, bytes.fromhex("f80601" * 7), limits)
