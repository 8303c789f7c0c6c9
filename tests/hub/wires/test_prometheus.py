"""Prometheus' query API on the hub."""

from muster.core.influxql.queryregistry import QueryRegistry
from muster.core.promql.promqueries import Asked
from muster.core.writes.metricmetadata import MetricMetadata
from muster.faces.influx.callers import Caller
from muster.hub.wires.prometheus import OWN_BASE, SPACE_BASE, PrometheusParts
from muster.model.access import Action, Actor, Role
from muster.net.http import Public, Request
from muster.testing.house import OPERATOR
from muster.testing.influxstore import InfluxStore
from muster.wire.prometheusparts import Metadata


def parts_of(house, metadata=None):
    return PrometheusParts(
        queries=house.queries,
        databases=house.databases,
        stocks=house.stocks,
        registry=QueryRegistry(clock=house.clock),
        metadata=metadata or MetricMetadata(),
        callers=None if metadata else _Callers(),
        readers=house.readers,
        clock=house.clock,
    )


class _Callers:
    async def asking(self, request):
        return None


async def test_it_is_offered_to_clients_and_to_people(tmp_path):
    async with InfluxStore(tmp_path) as house:
        parts = parts_of(house)
        own, space = parts.routes(), parts.space_routes()

    assert {route.allow for route in own} == {Public.CREDENTIALS}
    assert all(route.before is not None for route in own)
    assert {route.allow for route in space} == {Action.DATA_READ}
    assert {route.path.removeprefix(OWN_BASE) for route in own} >= {
        route.path.removeprefix(SPACE_BASE) for route in space
    }


async def test_what_senders_said_of_their_metrics_is_told(tmp_path):
    async with InfluxStore(tmp_path) as house:
        metadata = MetricMetadata()
        metadata.learn(
            house.space.id, "p", [Metadata("up", 2, "is it", ""), Metadata("x", 99, "", "")]
        )
        await house.databases.create(house.login, "p")
        told = parts_of(house, metadata)._told(Asked(house.login))

    assert told == {
        "up": {"type": "gauge", "help": "is it", "unit": ""},
        "x": {"type": "unknown", "help": "", "unit": ""},
    }


async def test_nobody_reads_before_there_is_an_admin(tmp_path):
    async with InfluxStore(tmp_path) as house:
        routes = parts_of(house).routes()
        for is_first, status in ((True, 403), (False, 200)):
            admitted = Caller(house.login, is_first=is_first)
            for route in routes:
                if route.path.endswith(("/labels", "/metadata", "/buildinfo")):
                    request = Request(method=route.method, path=route.path, admitted=admitted)
                    assert (await route.handler(request)).status == status


async def test_who_has_a_role_in_a_room_alone_is_told_nothing_of_senders(tmp_path):
    async with InfluxStore(tmp_path) as house:
        metadata = MetricMetadata()
        metadata.learn(house.space.id, "p", [Metadata("up", 2, "is it", "")])
        await house.databases.create(house.login, "p")
        room = await house.rooms.create(OPERATOR, house.space.id, "r")
        actor = Actor(name="ann", room_roles={room.id: Role.VIEWER})
        parts = parts_of(house, metadata)
        match = {"space": house.space.id}
        request = Request(method="GET", path=SPACE_BASE, match=match, actor=actor)
        login = parts._login_of_reader(request)

    assert login.nodes == frozenset()
    assert parts._told(Asked(login)) == {}
