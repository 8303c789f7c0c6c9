"""What the table of nodes shows of each node: five numbers, kept as its rows arrive.

A sink of core.intake.ingest: a row costs a look at a few of its columns, and asking for all nodes
touches no store. cpu is 100 - usage_idle of cpu-total, memory and disk are used_percent
(of the fullest disk), rx and tx the bytes per second of all physical interfaces.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from muster.clock import SECOND_NS, Clock
from muster.model.aggregate import increase, rate_gap_ns
from muster.model.ids import NodeId, SpaceId
from muster.model.metric import Block, Kind, Series, value_of
from muster.ports.series import Cohort

UNKNOWN_AFTER_S = 60.0  # a number nothing renewed for so long is not shown any more
_VIRTUAL = ("veth", "docker", "br-")
_MOST_PLANS = 4_096  # of layouts, kept; one that comes again is planned again
_MOST_COHORTS = 64  # of a node, whose newest time is known


class Numbers(NamedTuple):
    """Percent and bytes per second; None when unknown."""

    cpu: float | None = None
    memory: float | None = None
    disk: float | None = None
    disk_path: str | None = None
    rx: float | None = None
    tx: float | None = None


class _Column(NamedTuple):
    place: int
    kind: Kind
    name: str  # of the disk's path or the interface


class _Plan(NamedTuple):
    """Columns of one Layout that matter."""

    cpu: Sequence[_Column]
    memory: Sequence[_Column]
    disks: Sequence[_Column]
    received: Sequence[_Column]
    sent: Sequence[_Column]


class _Timed(NamedTuple):
    value: float
    time_ns: int
    at: float  # monotonic


class _Counters:
    """Sum of the rates of some counters."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[int, float]] = {}
        self.rate: _Timed | None = None

    def feed(self, values: dict[str, float], time_ns: int, at: float) -> None:
        total, known = 0.0, False
        for name, value in values.items():
            before_ns, before = self._last.get(name, (time_ns, value))
            if before_ns < time_ns <= before_ns + rate_gap_ns(0):
                total += increase(before, value) * SECOND_NS / (time_ns - before_ns)
                known = True
        self._last = {name: (time_ns, value) for name, value in values.items()}
        if known:
            self.rate = _Timed(total, time_ns, at)


class _Node:
    """The newest numbers of one node."""

    def __init__(self, space: SpaceId) -> None:
        self.space = space
        self.newest_ns: dict[int, int] = {}  # per cohort: older rows say nothing new
        self.cpu: _Timed | None = None
        self.memory: _Timed | None = None
        self.disks: dict[str, _Timed] = {}
        self.received = _Counters()
        self.sent = _Counters()


class Summaries:
    """The numbers of every node that sends."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._nodes: dict[NodeId, _Node] = {}
        self._plans: dict[int, _Plan | None] = {}  # by the cohort's number; None: of no interest

    def take(self, cohort: Cohort, block: Block) -> None:
        """Note a Block's rows, oldest first."""
        try:
            plan = self._plans[cohort.number]
        except KeyError:
            plan = self._remember(cohort)
        if plan is None:
            return
        node = self._nodes.get(cohort.node)
        if node is None:
            space = SpaceId(_tag("space")(cohort.layout.series[0]))
            node = self._nodes[cohort.node] = _Node(space)
        at = self._clock.monotonic()
        if len(node.newest_ns) > _MOST_COHORTS:
            node.newest_ns.clear()
        for row, time_ns in enumerate(block.times):
            if time_ns > node.newest_ns.get(cohort.number, -1):
                node.newest_ns[cohort.number] = time_ns
                _note(node, plan, block, row, _Timed(0.0, time_ns, at))

    def put(self, node: NodeId, space: SpaceId, numbers: Numbers) -> None:
        """Note numbers that were asked for: of a node that sends no rows."""
        known = self._nodes.get(node)
        if known is None:
            known = self._nodes[node] = _Node(space)
        at = self._clock.monotonic()
        if numbers.cpu is not None:
            known.cpu = _Timed(100.0 - numbers.cpu, 0, at)
        if numbers.memory is not None:
            known.memory = _Timed(numbers.memory, 0, at)
        if numbers.disk is not None and numbers.disk_path is not None:
            known.disks = {numbers.disk_path: _Timed(numbers.disk, 0, at)}
        if numbers.rx is not None:
            known.received.rate = _Timed(numbers.rx, 0, at)
        if numbers.tx is not None:
            known.sent.rate = _Timed(numbers.tx, 0, at)

    def forget(self, node: NodeId) -> None:
        """A node was removed."""
        self._nodes.pop(node, None)

    def all(self) -> Iterator[tuple[NodeId, SpaceId, Numbers]]:
        """Every node that sent, its space and its numbers."""
        for node, known in self._nodes.items():
            yield node, known.space, self.numbers(node)

    def numbers(self, node: NodeId) -> Numbers:
        """What is known of a node just now; numbers that nothing renewed are left out."""
        known = self._nodes.get(node)
        if known is None:
            return Numbers()
        oldest = self._clock.monotonic() - UNKNOWN_AFTER_S
        disks = [(disk.value, path) for path, disk in known.disks.items() if disk.at >= oldest]
        fullest, path = max(disks, default=(None, None))
        idle = _fresh(known.cpu, oldest)
        return Numbers(
            cpu=None if idle is None else min(max(100.0 - idle, 0.0), 100.0),
            memory=_fresh(known.memory, oldest),
            disk=fullest,
            disk_path=path,
            rx=_fresh(known.received.rate, oldest),
            tx=_fresh(known.sent.rate, oldest),
        )

    def _remember(self, cohort: Cohort) -> _Plan | None:
        if len(self._plans) >= _MOST_PLANS:
            self._plans.clear()
        # What others write into databases is of no node of the table.
        plan = self._plans[cohort.number] = None if cohort.of_stock else _plan_of(cohort)
        return plan


