"""A hub's side of links with everything around it faked, and an agent written out by hand."""

import asyncio
from contextlib import asynccontextmanager

from muster.clock import ManualClock
from muster.core.enrolment.keyclaimform import KeyClaimRefused
from muster.core.nodes.links import Links, LinkSettings
from muster.faces.netdata.around import Around, NetdataLinkSettings
from muster.faces.netdata.link import NetdataLinks
from muster.faces.netdata.queries import QuerySettings
from muster.log import Secret
from muster.model.ids import NodeId, SpaceId, TokenId
from muster.model.inventory import Node
from muster.model.keyclaim import KeyClaim, Member
from muster.net.http import Request
from muster.wire.netdata.messages import (
    TO_AGENT,
    UpdateAgentConnection,
    UpdateNodeInstanceConnection,
    UpdateSource,
)
from muster.wire.netdata.mqtt import (
    Connack,
    Connect,
    Disconnect,
    PacketReader,
    Pingreq,
    Pingresp,
    Puback,
    Publish,
    Subscribe,
    Will,
    pack,
)
from muster.wire.netdata.mqttfields import Property
from muster.wire.netdata.protobuf import decode, encode
from muster.wire.netdata.topics import COMMAND, COMMAND_V1, NAMES, Topics

SPACE = SpaceId("5d1c7a52-0000-4000-8000-000000000001")
NODE = NodeId("0b0b0b0b-0000-4000-8000-000000000001")
CHILD = NodeId("0b0b0b0b-0000-4000-8000-000000000002")
CLAIM = "0f6e1c52-9b1d-4f35-a7a3-53f0d7c0a911"
MACHINE = "7b7f2c1e-1111-11ef-8000-0242ac110002"
CHILD_MACHINE = "7b7f2c1e-1111-11ef-8000-0242ac110003"
SESSION = 1_700_000_000_000_000


class FakeSocket:
    """Both ends of a WebSocket in one process."""

    def __init__(self):
        self.to_hub = asyncio.Queue()
        self.to_agent = asyncio.Queue()
        self.closed = ()
        self.stuck = False
        self.frames = []

    async def send(self, message):
        if self.closed:
            raise ConnectionResetError("closed")
        if self.stuck:
            await asyncio.Event().wait()
        self.frames.append(message)
        self.to_agent.put_nowait(message)

    def send_now(self, messages):
        if self.closed or self.stuck:
            return False
        self.frames += messages
        for each in messages:
            self.to_agent.put_nowait(each)
        return True

    def look_first(self, look):
        self.look = look

    async def close(self, code=1000, reason=""):
        self.closed = self.closed or (code, reason)
        self.to_hub.put_nowait(None)
        self.to_agent.put_nowait(None)

    async def __aiter__(self):
        while (message := await self.to_hub.get()) is not None:
            yield message

    @property
    def backlog_bytes(self):
        return 0


class FakeCore:
    """Claims, members, passwords, inventory, holders and notes in one."""

    def __init__(self, clock):
        self.clock = clock
        self.nodes = {}
        self.claims = {}
        self.book = {}  # node -> Member
        self.facts = {}
        self.addresses = {}
        self.notes = {}
        self.refused = None  # what key_of raises
        self.copy = None  # what meet raises
        self.met = []
        self.used = set()  # nodes that a link was opened of
        self.passwords = {}
        self.add_node(NODE, "agent")
        self.add_claim(CLAIM, NODE, MACHINE)

    def add_node(self, id, name, **given):
        self.nodes[id] = Node(id=id, space=SPACE, name=name, **given)

    def add_claim(self, id, node, machine):
        claim = KeyClaim(
            id=id,
            dialect="netdata",
            node=node,
            space=SPACE,
            machine=machine,
            key_pem="",
            key_sha256="",
            token=TokenId(""),
            claimed_ns=self.clock.now_ns(),
        )
        self.claims[id] = claim
        self.passwords[id] = "once"
        self.book[node] = Member(dialect="netdata", machine=machine, space=SPACE, node=node)
        return claim

    def add_child(self, node=CHILD, machine=CHILD_MACHINE, space=SPACE, via=NODE):
        self.add_node(node, "child")
        self.book[node] = Member(
            dialect="netdata", machine=machine, space=space, node=node, via=via, hops=1
        )

    @property
    def members(self):
        return self

    def of(self, node):
        return self.book.get(node)

    def behind(self, node):
        return [each for each in self.book.values() if each.via == node]

    def key_of(self, claim_id):
        if self.refused is not None:
            raise self.refused
        return self.claims[claim_id]

    async def opened(self, claim):
        self.used.add(claim.node)

    async def member(self, claim, machine, hostname, hops):
        if self.refused is not None:
            raise self.refused
        known = next((each for each in self.book.values() if each.machine == machine), None)
        if known is None:
            self.add_child(machine=machine, via=claim.node)
            known = self.book[CHILD]
        return self.nodes[known.node]

    def verify(self, client_id, username, password):
        if self.passwords.pop(client_id, None) != password.reveal():
            raise KeyClaimRefused("password_wrong", "this password opens no link")
        return self.claims[client_id]

    def find(self, id):
        return self.nodes.get(id)

    async def update_facts(self, id, facts, address=""):
        self.facts[id] = facts
        self.addresses[id] = address

    async def meet(self, node, visitor):
        self.met.append(visitor)
        if self.copy is not None:
            raise self.copy

    def note(self, node, topic):
        return self.notes.get((node, topic), b"")

    def keep(self, notes):
        self.notes |= {(node, topic): note for node, topic, note in notes}


