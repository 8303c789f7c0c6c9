"""What an agent says to its hub's commands, and when: sans-I/O.

A message is made at the moment it is sent, from what then is true. Commands the real agent
only logs are Violations when they name a wrong claim or node: no hub means to send those.

Source: specification 6.3 (commands), 6.4 (timing), 6.5 (ending)
"""

import uuid
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from muster.clock import Clock
from muster.testing.netdata.alertreports import AlertReports, configuration
from muster.testing.netdata.hostreports import HostReports, hash_of
from muster.testing.netdata.machine import Alert, Host, Machine
from muster.testing.netdata.quirks import Quirks, Waits
from muster.testing.netdata.violation import Violation, demand
from muster.wire.netdata.messages import (
    TO_AGENT,
    CancelPendingRequest,
    ContextsCheckpoint,
    CreateNodeInstanceResult,
    DisconnectReq,
    SendAlarmCheckpoint,
    SendAlarmConfiguration,
    SendAlarmSnapshot,
    SendNodeInstances,
    StartAlarmStreaming,
    StopStreamingContexts,
)
from muster.wire.netdata.protobuf import decode
from muster.wire.netdata.protofields import ProtobufError

_SECTION = "6.3"


class Say(NamedTuple):
    """Publish what `make` gives, so long from now."""

    after_s: float
    topic: str
    make: Callable[[], msgspec.Struct]


class Leave(NamedTuple):
    """The hub wants the link to end."""

    reconnect_s: int
    banned: bool


class Cancel(NamedTuple):
    msg_id: str


Reaction = Say | Leave | Cancel


