"""What SHOW statements answer, in the shape InfluxDB gives it."""

import msgspec

from muster.clock import DAY_NS, SECOND_NS
from muster.core.databases.retention import PolicySpec, new_database, new_policy, with_policy
from muster.core.influxql import databasetables as tables
from muster.core.influxql.databasetables import Table
from muster.model.access import Actor
from muster.model.influx import (
    MAX_NS,
    MIN_NS,
    ContinuousQuery,
    InfluxUser,
    Login,
    Privilege,
    RetentionPolicy,
    Shard,
    Subscription,
)

MONDAY_NS = 1_577_664_000 * SECOND_NS  # 2019-12-30T00:00:00Z
D1 = new_database("home", "d1", 0, PolicySpec())
D2 = msgspec.structs.replace(
    new_database("home", "d2", 0, PolicySpec()),
    queries=(ContinuousQuery(name="q", query="CREATE …"),),
)
ROOT = Login(space="home", actor=Actor(name="root"), name="root", admin=True)
READER = msgspec.structs.replace(ROOT, admin=False, grants={"d2": Privilege.READ})


def shards(*spans):
    listed = [
        Shard(number=at, database=1, policy="autogen", start_ns=start, end_ns=end)
        for at, (start, end) in enumerate(spans, 1)
    ]
    return lambda database, policy: listed if (database.name, policy) == ("d1", "autogen") else []


def test_databases_are_named_to_who_may_see_them():
    assert tables.of_databases(ROOT, [D2, D1]) == [
        Table("databases", ("name",), [("d2",), ("d1",)])
    ]
    assert tables.of_databases(READER, [D2, D1])[0].rows == [("d2",)]
    assert tables.of_databases(ROOT, []) == [Table("databases", ("name",), [])]


def test_policies_show_durations_as_go_does():
    two = with_policy(
        D1, new_policy(PolicySpec(name="p", duration_ns=3 * DAY_NS, replicas=2)), default=True
    )

    assert tables.of_policies(two) == [
        Table(
            "",
            ("name", "duration", "shardGroupDuration", "replicaN", "default"),
            [("autogen", "0s", "168h0m0s", 1, False), ("p", "72h0m0s", "24h0m0s", 2, True)],
        )
    ]


def test_each_database_that_is_seen_has_a_table_of_its_queries():
    columns = ("name", "query")

    assert tables.of_queries(ROOT, [D1, D2]) == [
        Table("d1", columns, []),
        Table("d2", columns, [("q", "CREATE …")]),
    ]
    assert tables.of_queries(READER, [D1, D2]) == [Table("d2", columns, [("q", "CREATE …")])]


def test_subscriptions_are_shown_without_the_passwords_in_them():
    one = Subscription(name="s", mode="ALL", destinations=("http://u:pw@h:1", "udp://h:2"))
    policy = RetentionPolicy(name="autogen", shard_ns=1, subscriptions=(one,))
    with_one = msgspec.structs.replace(D1, policies=(policy,))

    assert tables.of_subscriptions([with_one, D2]) == [
        Table(
            "d1",
            ("retention_policy", "name", "mode", "destinations"),
            [("autogen", "s", "ALL", ["http://u:[REDACTED]@h:1", "udp://h:2"])],
        )
    ]


def test_users_and_grants_are_shown_in_their_order():
    users = [
        InfluxUser(name=name, space="home", password_hash="", admin=name == "b") for name in "ba"
    ]
    grants = {"d2": Privilege.ALL, "d1": Privilege.NONE, "d3": Privilege.WRITE}

    assert tables.of_users(users) == [Table("", ("user", "admin"), [("b", True), ("a", False)])]
    assert tables.of_grants(grants)[0].rows == [
        ("d2", "ALL PRIVILEGES"),
        ("d1", "NO PRIVILEGES"),
        ("d3", "WRITE"),
    ]


def test_shards_show_their_span_and_when_they_expire():
    limited = msgspec.structs.replace(D1.policies[0], duration_ns=14 * DAY_NS)
    database = msgspec.structs.replace(D1, policies=(limited,))
    span = ("2019-12-30T00:00:00Z", "2020-01-06T00:00:00Z", "2020-01-20T00:00:00Z")
    of = shards((MONDAY_NS, MONDAY_NS + 7 * DAY_NS))

    assert tables.of_shards([database, D2], of) == [
        Table(
            "d1",
            (
                *("id", "database", "retention_policy", "shard_group"),
                *("start_time", "end_time", "expiry_time", "owners"),
            ),
            [(1, "d1", "autogen", 1, *span, "")],
        ),
        Table("d2", tables.of_shards([D2], of)[0].columns, []),
    ]
    assert tables.of_shard_groups([database, D2], of) == [
        Table(
            "shard groups",
            ("id", "database", "retention_policy", "start_time", "end_time", "expiry_time"),
            [(1, "d1", "autogen", *span)],
        )
    ]


def test_the_ends_of_time_can_be_shown():
    (table,) = tables.of_shard_groups([D1], shards((MIN_NS, MAX_NS)))

    assert table.rows[0][3:] == (
        "1677-09-21T00:12:43Z",
        "2262-04-11T23:47:16Z",
        "2262-04-11T23:47:16Z",
    )


def test_a_table_is_a_series_without_times():
    series = Table("", ("user", "admin"), [("b", True), ("a", False)]).series()

    assert (series.name, series.columns, series.times) == ("", ("user", "admin"), None)
    assert [list(cell) for cell in series.cells] == [["b", "a"], [True, False]]
