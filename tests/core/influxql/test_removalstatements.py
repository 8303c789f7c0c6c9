"""What DELETE and DROP name, and how they are answered."""

import json

import pytest

from muster.core.influxql.queryregistry import QueryInterrupted
from muster.testing.influxstore import InfluxStore
from muster.testing.series import MemoryStore

LINES = b"""\
cpu,host=a,core=0 usage=1,idle=2i 10
cpu,host=a,core=1 usage=3 20
cpu,host=b,core=0 usage=5,state="up" 30
mem,host=a used=7i 10
mem,host=b used=8i 40
disk free=true 10
"""


@pytest.fixture
async def house(tmp_path):
    async with InfluxStore(tmp_path, engine=MemoryStore()) as store:
        await store.databases.create(store.login, "d")
        await store.write("d", LINES)
        yield store


async def ask(house, query, **params):
    body = await house.ask(query, {"db": "d", "epoch": "ns", **params})
    (result,) = json.loads(body)["results"]
    return result


async def listed(house, query, **params):
    result = await ask(house, query, **params)
    return [row for series in result.get("series", ()) for row in series["values"]]


async def series(house):
    return [row[0] for row in await listed(house, "SHOW SERIES")]


async def test_points_of_a_range_go_and_the_ends_are_within(house):
    await ask(house, "DELETE FROM cpu WHERE time >= 10 AND time <= 20")

    assert await listed(house, "SELECT usage FROM cpu") == [[30, 5]]
    assert await series(house) == ["cpu,core=0,host=b", "disk", "mem,host=a", "mem,host=b"]


async def test_tags_choose_series_in_all_their_fields(house):
    await ask(house, "DELETE FROM cpu WHERE host = 'a' AND core = '0'")

    assert await series(house) == [
        "cpu,core=0,host=b", "cpu,core=1,host=a", "disk", "mem,host=a", "mem,host=b",
    ]  # fmt: skip
    assert await listed(house, "SELECT usage, idle FROM cpu") == [[20, 3, None], [30, 5, None]]


@pytest.mark.parametrize(
    ("statement", "left"),
    [
        ("DELETE FROM /^(cpu|disk)$/", ["mem,host=a", "mem,host=b"]),
        ("DELETE WHERE host =~ /a/", ["cpu,core=0,host=b", "disk", "mem,host=b"]),
        ("DELETE WHERE time = 10",
         ["cpu,core=0,host=b", "cpu,core=1,host=a", "mem,host=b"]),
        ("DELETE FROM cpu, mem WHERE host != 'a'",
         ["cpu,core=0,host=a", "cpu,core=1,host=a", "disk", "mem,host=a"]),
        ("DELETE FROM cpu WHERE host = 'a' OR host = 'b'", ["disk", "mem,host=a", "mem,host=b"]),
        ("DELETE FROM mem WHERE nothing = ''",
         ["cpu,core=0,host=a", "cpu,core=0,host=b", "cpu,core=1,host=a", "disk"]),
        ("DROP SERIES FROM cpu WHERE core = '0'",
         ["cpu,core=1,host=a", "disk", "mem,host=a", "mem,host=b"]),
        ("DELETE WHERE _name != 'cpu'",
         ["cpu,core=0,host=a", "cpu,core=0,host=b", "cpu,core=1,host=a"]),
        ("DROP SERIES WHERE _name =~ /m|d/ AND host != 'b'",
         ["cpu,core=0,host=a", "cpu,core=0,host=b", "cpu,core=1,host=a", "mem,host=b"]),
        ("DROP SERIES WHERE host = 'b'", ["cpu,core=0,host=a", "cpu,core=1,host=a", "disk",
                                          "mem,host=a"]),
        ("DROP MEASUREMENT cpu", ["disk", "mem,host=a", "mem,host=b"]),
        ("DELETE FROM nothing", None),
        ("DROP SERIES FROM nothing", None),
        ("DROP MEASUREMENT nothing", None),
        ("DELETE FROM cpu WHERE time > 10 AND time < 5", None),
        ("DELETE FROM cpu WHERE host = 'z'", None),
    ],
)  # fmt: skip
async def test_series_whose_points_are_all_gone_are_gone(house, statement, left):
    before = await series(house)
    assert await ask(house, statement) == {"statement_id": 0}

    assert await series(house) == (before if left is None else left)


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("DELETE FROM cpu WHERE usage > 1",
         "shard 1: fields not supported in WHERE clause during deletion"),
        ("DROP SERIES FROM cpu WHERE usage = 1",
         "shard 1: fields not supported in WHERE clause during deletion"),
        ("DROP SERIES FROM cpu WHERE time > 0",
         "DROP SERIES doesn't support time in WHERE clause"),
    ],
)  # fmt: skip
async def test_what_cannot_be_named_is_refused_and_nothing_is_gone(house, statement, text):
    before = await listed(house, "SELECT * FROM /.*/")

    assert (await ask(house, statement))["error"] == text
    assert await listed(house, "SELECT * FROM /.*/") == before


@pytest.mark.parametrize("statement", ["DELETE FROM m", "DROP SERIES FROM m", "DROP MEASUREMENT m"])
async def test_a_database_has_to_be_there_and_to_be_a_written_one(house, statement):
    assert (await ask(house, statement, db="no"))["error"] == "database not found: no"
    assert (await ask(house, statement, db=""))["error"] == "database not found: "
    assert "built in" in (await ask(house, statement, db="muster"))["error"]


async def test_all_policies_of_the_database_are_meant(house):
    await ask(house, "CREATE RETENTION POLICY other ON d DURATION INF REPLICATION 1")
    await house.write("d", b"cpu,host=a usage=1 10", "other")
    await ask(house, "DELETE FROM cpu WHERE host = 'a'")

    assert await listed(house, "SELECT usage FROM d.other.cpu") == []
    assert await listed(house, "SELECT usage FROM cpu") == [[30, 5]]


async def test_fields_of_what_is_gone_may_have_other_kinds(house):
    await ask(house, "DELETE FROM mem")
    assert [row[0] for row in await listed(house, "SHOW MEASUREMENTS")] == ["cpu", "disk"]
    await house.write("d", b'mem used="text" 5')

    assert await listed(house, "SELECT used FROM mem") == [[5, "text"]]


async def test_fields_of_what_is_left_keep_their_kinds(house):
    await ask(house, "DELETE FROM mem WHERE host = 'a'")

    with pytest.raises(ValueError, match="field type conflict"):
        await house.write("d", b'mem used="text" 5')


async def test_a_deletion_is_in_the_audit_log(house):
    await ask(house, "DELETE FROM cpu WHERE host = 'a'")
    event = house.records.audit.events(spaces=None, limit=1)[0].event

    assert (event.action, event.object) == ("points.delete", "d")
    assert event.detail == "DELETE FROM cpu WHERE host = 'a'"


async def test_a_deletion_that_was_given_up_is_in_the_audit_log_as_such(house, monkeypatch):
    async def gives_up(removal, running):
        raise QueryInterrupted

    monkeypatch.setattr(house.removals, "remove", gives_up)
    result = await ask(house, "DELETE FROM cpu")
    events = house.records.audit.events(spaces=None, limit=2)

    assert result["error"] == "query interrupted"
    assert [each.event.outcome for each in events] == ["query_interrupted", "ok"]


async def test_tags_that_are_named_like_the_hubs_are_matched_as_written(house):
    await house.write("d", b"m,node=x v=1 1\nm,node=y v=1 1")
    await ask(house, "DELETE FROM m WHERE node = 'x'")

    assert await listed(house, "SELECT node, v FROM m") == [[1, "y", 1]]
