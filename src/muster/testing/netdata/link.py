"""One connection of an agent to its hub: WebSocket, MQTT, commands, queries and the farewell.

One task reads; all else is done by its events and by timers, so that thousands of agents fit
into one process.

Source: specification 5, 6.5
"""

import asyncio
from collections.abc import Callable, Iterator
from functools import partial

import msgspec

from muster.clock import Clock
from muster.net.client import Streams
from muster.testing.netdata.backoff import STABLE_PUBACKS
from muster.testing.netdata.conversation import Cancel, Conversation, Leave, Reaction, Say
from muster.testing.netdata.dial import Dialer, Place, Unreachable
from muster.testing.netdata.frames import ClientFrames, upgrade_reader
from muster.testing.netdata.mqttclient import (
    Acknowledged,
    Command,
    Connected,
    Credentials,
    Ended,
    Happened,
    MqttClient,
    Ponged,
    Subscribed,
    TooLarge,
)
from muster.testing.netdata.queryserver import QueryServer
from muster.testing.netdata.quirks import Quirks, Waits
from muster.testing.netdata.timers import Timers
from muster.wire.netdata.messages import UpdateSource
from muster.wire.netdata.protobuf import encode
from muster.wire.websocket import Opcode

_READ = 64 << 10
_OPENING_S = 30.0
_CLOSING_S = 2.0  # for the hub's part of closing TLS


class Outcome(msgspec.Struct, frozen=True):
    """Why a link ended, in the words that the agent's state shows, and what comes next."""

    why: str
    reconnect_s: int | None = None  # the hub's wish
    banned: bool = False


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """What a link is made with."""

    dialer: Dialer
    place: Place
    who: Credentials
    topics: tuple[tuple[str, str], ...]
    ids: Iterator[int]
    quirks: Quirks
    waits: Waits
    clock: Clock
    nonce: bytes  # 16 random bytes
    mask: bytes  # four


