"""Series of dropped databases are found no more, also when a hub died in between."""

import pytest

from muster.clock import ManualClock
from muster.hub.assembly.foundation import Foundation
from muster.hub.assembly.parts import Parts
from muster.hub.places import Places
from muster.hub.settings import Settings
from muster.model.ids import NodeId
from muster.model.inventory import Node
from muster.model.metric import Layout
from muster.store.records.nodes import add_node
from muster.testing.cohorts import series_of


@pytest.fixture
def parts(tmp_path):
    settings, places, clock = Settings(data=tmp_path), Places(tmp_path), ManualClock()
    foundation = Foundation(settings=settings, places=places, clock=clock)
    foundation.open()
    yield Parts(settings=settings, places=places, clock=clock, foundation=foundation)
    foundation.close()


async def test_points_of_databases_stay_and_those_of_dropped_ones_go_at_a_start(parts):
    space = parts.inventory.ensure_space("home")
    with parts._records.nodes._database.change() as writer:
        add_node(writer, Node(id=NodeId("n1"), space=space.id, name="n1"))
    parts.plane.open()
    login = parts.influx.callers._logins.login_of_nobody("")
    database = await parts.influx.databases.create(login, "d")
    stock = await parts.influx.stocks.open(database, "autogen")
    for node, kept_under in ((stock.id, stock.id), ("gone", "gone"), ("n1", "gone"), ("n1", "")):
        tags = {"stock": kept_under} if kept_under else {}
        series = series_of("m", "v", node=node, **tags)
        parts.plane.catalogue.cohort(NodeId(node), Layout((series,)))
    parts.forgetting.look()

    assert parts.plane.catalogue.nodes() == {stock.id, "n1"}
    assert parts.plane.catalogue.values_of("stock") == {stock.id}
    assert parts.plane.catalogue.series_total == 2
