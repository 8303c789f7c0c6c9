import json

from muster.core.forwarding import Forwarding, Senders
from muster.core.forwardrules import ForwardSettings, SubscriptionSettings
from muster.faces.native import forwards
from muster.net.http import Request
from muster.testing.forwarding import MemoryQueues, ToldSender
from muster.testing.house import OPERATOR


async def test_ways_out_are_listed_with_what_waits(house):
    forwarding = Forwarding(
        queues=MemoryQueues(),
        find=house.databases.find,
        every=house.databases.every,
        settings={"lab": ForwardSettings(url="http://lab:8086")},
        senders=Senders(lambda each: ToldSender(each.url), lambda url, form: ToldSender(url)),
        rooms_of=lambda node: frozenset(),
        clock=house.clock,
        random=lambda: 0.0,
        subscriptions=SubscriptionSettings(),
        own="muster",
    )
    (route,) = forwards.routes(forwarding=forwarding)

    answer = await route.handler(Request(method="GET", path=route.path, actor=OPERATOR))

    (lane,) = json.loads(answer.body)
    assert (lane["id"], lane["format"]) == ("set-lab", "influx")
    assert lane["title"]["name"] == "lab"
    assert lane["queue"]["waiting_points"] == 0
    assert lane["destinations"][0]["url"] == "http://lab:8086"
