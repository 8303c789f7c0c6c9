"""Databases and users of InfluxDB's wire are remembered, each change with its event."""

import msgspec
import pytest

from muster.clock import DAY_NS
from muster.errors import Conflict
from muster.model.access import AuditEvent
from muster.model.ids import SpaceId
from muster.model.influx import (
    ContinuousQuery,
    Database,
    InfluxUser,
    Privilege,
    RetentionPolicy,
    Shard,
    Subscription,
)
from muster.model.inventory import Space
from muster.store.records.records import SqliteRecords

HOME, ELSEWHERE = SpaceId("home"), SpaceId("elsewhere")
EVENT = AuditEvent(
    time_ns=1, actor="ada", action="database.create", object="d1", address="", outcome="ok"
)
POLICY = RetentionPolicy(
    name="autogen",
    shard_ns=7 * DAY_NS,
    subscriptions=(Subscription(name="s", mode="ALL", destinations=("udp://h:1",)),),
)
FIRST = Database(space=HOME, name="d1", created_ns=5, policies=(POLICY,))
ADA = InfluxUser(name="ada", space=HOME, password_hash="h", created_ns=6)


@pytest.fixture
def records():
    with SqliteRecords() as records:
        records.nodes.create_space(Space(HOME, "Home"), EVENT)
        records.nodes.create_space(Space(ELSEWHERE, "Elsewhere"), EVENT)
        yield records


def events(records):
    return len(records.audit.events(spaces=None, limit=50)) - 2  # those of the spaces


def test_databases_are_read_again_in_the_order_of_their_making(records):
    second = records.influx.create_database(msgspec.structs.replace(FIRST, name="b"), EVENT)
    first = records.influx.create_database(FIRST, EVENT)
    other = records.influx.create_database(msgspec.structs.replace(FIRST, space=ELSEWHERE), EVENT)

    assert records.influx.databases() == [second, first, other]
    assert first == msgspec.structs.replace(FIRST, number=first.number)
    assert events(records) == 3


def test_a_name_is_taken_once_per_space(records):
    records.influx.create_database(FIRST, EVENT)

    with pytest.raises(Conflict):
        records.influx.create_database(FIRST, EVENT)
    assert events(records) == 1


def test_a_change_replaces_what_it_was_made_from_and_nothing_else(records):
    before = records.influx.create_database(FIRST, EVENT)
    query = ContinuousQuery(name="q", query="CREATE CONTINUOUS QUERY q ...")
    after = msgspec.structs.replace(before, queries=(query,), default_policy="gone")
    records.influx.update_database(before, after, EVENT)

    assert records.influx.databases() == [after]
    with pytest.raises(Conflict, match="meanwhile"):
        records.influx.update_database(before, after, EVENT)
    assert events(records) == 2


def test_shards_go_with_their_policy_and_with_their_database(records):
    other = msgspec.structs.replace(POLICY, name="other")
    both = msgspec.structs.replace(FIRST, policies=(POLICY, other))
    before = records.influx.create_database(both, EVENT)
    spans = [
        Shard(database=before.number, policy=name, start_ns=0, end_ns=9)
        for name in ("autogen", "other")
    ]
    kept, _ = records.influx_shards.add(spans, {})
    after = msgspec.structs.replace(before, policies=(POLICY,))
    records.influx.update_database(before, after, EVENT)

    assert records.influx_shards.shards() == [kept]
    records.influx.drop_database(after, EVENT)
    assert records.influx_shards.shards() == []


def test_a_number_is_never_given_again(records):
    first = records.influx.create_database(FIRST, EVENT)
    records.influx.drop_database(first, EVENT)

    assert records.influx.create_database(FIRST, EVENT).number > first.number


def test_what_was_granted_goes_with_the_database(records):
    database = records.influx.create_database(FIRST, EVENT)
    ada = records.influx.create_user(ADA, EVENT)
    granted = msgspec.structs.replace(ada, grants={"d1": Privilege.ALL, "d2": Privilege.READ})
    records.influx.update_user(ada, granted, EVENT)
    elsewhere = msgspec.structs.replace(
        ADA, name="bob", space=ELSEWHERE, grants={"d1": Privilege.READ}
    )
    bob = records.influx.create_user(elsewhere, EVENT)
    records.influx.drop_database(database, EVENT)

    assert records.influx.users() == [
        msgspec.structs.replace(ada, grants={"d2": Privilege.READ}),
        bob,
    ]


def test_dropping_what_is_gone_changes_nothing_and_tells_nothing(records):
    database = records.influx.create_database(FIRST, EVENT)
    user = records.influx.create_user(ADA, EVENT)
    for _ in range(2):
        records.influx.drop_database(database, EVENT)
        records.influx.drop_user(user, EVENT)

    assert (records.influx.databases(), records.influx.users()) == ([], [])
    assert events(records) == 4


def test_a_users_name_is_taken_on_the_whole_hub(records):
    records.influx.create_user(ADA, EVENT)

    with pytest.raises(Conflict):
        records.influx.create_user(msgspec.structs.replace(ADA, space=ELSEWHERE), EVENT)


def test_a_user_who_was_changed_meanwhile_is_left_as_it_is(records):
    ada = records.influx.create_user(ADA, EVENT)
    admin = msgspec.structs.replace(ada, admin=True)
    records.influx.update_user(ada, admin, EVENT)

    with pytest.raises(Conflict, match="meanwhile"):
        records.influx.update_user(ada, msgspec.structs.replace(ada, password_hash="x"), EVENT)
    assert records.influx.users() == [admin]


def test_a_space_with_databases_or_users_of_them_stays(records):
    database = records.influx.create_database(FIRST, EVENT)
    user = records.influx.create_user(ADA, EVENT)

    with pytest.raises(Conflict, match="1 databases; drop them first"):
        records.nodes.remove_space(HOME, EVENT)
    records.influx.drop_database(database, EVENT)
    with pytest.raises(Conflict, match="1 users of databases; drop them first"):
        records.nodes.remove_space(HOME, EVENT)
    records.influx.drop_user(user, EVENT)
    records.nodes.remove_space(HOME, EVENT)
