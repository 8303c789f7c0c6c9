"""Statements do what they say, within the space of who asks."""

import msgspec
import pytest

from muster.core.audit import make_event
from muster.core.databases.databasenames import Defaults
from muster.core.databases.fieldkinds import Wish
from muster.core.influxql.databasestatements import Asked, DatabaseStatements
from muster.errors import Conflict, Denied, InputError, NotFound
from muster.influxql.syntax.parser import parse_statement
from muster.model.influx import Privilege
from muster.model.inventory import Space
from muster.model.metric import Kind
from muster.testing.house import OPERATOR

AWAY = "0a0a0a0a-0000-4000-8000-000000000000"
CQ = "CREATE CONTINUOUS QUERY q ON d1 BEGIN SELECT mean(v) INTO n FROM m GROUP BY time(5m) END"


@pytest.fixture
def root(house):
    return house.influx_logins.login_of_nobody("10.1.2.3")


@pytest.fixture
def run(house, root):
    """Run one statement; `login`, `db` and `rp` are those of the request."""
    statements = DatabaseStatements(
        databases=house.databases, users=house.influx_users, kinds=house.field_kinds
    )

    async def run(text, login=root, db="", rp=""):
        statement = parse_statement(text)
        assert statements.knows(statement)
        return await statements.run(Asked(login, Defaults(db, rp)), statement)

    run.knows = lambda text: statements.knows(parse_statement(text))
    return run


async def rows(run, text, **request):
    (table,) = await run(text, **request)
    return table.rows


@pytest.mark.parametrize(
    "text",
    ["SELECT v FROM m", "DELETE FROM m", "SHOW MEASUREMENTS", "DROP MEASUREMENT m", "SHOW STATS"],
)
def test_what_is_about_points_is_not_among_them(run, text):
    assert not run.knows(text)


async def test_a_database_is_made_with_all_that_is_said_of_its_policy(run):
    await run(
        "CREATE DATABASE d1 WITH DURATION 3d REPLICATION 2 SHARD DURATION 12h"
        " FUTURE LIMIT 2h PAST LIMIT 1h NAME p"
    )

    assert await rows(run, "SHOW DATABASES") == [("d1",)]
    assert await rows(run, "SHOW RETENTION POLICIES ON d1") == [
        ("p", "72h0m0s", "12h0m0s", 2, True)
    ]


async def test_limits_of_writes_are_kept(run, house, root):
    await run("CREATE DATABASE d1 WITH FUTURE LIMIT 2h PAST LIMIT 1h NAME p")
    await run("ALTER RETENTION POLICY p ON d1 PAST LIMIT 3h")
    policy = house.databases.database(root.space, "d1").policy("")

    assert (policy.future_limit_ns, policy.past_limit_ns) == (7_200 * 10**9, 10_800 * 10**9)


async def test_policies_are_made_altered_and_dropped(run):
    await run("CREATE DATABASE d1")
    await run("CREATE RETENTION POLICY a ON d1 DURATION 1h REPLICATION 1 DEFAULT")
    await run("ALTER RETENTION POLICY a ON d1 DURATION 2d REPLICATION 3 SHARD DURATION 6h")
    assert await rows(run, "SHOW RETENTION POLICIES", db="d1") == [
        ("autogen", "0s", "168h0m0s", 1, False),
        ("a", "48h0m0s", "6h0m0s", 3, True),
    ]
    await run("DROP RETENTION POLICY a ON d1")

    assert len(await rows(run, "SHOW RETENTION POLICIES ON d1")) == 1


async def test_policies_are_of_a_database(run):
    with pytest.raises(InputError, match=r"^database name required$"):
        await run("SHOW RETENTION POLICIES")
    with pytest.raises(NotFound, match=r"^database not found: nodb$"):
        await run("SHOW RETENTION POLICIES ON nodb", db="d1")


async def test_a_dropped_database_takes_its_points_along(run, house):
    await run("CREATE DATABASE d1")
    await run("DROP DATABASE d1")
    await run("DROP DATABASE d1")

    assert house.points.removed == ["d1"]


async def test_a_standing_query_is_kept_with_whole_names(run):
    await run("CREATE DATABASE d1")
    await run(CQ)
    await run(CQ.lower())
    (table,) = await run("SHOW CONTINUOUS QUERIES")
    assert table.rows == [
        (
            "q",
            "CREATE CONTINUOUS QUERY q ON d1 BEGIN SELECT mean(v) INTO d1.autogen.n"
            " FROM d1.autogen.m GROUP BY time(5m) END",
        )
    ]
    with pytest.raises(Conflict, match=r"^continuous query already exists$"):
        await run(CQ.replace("5m", "6m"))
    await run("DROP CONTINUOUS QUERY q ON d1")
    assert await run("DROP CONTINUOUS QUERY q ON d1") == []
    assert await run("DROP CONTINUOUS QUERY q ON nodb") == []
    (table,) = await run("SHOW CONTINUOUS QUERIES")
    assert table.rows == []


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        (CQ.replace("ON d1", "ON nodb"), "database not found: nodb"),
        (CQ.replace("INTO n", "INTO nope.n"), "retention policy not found: d1.nope"),
        (CQ.replace("FROM m", "FROM d2..m"), "database not found: d2"),
    ],
)
async def test_a_standing_query_needs_what_it_names(run, text, refusal):
    await run("CREATE DATABASE d1")
    with pytest.raises(NotFound) as told:
        await run(text)
    assert str(told.value) == refusal


