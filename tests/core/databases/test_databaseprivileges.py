"""Which privilege each statement needs, and how a refusal reads."""

import pytest

from muster.core.databases.databaseprivileges import (
    Need,
    authorize,
    authorize_first,
    authorize_write,
    needs,
    sees,
)
from muster.errors import Denied
from muster.influxql.syntax import statements
from muster.influxql.syntax.ast import Statement
from muster.influxql.syntax.parser import parse_query, parse_statement
from muster.model.access import Actor
from muster.model.influx import Login, Privilege

READ, WRITE = Privilege.READ, Privilege.WRITE
ADMIN = (Need(admin=True),)


def login(name="rd", **held):
    return Login(space="home", actor=Actor(name=name), name=name, **held)


READER = login(grants={"d1": READ})
WRITER = login("wr", grants={"d1": WRITE})
BOTH = login("al", grants={"d1": Privilege.ALL})


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("SELECT v FROM m", (Need(READ),)),
        ("SELECT v FROM d2..m, n", (Need(READ, "d2"), Need(READ))),
        ("SELECT v FROM (SELECT v FROM d2..m), (SELECT v FROM n)", (Need(READ, "d2"), Need(READ))),
        ("SELECT v INTO d3.a.m FROM m", (Need(READ), Need(WRITE, "d3"))),
        ("EXPLAIN SELECT v FROM d2..m", (Need(READ, "d2"),)),
        ("SHOW MEASUREMENTS", (Need(READ),)),
        ("SHOW MEASUREMENTS ON d2", (Need(READ, "d2"),)),
        ("SHOW TAG KEYS ON d2 FROM m", (Need(READ, "d2"),)),
        ("SHOW TAG VALUES WITH KEY = u", (Need(READ),)),
        ("SHOW FIELD KEYS ON d2", (Need(READ, "d2"),)),
        ("SHOW SERIES ON d2", (Need(READ, "d2"),)),
        ("SHOW SERIES CARDINALITY ON d2", (Need(READ, "d2"),)),
        ("SHOW MEASUREMENT EXACT CARDINALITY", (Need(READ),)),
        ("SHOW TAG KEY CARDINALITY ON d2", (Need(READ, "d2"),)),
        ("SHOW RETENTION POLICIES ON d2", (Need(READ, "d2"),)),
        ("SHOW RETENTION POLICIES", (Need(READ),)),
        ("SHOW CONTINUOUS QUERIES", (Need(READ),)),
        ("SHOW QUERIES", (Need(READ),)),
        ("DELETE FROM m", (Need(WRITE),)),
        ("DROP SERIES FROM m", (Need(WRITE),)),
        ("DROP CONTINUOUS QUERY q ON d2", (Need(WRITE, "d2"),)),
        ("DROP RETENTION POLICY p ON d2", (Need(WRITE, "d2"),)),
        ("SHOW DATABASES", ()),
        ("CREATE DATABASE d2", ADMIN),
        ("DROP DATABASE d2", ADMIN),
        ("CREATE RETENTION POLICY p ON d2 DURATION 1h REPLICATION 1", ADMIN),
        ("ALTER RETENTION POLICY p ON d2 DEFAULT", ADMIN),
        ("DROP MEASUREMENT m", ADMIN),
        ("DROP SHARD 1", ADMIN),
        ("CREATE USER u WITH PASSWORD 'p'", ADMIN),
        ("DROP USER u", ADMIN),
        ("SET PASSWORD FOR u = 'p'", ADMIN),
        ("GRANT READ ON d1 TO u", ADMIN),
        ("GRANT ALL PRIVILEGES TO u", ADMIN),
        ("REVOKE READ ON d1 FROM u", ADMIN),
        ("REVOKE ALL PRIVILEGES FROM u", ADMIN),
        ("SHOW USERS", ADMIN),
        ("SHOW GRANTS FOR u", ADMIN),
        ("SHOW SUBSCRIPTIONS", ADMIN),
        ("SHOW SHARDS", ADMIN),
        ("SHOW SHARD GROUPS", ADMIN),
        ("SHOW STATS", ADMIN),
        ("SHOW DIAGNOSTICS", ADMIN),
        ("KILL QUERY 4", ADMIN),
        ("CREATE SUBSCRIPTION s ON d1.a DESTINATIONS ALL 'http://h:1'", ADMIN),
        ("DROP SUBSCRIPTION s ON d1.a", ADMIN),
    ],
)
def test_each_statement_needs_what_the_table_says(text, needed):
    assert needs(parse_statement(text)) == needed


