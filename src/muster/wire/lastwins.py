"""One value for each series and time of a body: the last one written.

InfluxDB merges the fields of points that share series and time, and of one field the last value
stays. Columns have lost the order between layouts, so what was overwritten is taken out here.
"""

from array import array
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate, chain, compress, pairwise
from typing import NamedTuple

from muster.model.metric import Block
from muster.wire.lineparsed import Parsed


class _Placed(NamedTuple):
    block: Block
    order: Sequence[int]  # of its rows' points in the body


def settled_blocks(parsed: Parsed) -> list[Block]:
    """A Block for each layout of which something is left; in whatever order they are stored."""
    if len(parsed.times) == len(parsed.layouts) == len(set(parsed.keys)):
        return parsed.blocks()  # one point of each series
    starts = accumulate(parsed.rows, initial=0)
    placed = [
        _Placed(block, parsed.order[start:end])
        for block, (start, end) in zip(parsed.blocks(), pairwise(starts), strict=True)
    ]
    by_key: dict[int, list[_Placed]] = {}
    for key, each in zip(parsed.keys, placed, strict=True):
        by_key.setdefault(key, []).append(each)
    return list(chain.from_iterable(map(_settled, by_key.values())))


def _settled(placed: list[_Placed]) -> list[Block]:
    """Of one measurement and tags."""
    times = list(chain.from_iterable(each.block.times for each in placed))
    if len(set(times)) == len(times):
        return [each.block for each in placed]
    twice = {time_ns for time_ns, count in Counter(times).items() if count > 1}
    last: dict[tuple[str, int], int] = {}
    for block, order in placed:
        for time_ns, place in zip(block.times, order, strict=True):
            if time_ns in twice:
                for series in block.layout.series:
                    key = (series.field, time_ns)
                    last[key] = max(place, last.get(key, 0))
    blocks = (_left(block, _marks(block, order, twice, last)) for block, order in placed)
    return [block for block in blocks if block.rows]


def _marks(
    block: Block, order: Sequence[int], twice: set[int], last: dict[tuple[str, int], int]
) -> bytes:
    """One byte per cell: whether its value stays."""
    marks = bytearray(b"\1") * len(block.values)
    width = len(block.layout.series)
    for row, (time_ns, place) in enumerate(zip(block.times, order, strict=True)):
        if time_ns in twice:
            stays = (last[series.field, time_ns] == place for series in block.layout.series)
            marks[row * width : (row + 1) * width] = bytes(stays)
    return bytes(marks)


def _left(block: Block, marks: bytes) -> Block:
    if all(marks):
        return block
    width = len(block.layout.series)
    rows = [any(marks[at : at + width]) for at in range(0, len(marks), width)]
    cells = list(chain.from_iterable([stays] * width for stays in rows))
    present = bytes(compress(marks, cells))
    values = (value * mark for value, mark in zip(block.values, marks, strict=True))
    return Block(
        block.layout,
        array("q", compress(block.times, rows)),
        array("q", compress(values, cells)),
        None if all(present) else present,
        block.strings,
    )
