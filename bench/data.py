"""The same host data twice: as Blocks for the agents' link and as line protocol for the peers.

One host sends 150 lines of 10 fields each second, 1,500 values: 40 % gauges of floats with
full mantissas (ratios of counters, as CPU percent is), 30 % counters, 30 % integers that
rarely change. Seeded, so that every run and every system sees the same values.
"""

import random
import struct
from array import array
from collections.abc import Iterator

from muster.model.metric import Block, Kind, Layout, Series

LINES, FIELDS = 150, 10
COLUMNS = LINES * FIELDS
START_NS = 1_790_000_000 * 1_000_000_000
SECOND_NS = 1_000_000_000
_FLOATS = 4  # of the ten fields of a line
_COUNTERS = 3


def layout() -> Layout:
    """The series of one host, without the host's own tags: the hub stamps them."""
    return Layout(
        tuple(
            Series(
                "unit",
                (("line", f"line{line:03d}"),),
                f"field{field}",
                Kind.FLOAT if field < _FLOATS else Kind.INTEGER,
            )
            for line in range(LINES)
            for field in range(FIELDS)
        )
    )


class Host:
    """Rows of one host, second by second."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._counters = [self._random.randrange(1 << 40) for _ in range(LINES * _COUNTERS)]
        self._still = [self._random.randrange(1 << 30) for _ in range(LINES * 3)]

    def row(self) -> list[float | int]:
        draw = self._random
        for index in range(len(self._counters)):
            self._counters[index] += draw.randrange(2000)
        self._still[draw.randrange(len(self._still))] += 1
        row: list[float | int] = []
        for line in range(LINES):
            total = draw.randrange(90, 111)
            row += [100.0 * draw.randrange(total) / total for _ in range(_FLOATS)]
            row += self._counters[line * _COUNTERS : (line + 1) * _COUNTERS]
            row += self._still[line * 3 : (line + 1) * 3]
        return row


def rows(seed: int, count: int) -> list[list[float | int]]:
    host = Host(seed)
    return [host.row() for _ in range(count)]


def blocks(
    shape: Layout, values: list[list[float | int]], per_block: int, start_ns: int = START_NS
) -> Iterator[Block]:
    """Consecutive seconds, `per_block` rows each."""
    kinds = "".join("d" if series.kind is Kind.FLOAT else "q" for series in shape.series)
    pack = struct.Struct(f"<{kinds}").pack
    for at in range(0, len(values), per_block):
        part = values[at : at + per_block]
        patterns = array("q")
        for row in part:
            patterns.frombytes(pack(*row))
        times = array("q", (start_ns + (at + index) * SECOND_NS for index in range(len(part))))
        yield Block(shape, times, patterns)


def line_protocol(
    host: str, values: list[list[float | int]], start_ns: int = START_NS
) -> Iterator[bytes]:
    """One body per second."""
    for second, row in enumerate(values):
        time_ns = start_ns + second * SECOND_NS
        lines = []
        for line in range(LINES):
            cells = row[line * FIELDS : (line + 1) * FIELDS]
            fields = ",".join(
                f"field{index}={cell!r}" if index < _FLOATS else f"field{index}={cell}i"
                for index, cell in enumerate(cells)
            )
            lines.append(f"unit,host={host},line=line{line:03d} {fields} {time_ns}")
        yield ("\n".join(lines) + "\n").encode()
