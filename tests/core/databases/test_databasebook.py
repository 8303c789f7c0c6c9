"""What records hold of databases is in memory, and never older than what was answered."""

import pytest

from muster.core.audit import make_event
from muster.core.databases.databasebook import DatabaseBook, DatabaseNotFound, PolicyNotFound
from muster.errors import Conflict, NotFound
from muster.model.influx import Database
from muster.testing.house import OPERATOR


def event(house):
    return make_event(house.clock, OPERATOR, "database.create", "d")


async def test_it_is_read_anew_with_each_change(house):
    book = DatabaseBook(records=house.records.influx)
    assert book.databases(house.space.id) == {}
    fresh = Database(space=house.space.id, name="d")
    await book.write(lambda: house.records.influx.create_database(fresh, event(house)))

    assert list(book.databases(house.space.id)) == ["d"]
    assert [each.name for each in book.every()] == ["d"]
    assert book.databases("elsewhere") == {}
    assert book.users() == {}


async def test_a_change_that_fails_leaves_no_stale_page(house):
    book = DatabaseBook(records=house.records.influx)
    assert book.databases(house.space.id) == {}
    fresh = Database(space=house.space.id, name="d")
    house.records.influx.create_database(fresh, event(house))
    with pytest.raises(Conflict):
        await book.write(lambda: house.records.influx.create_database(fresh, event(house)))

    assert list(book.databases(house.space.id)) == ["d"]
    assert [each.name for each in book.every()] == ["d"]


def test_what_is_not_found_is_told_in_influxdbs_words():
    assert str(DatabaseNotFound("d")) == "database not found: d"
    assert str(PolicyNotFound("p")) == "retention policy not found: p"
    assert issubclass(DatabaseNotFound, NotFound)
    assert issubclass(PolicyNotFound, NotFound)
    assert (DatabaseNotFound("d").name, PolicyNotFound("p").name) == ("d", "p")
