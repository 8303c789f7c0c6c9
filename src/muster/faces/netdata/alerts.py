"""The alerts of each node: as they stand, their latest changes, and what they are made of.

They hold measured values, so they are in memory alone: after a restart of the hub agents are
asked for a snapshot. An agent counts them by a version, the sum over its alerts of when each
changed last; where its sum is another than ours, it sends a snapshot by itself.

Source: docs/faces/netdata.md, "Alerts"
"""

from collections import OrderedDict

import msgspec

from muster.faces.netdata.packedcache import InMemory, PackedCache
from muster.model.ids import NodeId, SpaceId
from muster.wire.netdata.alarmconfig import AlarmConfiguration
from muster.wire.netdata.messages import AlarmLogEntry, AlarmSnapshot, AlarmStatus

LOG_ENTRIES = 100  # of one node
MAX_CHUNKS = 64
_PARTS = 256  # nodes whose snapshot is under way
_CONFIGURATIONS = 5_000  # of all spaces; agents of one make have the same
_MAX_NAME = 300
_MAX_TEXT = 500


class NodeAlerts(msgspec.Struct):
    """The newest entry of each alert that is there, and the latest changes, newest last."""

    current: dict[str, AlarmLogEntry] = {}
    log: list[AlarmLogEntry] = []


class _Part(msgspec.Struct):
    """A snapshot of which some chunks came."""

    name: str
    chunks: int
    alarms: dict[str, AlarmLogEntry] = {}
    came: int = 0
    is_cut: bool = False


class Alerts:
    """The alerts of all nodes. `most` is how many one node may have."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._cache = PackedCache(
            NodeAlerts,
            InMemory(),
            empty=NodeAlerts,
            size=lambda known: len(known.current) + len(known.log),
        )
        self._cut: set[NodeId] = set()  # nodes that have more than they may have
        self._parts: OrderedDict[NodeId, _Part] = OrderedDict()
        self._configurations: OrderedDict[tuple[SpaceId, str], AlarmConfiguration] = OrderedDict()

    def of(self, node: NodeId) -> list[AlarmLogEntry]:
        return list(self._cache.get(node).current.values())

    def log(self, node: NodeId) -> list[AlarmLogEntry]:
        """The latest changes, newest first."""
        return self._cache.get(node).log[::-1]

    def version(self, node: NodeId) -> int:
        """What the agent compares with its own. 0, when nothing is known, asks for all."""
        total = sum(each.alert_version for each in self._cache.get(node).current.values())
        return total & ((1 << 64) - 1)

    def is_cut(self, node: NodeId) -> bool:
        """Whether the node has more than it may have."""
        return node in self._cut

    def take_entry(self, node: NodeId, entry: AlarmLogEntry) -> None:
        """One alert changed. What is older than what is known only goes into the log."""
        if not entry.name:
            return
        entry = _tidy(entry)
        known = self._cache.get(node)
        known.log = [*known.log, entry][-LOG_ENTRIES:]
        key = _key(entry)
        last = known.current.get(key)
        if last is None or entry.when >= last.when:
            if entry.status is AlarmStatus.REMOVED:
                known.current.pop(key, None)
            elif last is None and len(known.current) >= self._most:
                self._cut.add(node)
            else:
                known.current[key] = entry
        self._cache.put(node, known)

    def take_snapshot(self, node: NodeId, snapshot: AlarmSnapshot) -> None:
        """A chunk; with the last of them the snapshot is in force. One out of order is dropped."""
        part = self._parts.pop(node, None)
        name = snapshot.snapshot_uuid or str(snapshot.snapshot_id)
        if snapshot.chunk <= 1:
            part = _Part(name, max(snapshot.chunks, 1))
        in_order = part is not None and (part.name, part.came + 1) == (name, max(snapshot.chunk, 1))
        if part is None or not in_order or part.chunks > MAX_CHUNKS:
            return
        self._add(part, snapshot.alarms)
        if part.came < part.chunks:
            self._parts[node] = part
            while len(self._parts) > _PARTS:
                self._parts.popitem(last=False)
            return
        known = self._cache.get(node)
        known.current = part.alarms
        self._cache.put(node, known)
        (self._cut.add if part.is_cut else self._cut.discard)(node)

    def configuration(self, space: SpaceId, config_hash: str) -> AlarmConfiguration | None:
        """What an alert is made of. Of the agent's own space: others may say what they like."""
        return self._configurations.get((space, config_hash))

    def keep_configuration(
        self, space: SpaceId, config_hash: str, configuration: AlarmConfiguration
    ) -> None:
        self._configurations[space, config_hash] = configuration
        while len(self._configurations) > _CONFIGURATIONS:
            self._configurations.popitem(last=False)

    def forget(self, node: NodeId) -> None:
        self._cache.forget(node)
        self._cut.discard(node)
        self._parts.pop(node, None)

    def _add(self, part: _Part, alarms: tuple[AlarmLogEntry, ...]) -> None:
        part.came += 1
        for each in alarms:
            if not each.name or each.status is AlarmStatus.REMOVED:
                continue
            if len(part.alarms) >= self._most and _key(each) not in part.alarms:
                part.is_cut = True
            else:
                part.alarms[_key(each)] = _tidy(each)


def _key(entry: AlarmLogEntry) -> str:
    return f"{entry.chart[:_MAX_NAME]}\0{entry.name[:_MAX_NAME]}"


def _tidy(entry: AlarmLogEntry) -> AlarmLogEntry:
    """With texts of a length that can be shown, and without paths that nobody asks for."""
    texts = {
        field: value[:_MAX_TEXT]
        for field in entry.__struct_fields__
        if isinstance(value := getattr(entry, field), str)
    }
    return msgspec.structs.replace(
        entry, **{**texts, "exec_path": "", "command": "", "claim_id": ""}
    )