def is_physical(interface: str) -> bool:
    """Whether an interface's bytes count: not loopback, not a container's."""
    return bool(interface) and interface not in ("lo", "all") and not interface.startswith(_VIRTUAL)


def _plan_of(cohort: Cohort) -> _Plan | None:
    chosen: list[list[_Column]] = [[] for _ in _WANTED]
    for place, series in enumerate(cohort.layout.series):
        for number, (measurement, field, name_of) in enumerate(_WANTED):
            if series.measurement == measurement and series.field == field:
                name = name_of(series)
                if name and series.kind is not Kind.STRING:
                    chosen[number].append(_Column(place, series.kind, name))
    return _Plan(*chosen) if any(chosen) else None


def _note(node: _Node, plan: _Plan, block: Block, row: int, now: _Timed) -> None:
    for value in _values(plan.cpu, block, row).values():
        node.cpu = now._replace(value=value)
    for value in _values(plan.memory, block, row).values():
        node.memory = now._replace(value=value)
    if plan.disks:
        disks = _values(plan.disks, block, row)
        node.disks = {path: now._replace(value=value) for path, value in disks.items()}
    if plan.received:
        node.received.feed(_values(plan.received, block, row), now.time_ns, now.at)
    if plan.sent:
        node.sent.feed(_values(plan.sent, block, row), now.time_ns, now.at)


def _values(columns: Sequence[_Column], block: Block, row: int) -> dict[str, float]:
    """Name -> number of the columns that have a value in a row."""
    start, found = row * len(block.layout.series), {}
    for place, kind, name in columns:
        cell = start + place
        if block.present is not None and not block.present[cell]:
            continue
        value = value_of(block.values[cell], kind)
        if not isinstance(value, str) and value == value:
            found[name] = value if kind is not Kind.FLOAT else float(value)
    return found


def _fresh(timed: _Timed | None, oldest: float) -> float | None:
    return timed.value if timed is not None and timed.at >= oldest else None


def _tag(key: str) -> Callable[[Series], str]:
    return lambda series: next((value for name, value in series.tags if name == key), "")


def _total_cpu(series: Series) -> str:
    return "total" if _tag("cpu")(series) == "cpu-total" else ""


def _physical(series: Series) -> str:
    interface = _tag("interface")(series)
    return interface if is_physical(interface) else ""


# In the order of _Plan's fields.
_WANTED: tuple[tuple[str, str, Callable[[Series], str]], ...] = (
    ("cpu", "usage_idle", _total_cpu),
    ("mem", "used_percent", lambda _series: "memory"),
    ("disk", "used_percent", _tag("path")),
    ("net", "bytes_recv", _physical),
    ("net", "bytes_sent", _physical),
)
