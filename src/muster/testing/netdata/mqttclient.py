"""The agent's end of MQTT 5: sans-I/O, strict towards the hub.

Topics get aliases in the order of the hub's list, whatever the CONNACK says. Packet ids run on
over connections of one process. Nothing is sent a second time.

Source: specification 5.2, 5.3
"""

from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import NamedTuple

from muster.log import Secret
from muster.testing.netdata.violation import Violation, demand
from muster.wire.netdata.mqtt import (
    Connack,
    Connect,
    Disconnect,
    Packet,
    PacketReader,
    Pingreq,
    Pingresp,
    Puback,
    Publish,
    Suback,
    Subscribe,
    Will,
    pack,
)
from muster.wire.netdata.mqttfields import MqttError, Property

KEEP_ALIVE_S = 60
_SUBSCRIPTION = 0x09  # QoS 1, retain as published
_WILL_NAME = "agent-connection"
_INBOXES = ("inbox-cmd", "inbox-cmd-v1")


class Credentials(NamedTuple):
    client_id: str
    username: str
    password: Secret


class Connected(NamedTuple):
    reason: int


class Subscribed(NamedTuple):
    """Both inboxes are."""


class Command(NamedTuple):
    """A message of the hub; `name` is the last level of its topic."""

    name: str
    payload: bytes


class Acknowledged(NamedTuple):
    packet_id: int


class Ponged(NamedTuple):
    pass


class Ended(NamedTuple):
    """The hub sent a DISCONNECT."""

    reason: int


Happened = Connected | Subscribed | Command | Acknowledged | Ponged | Ended


def packet_ids() -> Iterator[int]:
    """Of one process, for all its connections."""
    return cycle(range(1, 1 << 16))


class TooLarge(Exception):
    """The CONNACK asked for smaller packets than this."""


class MqttClient:
    """One connection. `topics` are (name, text) in the hub's order."""

    def __init__(
        self, topics: Sequence[tuple[str, str]], ids: Iterator[int], *, packet_max: int
    ) -> None:
        self._texts = dict(topics)
        self._alias = {name: place for place, (name, _) in enumerate(topics, 1)}
        self._ids = ids
        self._reader = PacketReader(packet_max - 1)
        self._introduced: set[str] = set()  # topics whose alias the hub has seen
        self._subscribing: set[int] = set()
        self._connected = False
        self._packet_max: int | None = None
        self.unacknowledged: set[int] = set()
        self.acknowledged = 0

    def connect(self, who: Credentials, will: bytes) -> bytes:
        return pack(
            Connect(
                client_id=who.client_id,
                username=who.username,
                password=who.password,
                keep_alive_s=KEEP_ALIVE_S,
                will=Will(topic=self._texts[_WILL_NAME], payload=will, qos=2),
                properties={Property.TOPIC_ALIAS_MAXIMUM: 65_535},
            )
        )

    def subscribe(self) -> bytes:
        """Two packets, a topic each."""
        data = b""
        for name in _INBOXES:
            packet_id = next(self._ids)
            self._subscribing.add(packet_id)
            filters = ((self._texts[name], _SUBSCRIPTION),)
            data += pack(Subscribe(packet_id=packet_id, filters=filters))
        return data

    def publish(self, topic: str, payload: bytes) -> tuple[int, bytes]:
        """By the name of a listed topic, or by the text of a callback topic. Errors: TooLarge."""
        packet_id = next(self._ids)
        text, properties = topic, {}
        if alias := self._alias.get(topic):
            text = "" if topic in self._introduced else self._texts[topic]
            properties = {Property.TOPIC_ALIAS: alias}
        data = pack(
            Publish(topic=text, payload=payload, qos=1, packet_id=packet_id, properties=properties)
        )
        if self._packet_max is not None and len(data) > self._packet_max:
            raise TooLarge(f"{len(data)} bytes of {topic}: the hub takes {self._packet_max}")
        self._introduced.add(topic)
        self.unacknowledged.add(packet_id)
        return packet_id, data

    def ping(self) -> bytes:
        return pack(Pingreq())

    def disconnect(self) -> bytes:
        return pack(Disconnect())

    def receive(self, data: bytes) -> tuple[list[Happened], bytes]:
        """What happened, and what to send back before anything is done. Errors: Violation."""
        try:
            packets = self._reader.feed(data)
        except MqttError as error:
            raise Violation("5.3", str(error)) from error
        happened: list[Happened] = []
        reply = b""
        for packet in packets:
            demand("5.3", self._connected or isinstance(packet, Connack | Disconnect),
                   f"{type(packet).__name__} before CONNACK")  # fmt: skip
            if isinstance(packet, Publish) and packet.qos:
                reply += pack(Puback(packet.packet_id))
            if (event := self._take(packet)) is not None:
                happened.append(event)
        return happened, reply

    def _take(self, packet: Packet) -> Happened | None:
        match packet:
            case Connack():
                return self._on_connack(packet)
            case Suback():
                return self._on_suback(packet)
            case Publish():
                return self._on_publish(packet)
            case Puback():
                known = packet.packet_id in self.unacknowledged
                demand("5.3", known, f"PUBACK of an unknown packet id: {packet.packet_id}")
                self.unacknowledged.discard(packet.packet_id)
                self.acknowledged += 1
                return Acknowledged(packet.packet_id)
            case Pingresp():
                return Ponged()
            case Disconnect():
                return Ended(packet.reason)
            case _:
                raise Violation("5.3", f"{type(packet).__name__} is not for a client")

    def _on_connack(self, packet: Connack) -> Connected:
        demand("5.2", not self._connected, "a second CONNACK")
        demand("5.2", not packet.session_present, "flags of CONNACK are not 0")
        self._connected = packet.reason == 0
        limit = packet.properties.get(Property.MAXIMUM_PACKET_SIZE)
        self._packet_max = limit if isinstance(limit, int) else None
        return Connected(packet.reason)

    def _on_suback(self, packet: Suback) -> Subscribed | None:
        known = packet.packet_id in self._subscribing
        demand("5.3", known, f"SUBACK of an unknown packet id: {packet.packet_id}")
        good = packet.reasons and all(reason < 0x80 for reason in packet.reasons)
        demand("5.3", good, f"a subscription was refused: {packet.reasons}")
        self._subscribing.discard(packet.packet_id)
        return None if self._subscribing else Subscribed()

    def _on_publish(self, packet: Publish) -> Command:
        demand("5.2", Property.TOPIC_ALIAS not in packet.properties, "an alias towards an agent")
        demand("5.2", packet.topic, "a message without a topic")
        prefix, _, name = packet.topic.rpartition("/")
        command, wildcard = (self._texts[each] for each in _INBOXES)
        listed = packet.topic == command or f"{prefix}/+" == wildcard
        demand("4.3", listed, f"a topic that was not subscribed to: {packet.topic!r}")
        return Command(name if packet.topic != command else "cmd", packet.payload)
