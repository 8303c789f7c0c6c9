"""Messages between a Netdata agent and its cloud, and the topic or name each goes by.

What is not set has the default of Protocol Buffers: empty, 0 or false. Fields that agents no
longer look at are left out; those that only older ones fill are marked.

Source: docs/formats/netdata-link.md ("Messages")
"""

from collections.abc import Iterable
from enum import IntEnum
from typing import Annotated

import msgspec

from muster.wire.netdata.alarmconfig import AlarmConfiguration
from muster.wire.netdata.protofields import Int32, Int64, UInt32, UInt64

SECOND_NS = 1_000_000_000


class UpdateSource(IntEnum):
    """Who says that a link is up or down."""

    UNSPECIFIED = 0
    AGENT = 1
    LWT = 2  # the last will
    HEURISTIC = 3


class AlarmStatus(IntEnum):
    NULL = 0
    UNKNOWN = 1
    REMOVED = 2
    NOT_A_NUMBER = 3
    CLEAR = 4
    WARNING = 5
    CRITICAL = 6


class Timestamp(msgspec.Struct, frozen=True):
    """A moment since 1970, UTC; or a length of time."""

    seconds: Annotated[Int64, 1] = 0
    nanos: Annotated[Int32, 2] = 0

    @classmethod
    def of(cls, ns: int) -> "Timestamp":
        return cls(*divmod(ns, SECOND_NS))

    @property
    def ns(self) -> int:
        """Within 64 bits, whatever the seconds are."""
        ns = self.seconds * SECOND_NS + self.nanos
        return min(max(ns, -(1 << 63)), (1 << 63) - 1)


class Capability(msgspec.Struct, frozen=True):
    """Something an agent can do. One that is switched off has no `enabled`."""

    name: Annotated[str, 1] = ""
    version: Annotated[UInt32, 2] = 0
    enabled: Annotated[bool, 3] = False


class UpdateAgentConnection(msgspec.Struct, frozen=True, kw_only=True):
    """The first message of a session, its farewell and its last will.

    Units: `session_id` is when the session began, microseconds since 1970.
    """

    claim_id: Annotated[str, 1] = ""
    reachable: Annotated[bool, 2] = False
    session_id: Annotated[Int64, 3] = 0
    update_source: Annotated[UpdateSource, 4] = UpdateSource.UNSPECIFIED
    mqtt_broker_addr: Annotated[str, 5] = ""
    updated_at: Annotated[Timestamp | None, 6] = None
    vmq_instance_id: Annotated[Int32, 7] = 0
    system_uptime: Annotated[Timestamp | None, 15] = None
    agent_uptime: Annotated[Timestamp | None, 16] = None
    capabilities: Annotated[tuple[Capability, ...], 17] = ()


class CreateNodeInstance(msgspec.Struct, frozen=True, kw_only=True):
    """A host that has no node id yet. `hops` is 0 for the agent itself, 1 and more for children."""

    claim_id: Annotated[str, 1] = ""
    machine_guid: Annotated[str, 2] = ""
    hostname: Annotated[str, 3] = ""
    vmq_instance_id: Annotated[Int32, 4] = 0
    mqtt_broker_addr: Annotated[str, 5] = ""
    hops: Annotated[Int32, 6] = 0


