import struct
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import InputError
from muster.testing.remotewriting import part, sample
from muster.wire.prometheusxor import COMPILED, SAMPLES, PureSampleWriter

PURE = PureSampleWriter()
TWINS = {"pure": PURE, "compiled": SAMPLES} if COMPILED else {"pure": PURE}
both = pytest.mark.parametrize("writer", TWINS.values(), ids=TWINS.keys())
LONGS = st.integers(-(1 << 63), (1 << 63) - 1)
STEPS = st.one_of(st.integers(0, 20_000), st.integers(0, 1 << 40))
VALUES = st.one_of(LONGS, st.integers(0, 9).map(lambda n: bits(float(n))), st.just(0))


def bits(value: float) -> int:
    return struct.unpack("<q", struct.pack("<d", value))[0]


class Chunk:
    """Reads a chunk as Prometheus' iterator does, written from its description."""

    def __init__(self, data: bytes) -> None:
        self.count = int.from_bytes(data[:2], "big")
        self.bits = "".join(f"{byte:08b}" for byte in data[2:])
        self.at = 0

    def take(self, count: int) -> int:
        self.at += count
        return int(self.bits[self.at - count : self.at] or "0", 2)

    def number(self) -> int:
        out = shift = 0
        while True:
            byte = self.take(8)
            out |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return out

    def step(self) -> int:
        for size in (0, 14, 17, 20):
            if not self.take(1):
                found = self.take(size)
                return found - (1 << size) if size and found > 1 << (size - 1) else found
        found = self.take(64)
        return found - (1 << 64) if found >> 63 else found

    def samples(self) -> list[tuple[int, int]]:
        if not self.count:
            return []
        first = self.number()
        time, value = first >> 1 ^ -(first & 1), self.take(64)
        found, delta, leading, trailing = [(time, value)], 0, 0, 0
        for at in range(1, self.count):
            delta = self.number() if at == 1 else delta + self.step()
            time += delta
            if self.take(1):
                if self.take(1):
                    leading, size = self.take(5), self.take(6) or 64
                    trailing = 64 - leading - size
                value ^= self.take(64 - leading - trailing) << trailing
            found.append((time, value))
        return found


@both
@given(st.integers(-(1 << 50), 1 << 50), st.lists(st.tuples(STEPS, VALUES), max_size=40))
def test_a_chunk_is_read_back(writer, start, rows):
    times, values = array("q"), array("q")
    for step, value in rows:
        start += step
        times.append(start)
        values.append(value)
    data = writer.chunk(times, values)

    expected = [(time, value % (1 << 64)) for time, value in zip(times, values, strict=True)]
    assert Chunk(data).samples() == expected


@pytest.mark.skipif(not COMPILED, reason="no compiled twin was built here")
@given(st.lists(st.tuples(LONGS, VALUES), max_size=20), st.binary(max_size=30))
def test_both_twins_write_the_same_bytes(rows, data):
    times = array("q", [time for time, _ in rows])
    values = array("q", [value for _, value in rows])

    assert PURE.chunk(times, values) == SAMPLES.chunk(times, values)
    assert PURE.samples(times, values) == SAMPLES.samples(times, values)
    assert PURE.crc32c(data) == SAMPLES.crc32c(data)


@both
def test_samples_are_those_of_a_sender(writer):
    written = writer.samples(array("q", [7, -8]), array("q", [bits(1.5), bits(-2.0)]))

    assert written == part(2, sample(1.5, 7)) + part(2, sample(-2.0, -8))


@both
def test_views_are_written_too(writer):
    times = memoryview(array("q", [1, 2, 3]))

    assert writer.chunk(times[1:], times[1:]) == writer.chunk(times[1:], array("q", [2, 3]))


@both
def test_the_check_sum_is_castagnolis(writer):
    assert writer.crc32c(b"123456789") == 0xE306_9283


@both
@pytest.mark.parametrize(("times", "values"), [(1, 2), (65_536, 65_536)])
def test_columns_that_do_not_fit_are_refused(writer, times, values):
    with pytest.raises(InputError):
        writer.chunk(array("q", range(times)), array("q", range(values)))


@both
def test_a_steady_series_takes_two_bits_a_sample(writer):
    times = array("q", range(0, 120_000, 1_000))

    assert len(writer.chunk(times, array("q", [bits(1.0)]) * 120)) < 50
