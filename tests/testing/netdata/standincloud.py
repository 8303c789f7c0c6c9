"""A cloud of a few lines on plain TCP: enough of one for an agent to live, and wrong to order."""

import asyncio
import uuid
from urllib.parse import parse_qsl, urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA1

from muster.log import Secret
from muster.wire.netdata import discovery
from muster.wire.netdata.broker import Broker, Connected, Published, Subscribed
from muster.wire.netdata.claim import parse_claim
from muster.wire.netdata.messages import (
    FROM_AGENT,
    CreateNodeInstance,
    CreateNodeInstanceResult,
    SendNodeInstances,
    UpdateAgentConnection,
)
from muster.wire.netdata.mqttfields import MqttError, Reason
from muster.wire.netdata.protobuf import decode
from muster.wire.netdata.topics import HTTP, offered_topics
from muster.wire.websocket import Close, Data, WebSocketCodec, accept_of

OAEP = padding.OAEP(mgf=padding.MGF1(SHA1()), algorithm=SHA1(), label=None)


class CloudLink:
    """One open link."""

    def __init__(self, cloud, writer):
        self._cloud, self._writer = cloud, writer
        self._codec = WebSocketCodec(new_mask=None)
        self.broker = Broker()
        self.messages = []  # (topic name, message), replies as bytes
        self.will = None

    def say(self, message):
        self.broker.send_command(message, qos=1)
        self.flush()

    def ask(self, payload):
        self.broker.send_query(payload)
        self.flush()

    def send_raw(self, data):
        self._writer.write(data)

    def cut(self):
        self._writer.transport.abort()

    def flush(self):
        for packet in self.broker.data_to_send():
            self._writer.write(self._codec.send(Data(packet)))

    def of(self, kind):
        return [message for _, message in self.messages if isinstance(message, kind)]

    async def run(self, reader):
        while data := await reader.read(65536):
            for event in self._codec.receive(data):
                if isinstance(event, Close):
                    return
                for told in self.broker.receive(event.data):
                    self._on(told)
            if not self._cloud.holds_pubacks:
                self.flush()
            self._cloud.pulse.set()

    def _on(self, event):
        match event:
            case Connected():
                self.will = decode(UpdateAgentConnection, event.will.payload)
                good = event.password.reveal() == self._cloud.password
                if not good or self._cloud.refuses_mqtt:
                    self.broker.refuse(Reason.BAD_CREDENTIALS)
                else:
                    self.broker.accept()
            case Subscribed(name="inbox-cmd-v1"):
                self.broker.send_command(SendNodeInstances(), qos=1)
            case Published(name=name, payload=payload) if name == HTTP:
                self.messages.append((name, payload))
            case Published(name=name, payload=payload):
                message = decode(FROM_AGENT[name], payload)
                self.messages.append((name, message))
                if isinstance(message, CreateNodeInstance):
                    node = self._cloud.nodes.setdefault(message.machine_guid, str(uuid.uuid4()))
                    self.broker.send_command(
                        CreateNodeInstanceResult(node_id=node, machine_guid=message.machine_guid)
                    )


class Cloud:
    """Claims anybody. `answers` maps a part of a path to (status, body) said in its place."""

    def __init__(self):
        self.answers = {}
        self.claims, self.puts, self.nodes, self.links = {}, [], {}, []
        self.requests = []
        self.password = "one-time"
        self.refuses_mqtt = self.holds_pubacks = False
        self.base = 1
        self.errors = []  # what agents did wrong
        self.extra = b""  # behind every answer
        self.pulse = asyncio.Event()
        self._nonces = {}

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for link in self.links:
            link.cut()
        await self._server.wait_closed()

    async def until(self, condition):
        async with asyncio.timeout(60):
            while not condition():
                self.pulse.clear()
                await self.pulse.wait()

    async def _serve(self, reader, writer):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            first, *lines = head.decode().split("\r\n")
            headers = {
                name.lower(): value for name, _, value in (line.partition(":") for line in lines)
            }
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            method, target, _ = first.split(" ")
            self.requests.append((method, target, headers))
            if target == "/mqtt" and "/mqtt" not in self.answers:
                await self._open(reader, writer, headers)
            else:
                status, data = self._answer(target, body)
                writer.write(
                    b"HTTP/1.1 %d Said\r\nContent-Length: %d\r\n\r\n%b" % (status, len(data), data)
                    + self.extra
                )
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        except MqttError as error:
            self.errors.append(error)
        finally:
            writer.close()
            self.pulse.set()

    async def _open(self, reader, writer, headers):
        accept = accept_of(headers["sec-websocket-key"].strip())
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: %b\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n" % accept.encode()
        )
        link = CloudLink(self, writer)
        self.links.append(link)
        await link.run(reader)

    def _answer(self, target, body):
        for part, said in self.answers.items():
            if part in target:
                return said.pop(0) if isinstance(said, list) else said
        path, last = urlsplit(target).path, urlsplit(target).path.rpartition("/")[2]
        if "/spaces/nodes/" in path:
            put = parse_claim(body, last)
            self.puts.append(put)
            self.claims[put.node_id] = put
            return 204, b""
        if last == "env":
            claim = dict(parse_qsl(urlsplit(target).query))["claim_id"]
            assert claim in self.claims
            return 200, discovery.format_env(self.env())
        claim = path.split("/")[-2]
        if last == "challenge":
            nonce = self._nonces[claim] = uuid.uuid4().bytes
            key = serialization.load_pem_public_key(self.claims[claim].public_key.encode())
            return 200, discovery.format_challenge(key.encrypt(nonce, OAEP))
        asked = discovery.parse_password_request(body)
        assert asked.response == self._nonces.pop(claim)
        given = discovery.Credentials(
            client_id=claim, username="u", password=Secret(self.password), topics=offered_topics()
        )
        return 201, discovery.format_credentials(given)

    def env(self):
        return discovery.Env(
            auth_endpoint=f"{self.url}/api/v1/auth",
            transports=(discovery.Transport("MQTTv5", f"{self.url}/ignored"),),
            backoff=discovery.Backoff(base=self.base, max_seconds=500, min_seconds=0),
        )
