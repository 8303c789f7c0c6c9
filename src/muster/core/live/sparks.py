"""Small histories of all nodes for the table: cpu in percent, network in bytes per second.

Kept beside the summaries, one mean per slot of 15 s, because asking a thousand nodes'
series of the head on every page that opens would cost a second. It begins with the hub.
"""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from muster.clock import Clock
from muster.core.live.summaries import Summaries
from muster.errors import InputError
from muster.model.access import Scope
from muster.model.ids import NodeId, SpaceId

SLOT_S = 15
SAMPLE_S = 5.0
_SLOTS = 240  # an hour
_MOST_POINTS = 240
_KEPT_S = 5.0  # every page that opens asks for the same
_MOST_KEPT = 32
MOST_NODES = 1_000  # at once: more would keep the event loop for longer than 30 ms
_CPU, _NET = 0, 1


class Spark(msgspec.Struct, frozen=True):
    """One node's lines, oldest first; None where nothing was known."""

    cpu: list[float | None]
    net: list[float | None]


class Sparks:
    """Sums and counts per node and slot. `record` is called with every tick of the hub."""

    def __init__(self, *, summaries: Summaries, clock: Clock) -> None:
        self._summaries = summaries
        self._clock = clock
        self._places: dict[NodeId, int] = {}
        self._spaces: dict[NodeId, SpaceId] = {}
        self._free: list[int] = []
        self._sums = np.zeros((0, 2, _SLOTS), np.float32)
        self._counts = np.zeros((0, 2, _SLOTS), np.uint8)
        self._slot = self._now_slot()
        self._sampled = -SAMPLE_S
        self._kept: dict[tuple[Scope, int, int], tuple[float, bytes]] = {}

    def record(self) -> None:
        """Note the numbers of now, a few times per slot."""
        now = self._clock.monotonic()
        if now - self._sampled < SAMPLE_S:
            return
        self._sampled = now
        self._advance()
        at = self._slot % _SLOTS
        for node, space, numbers in self._summaries.all():
            place = self._place_of(node, space)
            if numbers.cpu is not None:
                self._add(place, _CPU, at, numbers.cpu)
            if numbers.rx is not None or numbers.tx is not None:
                self._add(place, _NET, at, (numbers.rx or 0.0) + (numbers.tx or 0.0))

    def forget(self, node: NodeId) -> None:
        """A node was removed; its place goes to another."""
        place = self._places.pop(node, None)
        if place is not None:
            del self._spaces[node]
            self._sums[place], self._counts[place] = 0, 0
            self._free.append(place)

    def lines(self, scope: Scope, window_s: int, points: int, only: Sequence[NodeId] = ()) -> bytes:
        """JSON: node that `scope` holds -> Spark of at most `points` points.

        `only` of these nodes, as far as they are known. Errors: InputError.
        """
        longest_s = _SLOTS * SLOT_S
        if not SLOT_S <= window_s <= longest_s or not 1 <= points <= _MOST_POINTS:
            raise InputError(
                f"window_s goes from {SLOT_S} to {longest_s} and points from 1 to {_MOST_POINTS}"
            )
        if only:
            spaces = {node: self._spaces[node] for node in only if node in self._spaces}
            return self._lines(scope, window_s, points, spaces)
        key, now = (scope, window_s, points), self._clock.monotonic()
        kept = self._kept.get(key)
        if kept is None or now - kept[0] >= _KEPT_S:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            kept = self._kept[key] = (now, self._lines(scope, window_s, points, self._spaces))
        return kept[1]

    def _lines(
        self, scope: Scope, window_s: int, points: int, spaces: Mapping[NodeId, SpaceId]
    ) -> bytes:
        self._advance()
        nodes = [node for node, space in spaces.items() if scope.holds(space, node)]
        if len(nodes) > MOST_NODES:
            raise InputError(f"{len(nodes)} nodes are too many at once: name up to {MOST_NODES}")
        places = [self._places[node] for node in nodes]
        per_point = max(-(-window_s // (points * SLOT_S)), 1)
        length = max(window_s // (per_point * SLOT_S), 1)
        slots = np.arange(self._slot - length * per_point + 1, self._slot + 1) % _SLOTS
        shape = (len(nodes), 2, length, per_point)
        sums = self._sums[places][:, :, slots].reshape(shape).sum(axis=3, dtype=np.float64)
        counts = self._counts[places][:, :, slots].reshape(shape).sum(axis=3)
        means = np.round(sums / np.maximum(counts, 1), 2).astype(object)
        means[counts == 0] = None
        lines = zip(nodes, means.tolist(), strict=True)
        return msgspec.json.encode({node: Spark(*line) for node, line in lines})

    def _add(self, place: int, line: int, at: int, value: float) -> None:
        if self._counts[place, line, at] < 255:
            self._sums[place, line, at] += value
            self._counts[place, line, at] += 1

    def _advance(self) -> None:
        """Empty the slots that begin anew."""
        now = self._now_slot()
        for slot in range(max(self._slot + 1, now - _SLOTS + 1), now + 1):
            self._sums[:, :, slot % _SLOTS], self._counts[:, :, slot % _SLOTS] = 0, 0
        self._slot = now

    def _now_slot(self) -> int:
        return int(self._clock.monotonic() // SLOT_S)

    def _place_of(self, node: NodeId, space: SpaceId) -> int:
        place = self._places.get(node)
        if place is None:
            place = self._places[node] = self._free.pop() if self._free else self._grown()
        self._spaces[node] = space
        return place

    def _grown(self) -> int:
        """One more row; the arrays double, so that growing costs little."""
        used = len(self._places) + len(self._free)
        if used == len(self._sums):
            more = max(used, 16)
            self._sums = np.concatenate((self._sums, np.zeros((more, 2, _SLOTS), np.float32)))
            self._counts = np.concatenate((self._counts, np.zeros((more, 2, _SLOTS), np.uint8)))
        return used
