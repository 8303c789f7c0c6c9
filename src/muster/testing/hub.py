"""A strict hub in memory: real sockets, real TLS, the link's own codec, and faults to order.

For tests of the agent's side: it takes nothing the real hub would refuse, remembers every
batch it acknowledged, and does what a test tells it to do wrong.
"""

import asyncio
import ssl
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from muster.clock import Clock
from muster.errors import MusterError, ProtocolError
from muster.model.identity import Identity
from muster.model.ids import NodeId, SpaceId, TokenId
from muster.model.metric import Batch
from muster.net.client import hang_up
from muster.net.tls import server_context
from muster.net.websocket import WebSocket, WebSocketEnded
from muster.pki import keys
from muster.pki.authority import Authority, identity_of, make_hierarchy
from muster.pki.proof import is_proved, proof_key
from muster.wire.claim import HUB_HEADER, message_of, parse_claim
from muster.wire.claimtoken import Token, encode_token, new_secret
from muster.wire.columns import ColumnDecoder
from muster.wire.link import LinkCodec, Role
from muster.wire.messages import (
    Ack,
    Answer,
    Ask,
    Beat,
    Goodbye,
    Hello,
    Later,
    Message,
    Push,
    Renew,
    Renewed,
    Welcome,
)
from muster.wire.websocket import WebSocketCodec, accept_of

SPACE = SpaceId("5d1c7a52-0000-4000-8000-000000000001")


class Faults(msgspec.Struct):
    """What this hub does wrong, or late, until told otherwise."""

    later: list[Later] = []  # each answers one batch in place of taking it
    refuse_claim: tuple[int, str, str] | None = None  # status, code, text
    waiting: int = 0  # so many claims are told that an admin has to decide
    withhold_acks: bool = False  # batches are stored, nobody is told
    silent: bool = False  # says nothing at all after Welcome
    acked_more: int = 0  # added to what Welcome says


class HubLink:
    """One connection of an agent."""

    def __init__(self, hub: "FakeHub", socket: WebSocket, identity: Identity, der: bytes) -> None:
        self._hub = hub
        self._socket = socket
        self._codec = LinkCodec(Role.HUB)
        self._decoder = ColumnDecoder()
        self._expected = 0
        self._refusing = False
        self.identity = identity
        self.certificate = keys.view(keys.load_chain(_pem(der))[0])
        self.hello: Hello | None = None
        self.heard: list[Message] = []  # everything but batches

    async def say(self, message: Message) -> None:
        await self._socket.send(self._codec.send(message))

    async def cut(self) -> None:
        """End the connection without a word."""
        self._socket.abort()

    async def run(self) -> None:
        async for data in self._socket.messages():
            for message in self._codec.receive(data):
                await self._take(message)
                self._hub.changed()

    async def _take(self, message: Message) -> None:
        if not isinstance(message, Push):
            self.heard.append(message)
        match message:
            case Hello():
                await self._greet(message)
            case Push():
                await self._push(message)
            case Renew(request=request):
                await self.say(self._hub.certify_again(self.identity, request))
            case Goodbye():
                await self._socket.close()
            case Beat() | Answer():
                pass
            case _:
                raise ProtocolError(f"not for a hub: {message!r}")

    async def _greet(self, hello: Hello) -> None:
        self.hello = hello
        hub = self._hub
        welcome = Welcome(
            version=self._codec.version,
            node=self.identity.node,
            name="fake",
            acked=hub.acked(hello.epoch) + hub.faults.acked_more,
            time_ns=hub.clock.now_ns(),
            heartbeat_s=hub.heartbeat_s,
        )
        await self.say(welcome)
        if not hub.faults.silent:
            await self.say(Beat(time_ns=hub.clock.now_ns(), echo_ns=hello.time_ns))

    async def _push(self, push: Push) -> None:
        faults, epoch = self._hub.faults, self.hello.epoch if self.hello else ""
        if self._refusing and not (push.key and push.sequence <= self._hub.acked(epoch) + 1):
            return
        self._refusing = False
        if not push.key and push.sequence != self._expected:
            raise ProtocolError(f"batch {push.sequence} where {self._expected} was due")
        self._expected = push.sequence + 1
        blocks = self._decoder.decode(push.body, key=push.key)
        if push.sequence <= self._hub.acked(epoch):
            self._hub.repeated += 1
            return
        if faults.later:
            self._refusing = True
            await self.say(faults.later.pop(0))
            return
        self._hub.store(Batch(epoch, push.sequence, blocks))
        if not faults.withhold_acks:
            await self.say(Ack(sequence=push.sequence))


