import json

from muster.core.writes.datagramwrites import DatagramWrites, UdpSettings
from muster.faces.native.datagrams import DatagramFace
from muster.net.datagrams import DatagramQueue
from muster.net.http import Request
from muster.testing.house import OPERATOR
from muster.testing.influxhouse import InfluxHouse


async def test_what_came_by_datagrams_is_told():
    with InfluxHouse() as house:
        writes = DatagramWrites(
            source=DatagramQueue(1),
            writes=house.writes,
            databases=house.databases,
            space=lambda: None,
            settings=UdpSettings(udp_port=8089),
        )
        (route,) = DatagramFace(writes=writes).routes()
        answer = await route.handler(Request(method="GET", path=route.path, actor=OPERATOR))

    told = json.loads(answer.body)
    assert (told["port"], told["database"], told["datagrams"]["received"]) == (8089, "udp", 0)
