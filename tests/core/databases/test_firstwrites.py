import pytest

from muster.core.databases.databasebook import DatabaseNotFound
from muster.core.databases.firstwrites import FirstWrites
from muster.errors import Denied
from muster.model.access import Actor
from muster.model.influx import Login, Privilege
from muster.testing.influxhouse import InfluxHouse


@pytest.fixture
def house():
    with InfluxHouse() as house:
        yield house


def login(house, **held) -> Login:
    return Login(space=house.space.id, actor=Actor(name="writer"), name="writer", **held)


def first_writes(house) -> FirstWrites:
    return FirstWrites(databases=house.databases, names=("prometheus",))


async def test_a_database_that_the_setting_names_is_made_once(house):
    writer, door = login(house, everywhere=Privilege.WRITE), first_writes(house)

    made = await door.admit(writer, "prometheus")
    assert await door.admit(writer, "prometheus") == made
    assert [each.name for each in house.databases.listed(house.space.id)] == ["prometheus"]


async def test_another_database_has_to_be_there(house):
    with pytest.raises(DatabaseNotFound):
        await first_writes(house).admit(login(house, admin=True), "other")


async def test_who_may_not_write_has_nothing_made(house):
    with pytest.raises(Denied, match='not authorized to write to database "prometheus"'):
        await first_writes(house).admit(login(house, everywhere=Privilege.READ), "prometheus")

    assert house.databases.listed(house.space.id) == []
