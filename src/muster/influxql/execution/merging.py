"""The order of points of several series at one time.

InfluxDB merges series by a heap whose answer for equal times follows from its steps alone; clients
see that order in raw answers, and functions along points start from it. So the steps are the same
here. Source: Go's container/heap, InfluxDB 1.6: series of a group are merged, by shard group.
"""

from collections.abc import Callable, Sequence
from itertools import groupby

import numpy as np

from muster.influxql.values.columns import Ints

Less = Callable[[int, int], bool]


def merge(streams: Sequence[Sequence[int]], less: Less, most: int = 0) -> list[int]:
    """Rows of all streams, each stream in its own order; `less` says which of two rows is first.

    At most so many; 0: all.
    """
    heap = [(stream[0], number) for number, stream in enumerate(streams) if stream]
    if len(heap) == 1:
        return list(streams[heap[0][1]])
    for place in range(len(heap) // 2 - 1, -1, -1):
        _down(heap, place, len(heap), less)
    next_row = [1] * len(streams)
    merged = []
    while heap:
        row, number = _pop(heap, less)
        merged.append(row)
        if len(merged) == most:
            break
        stream = streams[number]
        if next_row[number] < len(stream):
            heap.append((stream[next_row[number]], number))
            next_row[number] += 1
            _up(heap, less)
    return merged


def _pop(heap: list[tuple[int, int]], less: Less) -> tuple[int, int]:
    last = len(heap) - 1
    heap[0], heap[last] = heap[last], heap[0]
    _down(heap, 0, last, less)
    return heap.pop()


def _up(heap: list[tuple[int, int]], less: Less) -> None:
    place = len(heap) - 1
    while place > 0:
        parent = (place - 1) // 2
        if not less(heap[place][0], heap[parent][0]):
            return
        heap[place], heap[parent] = heap[parent], heap[place]
        place = parent


def _down(heap: list[tuple[int, int]], place: int, size: int, less: Less) -> None:
    while (child := 2 * place + 1) < size:
        if child + 1 < size and less(heap[child + 1][0], heap[child][0]):
            child += 1
        if not less(heap[child][0], heap[place][0]):
            return
        heap[place], heap[child] = heap[child], heap[place]
        place = child


def tied_order(
    rank: Ints,
    part: Ints,
    shard: Ints,
    time: Ints,
    texts: Sequence[Sequence[int]],
    most: int = 0,
) -> Ints:
    """The rows in order: by rank, shard group and time, and where these are equal as merged.

    With `most` those that are not among so many of their rank may be left out.

    Shapes: rows of a part, one series, stand together and in order. Smaller ranks and times come
            first; shard groups follow the times.
    """
    less = _less(time.tolist(), texts)
    parts, ranks = part.tolist(), rank.tolist()
    shard = shard if _ascending(time, shard) else -shard
    shards = shard.tolist()
    merged: list[int] = []
    stable = np.lexsort((np.arange(len(rank)), shard, rank)).tolist()
    for _, rows in groupby(stable, key=lambda row: (ranks[row], shards[row])):
        streams = [list(series) for _, series in groupby(rows, parts.__getitem__)]
        merged.extend(merge(streams, less, most))
    return np.array(merged, np.int64)


def _ascending(time: Ints, shard: Ints) -> bool:
    """Whether later shard groups have larger keys of time."""
    first, last = int(shard.argmin()), int(shard.argmax())
    return bool(time[first] <= time[last])


def _less(times: Sequence[int], texts: Sequence[Sequence[int]]) -> Less:
    if not texts:
        return lambda row, other: times[row] < times[other]

    def less(row: int, other: int) -> bool:
        if times[row] != times[other]:
            return times[row] < times[other]
        for numbers in texts:
            first, second = numbers[row], numbers[other]
            if first < 0 or second < 0:
                return False
            if first != second:
                return first < second
        return False

    return less
