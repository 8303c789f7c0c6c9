"""Shards and the kinds of fields in them are remembered."""

import pytest

from muster.errors import Conflict
from muster.model.access import AuditEvent
from muster.model.ids import SpaceId
from muster.model.influx import Database, FieldKind, Shard
from muster.model.inventory import Space
from muster.model.metric import Kind
from muster.store.records.records import SqliteRecords

HOME = SpaceId("home")
EVENT = AuditEvent(time_ns=1, actor="a", action="x", object="", address="", outcome="ok")
V = FieldKind("m", "v", Kind.FLOAT)


@pytest.fixture
def records():
    with SqliteRecords() as records:
        records.nodes.create_space(Space(HOME, "Home"), EVENT)
        records.influx.create_database(Database(space=HOME, name="d"), EVENT)
        yield records


def shard(start_ns):
    return Shard(database=1, policy="autogen", start_ns=start_ns, end_ns=start_ns + 10)


def test_shards_come_back_with_numbers_and_by_their_start(records):
    later, earlier = records.influx_shards.add([shard(20), shard(0)], {})

    assert records.influx_shards.shards() == [earlier, later]
    assert later.number != earlier.number


def test_a_shard_that_is_there_keeps_its_number(records):
    first = records.influx_shards.add([shard(0)], {})

    assert records.influx_shards.add([shard(0)], {}) == first


def test_the_first_kind_of_a_field_stays(records):
    (one,) = records.influx_shards.add([shard(0)], {(1, "autogen", 0): [V]})
    records.influx_shards.add(
        [],
        {(1, "autogen", 0): [FieldKind("m", "v", Kind.STRING), FieldKind("m", "w", Kind.STRING)]},
    )

    assert records.influx_shards.kinds(one.number) == [V, FieldKind("m", "w", Kind.STRING)]


def test_names_that_are_no_text_survive(records):
    odd = FieldKind("m\udcff\0", "\udc80", Kind.BOOLEAN)
    (one,) = records.influx_shards.add([shard(0)], {(1, "autogen", 0): [odd]})

    assert records.influx_shards.kinds(one.number) == [odd]


def test_a_measurement_is_forgotten_in_every_shard(records):
    kinds = {(1, "autogen", start): [V, FieldKind("n", "v", Kind.FLOAT)] for start in (0, 20)}
    shards = records.influx_shards.add([shard(0), shard(20)], kinds)
    records.influx_shards.forget_measurement(1, "m")

    for one in shards:
        assert records.influx_shards.kinds(one.number) == [FieldKind("n", "v", Kind.FLOAT)]


def test_kinds_go_with_their_shard(records):
    (one,) = records.influx_shards.add([shard(0)], {(1, "autogen", 0): [V]})
    for _ in range(2):
        records.influx_shards.drop_shard(one.number, EVENT)

    assert len(records.audit.events(spaces=None, limit=9)) == 3
    assert records.influx_shards.shards() == []
    assert records.influx_shards.kinds(one.number) == []


def test_nothing_is_added_for_a_database_that_is_gone(records):
    stray = Shard(database=9, policy="autogen", start_ns=0, end_ns=10)

    with pytest.raises(Conflict):
        records.influx_shards.add([stray], {})
    with pytest.raises(Conflict):
        records.influx_shards.add([shard(0)], {(9, "autogen", 0): [V]})
    assert records.influx_shards.shards() == []