class UpdateNodeInstanceConnection(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a host is being measured (`liveness`), and whether it can be asked about."""

    claim_id: Annotated[str, 1] = ""
    node_id: Annotated[str, 2] = ""
    liveness: Annotated[bool, 3] = False
    queryable: Annotated[bool, 4] = False
    session_id: Annotated[Int64, 5] = 0
    updated_at: Annotated[Timestamp | None, 6] = None
    mqtt_broker_addr: Annotated[str, 7] = ""
    vmq_instance_id: Annotated[Int32, 8] = 0
    hops: Annotated[Int32, 9] = 0
    capabilities: Annotated[tuple[Capability, ...], 10] = ()


class MlInfo(msgspec.Struct, frozen=True):
    ml_capable: Annotated[bool, 1] = False
    ml_enabled: Annotated[bool, 2] = False


class NodeInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a host is. Units: numbers in text are decimal; Hz for frequency, bytes for sizes."""

    name: Annotated[str, 1] = ""
    os: Annotated[str, 2] = ""
    os_name: Annotated[str, 3] = ""
    os_version: Annotated[str, 4] = ""
    kernel_name: Annotated[str, 5] = ""
    kernel_version: Annotated[str, 6] = ""
    architecture: Annotated[str, 7] = ""
    cpus: Annotated[UInt32, 8] = 0
    cpu_frequency: Annotated[str, 9] = ""
    memory: Annotated[str, 10] = ""
    disk_space: Annotated[str, 11] = ""
    version: Annotated[str, 12] = ""
    release_channel: Annotated[str, 13] = ""
    timezone: Annotated[str, 14] = ""
    virtualization_type: Annotated[str, 15] = ""
    container_type: Annotated[str, 16] = ""
    custom_info: Annotated[str, 17] = ""
    machine_guid: Annotated[str, 19] = ""
    host_labels: Annotated[dict[str, str], 21] = {}
    ml_info: Annotated[MlInfo | None, 22] = None


class Capabilities(msgspec.Struct, frozen=True):
    """What a host, or one way to it, can do."""

    capabilities: Annotated[tuple[Capability, ...], 1] = ()


class UpdateNodeInfo(msgspec.Struct, frozen=True, kw_only=True):
    claim_id: Annotated[str, 1] = ""
    data: Annotated[NodeInfo | None, 2] = None
    updated_at: Annotated[Timestamp | None, 3] = None
    session_id: Annotated[Int64, 4] = 0
    machine_guid: Annotated[str, 5] = ""
    child: Annotated[bool, 6] = False
    node_id: Annotated[str, 7] = ""
    ml_info: Annotated[MlInfo | None, 8] = None
    node_info: Annotated[Capabilities | None, 9] = None
    node_instance_info: Annotated[Capabilities | None, 10] = None


class Collector(msgspec.Struct, frozen=True):
    module: Annotated[str, 1] = ""
    plugin: Annotated[str, 2] = ""


class UpdateNodeCollectors(msgspec.Struct, frozen=True, kw_only=True):
    claim_id: Annotated[str, 1] = ""
    node_id: Annotated[str, 2] = ""
    collectors: Annotated[tuple[Collector, ...], 3] = ()


class ContextUpdated(msgspec.Struct, frozen=True, kw_only=True):
    """One context of a node. Units: seconds since 1970; `last_entry` 0 is still collected."""

    id: Annotated[str, 1] = ""
    version: Annotated[UInt64, 2] = 0
    first_entry: Annotated[UInt64, 3] = 0
    last_entry: Annotated[UInt64, 4] = 0
    deleted: Annotated[bool, 5] = False
    title: Annotated[str, 6] = ""
    priority: Annotated[UInt64, 7] = 0
    chart_type: Annotated[str, 8] = ""
    units: Annotated[str, 9] = ""
    family: Annotated[str, 10] = ""


class ContextsSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """All contexts of a node, and the hash that a checkpoint is compared with."""

    contexts: Annotated[tuple[ContextUpdated, ...], 1] = ()
    claim_id: Annotated[str, 2] = ""
    node_id: Annotated[str, 3] = ""
    version: Annotated[UInt64, 4] = 0


class ContextsUpdated(msgspec.Struct, frozen=True, kw_only=True):
    context_updates: Annotated[tuple[ContextUpdated, ...], 1] = ()
    claim_id: Annotated[str, 2] = ""
    node_id: Annotated[str, 3] = ""
    version_hash: Annotated[UInt64, 4] = 0
    created_at: Annotated[UInt64, 5] = 0


class AlarmLogEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One change of an alarm. Units: seconds; times are seconds since 1970, UTC.

    `family`, `batch_id` and `sequence_id` are of 1.37 alone.
    """

    node_id: Annotated[str, 1] = ""
    claim_id: Annotated[str, 2] = ""
    chart: Annotated[str, 3] = ""
    name: Annotated[str, 4] = ""
    family: Annotated[str, 5] = ""
    batch_id: Annotated[UInt64, 6] = 0
    sequence_id: Annotated[UInt64, 7] = 0
    when: Annotated[UInt64, 8] = 0
    config_hash: Annotated[str, 9] = ""
    utc_offset: Annotated[Int32, 10] = 0
    timezone: Annotated[str, 11] = ""
    exec_path: Annotated[str, 12] = ""
    conf_source: Annotated[str, 13] = ""
    command: Annotated[str, 14] = ""
    duration: Annotated[UInt32, 15] = 0
    non_clear_duration: Annotated[UInt32, 16] = 0
    status: Annotated[AlarmStatus, 17] = AlarmStatus.NULL
    old_status: Annotated[AlarmStatus, 18] = AlarmStatus.NULL
    delay: Annotated[UInt64, 19] = 0
    delay_up_to_timestamp: Annotated[UInt64, 20] = 0
    last_repeat: Annotated[UInt64, 21] = 0
    silenced: Annotated[bool, 22] = False
    value_string: Annotated[str, 23] = ""
    old_value_string: Annotated[str, 24] = ""
    value: Annotated[float, 25] = 0.0
    old_value: Annotated[float, 26] = 0.0
    updated: Annotated[bool, 27] = False
    rendered_info: Annotated[str, 28] = ""
    chart_context: Annotated[str, 29] = ""
    event_id: Annotated[UInt64, 30] = 0
    transition_id: Annotated[str, 31] = ""
    chart_name: Annotated[str, 32] = ""
    summary: Annotated[str, 33] = ""
    alert_version: Annotated[UInt64, 34] = 0


class AlarmSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Part of all alarms of a node: `chunk` of `chunks`, counted from 1."""

    node_id: Annotated[str, 1] = ""
    claim_id: Annotated[str, 2] = ""
    snapshot_id: Annotated[UInt64, 3] = 0  # 1.37
    chunks: Annotated[UInt32, 4] = 0
    chunk_size: Annotated[UInt32, 5] = 0
    chunk: Annotated[UInt32, 6] = 0
    alarms: Annotated[tuple[AlarmLogEntry, ...], 7] = ()
    snapshot_uuid: Annotated[str, 8] = ""


class ProvideAlarmConfiguration(msgspec.Struct, frozen=True, kw_only=True):
    config_hash: Annotated[str, 1] = ""
    config: Annotated[AlarmConfiguration | None, 2] = None


class SendNodeInstances(msgspec.Struct, frozen=True, kw_only=True):
    """Report every node. An agent does not look at what it holds."""

    claim_id: Annotated[str, 1] = ""
    space_id: Annotated[str, 3] = ""


class CreateNodeInstanceResult(msgspec.Struct, frozen=True, kw_only=True):
    """The node id of a host, which the agent keeps for ever."""

    node_id: Annotated[str, 1] = ""
    machine_guid: Annotated[str, 2] = ""


class ContextsCheckpoint(msgspec.Struct, frozen=True, kw_only=True):
    """What the cloud knows: another hash than the agent's asks for a snapshot."""

    claim_id: Annotated[str, 1] = ""
    node_id: Annotated[str, 2] = ""
    version_hash: Annotated[UInt64, 3] = 0


class StopReason(IntEnum):
    RATE_LIMIT_EXCEEDED = 0


class StopStreamingContexts(msgspec.Struct, frozen=True, kw_only=True):
    claim_id: Annotated[str, 1] = ""
    node_id: Annotated[str, 2] = ""
    reason: Annotated[StopReason, 3] = StopReason.RATE_LIMIT_EXCEEDED


class StartAlarmStreaming(msgspec.Struct, frozen=True, kw_only=True):
    """Send alarms. `version` 0 forces a snapshot, 1 sends none. 1.37: `batch_id` is not 0."""

    node_id: Annotated[str, 1] = ""
    batch_id: Annotated[UInt64, 2] = 0  # 1.37
    start_sequence_id: Annotated[UInt64, 3] = 0  # 1.37
    resets: Annotated[bool, 4] = False
    version: Annotated[UInt64, 5] = 0


class SendAlarmCheckpoint(msgspec.Struct, frozen=True, kw_only=True):
    node_id: Annotated[str, 1] = ""
    claim_id: Annotated[str, 2] = ""
    version: Annotated[UInt64, 3] = 0


class SendAlarmConfiguration(msgspec.Struct, frozen=True, kw_only=True):
    config_hash: Annotated[str, 1] = ""


class SendAlarmSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Send a snapshot now; an agent wants all three."""

    node_id: Annotated[str, 1] = ""
    claim_id: Annotated[str, 2] = ""
    snapshot_uuid: Annotated[str, 5] = ""


class SendAlarmLogHealth(msgspec.Struct, frozen=True, kw_only=True):
    """1.37 alone."""

    node_id: Annotated[str, 1] = ""


class CancelPendingRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Give up a query. `request_id` is its msg-id."""

    request_id: Annotated[str, 1] = ""
    timestamp: Annotated[Timestamp | None, 2] = None
    trace_id: Annotated[str, 3] = ""


class DisconnectReq(msgspec.Struct, frozen=True, kw_only=True):
    """End the link in good order. 0 seconds: come back by the usual backoff."""

    reconnect_after_seconds: Annotated[UInt64, 1] = 0
    permaban: Annotated[bool, 2] = False
    created_at: Annotated[Timestamp | None, 3] = None
    error_code: Annotated[UInt32, 4] = 0
    error_description: Annotated[str, 5] = ""


def version_hash(contexts: Iterable[ContextUpdated]) -> int:
    """The hash of a node's contexts, as a checkpoint carries it."""
    alive = (each for each in contexts if not each.deleted)
    total = sum(each.version + each.last_entry - each.first_entry for each in alive)
    return total & ((1 << 64) - 1)


# By the name of its topic. Topics that carry nothing any more have no row.
FROM_AGENT: dict[str, type[msgspec.Struct]] = {
    "agent-connection": UpdateAgentConnection,
    "create-node-instance": CreateNodeInstance,
    "node-instance-connection": UpdateNodeInstanceConnection,
    "node-instance-info": UpdateNodeInfo,
    "node-instance-collectors": UpdateNodeCollectors,
    "contexts-snapshot": ContextsSnapshot,
    "contexts-updated": ContextsUpdated,
    "alarm-config": ProvideAlarmConfiguration,
    "alarm-log-v2": AlarmLogEntry,
    "alarm-snapshot-v2": AlarmSnapshot,
    "alarm-log": AlarmLogEntry,  # 1.37
    "alarm-snapshot": AlarmSnapshot,  # 1.37
}

# By the last level of its topic.
TO_AGENT: dict[str, type[msgspec.Struct]] = {
    kind.__name__: kind
    for kind in (
        SendNodeInstances,
        CreateNodeInstanceResult,
        ContextsCheckpoint,
        StopStreamingContexts,
        StartAlarmStreaming,
        SendAlarmCheckpoint,
        SendAlarmConfiguration,
        SendAlarmSnapshot,
        SendAlarmLogHealth,
        CancelPendingRequest,
        DisconnectReq,
    )
}
