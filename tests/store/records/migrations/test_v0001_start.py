"""The first schema keeps its promises by itself, whatever the code above it does."""

import sqlite3

import pytest

from muster.store.records.migrations import MIGRATIONS, v0001_start

SPACE = "INSERT INTO spaces VALUES ('s', 's')"
NODE = "INSERT INTO nodes VALUES ('n', 's', 'web', 1, 0, 0, '', '', '{}')"
CREDENTIAL = "INSERT INTO credentials VALUES (?, ?, 'n', 'k', 'i', 0, 1, ?)"
TOKEN = "INSERT INTO tokens VALUES ('t', 's', 'x', 1, 2, 1, ?, 0, '', '')"


@pytest.fixture
def connection():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.executescript(v0001_start.SQL)
    connection.execute(SPACE)
    connection.execute(NODE)
    yield connection
    connection.close()


def test_it_is_the_first_step():
    assert MIGRATIONS[0] == v0001_start.SQL


def test_a_name_is_used_once_in_a_space(connection):
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(NODE.replace("'n'", "'other'"))


@pytest.mark.parametrize("state", ["active", "next"])
def test_a_node_has_one_active_and_one_next_credential(connection, state):
    connection.execute(CREDENTIAL, ("a", "1", state))

    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(CREDENTIAL, ("b", "2", state))


def test_a_state_that_is_none_is_refused(connection):
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(CREDENTIAL, ("a", "1", "fine"))


@pytest.mark.parametrize("used", [-1, 2])
def test_a_token_is_never_used_more_often_than_allowed(connection, used):
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(TOKEN, (used,))


def test_a_text_is_never_taken_for_a_number(connection):
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(TOKEN, ("many",))


def test_a_node_that_goes_takes_its_credentials_along(connection):
    connection.execute(CREDENTIAL, ("a", "1", "active"))
    connection.execute("DELETE FROM nodes")

    assert connection.execute("SELECT count(*) FROM credentials").fetchone() == (0,)


def test_a_space_with_nodes_stays(connection):
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("DELETE FROM spaces")
