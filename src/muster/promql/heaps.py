"""The heap by which Prometheus keeps the best of many: of equals it keeps what its moves leave.

Source: Go, container/heap, and the insertion sort by which its `sort` orders a few
"""

from math import isnan

_Pair = tuple[float, int]  # value, place


def best(values: list[float], most: int) -> list[int]:
    """The places of the highest values, highest first. No number is below all numbers."""
    heap: list[_Pair] = []
    if most < 1:
        return []
    for place, value in enumerate(values):
        if len(heap) < most:
            _push(heap, (value, place))
        elif heap[0][0] < value or isnan(heap[0][0]):
            if most == 1:
                heap[0] = (value, place)
            else:
                _pop(heap)
                _push(heap, (value, place))
    return [place for _, place in _sorted(heap)]


def _less(one: _Pair, other: _Pair) -> bool:
    return isnan(one[0]) or one[0] < other[0]


def _push(heap: list[_Pair], pair: _Pair) -> None:
    heap.append(pair)
    place = len(heap) - 1
    while place and _less(heap[place], heap[(place - 1) // 2]):
        above = (place - 1) // 2
        heap[place], heap[above] = heap[above], heap[place]
        place = above


def _pop(heap: list[_Pair]) -> None:
    heap[0], heap[-1] = heap[-1], heap[0]
    heap.pop()
    place = 0
    while (below := 2 * place + 1) < len(heap):
        if below + 1 < len(heap) and _less(heap[below + 1], heap[below]):
            below += 1
        if not _less(heap[below], heap[place]):
            return
        heap[place], heap[below] = heap[below], heap[place]
        place = below


def _sorted(heap: list[_Pair]) -> list[_Pair]:
    """Highest first; equals stay in the order of the heap."""
    numbers = [pair for pair in heap if not isnan(pair[0])]
    others = [pair for pair in heap if isnan(pair[0])]
    return sorted(numbers, key=lambda pair: -pair[0]) + others[::-1]