class FakeHub:
    """Listeners for claims and links. Use as an async context manager, or start and stop."""

    def __init__(
        self, *, clock: Clock, lifetime_s: int = 86_400, heartbeat_s: float = 10.0
    ) -> None:
        self.clock = clock
        self.lifetime_s = lifetime_s
        self.heartbeat_s = heartbeat_s
        self.authority = Authority(make_hierarchy(clock.now_ns()))
        self.faults = Faults()
        self.batches: list[Batch] = []  # acknowledged, or at least stored, in order
        self.links: list[HubLink] = []  # open ones, oldest first
        self.links_total = 0
        self.claims: dict[str, str] = {}  # key -> node
        self.bodies: list[dict[str, Any]] = []  # of claims that were proved
        self.recoveries: Callable[[bytes], tuple[int, dict[str, Any]]] = _no_recoveries
        self.errors: list[MusterError] = []  # what agents did wrong
        self.date = ""  # Date header of answers to claims
        self.repeated = 0  # batches that came although they were acknowledged
        self.agents_port = self.enrol_port = 0
        self._acked: dict[str, int] = {}
        self._tokens: dict[str, str] = {}
        self._servers: list[asyncio.Server] = []
        self._pulse = asyncio.Event()

    async def __aenter__(self) -> "FakeHub":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; again on the same ports after a stop."""
        names = ["127.0.0.1", "::1", "localhost"]
        issued = self.authority.issue_server(names, now_ns=self.clock.now_ns())
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "server.pem"
            file.write_text(issued.key.reveal() + issued.chain, encoding="ascii")
            agents = server_context(file, clients=self.authority.anchors)
            enrol = server_context(file)
        serve = asyncio.start_server
        self._servers = [
            await serve(self._on_agent, "127.0.0.1", self.agents_port, ssl=agents),
            await serve(self._on_claim, "127.0.0.1", self.enrol_port, ssl=enrol),
        ]
        ports = [server.sockets[0].getsockname()[1] for server in self._servers]
        self.agents_port, self.enrol_port = ports

    async def stop(self) -> None:
        """Vanish: listeners and links are gone, what was stored stays."""
        for server in self._servers:
            server.close()
        for link in list(self.links):
            await link.cut()
        await self.until(lambda: not self.links)
        for server in self._servers:
            await server.wait_closed()
        self._servers = []

    async def until(self, condition: Callable[[], bool], timeout_s: float = 60.0) -> None:
        """Wait for something to become true of this hub."""
        async with asyncio.timeout(timeout_s):
            while not condition():
                self._pulse.clear()
                await self._pulse.wait()

    def changed(self) -> None:
        self._pulse.set()

    def acked(self, epoch: str) -> int:
        return self._acked.get(epoch, 0)

    def store(self, batch: Batch) -> None:
        self.batches.append(batch)
        self._acked[batch.epoch] = batch.sequence

    def times(self) -> list[int]:
        """The times of all rows, in the order in which they came."""
        return [time for batch in self.batches for block in batch.blocks for time in block.times]

    def make_token(self, *addresses: str, pins: tuple[str, ...] = ()) -> str:
        """A claim token for one machine or for many."""
        number = len(self._tokens)
        token = Token(
            id=TokenId(f"fakefakefakefa{'abcdefghijklmnopqrstuvwxyz'[number]}a"),
            secret=new_secret(number.to_bytes(32, "big")),
            pins=pins or self.authority.pins,
            addresses=addresses or (f"127.0.0.1:{self.enrol_port}",),
        )
        self._tokens[token.id] = proof_key(token.secret)
        return encode_token(token).reveal()

    def certify(self, request: str, node: str) -> dict[str, Any]:
        """The answer to a good claim."""
        identity = Identity(self.authority.hub, SPACE, NodeId(node))
        renewed = self.certify_again(identity, request)
        return {
            "node": node,
            "space": SPACE,
            "name": "fake",
            "chain": renewed.chain,
            "anchors": renewed.anchors,
            "agents": f"127.0.0.1:{self.agents_port}",
            "renamed_from": "",
        }

    def certify_again(self, identity: Identity, request: str) -> Renewed:
        issued = self.authority.issue_agent(
            request, identity, now_ns=self.clock.now_ns(), lifetime_s=self.lifetime_s
        )
        return Renewed(chain=issued.chain, anchors=self.authority.anchors)

    async def _on_claim(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            status, body = 200, self.authority.anchors.encode()
            if head.startswith("POST "):
                length = int(head.lower().split("content-length:")[1].split("\r\n")[0])
                sent = await reader.readexactly(length)
                if head.startswith("POST /v1/recover "):
                    status, answer = self.recoveries(sent)
                else:
                    status, answer = self._claim(msgspec.json.decode(sent))
                body = msgspec.json.encode(answer)
            writer.write(_http(status, body, self.date, self.authority.hub))
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass  # the peer did not like our certificate
        finally:
            await hang_up(writer)
            self.changed()

    def _claim(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self.faults.refuse_claim:
            status, code, text = self.faults.refuse_claim
            return status, {"error": {"code": code, "text": text}}
        claim = parse_claim(body["signed"])
        known = self._tokens.get(claim.token_id, "")
        if not is_proved(known, message_of(body["signed"]), body["proof"]):
            return 401, {"error": {"code": "token_unknown", "text": "no such token"}}
        self.bodies.append(body)
        if self.faults.waiting:
            self.faults.waiting -= 1
            told = {"state": "waiting", "request": "w1", "retry_after_s": 7, "reason": "ask ada"}
            return 202, told
        key = keys.key_sha256(keys.check_request(claim.csr))
        node = self.claims.setdefault(key, f"0de00000-0000-4000-8000-{len(self.claims):012d}")
        return 200, self.certify(claim.csr, node)

    async def _on_agent(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            link = await self._open(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            await hang_up(writer)
            return
        self.links.append(link)
        self.links_total += 1
        try:
            await link.run()
        except MusterError as error:
            if not isinstance(error, WebSocketEnded):
                self.errors.append(error)
        finally:
            self.links.remove(link)
            await hang_up(writer)
            self.changed()

    async def _open(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> HubLink:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        nonce = head.split("Sec-WebSocket-Key: ")[1].split("\r\n")[0]
        writer.write(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept_of(nonce)}\r\n\r\n".encode()
        )
        der: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        socket = WebSocket(reader, writer, WebSocketCodec(new_mask=None), where="agent")
        return HubLink(self, socket, identity_of(der), der)

    async def ask(self, number: int, method: str) -> Answer:
        """Put a question to the newest link and wait for the answer."""
        link = self.links[-1]
        await link.say(Ask(id=number, method=method))
        found: list[Answer] = []

        def answered() -> bool:
            found[:] = [m for m in link.heard if isinstance(m, Answer) and m.id == number]
            return bool(found)

        await self.until(answered)
        return found[0]


def _no_recoveries(body: bytes) -> tuple[int, dict[str, Any]]:
    return 404, {"error": {"code": "not_found", "text": "no such path"}}


def _http(status: int, body: bytes, date: str, hub: str) -> bytes:
    dated = f"Date: {date}\r\n" if date else ""
    dated += f"{HUB_HEADER}: {hub}\r\n" if hub else ""
    return f"HTTP/1.1 {status} X\r\n{dated}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _pem(der: bytes) -> str:
    return ssl.DER_cert_to_PEM_cert(der)