class Conversation:
    """One session.

    `doubted` are machine GUIDs of hosts whose node id the process found when it was started,
    until they were told to be live once; all sessions of the process share it.
    """

    def __init__(
        self,
        machine: Machine,
        *,
        quirks: Quirks,
        waits: Waits,
        clock: Clock,
        claim_id: str,
        session_us: int,
        doubted: set[str] | None = None,
    ) -> None:
        self._machine, self._quirks, self._waits, self._clock = machine, quirks, waits, clock
        self._claim_id = claim_id
        self._doubted = doubted if doubted and quirks.not_live_at_first else set()
        self._told: set[str] = set()  # machine GUIDs whose info was sent
        self._batch = 0  # 1.37: of the alert stream
        self.contexts_streamed: set[str] = set()  # node ids
        self._contexts_told: set[str] = set()  # node ids of which a snapshot was sent
        self.alerts_streamed: set[str] = set()
        self.heard: list[str] = []  # names of commands
        self.ignored: list[str] = []  # names that are not known
        self.hosts = HostReports(quirks, claim_id, session_us)
        self.alerts = AlertReports(claim_id, old=quirks.old_alerts)

    def take(self, name: str, payload: bytes) -> list[Reaction]:
        """Errors: Violation."""
        self.heard.append(name)
        kind = TO_AGENT.get(name)
        if kind is None:
            self.ignored.append(name)
            return []
        try:
            message = decode(kind, payload)
        except ProtobufError as error:
            raise Violation(_SECTION, f"{name}: {error}") from error
        return self._react(message)

    def _react(self, message: msgspec.Struct) -> list[Reaction]:
        match message:
            case SendNodeInstances():
                return [say for host in self._machine.hosts for say in self._report(host)]
            case CreateNodeInstanceResult():
                return self._on_created(message)
            case ContextsCheckpoint():
                return self._on_checkpoint(message)
            case StopStreamingContexts():
                return self._on_stop(message)
            case CancelPendingRequest():
                return [Cancel(message.request_id)]
            case DisconnectReq():
                return [Leave(message.reconnect_after_seconds, message.permaban)]
            case _:
                return self._on_alert_command(message)

    def _on_alert_command(self, message: msgspec.Struct) -> list[Reaction]:
        match message:
            case StartAlarmStreaming():
                return self._on_alert_streaming(message)
            case SendAlarmCheckpoint():
                return self._on_alert_checkpoint(message)
            case SendAlarmConfiguration():
                return self._on_configuration(message)
            case SendAlarmSnapshot():
                return self._on_alert_snapshot(message)
            case _:  # SendAlarmLogHealth: of 1.37 alone, and of no use
                self.ignored.append(type(message).__name__)
                return []

    def state(self, host: Host) -> msgspec.Struct:
        live = host.live and host.machine_guid not in self._doubted
        return self.hosts.state(host, live, self._clock.now_ns())

    @property
    def _batch_s(self) -> float:
        return 0.0 if self._quirks.creates_at_once else self._waits.batch_s

    def _report(self, host: Host) -> list[Reaction]:
        """What is said of a host when all are asked for."""
        if not host.node_id:
            return [Say(self._batch_s, "create-node-instance", lambda: self.hosts.create(host))]
        guid = host.machine_guid
        if guid not in self._doubted:
            return [*self._say_state(host, self._batch_s), *self._say_info(host)]
        # After a restart the first report says that it is not live; a repeated question and
        # the report of its own accord say that it is.
        false = self.hosts.state(host, False, self._clock.now_ns())
        self._doubted.discard(guid)
        return [
            Say(self._waits.queryable_s, "node-instance-connection", lambda: false),
            *self._say_state(host, self._waits.live_s),
            *self._say_info(host),
        ]

    def _say_state(self, host: Host, after_s: float) -> list[Reaction]:
        return [Say(after_s, "node-instance-connection", lambda: self.state(host))]

    def _say_info(self, host: Host) -> list[Reaction]:
        if host.machine_guid in self._told:
            return []
        self._told.add(host.machine_guid)
        info_s, collectors_s = self._waits.info_s, self._waits.collectors_s
        return [
            Say(
                self._batch_s + info_s,
                "node-instance-info",
                lambda: self.hosts.info(host, self._clock.now_ns()),
            ),
            Say(collectors_s, "node-instance-collectors", lambda: self.hosts.collectors(host)),
        ]

    def _on_created(self, message: CreateNodeInstanceResult) -> list[Reaction]:
        try:
            uuid.UUID(message.node_id)
        except ValueError:
            raise Violation("2.1", f"node id is no UUID: {message.node_id!r}") from None
        host = self._machine.by_guid(message.machine_guid)
        if host is None:
            raise Violation(_SECTION, f"no such machine GUID: {message.machine_guid!r}")
        host.node_id = message.node_id
        return [*self._say_state(host, self._batch_s), *self._say_info(host)]

    def _node(self, node_id: str, claim_id: str | None = None) -> Host:
        demand(
            _SECTION,
            claim_id in (None, self._claim_id),
            f"claim id of another link: {claim_id!r}",
        )
        host = self._machine.by_node(node_id) if node_id else None
        if host is None:
            raise Violation(_SECTION, f"no such node: {node_id!r}")
        return host

    def _on_checkpoint(self, message: ContextsCheckpoint) -> list[Reaction]:
        host = self._node(message.node_id, message.claim_id)
        self.contexts_streamed.add(host.node_id)
        if message.version_hash == self._hash(host):
            return []
        self._contexts_told.add(host.node_id)
        return [Say(0.0, "contexts-snapshot", lambda: self.hosts.snapshot(host))]

    def _hash(self, host: Host) -> int:
        """Of what was told: a hub that says 0 hears nothing of what was there before."""
        if self._quirks.forgets_untold and host.node_id not in self._contexts_told:
            return 0
        return hash_of(host)

    def _on_stop(self, message: StopStreamingContexts) -> list[Reaction]:
        host = self._node(message.node_id, message.claim_id)
        demand(_SECTION, host.node_id in self.contexts_streamed, "contexts were not streamed")
        self.contexts_streamed.discard(host.node_id)
        return []

    def _on_alert_streaming(self, message: StartAlarmStreaming) -> list[Reaction]:
        host = self._node(message.node_id)
        if self._quirks.old_alerts:
            demand(_SECTION, message.batch_id, "batch_id is 0, and this is 1.37")
            self._batch = message.batch_id
            self.alerts_streamed.add(host.node_id)
            return [
                self._say_entry(host, alert)
                for alert in host.alerts
                if alert.event >= message.start_sequence_id
            ]
        self.alerts_streamed.add(host.node_id)
        if message.version in (1, host.alert_version()):
            return []
        return self._say_snapshot(host, str(uuid.uuid4()), self._waits.snapshot_s)

    def _on_alert_checkpoint(self, message: SendAlarmCheckpoint) -> list[Reaction]:
        host = self._node(message.node_id, message.claim_id)
        if message.version == host.alert_version():
            return []
        return self._say_snapshot(host, str(uuid.uuid4()), self._waits.snapshot_s)

    def _on_alert_snapshot(self, message: SendAlarmSnapshot) -> list[Reaction]:
        host = self._node(message.node_id, message.claim_id)
        if not self._quirks.old_alerts:
            demand(_SECTION, message.snapshot_uuid, "a snapshot without snapshot_uuid")
        return self._say_snapshot(host, message.snapshot_uuid, self._waits.snapshot_s)

    def _say_snapshot(self, host: Host, name: str, after_s: float) -> list[Reaction]:
        topic, count = self.alerts.snapshot_topic, len(self.alerts.snapshots(host, name))

        def part(number: int) -> Callable[[], msgspec.Struct]:
            return lambda: self.alerts.snapshots(host, name)[number]

        return [Say(after_s, topic, part(number)) for number in range(count)]

    def _say_entry(self, host: Host, alert: Alert) -> Say:
        entry = self.alerts.entry(host, alert, self._batch)
        return Say(0.0, self.alerts.log_topic, lambda: entry)

    def _on_configuration(self, message: SendAlarmConfiguration) -> list[Reaction]:
        alerts = [each for host in self._machine.hosts for each in host.alerts]
        found = [each for each in alerts if each.config_hash == message.config_hash]
        demand(_SECTION, found, f"no such configuration: {message.config_hash!r}")
        return [Say(0.0, "alarm-config", lambda: configuration(found[0]))]

    # What an agent says of its own accord.

    def alert_turned(self, host: Host, alert: Alert) -> list[Say]:
        """An alert of a host went over to another status."""
        return [self._say_entry(host, alert)] if host.node_id in self.alerts_streamed else []

    def contexts_changed(self, host: Host, changed: list[str]) -> list[Say]:
        if host.node_id not in self.contexts_streamed:
            return []
        update = self.hosts.contexts(host, changed, self._clock.now_ns())
        return [Say(0.0, "contexts-updated", lambda: update)]

    def host_changed(self, host: Host) -> list[Reaction]:
        """A host came, went or can no longer be asked about."""
        return self._say_state(host, 0.0) if host.node_id else self._report(host)
