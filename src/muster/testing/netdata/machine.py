"""The small world a simulated agent reports: hosts with charts, and values that can be recomputed.

A value depends on chart, dimension and second alone, so a test knows what a query has to
answer. Children are hosts with one hop or more.
"""

import zlib
from collections.abc import Sequence

import msgspec

RETENTION_S = 3600


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """One chart of a host; `id` is its context unless it is one of several instances."""

    id: str
    context: str
    family: str
    title: str
    units: str
    chart_type: str = "line"
    priority: int = 1000
    dimensions: tuple[str, ...]
    plugin: str = "proc.plugin"
    module: str = "/proc/stat"

    def value(self, dimension: str, at_s: int) -> float:
        """Whole hundredths from 0 to 100, another each second."""
        seed = zlib.crc32(f"{self.id}:{dimension}".encode())
        return ((seed + at_s * 7919) % 10_001) / 100


def _chart(
    id_: str, family: str, units: str, dimensions: str, kind: str = "line", context: str = ""
) -> Chart:
    return Chart(
        id=id_,
        context=context or id_,
        family=family,
        title=f"Simulated {family}",
        units=units,
        chart_type=kind,
        priority=100 + zlib.crc32(id_.encode()) % 9000,
        dimensions=tuple(dimensions.split()),
    )


CHARTS = (
    _chart("system.cpu", "cpu", "percentage", "user system nice iowait irq softirq", "stacked"),
    _chart("system.load", "load", "load", "load1 load5 load15"),
    _chart("system.ram", "ram", "MiB", "free used cached buffers", "stacked"),
    _chart("system.uptime", "uptime", "seconds", "uptime"),
    _chart("disk_space./", "/", "GiB", "avail used reserved", "stacked", "disk.space"),
    _chart("disk_space./var", "/var", "GiB", "avail used reserved", "stacked", "disk.space"),
    _chart("net.eth0", "eth0", "kilobits/s", "received sent", "area", "net.net"),
    _chart("system.net", "network", "kilobits/s", "received sent", "area"),
)  # fmt: skip


class Alert(msgspec.Struct, kw_only=True):
    """One alert of a host as it stands; it changes by `turn`."""

    name: str
    chart: str
    context: str
    units: str
    status: str = "CLEAR"
    old_status: str = "UNINITIALIZED"
    value: float = 0.0
    old_value: float = 0.0
    when: int = 0  # of the latest transition
    info: str = "simulated alert"
    config_hash: str = "c0ffee00-0000-4000-8000-000000000001"
    event: int = 1

    def turn(self, status: str, value: float, when: int) -> None:
        """Go over to another status."""
        self.old_status, self.status = self.status, status
        self.old_value, self.value = self.value, value
        self.when, self.event = max(when, self.when + 1), self.event + 1


class Host(msgspec.Struct, kw_only=True):
    """The agent's own machine, or a child that streams to it."""

    machine_guid: str
    hostname: str
    hops: int = 0
    node_id: str = ""  # given by the hub
    live: bool = True
    queryable: bool = True
    charts: Sequence[Chart] = CHARTS
    alerts: list[Alert] = []
    labels: dict[str, str] = {}
    first_s: int = 0  # retention begins

    def chart(self, name: str) -> Chart | None:
        return next((chart for chart in self.charts if chart.id == name), None)

    def of_context(self, context: str) -> list[Chart]:
        return [chart for chart in self.charts if chart.context == context]

    def contexts(self) -> dict[str, Chart]:
        """Each context with one chart that speaks for it."""
        return {chart.context: chart for chart in reversed(self.charts)}

    def alert_version(self) -> int:
        return sum(alert.when for alert in self.alerts)


class Machine(msgspec.Struct, kw_only=True):
    """What outlives the agent's process: identity, hosts and the node ids that were given."""

    hosts: list[Host]  # the first is the agent itself

    @property
    def own(self) -> Host:
        return self.hosts[0]

    def by_guid(self, machine_guid: str) -> Host | None:
        return next((host for host in self.hosts if host.machine_guid == machine_guid), None)

    def by_node(self, node_id: str) -> Host | None:
        return next((host for host in self.hosts if host.node_id == node_id), None)

    def by_name(self, hostname: str) -> Host | None:
        return next((host for host in self.hosts if host.hostname == hostname), None)


def make_machine(
    machine_guid: str, hostname: str, *, now_s: int, children: Sequence[tuple[str, str]] = ()
) -> Machine:
    """A machine with an alert, and children of these (machine GUID, host name) behind it."""
    hosts = [
        Host(
            machine_guid=guid,
            hostname=name,
            hops=min(place, 1),
            first_s=now_s - RETENTION_S,
            labels={"_os_name": "Simulix", "_is_parent": "true" if children and not place else ""},
            alerts=[
                Alert(
                    name="cpu_usage",
                    chart="system.cpu",
                    context="system.cpu",
                    units="%",
                    when=now_s - 60,
                    value=Chart.value(CHARTS[0], "user", now_s - 60),
                )
            ],
        )
        for place, (guid, name) in enumerate(((machine_guid, hostname), *children))
    ]
    for host in hosts:
        host.labels = {name: text for name, text in host.labels.items() if text}
    return Machine(hosts=hosts)
