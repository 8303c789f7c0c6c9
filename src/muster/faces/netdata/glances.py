"""The numbers of Netdata nodes in the table of nodes, asked of their agents while somebody looks.

Our own agents send theirs anyway; these are asked for a few values, a node every 15 s and at
most 20 nodes a second, so of more than 1,200 some numbers are unknown in between. Nobody is asked
when no page has been open for a while. Numbers are kept in memory alone.

Source: docs/faces/netdata.md, "Numbers of the table"
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from muster.clock import Clock
from muster.core.live.summaries import Numbers
from muster.errors import MusterError
from muster.faces.netdata.charts import ask_numbers
from muster.faces.netdata.chartwords import Wanted, folds_itself
from muster.faces.netdata.reach import Reach, ReachOf
from muster.faces.netdata.turns import Turns
from muster.model.ids import NodeId
from muster.model.inventory import Node

log = logging.getLogger(__name__)

EVERY_S = 15.0
LINGER_S = 900.0  # after the last page was closed: short histories of who comes back are whole
PER_SECOND = 20  # nodes
_AT_ONCE = 8
_MEAN_S = 5
_PATIENCE_S = 5.0
_BYTES = {"kilobits/s": 125.0, "KiB/s": 1024.0, "B/s": 1.0, "bytes/s": 1.0}
_DISK = "disk_space."  # before the path, in the name of an instance


class Knows(Protocol):
    """core.nodes.inventory.Inventory, as far as it is needed here."""

    def find(self, id: NodeId) -> Node | None: ...


class Glances:
    """Asks, as long as `run` runs. `is_watched` says whether a page is open somewhere."""

    def __init__(
        self,
        *,
        inventory: Knows,
        connected: Callable[[], Iterable[NodeId]],
        reach_of: ReachOf,
        note: Callable[[Node, Numbers], None],
        is_watched: Callable[[], bool],
        clock: Clock,
    ) -> None:
        self._inventory = inventory
        self._connected = connected
        self._reach_of = reach_of
        self._note = note
        self._is_watched = is_watched
        self._clock = clock
        self._until = float("-inf")
        self._due: dict[NodeId, float] = {}
        self._turns = Turns(
            due=self.due,
            serve=self.glance,
            at_once=_AT_ONCE,
            failed="a node's numbers failed",
        )

    async def run(self) -> None:
        """Ask until cancelled."""
        await self._turns.run()

    def due(self) -> list[NodeId]:
        """Whose turn it is, the longest unasked first."""
        now = self._clock.monotonic()
        if self._is_watched():
            self._until = now + LINGER_S
        if now > self._until:
            return []
        connected = set(self._connected())
        for gone in self._due.keys() - connected:
            del self._due[gone]
        ripe = [
            node
            for node in connected - self._turns.busy
            if self._due.get(node, float("-inf")) <= now
        ]
        ripe.sort(key=lambda node: self._due.get(node, float("-inf")))
        return ripe[: max(PER_SECOND - len(self._turns.busy), 0)]

    async def glance(self, id: NodeId) -> None:
        """Ask for a node's numbers of just now; what cannot be had stays unknown."""
        self._due[id] = self._clock.monotonic() + EVERY_S
        node, reach = self._inventory.find(id), self._reach_of(id)
        if node is None or reach is None or reach.queries is None:
            return
        try:
            self._note(node, await _numbers(reach))
        except MusterError as error:  # the next turn may have more luck
            log.debug("no numbers", extra={"node": id, "error": str(error)})


async def _numbers(reach: Reach) -> Numbers:
    """Errors: MusterError of the question that could not be answered."""
    units = {each.id: each.units for each in reach.contexts()}
    cpu = await _newest(reach, "system.cpu", units)
    memory = await _newest(reach, "system.ram", units)
    net = await _newest(reach, "system.net", units)
    space = {}
    if folds_itself(reach.capabilities):  # else disks cannot be told apart
        space = await _newest(reach, "disk.space", units, by_instance=True)
    fullest, path = max(_shares(space), default=(None, None))
    scale = _BYTES.get(units.get("system.net", ""))
    return Numbers(
        cpu=sum(cell for name, cell in cpu.items() if name != "idle") if cpu else None,
        memory=_percent(memory.get("used"), sum(memory.values())),
        disk=fullest,
        disk_path=path,
        rx=_rate(net.get("received"), scale),
        tx=_rate(net.get("sent"), scale),
    )


async def _newest(
    reach: Reach, context: str, units: Mapping[str, str], *, by_instance: bool = False
) -> dict[str, float]:
    """The mean of the last seconds by label; nothing where the node has no such context."""
    if context not in units:
        return {}
    wanted = Wanted(context=context, after=-_MEAN_S, points=1, by_instance=by_instance)
    data = await ask_numbers(reach, wanted, _PATIENCE_S)
    found = zip(data.labels, map(_last, data.values), strict=True)
    return {label: cell for label, cell in found if cell is not None}


def _last(cells: Sequence[float | None]) -> float | None:
    return next((cell for cell in reversed(cells) if cell is not None), None)


def _shares(space: Mapping[str, float]) -> list[tuple[float, str]]:
    """(percent used, path) of each disk, as df counts: without what root has kept for itself."""
    found = []
    for label, used in space.items():
        dimension, _, instance = label.partition(",")
        free = space.get(f"avail,{instance}")
        if dimension == "used" and free is not None and instance.startswith(_DISK):
            share = _percent(used, used + free)
            if share is not None:
                found.append((share, instance.removeprefix(_DISK)))
    return found


def _percent(part: float | None, whole: float) -> float | None:
    return None if part is None or whole <= 0 else 100.0 * part / whole


def _rate(value: float | None, scale: float | None) -> float | None:
    """Bytes a second. What is sent is drawn below zero, and comes as less than nothing."""
    return None if value is None or scale is None else abs(value) * scale
