"""Where points of databases lie: tags of the hub, tags of writers, and ids that never come back."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.core.writes.stocks import HIDDEN, Stocks, StoredPoints, kept_tags, owner_of, shown_tags
from muster.model.identity import Identity
from muster.model.influx import Shard
from muster.testing.house import House

KEYS = st.sampled_from(["db", "_db", "__db", "node", "rp", "host", "_x", "a", "space", "stock"])


@pytest.fixture
def house():
    with House() as house:
        numbers = itertools.count(1)
        house.stocks = Stocks(
            records=house.records.influx_stocks, new_id=lambda: f"stock-{next(numbers)}"
        )
        yield house


async def made(house, name="d"):
    return await house.databases.create(house.influx_logins.login_of_nobody(""), name)


@given(st.dictionaries(KEYS, st.text(min_size=1)))
def test_tags_of_writers_come_back_and_never_meet_those_of_the_hub(tags):
    pairs = tuple(sorted(tags.items()))
    kept = kept_tags(pairs)

    assert not HIDDEN & {key for key, _ in kept}
    assert shown_tags(tuple(sorted([*kept, ("db", "d"), ("stock", "s")]))) == pairs


async def test_a_policy_keeps_its_stock_over_restarts(house):
    database = await made(house)
    first = await house.stocks.open(database, "autogen")

    assert await house.stocks.open(database, "autogen") == first
    assert Stocks(records=house.records.influx_stocks).find(database, "autogen") == first
    assert house.stocks.ids() == {"stock-1"}


async def test_points_are_a_databases_own_or_those_of_the_node_that_wrote_them(house):
    database = await made(house)
    stock = await house.stocks.open(database, "autogen")
    own = owner_of(stock, database)
    of_node = owner_of(stock, database, Identity("hub", database.space, "n1"), "web")

    assert (own.node, dict(own.stamps)) == (
        stock.id,
        {
            "db": "d",
            "node": stock.id,
            "rp": "autogen",
            "space": database.space,
            "stock": stock.id,
        },
    )
    assert of_node.node == "n1"
    assert dict(of_node.stamps) == {**dict(own.stamps), "node": "n1", "host": "web"}


class Ingest:
    def __init__(self):
        self.forgotten = []

    def series_of(self, stock):
        return [f"series of {stock}"]

    def forget(self, node):
        self.forgotten.append(node)

    def forget_tagged(self, key, value):
        self.forgotten.append((key, value))


async def test_what_is_dropped_is_forgotten_and_comes_back_under_another_id(house):
    database, other = await made(house), await made(house, "other")
    ingest, head = Ingest(), []
    given_back = []
    points = StoredPoints(
        stocks=house.stocks,
        ingest=ingest,
        forget=head.append,
        remove_span=print,
        give_back=given_back.extend,
    )
    await house.stocks.open(database, "autogen")
    await house.stocks.open(other, "autogen")
    await points.remove_policy(database, "autogen")
    await points.remove_policy(database, "never written")
    again = await house.stocks.open(database, "autogen")
    await points.remove_database(database)

    assert again.id == "stock-3"
    assert head == ["stock-1", "stock-3"]
    assert given_back == ["series of stock-1", "series of stock-3"]
    assert ingest.forgotten == ["stock-1", ("stock", "stock-1"), "stock-3", ("stock", "stock-3")]
    assert house.stocks.ids() == {"stock-2"}


async def test_of_a_shard_its_span_is_deleted(house):
    database, removed = await made(house), []

    async def remove_span(*asked):
        removed.append(asked)

    points = StoredPoints(
        stocks=house.stocks, ingest=Ingest(), forget=print, remove_span=remove_span
    )
    await points.remove_shard(database, Shard(database=1, policy="autogen", start_ns=3, end_ns=9))

    assert removed == [(database, "autogen", 3, 9)]