def test_every_statement_is_either_in_the_table_or_the_admins():
    """No new statement is open to everybody by oversight."""
    kinds = [
        kind
        for kind in vars(statements).values()
        if isinstance(kind, type) and issubclass(kind, Statement)
    ]

    assert len(kinds) > 40
    assert needs(Statement()) == ADMIN


def test_sources_named_in_show_statements_are_looked_at_too():
    for text in ("SHOW TAG KEYS ON d1 FROM d2.a.m", "SHOW SERIES ON d1 FROM d2.a.m"):
        with pytest.raises(Denied, match="requires READ on d2"):
            authorize(READER, [parse_statement(text)], "d1")


def test_a_standing_query_reads_its_sources_and_writes_its_target():
    text = (
        "CREATE CONTINUOUS QUERY q ON d1 BEGIN SELECT mean(v) INTO {} FROM {} GROUP BY time(5m) END"
    )
    query = parse_statement(text.format("n", "m"))
    authorize(BOTH, [query], "")
    authorize(BOTH, [query], "d1")
    for refused, what in (
        (parse_statement(text.format("d2.a.n", "m")), "WRITE on d2"),
        (parse_statement(text.format("n", "d2.a.m")), "READ on d2"),
    ):
        with pytest.raises(Denied, match=f"requires {what}$"):
            authorize(BOTH, [refused], "")
    with pytest.raises(Denied, match=r"requires READ on d2$"):
        authorize(BOTH, [query], "d2")  # where names without a database are of
    with pytest.raises(Denied, match=r"requires WRITE on d1$"):
        authorize(READER, [query], "")


def test_an_admin_may_everything():
    authorize(login("root", admin=True), parse_query("DROP DATABASE d1; SHOW USERS"), "")


@pytest.mark.parametrize(
    ("who", "text", "database", "refusal"),
    [
        (READER, "SELECT * FROM m", "d2", "'SELECT * FROM m', requires READ on d2"),
        (READER, "SELECT * FROM m", "", "'SELECT * FROM m', requires READ on "),
        (READER, "SELECT v INTO n FROM m", "d1", "'SELECT v INTO n FROM m', requires WRITE on d1"),
        (WRITER, "SELECT * FROM m", "d1", "'SELECT * FROM m', requires READ on d1"),
        (READER, "SHOW USERS", "d1", "'SHOW USERS', requires admin privilege"),
        (
            READER,
            "SELECT v FROM m; SET PASSWORD FOR rd = 'r'",
            "d1",
            "'SET PASSWORD FOR rd = [REDACTED]', requires admin privilege",
        ),
    ],
)
def test_a_refusal_names_who_what_and_the_privilege(who, text, database, refusal):
    with pytest.raises(Denied) as denied:
        authorize(who, parse_query(text), database)

    assert str(denied.value) == (
        f"error authorizing query: {who.name} not authorized to execute statement {refusal}"
    )


def test_the_first_request_of_all_makes_an_admin():
    authorize_first(parse_query("CREATE USER root WITH PASSWORD 'x' WITH ALL PRIVILEGES"))
    for text in ("SHOW DATABASES", "CREATE USER bob WITH PASSWORD 'x'", ";"):
        with pytest.raises(Denied) as denied:
            authorize_first(parse_query(text))
        assert str(denied.value) == (
            "error authorizing query: create admin user first or disable authentication"
        )


def test_points_take_the_right_to_write():
    authorize_write(WRITER, "d1")
    for who, database, text in (
        (READER, "d1", '"rd" user is not authorized to write to database "d1"'),
        (WRITER, 'd"2', '"wr" user is not authorized to write to database "d\\"2"'),
    ):
        with pytest.raises(Denied) as denied:
            authorize_write(who, database)
        assert str(denied.value) == text


def test_databases_are_seen_by_who_may_read_or_write_them():
    assert sees(READER, "d1")
    assert sees(WRITER, "d1")
    assert not sees(BOTH, "d2")
    assert not sees(login(grants={"d1": Privilege.NONE}), "d1")
