"""What the listeners of a hub offer fits together."""

import pytest

from muster.clock import ManualClock
from muster.hub.assembly.foundation import Foundation
from muster.hub.assembly.parts import Parts
from muster.hub.assembly.routes import Routes
from muster.hub.places import Places
from muster.hub.settings import Settings
from muster.net.http import Public
from muster.net.routing import Router


@pytest.fixture
def routes(tmp_path):
    settings, places, clock = Settings(data=tmp_path), Places(tmp_path), ManualClock()
    foundation = Foundation(settings=settings, places=places, clock=clock)
    foundation.open()
    parts = Parts(settings=settings, places=places, clock=clock, foundation=foundation)
    yield Routes(parts)
    foundation.close()


def test_every_listener_offers_routes_that_do_not_stand_in_each_others_way(routes):
    for offered in (
        routes.all_api_routes(),
        routes.link_routes(),
        routes.enrol_routes(),
        routes.netdata_routes(1),
    ):
        assert offered
        Router(offered)


def test_what_netdata_agents_ask_for_is_foreign_and_proves_itself(routes):
    foreign = [each for each in routes.all_api_routes() if each.foreign]

    assert {each.path for each in foreign} == {each.path for each in routes.netdata_routes(0)}
    assert {each.allow for each in foreign} == {Public.PROOF}


def test_the_whole_interface_is_that_of_records_and_that_of_values(routes):
    whole = {(each.method, each.path) for each in routes.all_api_routes()}
    parts = [*routes.api_routes(()), *routes.data_routes(), *routes.netdata_routes(7443)]

    assert whole == {(each.method, each.path) for each in parts}


def test_clients_of_influxdb_sign_in_before_their_bodies_are_read_or_ask_how_it_is(routes):
    offered = routes.influx_routes()
    Router(offered)

    assert {each.allow for each in offered} == {Public.CREDENTIALS, Public.HEALTH}
    for each in offered:
        assert (each.before is not None) == (each.allow is Public.CREDENTIALS)
