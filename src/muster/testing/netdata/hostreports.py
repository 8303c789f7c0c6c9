"""Messages of an agent about its hosts: what they are, whether they live, what contexts they have.

Source: specification 6.2
"""

from muster.testing.netdata.machine import Chart, Host
from muster.testing.netdata.quirks import Quirks
from muster.wire.netdata.messages import (
    Capabilities,
    Capability,
    Collector,
    ContextsSnapshot,
    ContextsUpdated,
    ContextUpdated,
    CreateNodeInstance,
    MlInfo,
    NodeInfo,
    Timestamp,
    UpdateAgentConnection,
    UpdateNodeCollectors,
    UpdateNodeInfo,
    UpdateNodeInstanceConnection,
    UpdateSource,
    version_hash,
)


class HostReports:
    """All such messages of one session. `session_us` is when it began, microseconds."""

    def __init__(self, quirks: Quirks, claim_id: str, session_us: int) -> None:
        self._claim_id = claim_id
        self._session_us = session_us
        self._version = quirks.version
        self._capabilities = tuple(Capability(*each) for each in quirks.capabilities)

    def connection(
        self, reachable: bool, now_ns: int, source: UpdateSource = UpdateSource.AGENT
    ) -> UpdateAgentConnection:
        """The agent itself: hello, farewell or last will."""
        return UpdateAgentConnection(
            claim_id=self._claim_id,
            reachable=reachable,
            session_id=self._session_us,
            update_source=source,
            updated_at=Timestamp.of(now_ns),
            capabilities=self._capabilities if reachable else (),
        )

    def create(self, host: Host) -> CreateNodeInstance:
        return CreateNodeInstance(
            claim_id=self._claim_id,
            machine_guid=host.machine_guid,
            hostname=host.hostname,
            hops=host.hops,
        )

    def state(self, host: Host, live: bool, now_ns: int) -> UpdateNodeInstanceConnection:
        return UpdateNodeInstanceConnection(
            claim_id=self._claim_id,
            node_id=host.node_id,
            liveness=live,
            queryable=host.queryable,
            session_id=self._session_us,
            updated_at=Timestamp.of(now_ns),
            hops=host.hops,
            capabilities=self._capabilities,
        )

    def info(self, host: Host, now_ns: int) -> UpdateNodeInfo:
        ml = MlInfo(ml_capable=True, ml_enabled=False)
        return UpdateNodeInfo(
            claim_id=self._claim_id,
            node_id=host.node_id,
            machine_guid=host.machine_guid,
            session_id=self._session_us,
            updated_at=Timestamp.of(now_ns),
            child=host.hops > 0,
            ml_info=ml,
            node_info=Capabilities(self._capabilities),
            node_instance_info=Capabilities(self._capabilities),
            data=NodeInfo(
                name=host.hostname,
                os="linux",
                os_name="Simulix",
                os_version="1",
                kernel_name="Linux",
                kernel_version="6.0.0-simulated",
                architecture="x86_64",
                cpus=2,
                cpu_frequency="2000000000",
                memory="2147483648",
                disk_space="10737418240",
                version=self._version,
                release_channel="stable",
                timezone="UTC",
                virtualization_type="none",
                container_type="none",
                machine_guid=host.machine_guid,
                host_labels=host.labels,
                ml_info=ml,
            ),
        )

    def collectors(self, host: Host) -> UpdateNodeCollectors:
        pairs = sorted({(each.module, each.plugin) for each in host.charts})
        return UpdateNodeCollectors(
            claim_id=self._claim_id,
            node_id=host.node_id,
            collectors=tuple(Collector(*pair) for pair in pairs),
        )

    def snapshot(self, host: Host) -> ContextsSnapshot:
        return ContextsSnapshot(
            contexts=contexts_of(host),
            claim_id=self._claim_id,
            node_id=host.node_id,
            version=hash_of(host),
        )

    def contexts(self, host: Host, changed: list[str], now_ns: int) -> ContextsUpdated:
        """Contexts of these ids; one that the host no longer has is deleted."""
        known = {each.id: each for each in contexts_of(host)}
        gone = [ContextUpdated(id=name, deleted=True) for name in changed if name not in known]
        return ContextsUpdated(
            context_updates=(*(known[name] for name in changed if name in known), *gone),
            claim_id=self._claim_id,
            node_id=host.node_id,
            version_hash=hash_of(host),
            created_at=now_ns // 1_000_000_000,
        )


def contexts_of(host: Host) -> tuple[ContextUpdated, ...]:
    return tuple(_context(host, name, chart) for name, chart in host.contexts().items())


def hash_of(host: Host) -> int:
    return version_hash(contexts_of(host))


def _context(host: Host, name: str, chart: Chart) -> ContextUpdated:
    return ContextUpdated(
        id=name,
        version=host.first_s + 1,
        first_entry=host.first_s,
        last_entry=0,
        title=chart.title,
        priority=chart.priority,
        chart_type=chart.chart_type,
        units=chart.units,
        family=chart.family,
    )
