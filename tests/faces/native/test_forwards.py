import json

from muster.core.forwarding.forwarding import Forwarding, Senders
from muster.core.forwarding.forwardleftovers import Leftovers
from muster.core.forwarding.forwardrules import ForwardSettings, SubscriptionSettings
from muster.faces.native.forwards import ForwardFace
from muster.net.http import Request
from muster.ports.forwarding import Packet
from muster.testing.forwarding import MemoryQueues, ToldSender
from muster.testing.house import OPERATOR


async def test_ways_out_are_listed_with_what_waits(house):
    queues = MemoryQueues(left=["set-old"])
    queues.queue("set-old", 0).packets.append(Packet("d", "autogen", 7, b"x"))
    leftovers = Leftovers(queues=queues, audit=house.records.audit, clock=house.clock)
    forwarding = Forwarding(
        queues=queues,
        find=house.databases.find,
        every=house.databases.every,
        settings={"lab": ForwardSettings(url="http://lab:8086")},
        senders=Senders(lambda each: ToldSender(each.url), lambda url, form: ToldSender(url)),
        rooms_of=lambda node: frozenset(),
        clock=house.clock,
        random=lambda: 0.0,
        subscriptions=SubscriptionSettings(),
        own="muster",
        leftovers=leftovers,
    )
    route, drop = ForwardFace(forwarding=forwarding, leftovers=leftovers).routes()

    await leftovers.look(["set-old"])
    answer = await route.handler(Request(method="GET", path=route.path, actor=OPERATOR))

    lane, left = json.loads(answer.body)
    assert (lane["id"], lane["format"]) == ("set-lab", "influx")
    assert lane["title"]["name"] == "lab"
    assert lane["queue"]["waiting_points"] == 0
    assert lane["destinations"][0]["url"] == "http://lab:8086"
    assert (left["id"], left["title"]["kind"], left["destinations"]) == ("set-old", "leftover", [])
    assert (left["format"], left["queue"]["waiting_points"]) == (None, 7)
    gone = Request(method="DELETE", path=drop.path, actor=OPERATOR, match={"id": "set-old"})
    assert (await drop.handler(gone)).status == 204
    assert queues.removed == ["set-old"]
