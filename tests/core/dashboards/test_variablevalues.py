"""What can be chosen for variables."""

import msgspec
import pytest

from muster.core.dashboards import variablevalues
from muster.errors import InputError
from muster.model.access import Actor, Role
from muster.model.dashboard import Sort, Variable, VariableKind
from muster.testing.dashboardhouse import DATABASE, DashboardHouse
from muster.testing.house import OPERATOR


@pytest.fixture
async def house(tmp_path):
    async with DashboardHouse(tmp_path) as house:
        await house.databases.create(house.login, DATABASE)
        now_ns = house.clock.now_ns()
        rows = [f"m,host={host} v={at} {now_ns - 10**9}" for at, host in enumerate(HOSTS)]
        await house.write(DATABASE, "\n".join(rows).encode())
        yield house


HOSTS = ("web-10", "web-9", "db-1")


async def values(house, variable, actor=OPERATOR, **others):
    found = await house.values.of(actor, house.last(1, 1, **others), variable)
    return [each.value for each in found.values]


def query(text, **more):
    return Variable(name="x", query=text, **more)


TAGS = "SHOW TAG VALUES FROM m WITH KEY = host"


@pytest.mark.parametrize(
    ("variable", "found"),
    [
        (query(TAGS, sort=Sort.ASCENDING), ["db-1", "web-10", "web-9"]),
        (query(TAGS, sort=Sort.DESCENDING), ["web-9", "web-10", "db-1"]),
        (query(TAGS, sort=Sort.NUMERIC, regex="/-([0-9]+)/"), ["1", "9", "10"]),
        (query(TAGS, regex="^web", sort=Sort.NUMERIC), ["web-10", "web-9"]),
        (query("SHOW MEASUREMENTS"), ["m"]),
        (query("SHOW FIELD KEYS FROM m"), ["v"]),
        (query("SELECT v FROM m", sort=Sort.NUMERIC), ["0", "1", "2"]),
        (query("SELECT v FROM none"), []),
        (Variable(name="x", kind=VariableKind.LIST, values=("b", "a")), ["b", "a"]),
        (Variable(name="x", kind=VariableKind.INTERVAL, values=("auto", "1m")), ["auto", "1m"]),
        (Variable(name="x", kind=VariableKind.TEXT), []),
    ],
)
async def test_values_come_from_where_the_variable_says(house, variable, found):
    assert await values(house, variable) == found


async def test_a_query_may_name_other_variables(house):
    text = "SHOW TAG VALUES FROM m WITH KEY = host WHERE host =~ /^$only$/"

    assert await values(house, query(text), only=("db-1",)) == ["db-1"]


async def test_a_query_that_fails_says_why(house):
    with pytest.raises(InputError, match="error parsing query"):
        await values(house, query("SHOW NOTHING"))
    with pytest.raises(InputError, match="missing closing"):
        await values(house, query(TAGS, regex="("))


async def test_nodes_rooms_and_spaces_are_those_one_may_look_at(house):
    node = (await house.claim(await house.token())).node
    other = (await house.claim(await house.token())).node
    room = await house.rooms.create(OPERATOR, house.space.id, "edge")
    await house.inventory.edit(OPERATOR, node.id, rooms=[room.id])
    nodes = Variable(name="n", kind=VariableKind.NODE, query="room")
    rooms = Variable(name="room", kind=VariableKind.ROOM)
    spaces = Variable(name="s", kind=VariableKind.SPACE)
    viewer = Actor(name="v", roles={house.space.id: Role.VIEWER})

    assert sorted(await values(house, nodes, viewer)) == sorted([node.name, other.name])
    assert await values(house, nodes, viewer, room=("edge",)) == [node.name]
    assert await values(house, nodes, viewer, room=("none",)) == []
    assert await values(house, rooms, viewer) == [room.name]
    assert await values(house, spaces, viewer) == [house.space.id]


async def test_more_values_than_anybody_chooses_from_are_counted(house, monkeypatch):
    monkeypatch.setattr(variablevalues, "MAX_VALUES", 2)
    found = await house.values.of(OPERATOR, house.last(), query(TAGS))

    assert (len(found.values), found.more) == (2, 1)
    assert msgspec.to_builtins(found.values[0]) == {"value": "db-1", "text": "db-1"}
