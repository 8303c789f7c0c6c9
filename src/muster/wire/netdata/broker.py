"""The cloud's side of one agent's MQTT connection: bytes in, events and bytes out.

The broker serves one client and nothing else: it may subscribe to its own two inboxes and
publish to its own outbox. Every PUBLISH is acknowledged at once, for agents never send one
again. Each answer of `data_to_send` is one packet and goes out in a frame of its own. Nothing
is known of time, so keep-alive is the caller's. Before `accept` a peer is a stranger and may
send little.

Source: docs/formats/netdata-link.md ("MQTT"); OASIS MQTT 5.0, section 4
"""

from enum import Enum

import msgspec

from muster.errors import InputError, LimitExceeded
from muster.log import Secret
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
from muster.wire.netdata.mqttfields import MqttError, Property, Reason
from muster.wire.netdata.protobuf import encode
from muster.wire.netdata.questionpackets import puback, query_head, query_packet, reply_of
from muster.wire.netdata.topics import COMMAND, CONNECTION, HTTP, NAMES, Topics

# Agents drop the link over a packet or frame of 128 KiB; a frame's head is taken off it.
MAX_TO_AGENT = (128 << 10) - 64
MAX_FROM_AGENT = 16 << 20  # agents drop larger messages without a word: announce no less
MAX_EARLY = 64 << 10  # bytes of one that is not accepted yet
MAX_UNACKNOWLEDGED = 4_096


class Connected(msgspec.Struct, frozen=True, kw_only=True):
    """A client wants to be let in: `accept` or `refuse` it. `will` goes to agent-connection."""

    client_id: str
    user: str
    password: Secret
    keep_alive_s: int
    will: Will | None


class Subscribed(msgspec.Struct, frozen=True):
    """It hears one of its inboxes now. `name` as in topics.NAMES."""

    name: str


class Published(msgspec.Struct, frozen=True):
    """A message. `name` as in topics.NAMES, or topics.HTTP for the reply to a query."""

    name: str
    topic: str
    payload: bytes


class Acknowledged(msgspec.Struct, frozen=True):
    """The agent has received what was published with QoS 1, which is not to say done."""

    packet_id: int


class Disconnected(msgspec.Struct, frozen=True):
    """It ends in good order; `with_will`: its will is to be done all the same."""

    reason: int
    with_will: bool


Event = Connected | Subscribed | Published | Acknowledged | Disconnected


class State(Enum):
    NEW = "new"
    ASKED = "asked"  # CONNECT came, the answer is due
    OPEN = "open"
    CLOSED = "closed"


# What may come when, and what is the state then. In ASKED packets are held until the answer.
ORDER: dict[tuple[State, type[Packet]], State] = {
    (State.NEW, Connect): State.ASKED,
    (State.OPEN, Subscribe): State.OPEN,
    (State.OPEN, Publish): State.OPEN,
    (State.OPEN, Puback): State.OPEN,
    (State.OPEN, Pingreq): State.OPEN,
    (State.OPEN, Disconnect): State.CLOSED,
}


