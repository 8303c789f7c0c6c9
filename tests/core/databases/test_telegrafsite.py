"""What is made ready before a Telegraf comes."""

import pytest

from muster.core.databases.telegrafsite import DATABASE, TelegrafSite
from muster.errors import Denied
from muster.model.access import Actor, Role
from muster.testing.house import OPERATOR


@pytest.fixture
def site(house):
    return TelegrafSite(url=lambda: "https://hub.example:8086", databases=house.databases)


async def test_the_database_is_made_once_and_in_the_name_of_who_asked(house, site):
    await site.prepare(OPERATOR, house.space.id)
    await site.prepare(OPERATOR, house.space.id)

    assert [each.name for each in house.databases.listed(house.space.id)] == [DATABASE]
    events = [each.event for each in house.records.audit.events(spaces=None, limit=100)]
    (event,) = [each for each in events if each.action == "database.create"]
    assert (event.actor, event.object, event.space) == ("operator", DATABASE, house.space.id)


async def test_who_may_make_no_tokens_makes_no_database(house, site):
    editor = Actor(name="eve", roles={house.space.id: Role.EDITOR})

    with pytest.raises(Denied):
        await site.prepare(editor, house.space.id)
    assert house.databases.listed(house.space.id) == []
