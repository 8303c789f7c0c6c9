import asyncio
from array import array

import pytest

from muster.core.forwarding.forwarding import Forwarding, Senders
from muster.core.forwarding.forwardleftovers import Leftovers
from muster.core.forwarding.forwardrules import ForwardFormat, ForwardSettings, SubscriptionSettings
from muster.core.writes.pointwrites import Target, Writer
from muster.errors import InputError, Unavailable
from muster.model.access import Actor
from muster.model.identity import Identity
from muster.model.ids import NodeId
from muster.model.influx import Login, Subscription
from muster.model.metric import Batch, Block, Kind, Layout, Series
from muster.ports.forwarding import Packet
from muster.testing.forwarding import MemoryQueues, ToldSender
from muster.testing.influxhouse import InfluxHouse

NODE = NodeId("0de00000-0000-4000-8000-000000000001")
ON, NOBODY = SubscriptionSettings(), Writer()
URLS = ("http://one:8086", "http://two:8086")


class Sending(InfluxHouse):
    """A hub whose points go on; `sent` are the senders by destination."""

    def start(self, subscriptions=ON, left=(), **settings):
        self.queues = MemoryQueues(left)
        self.sent = {}
        self.forms = {}
        self.leftovers = Leftovers(queues=self.queues, audit=self.records.audit, clock=self.clock)
        self.forwarding = Forwarding(
            queues=self.queues,
            find=self.databases.find,
            every=self.databases.every,
            settings={name: ForwardSettings(**each) for name, each in settings.items()},
            senders=Senders(lambda each: self.sender(each.url), self.sender),
            rooms_of=lambda node: frozenset(("Lab",) if node == NODE else ()),
            clock=self.clock,
            random=lambda: 0.0,
            subscriptions=subscriptions,
            own="muster",
            leftovers=self.leftovers,
        )
        self.point_ingest.send_on(self.forwarding)
        self.ingest.send_on(self.forwarding)
        self.login = Login(
            space=self.space.id, actor=Actor(name="x", operator=True), name="x", admin=True
        )

    def sender(self, url, form=None):
        self.forms[url] = form
        return self.sent.setdefault(url, ToldSender(url))

    async def subscribe(self, mode="ALL", urls=URLS, name="s"):
        if self.databases.find(self.space.id, "d") is None:
            await self.databases.create(self.login, "d")
        subscription = Subscription(name=name, mode=mode, destinations=urls)
        await self.databases.create_subscription(self.login, "d", "autogen", subscription)

    async def write(self, text, writer=NOBODY):
        parsed = await self.writes.parse(text.encode(), 1)
        target = Target(self.space.id, "d", "", 1)
        return await self.writes.store(parsed, target, writer)

    def waiting(self):
        """What waits, by queue, in the order in which queues were made."""
        return [
            b"".join(packet.body for packet in queue.packets)
            for queue in self.queues.known.values()
        ]

    async def agent(self, sequence=1, measurement="cpu"):
        """A batch by the hub's own link."""
        layout = Layout((Series(measurement, (), "v", Kind.INTEGER),))
        block = Block(layout, array("q", [self.clock.now_ns()]), array("q", [7]))
        identity = Identity(self.authority.hub, self.space.id, NODE)
        await self.ingest.accept(identity, "web01", Batch("epoch", sequence, (block,)))

    async def turn(self):
        """Everything that waits is sent, and subscriptions are looked at."""
        async with asyncio.timeout(60), asyncio.TaskGroup() as jobs:
            job = jobs.create_task(self.forwarding.run())
            for _ in range(30):
                await asyncio.sleep(0)
            job.cancel()


@pytest.fixture
async def hub():
    with Sending() as house:
        house.inventory.ensure_space("Home")
        house.start()
        yield house


async def test_every_destination_of_all_gets_what_is_written(hub):
    await hub.subscribe()
    now = hub.clock.now_ns()

    await hub.write(f'm,host=a v=2.50,s="x" {now}\nbad\nm v=1 {now}')

    assert sorted(hub.sent) == sorted(URLS)
    assert hub.waiting() == [f'm,host=a s="x",v=2.5 {now}\nm v=1 {now}\n'.encode()] * 2
    await hub.turn()
    for url in URLS:
        (chunk,) = hub.sent[url].chunks
        assert (chunk.database, chunk.policy, chunk.points) == ("d", "autogen", 2)
    assert hub.waiting() == [b"", b""]


async def test_destinations_of_any_share_what_is_written(hub):
    await hub.subscribe("ANY")
    now = hub.clock.now_ns()

    for number in range(4):
        await hub.write(f"m v={number}i {now}")
        await hub.turn()

    assert [len(hub.sent[url].chunks) for url in URLS] == [2, 2]
    (view,) = hub.forwarding.views()
    assert (view.title.name, view.title.kind, view.title.mode) == ("s", "subscription", "ANY")


async def test_what_is_refused_is_not_sent_on(hub):
    await hub.subscribe()
    now = hub.clock.now_ns()
    await hub.write(f"m v=1i {now}")

    await hub.write(f"m v=1.5 {now}\nn v=1 {now}")

    assert hub.waiting()[0] == f"m v=1i {now}\nn v=1 {now}\n".encode()


async def test_points_of_a_node_are_sent_as_they_are_kept(hub):
    await hub.subscribe("ALL", URLS[:1])
    identity = Identity(hub.authority.hub, hub.space.id, NODE)
    now = hub.clock.now_ns()

    await hub.write(f"m,host=liar,node=own v=1i {now}", Writer(identity, "web01"))

    assert hub.waiting() == [f"m,host=web01,node=own v=1i {now}\n".encode()]


