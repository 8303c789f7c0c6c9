import pytest

from muster.clock import DAY_NS
from muster.core.databases.databasebook import DatabaseNotFound, PolicyNotFound
from muster.core.writes.bulkwrites import BulkTarget, BulkWrites, WantedDatabase, WantedPolicy
from muster.errors import Denied, InputError, NotFound
from muster.model.access import Actor, Role
from muster.model.ids import SpaceId
from muster.testing.house import OPERATOR
from muster.testing.influxhouse import InfluxHouse


@pytest.fixture
def house():
    with InfluxHouse() as house:
        house.bulk = BulkWrites(
            databases=house.databases, writes=house.writes, nodes=house.records.nodes
        )
        yield house


def somebody(house, role, space=""):
    return Actor(name="ada", roles={SpaceId(space or house.space.id): role})


async def prepared(house, *policies):
    return await house.bulk.prepare(OPERATOR, WantedDatabase(name="d", policies=policies))


async def test_database_and_policies_are_made_where_they_are_missing_and_else_left(house):
    week = WantedPolicy(name="week", duration_ns=7 * DAY_NS, shard_ns=DAY_NS, default=True)
    there = await prepared(house, week)
    again = await prepared(house, WantedPolicy(name="week", duration_ns=DAY_NS))

    assert there == again
    assert (there.space, there.policies) == (house.space.id, ["autogen", "week"])
    database = house.databases.database(house.space.id, "d")
    assert (database.default_policy, database.policy("week").duration_ns) == ("week", 7 * DAY_NS)
    with pytest.raises(InputError, match="up to 100 policies"):
        await prepared(house, *[WantedPolicy(name=f"p{number}") for number in range(101)])


async def test_points_are_written_and_what_is_not_is_told(house):
    await prepared(house)
    now = house.clock.now_ns()
    target = BulkTarget("", "d", "")

    answer = await house.bulk.write(
        somebody(house, Role.EDITOR), target, f"m v=1i {now}\nbad\nm v=2i {now + 1}".encode()
    )
    conflict = await house.bulk.write(OPERATOR, target, f"m v=1.5 {now}".encode())

    assert (answer.points, answer.refused) == (2, 1)
    assert "unable to parse 'bad'" in answer.errors[0]
    assert (conflict.points, conflict.refused) == (0, 1)
    assert "conflict" in conflict.errors[0]
    assert len(house.stored(db="d")) == 2
    assert (await house.bulk.write(OPERATOR, target, b"")).points == 0


@pytest.mark.parametrize(
    ("target", "error"),
    [
        (("", "none", ""), DatabaseNotFound),
        (("", "d", "none"), PolicyNotFound),
        (("", "muster", ""), Denied),
        (("0de00000-0000-4000-8000-000000000009", "d", ""), NotFound),
    ],
)
async def test_what_is_not_there_or_not_for_writing_is_refused(house, target, error):
    await prepared(house)

    with pytest.raises(error):
        await house.bulk.write(OPERATOR, BulkTarget(*target), b"m v=1 1")


async def test_viewers_write_nothing_and_editors_make_no_databases(house):
    await prepared(house)

    with pytest.raises(Denied):
        await house.bulk.write(somebody(house, Role.VIEWER), BulkTarget("", "d", ""), b"m v=1 1")
    with pytest.raises(Denied):
        await house.bulk.prepare(somebody(house, Role.EDITOR), WantedDatabase(name="e"))


async def test_anothers_space_does_not_exist(house):
    away = somebody(house, Role.ADMIN, "0de00000-0000-4000-8000-000000000009")

    for space in ("", house.space.id):
        with pytest.raises(NotFound):
            await house.bulk.write(away, BulkTarget(space, "d", ""), b"m v=1 1")
        with pytest.raises(NotFound):
            await house.bulk.prepare(away, WantedDatabase(name="d", space=space))
