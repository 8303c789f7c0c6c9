"""The ninth step says which space is the hub's own."""

import sqlite3

import pytest

from muster.store.records.migrations import MIGRATIONS, v0009_main_space


@pytest.fixture
def connection():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for sql in MIGRATIONS[:8]:
        connection.executescript(sql)
    yield connection
    connection.close()


def mains(connection):
    return [row[0] for row in connection.execute("SELECT id FROM spaces WHERE main")]


def test_it_is_the_ninth_step():
    assert MIGRATIONS[8] == v0009_main_space.SQL


def test_the_only_space_is_the_hubs_own(connection):
    connection.execute("INSERT INTO spaces (id, name) VALUES ('s', 'Home')")
    connection.executescript(v0009_main_space.SQL)

    assert mains(connection) == ["s"]


def test_of_several_one_is_and_a_second_never_becomes_it(connection):
    connection.execute("INSERT INTO spaces (id, name) VALUES ('b', 'B'), ('a', 'A')")
    connection.executescript(v0009_main_space.SQL)
    assert mains(connection) == ["a"]

    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("UPDATE spaces SET main = 1")


def test_a_hub_without_a_space_gets_none(connection):
    connection.executescript(v0009_main_space.SQL)

    assert mains(connection) == []
