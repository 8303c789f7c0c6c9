from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import InputError, ProtocolError
from muster.model.metric import Kind, Series, sorted_tags
from muster.testing.codec_rules import (
    check_any_bytes,
    check_bit_flips,
    check_trailing,
    check_truncations,
)
from muster.wire.definitions import format_groups, parse_group, put_runs, read_runs
from muster.wire.limits import Limits
from muster.wire.varint import Reader

LIMITS = Limits()
NAMES = st.text(min_size=1, max_size=5)
TAGS = st.dictionaries(NAMES, NAMES, max_size=3).map(sorted_tags)
SERIES = st.builds(Series, NAMES, TAGS, NAMES, st.sampled_from(Kind))
CPU = [Series("cpu", (("cpu", "cpu0"),), name, Kind.FLOAT) for name in ("user", "idle")]


def parse(data: bytes) -> object:
    return parse_group(data, LIMITS)


@given(st.lists(SERIES, max_size=6))
def test_groups_name_the_same_series_in_the_same_order(series):
    groups = list(format_groups(series, LIMITS))

    assert [each for group in groups for each in parse_group(group, LIMITS)] == series


def test_neighbours_of_one_measurement_and_tags_share_a_group():
    other = Series("mem", (), "used", Kind.INTEGER)

    assert len(list(format_groups([*CPU, other], LIMITS))) == 2


def test_damaged_groups_give_series_or_a_protocol_error():
    (group,) = format_groups(CPU, LIMITS)

    check_truncations(parse, group)
    check_trailing(parse, group)
    check_bit_flips(parse, group)


@given(st.binary(max_size=60))
def test_arbitrary_bytes_give_series_or_a_protocol_error(data):
    check_any_bytes(parse, data)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\0", "no bytes in a measurement"),
        (b"\x01m\x02\x01b\x01x\x01a\x01x\x00", "not sorted"),
        (b"\x01m\x02\x01a\x01x\x01a\x01y\x00", "not sorted"),
        (b"\x01m\x01\x00\x01x\x00", "no bytes in a tag's key"),
        (b"\x01m\x01\x01a\x00\x00", "no bytes in a tag's value"),
        (b"\x01m\x41", "65 tags where at most 64"),
        (b"\x01m\x00\x01\x05\x01f", "unknown kind 5"),
        (b"\x01m\x00\x01\x00\x00", "no bytes in a field"),
    ],
)
def test_a_group_that_breaks_the_model_is_refused(data, text):
    with pytest.raises(ProtocolError, match=text):
        parse(data)


def test_too_many_tags_are_not_written():
    tags = sorted_tags({f"k{n}": "v" for n in range(65)})

    with pytest.raises(InputError, match="65 tags"):
        list(format_groups([Series("m", tags, "f", Kind.FLOAT)], LIMITS))


@given(st.lists(st.integers(0, 30), unique=True, max_size=20))
def test_runs_keep_the_numbers_of_series(numbers):
    out = bytearray()
    put_runs(out, array("I", numbers))

    reader = Reader(bytes(out))
    assert list(read_runs(reader, len(numbers), 31)) == numbers
    reader.end()


@pytest.mark.parametrize("data", [b"\x01\x01", b"\x00\x05", b"\x00\x00", b"\x08\x01", b""])
def test_runs_that_name_no_series_are_refused(data):
    with pytest.raises(ProtocolError):
        read_runs(Reader(data), 4, 4)
