import random
import struct
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import InputError, ProtocolError
from muster.model.metric import Kind
from muster.wire.cells import BITS, CELLS, COMPILED, PureCells

PURE = PureCells()
INTEGERS = st.integers(-(1 << 63), (1 << 63) - 1)
FLOATS = st.one_of(
    st.floats().map(lambda value: double(value)),
    st.integers(-999_999, 999_999).map(lambda n: double(n / 1000)),
    st.sampled_from([0, -(1 << 63), 1, 0x7FF8_0000_0000_0001, -1]),
)
TWINS = {"pure": PURE, "compiled": CELLS} if COMPILED else {"pure": PURE}
both = pytest.mark.parametrize("cells", TWINS.values(), ids=TWINS.keys())
needs_compiled = pytest.mark.skipif(not COMPILED, reason="no compiled twin was built here")


def double(value: float) -> int:
    return struct.unpack("<q", struct.pack("<d", value))[0]


def state(width: int) -> tuple[array, bytearray]:
    return array("q", [0]) * width, bytearray(width)


def encode(cells, kinds: bytes, *rows: list[int], present=None) -> tuple[bytes, array, bytearray]:
    last, modes = state(len(kinds))
    values = array("q", [cell for row in rows for cell in row])
    index = array("I", range(len(kinds)))
    return cells.encode_cells(index, kinds, values, present, last, modes), last, modes


def decode(cells, kinds: bytes, data: bytes, rows: int, present=None, strings: int = 9):
    last, modes = state(len(kinds))
    index = array("I", range(len(kinds)))
    out = cells.decode_cells(data, 0, index, kinds, rows, present, last, modes, strings)
    return *out, last, modes


@both
@given(st.lists(INTEGERS, max_size=6), INTEGERS, INTEGERS, st.booleans())
def test_times_come_back_from_any_time_and_step(cells, times, time, step, fresh):
    data = cells.encode_times(array("q", times), time, step, fresh)

    out, at = cells.decode_times(b"?" + data, 1, len(times), time, step, fresh)
    assert (list(out), at) == (times, 1 + len(data))


@both
def test_a_steady_second_is_one_byte_a_row(cells):
    times = array("q", [10**18 + n * 10**9 for n in range(9)])

    assert len(cells.encode_times(times, times[0] - 10**9, 10**9, False)) == 9


@both
@given(st.lists(FLOATS, min_size=1, max_size=6))
def test_floats_come_back_to_the_bit(cells, patterns):
    kinds = bytes((Kind.FLOAT,))
    data, last, modes = encode(cells, kinds, *([pattern] for pattern in patterns))

    out, at, *after = decode(cells, kinds, data, len(patterns))
    assert (list(out), at) == (patterns, len(data))
    assert after == [last, modes]


@both
@pytest.mark.parametrize(
    ("values", "mode"),
    [([3.0, 45.0], 0), ([0.52], 2), ([0.5, 0.25], 2), ([1e-6], 6), ([1 / 3], BITS), ([-0.0], BITS)],
)
def test_a_float_column_takes_the_first_mode_that_is_exact(cells, values, mode):
    _data, _last, modes = encode(cells, bytes((Kind.FLOAT,)), *([double(v)] for v in values))

    assert modes[0] == mode


@both
def test_a_float_that_drifts_is_sent_as_what_flipped_and_another_as_a_whole(cells):
    kinds = bytes((Kind.FLOAT,))
    start = double(1 / 3)

    assert encode(cells, kinds, [start], [start ^ 0x0100])[0][-2:] == b"\x09\x01"
    assert encode(cells, kinds, [start], [double(5.0)])[0][-3:] == b"\x96\x14\x40"
    assert encode(cells, kinds, [start], [0])[0][-1:] == b"\x80"
    assert encode(cells, kinds, [start], [start])[0][-1:] == b"\x00"