class LinkDesk:
    """All that a link needs. `connected` is one that an agent has opened."""

    def __init__(self, core=None, **settings):
        self.clock = core.clock if core else ManualClock()
        self.core = core or FakeCore(self.clock)
        self.seen = {}
        self.core_links = Links(self.clock, LinkSettings(), self.seen.update)
        self.around = Around(
            links=self.core_links,
            claims=self.core,
            passwords=self.core,
            inventory=self.core,
            holders=self.core,
            notes=self.core,
            clock=self.clock,
            name_of=lambda node: self.core.nodes[node].name,
            settings=NetdataLinkSettings(**settings),
            queries=QuerySettings(),
        )
        self.links = NetdataLinks(self.around)
        self.let_in = 0  # how often the listener was told that a peer is in

    def settle(self):
        self.let_in += 1

    def state(self, node=NODE):
        return self.core_links.state_of(self.core.nodes[node])

    @asynccontextmanager
    async def open(self, claim=CLAIM, address="192.0.2.7"):
        """An agent whose connection is there and who has said nothing yet."""
        agent = Agent(claim)
        request = Request(method="GET", path="/mqtt", address=address, settle=self.settle)
        async with asyncio.TaskGroup() as jobs:
            serving = jobs.create_task(self.links.serve(request, agent.socket))
            agent.serving = serving
            try:
                yield agent
            finally:
                await agent.socket.close()
                await serving

    @asynccontextmanager
    async def online(self, claim=CLAIM, address="192.0.2.7", session=SESSION):
        """An agent that has said that it is reachable."""
        async with self.open(claim, address) as agent:
            self.core.passwords[claim] = "once"
            agent.session = session
            agent.connect()
            await agent.connack()
            agent.subscribe()
            agent.reachable()
            await agent.hear("SendNodeInstances")
            yield agent


class Agent:
    """The far end of a FakeSocket: says what it is told to, in the order of a real one."""

    def __init__(self, claim=CLAIM):
        self.claim = claim
        self.session = SESSION
        self.socket = FakeSocket()
        self.topics = Topics(claim)
        self.reader = PacketReader(1 << 20)
        self.heard = []  # packets
        self.packet_id = 0
        self.aliased = set()
        self.acknowledges = True
        self.serving = None

    def send(self, packet):
        self.socket.to_hub.put_nowait(pack(packet))

    def will(self):
        lost = UpdateAgentConnection(
            claim_id=self.claim, session_id=self.session, update_source=UpdateSource.LWT
        )
        return Will(topic=self.topics.text_of("agent-connection"), payload=encode(lost))

    def connect(self, password="once", **parts):
        given = {"client_id": self.claim, "username": self.claim, "will": self.will()}
        self.send(Connect(password=Secret(password), **(given | parts)))

    def subscribe(self):
        for at, name in enumerate((COMMAND, COMMAND_V1), 1):
            self.send(Subscribe(packet_id=at, filters=((self.topics.text_of(name), 9),)))

    def publish(self, name, payload):
        """With aliases in list order, the topic's text only once."""
        if not isinstance(payload, bytes):
            payload = encode(payload)
        self.packet_id += 1
        text = "" if name in self.aliased else self.topics.text_of(name)
        self.aliased.add(name)
        alias = {Property.TOPIC_ALIAS: NAMES.index(name) + 1}
        self.send(
            Publish(topic=text, payload=payload, qos=1, packet_id=self.packet_id, properties=alias)
        )

    def reachable(self, yes=True, **parts):
        given = {"claim_id": self.claim, "session_id": self.session, "reachable": yes}
        self.publish("agent-connection", UpdateAgentConnection(**(given | parts)))

    def report(self, node=NODE, live=True, queryable=True, **parts):
        given = {"claim_id": self.claim, "session_id": self.session, "hops": int(node == CHILD)}
        message = UpdateNodeInstanceConnection(
            node_id=node, liveness=live, queryable=queryable, **(given | parts)
        )
        self.publish("node-instance-connection", message)

    def goodbye(self):
        self.reachable(False)
        self.send(Disconnect())

    async def packet(self):
        async with asyncio.timeout(60):
            while not self.heard:
                data = await self.socket.to_agent.get()
                if data is None:
                    raise AssertionError("closed")
                self.heard += self.reader.feed(data)
        packet = self.heard.pop(0)
        if isinstance(packet, Publish) and packet.qos and self.acknowledges:
            self.send(Puback(packet.packet_id))
        return packet

    async def connack(self):
        packet = await self.packet()
        assert isinstance(packet, Connack), packet
        return packet.reason

    async def hear(self, name):
        """The next command of a name; what comes before is passed over."""
        while True:
            packet = await self.packet()
            if isinstance(packet, Publish) and packet.topic.rpartition("/")[2] == name:
                return decode(TO_AGENT[name], packet.payload) if name in TO_AGENT else packet

    async def settled(self):
        """Everything said so far is taken: frames are, in their order."""
        self.send(Pingreq())
        while not isinstance(await self.packet(), Pingresp):
            pass

    def waiting(self):
        """Names of commands that came and were not heard."""
        while not self.socket.to_agent.empty():
            data = self.socket.to_agent.get_nowait()
            if data is not None:
                self.heard += self.reader.feed(data)
        return [p.topic.rpartition("/")[2] for p in self.heard if isinstance(p, Publish)]