class Link:
    """A link and its end. `changed` is called when it is online, stable, told things, or ended."""

    def __init__(
        self,
        made: Opened,
        conversation: Conversation,
        queries: QueryServer,
        changed: Callable[[], None],
    ) -> None:
        self._made = made
        self._queries = queries
        self._changed = changed
        self._frames = ClientFrames(
            nonce=made.nonce, mask=made.mask, frame_max=made.quirks.packet_max
        )
        self._mqtt = MqttClient(made.topics, made.ids, packet_max=made.quirks.packet_max)
        self._writer: asyncio.StreamWriter | None = None
        self._timers: Timers | None = None
        self._sent_at = 0.0
        self._outcome: Outcome | None = None
        self._farewell = 0  # packet id
        self._ponged = True
        self.conversation = conversation
        self.is_online = False
        self.dropped: list[str] = []  # topics of messages that the hub takes no such size of

    @property
    def is_stable(self) -> bool:
        return self._mqtt.acknowledged >= STABLE_PUBACKS

    async def run(self) -> Outcome:
        """Open it and keep it to its end. Errors: Unreachable, Violation."""
        timers = self._timers = Timers()
        try:
            async with self._made.dialer.opened(self._made.place) as streams:
                self._writer = streams[1]
                if self._outcome is not None:
                    return self._outcome  # it was given up before it was there
                async with asyncio.timeout(_OPENING_S):
                    rest = await self._upgrade(streams)
                if rest is None:
                    return Outcome("websocket upgrade was refused")
                timers.later(_OPENING_S, self._give_up_opening)
                self._send(self._mqtt.connect(self._made.who, self._will()))
                await self._read(streams[0], rest)
        except TimeoutError as error:
            raise Unreachable("no answer to the websocket upgrade") from error
        except Unreachable:
            if self._outcome is None:
                raise
        finally:
            timers.close()
            self.is_online = False
            self._changed()
        return self._outcome or Outcome("disconnected, closed by remote end")

    def leave(self, outcome: Outcome) -> None:
        """Say farewell, by the claim id that the link began with, and end the link."""
        if self._outcome is not None:
            return
        self._outcome = outcome
        if not self.is_online:
            self.kill()
            return
        message = self.conversation.hosts.connection(False, self._made.clock.now_ns())
        self._farewell = self.publish("agent-connection", encode(message))
        self._later(self._made.waits.farewell_s, self._finish)

    def kill(self) -> None:
        """End it without a word, as a process that is killed does."""
        self._outcome = self._outcome or Outcome("killed")
        if self._writer:
            self._writer.transport.abort()

    def publish(self, topic: str, payload: bytes) -> int:
        """Publish bytes; the packet id, 0 when the hub takes nothing so large."""
        try:
            packet_id, data = self._mqtt.publish(topic, payload)
        except TooLarge:
            self.dropped.append(topic)
            return 0
        self._send(data)
        return packet_id

    def send_packets(self, data: bytes) -> None:
        """Bytes of MQTT as they are, right or wrong."""
        self._send(data)

    def send_frames(self, data: bytes) -> None:
        """Bytes of WebSocket as they are, right or wrong."""
        if self._writer:
            self._writer.write(data)

    def react(self, reactions: list[Reaction]) -> None:
        """Do what the conversation wants, now or in its time."""
        for reaction in reactions:
            match reaction:
                case Say():
                    self._later(reaction.after_s, partial(self._say, reaction))
                case Leave(reconnect_s=reconnect_s, banned=banned):
                    why = "disconnected, due to remote request"
                    self.leave(Outcome(why, reconnect_s or None, banned))
                case Cancel(msg_id=msg_id):
                    self._queries.cancel(msg_id)

    async def _upgrade(self, streams: Streams) -> bytes | None:
        """What came behind a good answer; None after another."""
        reader, writer = streams
        writer.write(self._frames.upgrade(self._made.place.host, self._made.quirks.origin))
        answer = upgrade_reader()
        while not answer.feed(data := await reader.read(_READ)):
            if not data:
                raise Unreachable("connection ended within the websocket upgrade")
        return answer.rest if self._frames.upgraded(answer) else None

    def _will(self) -> bytes:
        hosts, now_ns = self.conversation.hosts, self._made.clock.now_ns()
        return encode(hosts.connection(False, now_ns, UpdateSource.LWT))

    async def _read(self, reader: asyncio.StreamReader, data: bytes) -> None:
        while True:
            for frame in self._frames.feed(data):
                if frame.opcode is Opcode.CLOSE:
                    return
                if frame.opcode is Opcode.PING:
                    self.send_frames(self._frames.pong(frame.data))
                elif frame.opcode is Opcode.BINARY:
                    happened, reply = self._mqtt.receive(frame.data)
                    self._send(reply)
                    for event in happened:
                        self._on(event)
            if not (data := await reader.read(_READ)):
                return

    def _on(self, event: Happened) -> None:
        match event:
            case Connected(reason=0):
                self._send(self._mqtt.subscribe())
            case Connected(reason=reason):
                self._outcome = Outcome(f"MQTT connection was refused: {reason:#04x}")
                self._finish()
            case Subscribed():
                self._on_online()
            case Command(name="cmd", payload=payload):
                self._queries.take(payload, self._later, self.publish)
            case Command(name=name, payload=payload):
                self.react(self.conversation.take(name, payload))
                self._changed()
            case Acknowledged(packet_id=packet_id):
                self._on_acknowledged(packet_id)
            case Ponged():
                self._ponged = True
            case Ended(reason=reason):
                self._outcome = self._outcome or Outcome(f"MQTT disconnect by hub: {reason:#04x}")
                self._finish()

    def _on_acknowledged(self, packet_id: int) -> None:
        if packet_id == self._farewell:
            self._finish()
        if self._mqtt.acknowledged == STABLE_PUBACKS:
            self._changed()

    def _on_online(self) -> None:
        hello = self.conversation.hosts.connection(True, self._made.clock.now_ns())
        self.publish("agent-connection", encode(hello))
        self.is_online = True
        self._later(self._made.waits.ping_after_s, self._ping_if_silent)
        self._changed()

    def _say(self, say: Say) -> None:
        if self._outcome is None:
            self.publish(say.topic, encode(say.make()))

    def _ping_if_silent(self) -> None:
        after_s = self._made.waits.ping_after_s
        left_s = self._sent_at + after_s - self._made.clock.monotonic()
        if left_s <= 0:
            self._ponged = False
            self._send(self._mqtt.ping())
            if self._made.quirks.checks_pings:
                self._later(self._made.waits.ping_patience_s, self._look_for_pong)
            left_s = after_s
        self._later(left_s, self._ping_if_silent)

    def _look_for_pong(self) -> None:
        if not self._ponged:
            self.leave(Outcome("disconnected, ping timed out"))

    def _give_up_opening(self) -> None:
        if not self.is_online:
            self.kill()

    def _finish(self) -> None:
        """The very end: DISCONNECT, CLOSE, and the connection is closed."""
        if self._writer and not self._writer.is_closing():
            self._send(self._mqtt.disconnect())
            self.send_frames(self._frames.close())
            self._writer.close()
            self._later(_CLOSING_S, self._writer.transport.abort)

    def _later(self, after_s: float, call: Callable[[], None]) -> Callable[[], None]:
        if self._timers is None:
            raise RuntimeError("the link was not opened")
        return self._timers.later(after_s, call)

    def _send(self, data: bytes) -> None:
        if data and self._writer and not self._writer.is_closing():
            self._writer.write(self._frames.send(data))
            self._sent_at = self._made.clock.monotonic()
