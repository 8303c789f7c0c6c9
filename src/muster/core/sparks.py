"""Small histories of all nodes for the table: cpu in percent, network in bytes per second.

Out of the head alone. An answer is kept for a few seconds, because every page that opens
asks for the same.
"""

from collections.abc import Iterator

import msgspec

from muster.clock import SECOND_NS, Clock
from muster.core.query import Queries
from muster.core.summaries import is_physical
from muster.errors import InputError
from muster.model.ids import SpaceId
from muster.model.query import Frame, Function, Query, Selector

KEPT_S = 5.0
_LONGEST_S = 3_600
_MOST_POINTS = 240
_MOST_SERIES = 100_000
_MOST_KEPT = 32

Line = list[float | None]


class Spark(msgspec.Struct, frozen=True):
    """One node's lines; None where there is no value."""

    cpu: Line
    net: Line


class Sparks:
    """Answers of the last seconds."""

    def __init__(self, *, queries: Queries, clock: Clock) -> None:
        self._queries = queries
        self._clock = clock
        self._kept: dict[tuple[SpaceId | None, int, int], tuple[float, bytes]] = {}

    async def of_space(self, space: SpaceId | None, window_s: int, points: int) -> bytes:
        """JSON: node -> Spark. Errors: InputError, Unavailable."""
        if not 1 <= window_s <= _LONGEST_S or not 1 <= points <= _MOST_POINTS:
            raise InputError(
                f"window_s goes from 1 to {_LONGEST_S} and points from 1 to {_MOST_POINTS}"
            )
        key, now = (space, window_s, points), self._clock.monotonic()
        kept = self._kept.get(key)
        if kept is None or now - kept[0] >= KEPT_S:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            body = msgspec.json.encode(await self._made(space, window_s, points))
            kept = self._kept[key] = (now, body)
        return kept[1]

    async def _made(self, space: SpaceId | None, window_s: int, points: int) -> dict[str, Spark]:
        step_ns = max(window_s * SECOND_NS // points, SECOND_NS)
        end_ns = self._clock.now_ns() // step_ns * step_ns + step_ns
        start_ns = end_ns - step_ns * points
        base = Query(
            select=Selector(), start_ns=start_ns, end_ns=end_ns, step_ns=step_ns, limit=_MOST_SERIES
        )
        idle = Selector(measurement="cpu", fields=("usage_idle",), tags={"cpu": ("cpu-total",)})
        bytes_ = Selector(measurement="net", fields=("bytes_recv", "bytes_sent"))
        replace = msgspec.structs.replace
        cpu = replace(base, select=idle, function=Function.MEAN)
        net = replace(base, select=bytes_, function=Function.RATE)
        lines: dict[str, Spark] = {}
        for node, _, line in _lines(await self._queries.run_head_only(cpu, space)):
            used = [None if value is None else 100.0 - value for value in line]
            lines[node] = Spark(used, [None] * points)
        for node, interface, line in _lines(await self._queries.run_head_only(net, space)):
            if is_physical(interface):
                known = lines.setdefault(node, Spark([None] * points, [None] * points))
                lines[node] = Spark(known.cpu, _added(known.net, line))
        return lines


def _lines(frame: Frame) -> Iterator[tuple[str, str, Line]]:
    """(node, interface, values) of every series."""
    for series, values in zip(frame.series, frame.values, strict=True):
        tags = dict(series.tags)
        yield tags.get("node", ""), tags.get("interface", ""), values


def _added(one: Line, other: Line) -> Line:
    pairs = zip(one, other, strict=True)
    return [b if a is None else a if b is None else a + b for a, b in pairs]