@both
@pytest.mark.parametrize(
    ("kind", "data", "text", "offset"),
    [
        (Kind.BOOLEAN, b"\0\x04", "2 in a column of BOOLEAN", 1),
        (Kind.BOOLEAN, b"\0\x01", "-1 in a column of BOOLEAN", 1),
        (Kind.STRING, b"\0\x12", "9 in a column of STRING", 1),
        (Kind.INTEGER, b"\0\x80", "inside a number", 1),
        (Kind.INTEGER, b"\0" + b"\xff" * 10, "64 bits", 1),
        (Kind.INTEGER, b"\0", "inside 1 cells", 1),
        (Kind.INTEGER, b"\x01\0\x07\0", "has none", 1),
        (Kind.INTEGER, b"\x02", "new modes", 0),
        (Kind.FLOAT, b"\x01\x01\x07\0", "has none", 1),
        (Kind.FLOAT, b"\x01\0\x08\0", "no mode of floats", 2),
        (Kind.FLOAT, b"\x01\0", "no mode of floats", 2),
        (Kind.FLOAT, b"\x01\0\x07\x01", "no head of a float: 1", 3),
        (Kind.FLOAT, b"\x01\0\x07\x48", "no head of a float: 72", 3),
        (Kind.FLOAT, b"\x01\0\x07\x10\x01", "inside a", 3),
    ],
)
def test_cells_that_mean_nothing_are_refused_with_their_place(cells, kind, data, text, offset):
    if text == "no mode of floats" and len(data) == 2:
        text = "no mode of floats|ends"

    with pytest.raises(ProtocolError, match=text) as caught:
        decode(cells, bytes((kind,)), data, 1)
    assert caught.value.offset == offset


@both
def test_absent_cells_take_no_byte_and_leave_the_state_alone(cells):
    kinds = bytes((Kind.INTEGER, Kind.INTEGER))
    data, last, _modes = encode(cells, kinds, [5, 0], [0, 7], present=bytes([1, 0, 0, 1]))

    out, _at, *_ = decode(cells, kinds, data, 2, present=bytes([1, 0, 0, 1]))
    assert list(out) == [5, 0, 0, 7]
    assert list(last) == [5, 7]
    assert len(data) == 3


@both
@given(st.binary(max_size=40))
def test_presence_comes_back_as_bits(cells, data):
    present = bytes(byte & 1 for byte in data)
    packed = cells.pack_bits(present)

    assert len(packed) == (len(present) + 7) // 8
    assert cells.unpack_bits(b"?" + packed, 1, len(present)) == (present, 1 + len(packed))


@both
def test_presence_that_is_cut_is_refused(cells):
    with pytest.raises(ProtocolError):
        cells.unpack_bits(b"\0", 0, 9)


@needs_compiled
def test_the_compiled_twin_refuses_state_that_does_not_fit():
    last, modes = state(1)

    with pytest.raises(InputError, match="column 0 has no state"):
        CELLS.encode_cells(array("I", [1]), b"\1", array("q", [1]), None, last, modes)
    with pytest.raises(InputError, match="marks"):
        CELLS.encode_cells(array("I", [0]), b"\1", array("q", [1]), b"", last, modes)


def outcome(cells, kinds: bytes, data: bytes, rows: int, present):
    try:
        return decode(cells, kinds, data, rows, present)
    except ProtocolError as error:
        return error.offset


@needs_compiled
def test_both_twins_take_and_refuse_the_same_damaged_cells_at_the_same_place():
    chance = random.Random(20)
    pool = [0, -(1 << 63), double(0.5), double(1 / 3), double(1e300), 77, -77]
    for _ in range(3_000):
        width, rows = chance.randrange(1, 5), chance.randrange(1, 4)
        kinds = bytes(chance.choice((0, 0, 1, 2, 3, 4)) for _ in range(width))
        cells = [
            chance.choice(pool) if kind < Kind.BOOLEAN else chance.randrange(2)
            for _ in range(rows)
            for kind in kinds
        ]
        present = chance.choice((None, bytes(chance.randrange(2) for _ in cells)))
        matrix = [cells[n : n + width] for n in range(0, len(cells), width)]
        whole = encode(PURE, kinds, *matrix, present=present)
        assert whole == encode(CELLS, kinds, *matrix, present=present)
        data = bytearray(whole[0])
        for _ in range(chance.randrange(3)):
            data[chance.randrange(len(data))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, 0x48))
        damaged = bytes(data[: len(data) - chance.randrange(2)])

        assert outcome(PURE, kinds, damaged, rows, present) == outcome(
            CELLS, kinds, damaged, rows, present
        )
