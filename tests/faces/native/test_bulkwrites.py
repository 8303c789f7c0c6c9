import gzip
import json

import pytest

from muster.core.writes.bulkwrites import BulkWrites
from muster.errors import LimitExceeded
from muster.faces.native.bulkwrites import BulkWriteFace
from muster.net.http import Request
from muster.testing.house import OPERATOR
from muster.testing.influxhouse import InfluxHouse
from muster.wire.lineparsed import LineLimits


@pytest.fixture
def house():
    with InfluxHouse(limits=LineLimits(body_bytes=200_000)) as house:
        bulk = BulkWrites(databases=house.databases, writes=house.writes, nodes=house.records.nodes)
        house.routes = BulkWriteFace(bulk=bulk).routes()
        yield house


async def ask(house, path, body, query=None, **headers):
    (route,) = (each for each in house.routes if each.path == path)
    request = Request(
        method="POST",
        path=path,
        query=query or {},
        body=body,
        headers={name.replace("_", "-"): text for name, text in headers.items()},
        actor=OPERATOR,
    )
    return json.loads((await route.handler(request)).body)


@pytest.mark.parametrize("points", [1, 2_000])
async def test_a_packed_body_is_written(house, points):
    there = await ask(house, "/api/v1/influx/databases", b'{"name": "d"}')
    now = house.clock.now_ns()
    plain = "\n".join(f"m,t={number} v={number * 7919}i {now + number}" for number in range(points))
    query = {"db": "d", "space": there["space"], "rp": "autogen"}

    packed = gzip.compress(plain.encode(), 0)
    answer = await ask(house, "/api/v1/influx/write", packed, query, content_encoding="gzip")

    assert answer == {"points": points, "refused": 0, "errors": []}
    assert (await ask(house, "/api/v1/influx/write", b"n v=1", {"db": "d"}))["points"] == 1


async def test_what_unpacks_beyond_the_limit_is_refused(house):
    bomb = gzip.compress(b"\n" * 1_000_000)

    with pytest.raises(LimitExceeded):
        await ask(house, "/api/v1/influx/write", bomb, {"db": "d"}, content_encoding="gzip")
