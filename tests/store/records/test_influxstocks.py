"""Under which ids points are kept is remembered, and forgotten with their database."""

import pytest

from muster.errors import Conflict
from muster.model.access import AuditEvent
from muster.model.ids import NodeId, SpaceId
from muster.model.influx import Database
from muster.model.inventory import Space
from muster.ports.stocks import Stock
from muster.store.records.records import SqliteRecords

HOME = SpaceId("home")
EVENT = AuditEvent(time_ns=1, actor="a", action="x", object="", address="", outcome="ok")
ONE = Stock(NodeId("one"), 1, "autogen")


@pytest.fixture
def records():
    with SqliteRecords() as records:
        records.nodes.create_space(Space(HOME, "Home"), EVENT)
        records.influx.create_database(Database(space=HOME, name="d"), EVENT)
        yield records


def test_a_policy_has_one_stock_whoever_comes_second(records):
    assert records.influx_stocks.add(ONE) == ONE
    assert records.influx_stocks.add(Stock(NodeId("two"), 1, "autogen")) == ONE
    assert records.influx_stocks.stocks() == [ONE]


def test_a_stock_that_was_dropped_gives_way_to_another(records):
    records.influx_stocks.add(ONE)
    records.influx_stocks.drop(ONE)
    records.influx_stocks.drop(ONE)
    other = Stock(NodeId("two"), 1, "autogen")

    assert records.influx_stocks.add(other) == other


def test_stocks_go_with_their_database(records):
    records.influx_stocks.add(ONE)
    (database,) = records.influx.databases()
    records.influx.drop_database(database, EVENT)

    assert records.influx_stocks.stocks() == []


def test_a_database_that_is_gone_gets_no_stock(records):
    with pytest.raises(Conflict):
        records.influx_stocks.add(Stock(NodeId("one"), 9, "autogen"))
