"""Notices that the certificate of one node writes from two places in turns.

What writes over HTTP, as Telegraf does, holds no link and says nothing of the machine it runs
on: all that tells two machines with one copied certificate apart is where they come from. A
machine that moves changes its address once; two that write at the same time change it back and
forth. What they write is taken all the same, as from a machine with two ways to the hub.

Source: docs/guide/recovery-and-clones.md
"""

from collections import OrderedDict
from dataclasses import dataclass

from muster.clock import Clock
from muster.core.enrolment.holders import Holders
from muster.model.clone import CloneKind, holder_at
from muster.model.ids import NodeId

TURNS = 5  # back and forth within _WITHIN_S; odd, so that each of the two is seen in turn
_WITHIN_S = 600.0
_MOST = 20_000  # nodes that are remembered


@dataclass(slots=True)
class _Place:
    """Where a node writes from, and where it did before."""

    address: str
    before: str = ""
    turns: int = 0
    begun_s: float = 0.0  # monotonic, of the first turn


class WriterWatch:
    """Told of every write by a node's certificate. Calls run on the event loop's thread."""

    def __init__(self, *, holders: Holders, clock: Clock) -> None:
        self._holders = holders
        self._clock = clock
        self._places: OrderedDict[NodeId, _Place] = OrderedDict()

    async def saw(self, node: NodeId, address: str) -> None:
        """A node writes; the case of a copy is opened where it does so from two places."""
        place = self._places.get(node)
        if place is None:
            self._remember(node, address)
        elif place.address != address and self._has_turned(place, address):
            now_ns = self._clock.now_ns()
            pair = [holder_at(node, each, now_ns) for each in (place.before, address)]
            await self._holders.note(node, CloneKind.WRITERS, *pair)

    def _remember(self, node: NodeId, address: str) -> None:
        self._places[node] = _Place(address)
        if len(self._places) > _MOST:
            self._places.popitem(last=False)

    def _has_turned(self, place: _Place, address: str) -> bool:
        """Whether this change of address is one too many."""
        now = self._clock.monotonic()
        if address != place.before or now - place.begun_s > _WITHIN_S:
            place.turns, place.begun_s = 0, now
        place.before, place.address = place.address, address
        place.turns += 1
        if place.turns < TURNS:
            return False
        place.turns, place.begun_s = 0, now
        return True