async def test_what_the_disk_refuses_is_sent_on_when_it_comes_again(hub):
    await hub.subscribe("ALL", URLS[:1])
    hub.journal.full = True
    now = hub.clock.now_ns()
    with pytest.raises(Unavailable):
        await hub.write(f"m v=1i {now}")
    assert hub.waiting() == []
    hub.journal.full = False

    await hub.write(f"m v=1i {now}")

    assert hub.waiting() == [f"m v=1i {now}\n".encode()]


async def test_what_an_agent_sends_is_kept_for_others_first_and_once(hub):
    hub.start(all={"url": URLS[0]})
    hub.journal.full = True
    for _ in range(3):
        with pytest.raises(Unavailable):
            await hub.agent()
    assert [body.count(b"cpu") for body in hub.waiting()] == [1]
    hub.journal.full = False

    await hub.agent()
    await hub.agent(2)

    assert [body.count(b"cpu") for body in hub.waiting()] == [2]
    assert hub.ingest.acked(NODE, "epoch") == 2


async def test_a_dropped_subscription_is_sent_nothing_and_its_queue_goes(hub):
    await hub.subscribe("ALL", URLS[:1])
    hub.sent = {}
    await hub.turn()
    (name,) = hub.queues.known

    await hub.databases.drop_subscription(hub.login, "d", "autogen", "s")
    await hub.write(f"m v=1i {hub.clock.now_ns()}")
    await hub.turn()

    assert hub.queues.removed == [name]
    assert hub.forwarding.views() == []


async def test_queues_that_nothing_is_known_of_go_but_of_settings_only_empty_ones(hub):
    hub.start(left=["sub-gone", "set-gone", "set-full"])
    hub.queues.queue("set-full", 0).packets.append(Packet("d", "autogen", 7, b"x"))

    await hub.turn()

    assert hub.queues.removed == ["sub-gone", "set-gone"]
    assert [each.id for each in hub.leftovers.views()] == ["set-full"]


async def test_datagrams_and_requests_can_take_turns(hub):
    await hub.subscribe("ANY", ("udp://one:1", "http://two:1"))

    await hub.write(f"m v=1i {hub.clock.now_ns()}")

    assert {form.value for form in hub.forms.values()} == {"udp"}


async def test_subscriptions_can_be_switched_off(hub):
    hub.start(SubscriptionSettings(enabled=False))
    await hub.subscribe()

    await hub.write(f"m v=1i {hub.clock.now_ns()}")

    assert (hub.waiting(), hub.forwarding.views()) == ([], [])


async def test_what_agents_send_goes_to_neighbours_of_the_settings(hub):
    hub.start(
        all={"url": URLS[0]},
        own={"url": URLS[1], "databases": ("muster",), "measurements": ("c*",)},
        samples={"url": "http://prom", "format": ForwardFormat.PROMETHEUS, "rooms": ("Lab",)},
        other={"url": "http://none", "databases": ("d",)},
    )
    await hub.subscribe("ALL", ("http://sub:1",))

    await hub.agent()
    await hub.agent(2, "disk")
    await hub.agent(2, "disk")  # again: it is on disk
    now = hub.clock.now_ns()
    await hub.write(f"m v=1i {now}")

    cpu, disk = (f"{name},host=web01,node={NODE} v=7i {now}\n".encode() for name in ("cpu", "disk"))
    written = f"m v=1i {now}\n".encode()
    everything, own, samples, other, subscription = hub.waiting()
    assert everything == cpu + disk + written
    assert own == cpu
    assert samples.count(b"__name__") == 2
    assert other == subscription == written
    assert [packet.database for packet in hub.queues.known["set-all"].packets] == [
        "muster", "muster", "d",
    ]  # fmt: skip
    assert [view.title.name for view in hub.forwarding.views()][-1] == "s"


async def test_beyond_a_thousand_ways_subscriptions_are_not_served_and_that_is_said(
    hub, monkeypatch, caplog
):
    monkeypatch.setattr("muster.core.forwarding.forwarding._MOST_WAYS", 1)
    await hub.subscribe()

    await hub.write(f"m v=1i {hub.clock.now_ns()}")
    await hub.write(f"m v=1i {hub.clock.now_ns()}")

    assert len(hub.waiting()) == 1
    assert caplog.text.count("there are too many") == 1


async def test_a_batch_that_contradicts_itself_is_refused_and_those_before_it_are_kept(hub):
    hub.start(all={"url": URLS[0]})
    layout = Layout((Series("cpu", (), "v", Kind.INTEGER),))
    good = Block(layout, array("q", [hub.clock.now_ns()]), array("q", [7]))
    bad = Block(layout, array("q", [1]), array("q", [7, 8]))
    batches = [Batch("epoch", number + 1, (block,)) for number, block in enumerate((good, bad))]
    identity = Identity(hub.authority.hub, hub.space.id, NODE)

    with pytest.raises(InputError, match="holds 2 values"):
        await hub.ingest.accept_all(identity, "web01", batches)

    assert hub.ingest.acked(NODE, "epoch") == 1
    assert [body.count(b"cpu") for body in hub.waiting()] == [1]


async def test_points_too_long_for_datagrams_are_counted(hub):
    hub.start(far={"url": "udp://far:1"})
    await hub.databases.create(hub.login, "d")
    long = "x" * 70_000

    await hub.write(f'm s="{long}" {hub.clock.now_ns()}')

    assert hub.queues.known["set-far"].dropped == 1
