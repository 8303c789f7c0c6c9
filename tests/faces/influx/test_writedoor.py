import pytest

from muster.core.databases.firstwrites import FirstWrites
from muster.faces.influx.callers import Way
from muster.faces.influx.responses import Refusal
from muster.faces.influx.writedoor import WriteDoor
from muster.net.http import Request
from muster.testing.influxface import InfluxServer


def door(server, default: str = "") -> WriteDoor:
    first = FirstWrites(databases=server.databases, names=("prometheus",))
    return WriteDoor(callers=server.callers, first_writes=first, precision_ns=1, default=default)


def request(**given) -> Request:
    return Request(method="POST", path="/x", address="127.0.0.1", **given)


async def test_who_names_no_database_writes_to_the_default_one():
    with InfluxServer() as server:
        admitted = await door(server, "prometheus").admit(request(query={"rp": "long"}))

    assert admitted.target[:3] == (server.space.id, "prometheus", "long")


@pytest.mark.parametrize(
    ("query", "status"), [({}, 400), ({"db": "other"}, 404), ({"db": "muster"}, 204)]
)
async def test_databases_that_are_not_there_are_told_of(query, status):
    with InfluxServer() as server:
        if status == 204:  # the built-in one is refused when points come
            await door(server).admit(request(query=query))
            return
        with pytest.raises(Refusal) as caught:
            await door(server).admit(request(query=query))
    assert caught.value.status == status


async def test_before_there_is_an_admin_nobody_writes():
    with InfluxServer(Way.PASSWORD) as server, pytest.raises(Refusal) as caught:
        await door(server, "prometheus").admit(request())
    assert caught.value.status == 403