class Broker:
    """One connection. `topics` is there once Connected has been told."""

    __slots__ = (
        "_aliases",
        "_early",
        "_held",
        "_max_packet_bytes",
        "_next_id",
        "_out",
        "_query_head",
        "_reader",
        "_unacknowledged",
        "state",
        "topics",
    )

    def __init__(self, *, max_packet_bytes: int = MAX_FROM_AGENT) -> None:
        self.state = State.NEW
        self.topics: Topics | None = None
        self._max_packet_bytes = max_packet_bytes
        self._reader = PacketReader(min(MAX_EARLY, max_packet_bytes))
        self._early = 0
        self._held: list[Packet] = []
        self._out: list[bytes] = []
        self._query_head = b""  # of the packets of all queries
        self._aliases: dict[int, Published] = {}  # by number: name and topic, without payload
        self._next_id = 1
        self._unacknowledged: set[int] = set()

    def receive(self, data: bytes) -> list[Event]:
        """Take bytes as they come. Errors: MqttError; the connection is of no further use.

        An error before `accept` may be told by `refuse(error.reason)`. After the end nothing
        is read any more.
        """
        if self.state is State.CLOSED:
            return []
        if self.state is not State.OPEN:
            self._early += len(data)
            if self._early > MAX_EARLY:
                raise _broken(f"more than {MAX_EARLY} bytes before CONNACK")
        events: list[Event] = []
        for packet in self._reader.feed(data):
            if self.state is State.ASKED:
                self._held.append(packet)
            else:
                events += self._on(packet)
        return events

    def receive_reply(self, data: bytes) -> Published | None:
        """As `receive`, for one whole reply to a query; None for all else, and nothing is taken."""
        if self.state is not State.OPEN or self._reader.waiting_bytes or self.topics is None:
            return None
        if (reply := reply_of(data, self._reader.max_bytes)) is None:
            return None
        topic, packet_id, payload = reply
        if not self.topics.is_reply(topic):
            return None
        if packet_id:
            self._out.append(puback(packet_id))
        return Published(HTTP, topic, payload)

    def accept(self) -> list[Event]:
        """Let the client in. What it sent ahead comes back as events, as from `receive`."""
        if self.state is not State.ASKED:
            raise _broken(f"nobody to accept: the connection is {self.state.value}")
        self._reader.max_bytes = self._max_packet_bytes
        self.state = State.OPEN
        held, self._held = self._held, []
        properties = {
            Property.MAXIMUM_PACKET_SIZE: self._max_packet_bytes,
            Property.TOPIC_ALIAS_MAXIMUM: len(NAMES),
        }
        self._send(Connack(properties=properties))
        return [event for packet in held for event in self._on(packet)]

    def refuse(self, reason: Reason) -> None:
        """Tell the client that it is not let in; nothing more is read or written."""
        if self.state is State.OPEN:
            raise _broken("a client that was accepted cannot be refused")
        if self.state is not State.CLOSED:
            self._send(Connack(reason))
        self.state = State.CLOSED
        self._held.clear()

    def publish(self, topic: str, payload: bytes, *, qos: int = 0) -> int:
        """Send a message; its packet id, 0 with QoS 0.

        Errors: LimitExceeded when an agent would not take it; MqttError when there is none.
        """
        self._require_open()
        packet_id = self._new_id() if qos else 0
        data = pack(Publish(topic=topic, payload=payload, qos=qos, packet_id=packet_id))
        _require_takeable(data)
        if qos:
            self._unacknowledged.add(packet_id)
        self._out.append(data)
        return packet_id

    def send_command(self, message: msgspec.Struct, *, qos: int = 0) -> int:
        """Publish one of messages.TO_AGENT. Errors: those of `publish`."""
        topic = self._known_topics().command(type(message).__name__)
        return self.publish(topic, encode(message), qos=qos)

    def send_query(self, payload: bytes) -> int:
        """Publish a query (query.py) with QoS 0. Errors: those of `publish`."""
        self._require_open()
        if not self._query_head:
            self._query_head = query_head(self._known_topics().text_of(COMMAND))
        data = query_packet(self._query_head, payload)
        _require_takeable(data)
        self._out.append(data)
        return 0

    def data_to_send(self) -> list[bytes]:
        """What is to go out now: packets, each for a frame of its own."""
        out, self._out = self._out, []
        return out

    def _on(self, packet: Packet) -> list[Event]:
        was, is_ = self.state, ORDER.get((self.state, type(packet)))
        if is_ is None:
            raise _broken(f"{type(packet).__name__} to a connection that is {was.value}")
        self.state = is_
        match packet:
            case Connect():
                return [self._on_connect(packet)]
            case Subscribe():
                return self._on_subscribe(packet)
            case Publish():
                return [self._on_publish(packet)]
            case Puback(packet_id=packet_id):
                return [self._on_puback(packet_id)]
            case Disconnect(reason=reason):
                return [Disconnected(reason, reason == Reason.DISCONNECT_WITH_WILL)]
            case _:
                self._send(Pingresp())
                return []

    def _on_connect(self, packet: Connect) -> Connected:
        try:
            topics = Topics(packet.client_id)
        except InputError as error:
            raise MqttError(str(error), Reason.BAD_CLIENT_ID) from error
        if packet.username is None or packet.password is None:
            raise MqttError("CONNECT without user name or password", Reason.BAD_CREDENTIALS)
        if packet.will is not None and packet.will.topic != topics.text_of(CONNECTION):
            raise MqttError(
                f"a will for another topic: {packet.will.topic[:128]!r}", Reason.NOT_AUTHORIZED
            )
        self.topics = topics
        return Connected(
            client_id=packet.client_id,
            user=packet.username,
            password=packet.password,
            keep_alive_s=packet.keep_alive_s,
            will=packet.will,
        )

    def _on_subscribe(self, packet: Subscribe) -> list[Event]:
        names = self._known_topics().inboxes()
        for topic, _ in packet.filters:
            if topic not in names:
                raise MqttError(f"not its own inbox: {topic[:128]!r}", Reason.NOT_AUTHORIZED)
        granted = tuple(min(options & 3, 1) for _, options in packet.filters)
        self._send(Suback(packet.packet_id, granted))
        return [Subscribed(names[topic]) for topic, _ in packet.filters]

    def _on_publish(self, packet: Publish) -> Published:
        if packet.retain:
            raise MqttError("a message to be kept", Reason.RETAIN_NOT_SUPPORTED)
        known = self._aliased(packet)
        if packet.qos:
            self._send(Puback(packet.packet_id))
        return Published(known.name, known.topic, packet.payload)

    def _aliased(self, packet: Publish) -> Published:
        """Name and topic of a message, by its topic or the alias of an earlier one."""
        alias = packet.properties.get(Property.TOPIC_ALIAS)
        if isinstance(alias, int) and not 0 < alias <= len(NAMES):
            raise MqttError(f"no alias of a topic: {alias}", Reason.TOPIC_ALIAS_INVALID)
        if not packet.topic:
            known = self._aliases.get(alias) if isinstance(alias, int) else None
            if known is None:
                raise _broken(f"a message to an alias that was not defined: {alias!r}")
            return known
        try:
            name = self._known_topics().name_of(packet.topic)
        except InputError as error:
            raise MqttError(str(error), Reason.NOT_AUTHORIZED) from error
        known = Published(name, packet.topic, b"")
        if isinstance(alias, int):
            self._aliases[alias] = known
        return known

    def _on_puback(self, packet_id: int) -> Acknowledged:
        if packet_id not in self._unacknowledged:
            raise _broken(f"PUBACK of what was not sent: {packet_id}")
        self._unacknowledged.discard(packet_id)
        return Acknowledged(packet_id)

    def _require_open(self) -> None:
        if self.state is not State.OPEN:
            raise _broken(f"nobody to publish to: the connection is {self.state.value}")

    def _new_id(self) -> int:
        if len(self._unacknowledged) >= MAX_UNACKNOWLEDGED:
            raise LimitExceeded(f"{MAX_UNACKNOWLEDGED} messages wait to be acknowledged")
        while self._next_id in self._unacknowledged:
            self._next_id = self._next_id % 0xFFFF + 1
        packet_id, self._next_id = self._next_id, self._next_id % 0xFFFF + 1
        return packet_id

    def _known_topics(self) -> Topics:
        if self.topics is None:
            raise _broken("no client has connected")
        return self.topics

    def _send(self, packet: Packet) -> None:
        self._out.append(pack(packet))


def _broken(text: str) -> MqttError:
    return MqttError(text, Reason.PROTOCOL_ERROR)


def _require_takeable(data: bytes) -> None:
    if len(data) > MAX_TO_AGENT:
        raise LimitExceeded(
            f"a message of {len(data)} bytes; an agent takes up to {MAX_TO_AGENT}",
            too_large=True,
        )