async def test_names_in_a_standing_query_are_those_of_the_request(run):
    await run("CREATE DATABASE d1")
    await run("CREATE DATABASE d2 WITH NAME rp2")
    await run(CQ, db="d2", rp="")
    first, second = await run("SHOW CONTINUOUS QUERIES")

    assert "INTO d2.rp2.n FROM d2.rp2.m" in first.rows[0][1]
    assert (first.name, second.name, second.rows) == ("d1", "d2", [])


async def test_subscriptions_are_made_shown_and_dropped(run):
    await run("CREATE DATABASE d1")
    await run("CREATE SUBSCRIPTION s ON d1.autogen DESTINATIONS ANY 'http://h:1', 'udp://h:2'")
    assert await rows(run, "SHOW SUBSCRIPTIONS") == [
        ("autogen", "s", "ANY", ["http://h:1", "udp://h:2"])
    ]
    await run("DROP SUBSCRIPTION s ON d1.autogen")

    assert await run("SHOW SUBSCRIPTIONS") == []


async def test_users_are_made_granted_to_and_dropped(run, house, root):
    await run("CREATE DATABASE d1")
    await run("CREATE USER rd WITH PASSWORD 'r'")
    await run("CREATE USER root WITH PASSWORD 'x' WITH ALL PRIVILEGES")
    await run("GRANT ALL ON d1 TO rd")
    await run("REVOKE READ ON d1 FROM rd")
    await run("REVOKE ALL PRIVILEGES FROM root")
    await run("GRANT ALL PRIVILEGES TO rd")
    await run("SET PASSWORD FOR rd = 'new'")

    assert await rows(run, "SHOW USERS") == [("rd", True), ("root", False)]
    assert await rows(run, "SHOW GRANTS FOR rd") == [("d1", "WRITE")]
    assert await rows(run, "SHOW GRANTS FOR root") == []
    assert house.influx_users.grants(root, "rd") == {"d1": Privilege.WRITE}
    await run("DROP USER root")
    with pytest.raises(NotFound, match=r"^user not found$"):
        await run("DROP USER root")


async def test_shards_are_shown_and_dropped(run, house, root):
    await run("CREATE DATABASE d1")
    database = house.databases.database(root.space, "d1")
    wish = Wish(0, "m", (("v", Kind.FLOAT),))
    await house.field_kinds.admit(database, database.policy(""), [wish])
    (group,) = await rows(run, "SHOW SHARD GROUPS")
    assert group[1:4] == ("d1", "autogen", "1969-12-29T00:00:00Z")
    await run(f"DROP SHARD {group[0]}")

    assert await rows(run, "SHOW SHARDS") == []
    assert house.points.removed == [f"d1.autogen#{group[0]}"]


async def test_what_agents_send_is_not_changed_by_statements(run):
    for text in (
        "DROP DATABASE muster",
        "CREATE RETENTION POLICY p ON muster DURATION 1h REPLICATION 1",
        "DROP RETENTION POLICY autogen ON muster",
        "CREATE SUBSCRIPTION s ON muster.autogen DESTINATIONS ANY 'http://h:1'",
    ):
        with pytest.raises(Denied, match="built in"):
            await run(text)
    assert await rows(run, "SHOW RETENTION POLICIES ON muster") == [
        ("autogen", "0s", "168h0m0s", 1, True)
    ]


async def test_another_space_sees_and_changes_nothing(run, house, root):
    event = make_event(house.clock, OPERATOR, "space.create", AWAY)
    house.records.nodes.create_space(Space(AWAY, "Away"), event)
    away = msgspec.structs.replace(root, space=AWAY)
    await run("CREATE DATABASE d1")
    await run(CQ)
    await run("CREATE USER rd WITH PASSWORD 'r'")
    for text in (
        "SHOW RETENTION POLICIES ON d1",
        "ALTER RETENTION POLICY autogen ON d1 DURATION 1d",
        CQ,
        "CREATE SUBSCRIPTION s ON d1.autogen DESTINATIONS ANY 'http://h:1'",
        "GRANT READ ON d1 TO rd",
        "SHOW GRANTS FOR rd",
        "SET PASSWORD FOR rd = 'x'",
        "DROP USER rd",
    ):
        with pytest.raises(NotFound):
            await run(text, login=away)
    for text in ("SHOW DATABASES", "SHOW USERS", "SHOW SHARD GROUPS"):
        assert await rows(run, text, login=away) == []
    await run("DROP DATABASE d1", login=away)
    await run("DROP CONTINUOUS QUERY q ON d1", login=away)

    assert await rows(run, "SHOW DATABASES") == [("d1",)]
    assert len(await rows(run, "SHOW CONTINUOUS QUERIES")) == 1
