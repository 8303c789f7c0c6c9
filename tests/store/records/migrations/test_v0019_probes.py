"""Version 19: probes go with their space."""

import sqlite3

import pytest

from muster.store.records.migrations import MIGRATIONS

PROBE = "INSERT INTO probes VALUES ('p', 's', '{}', '[]', '[]', 1, 5)"


@pytest.fixture
def database():
    connection = sqlite3.connect(":memory:")
    for sql in MIGRATIONS:
        connection.executescript(sql)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("INSERT INTO spaces (id, name) VALUES ('s', 'Home')")
    yield connection
    connection.close()


def test_a_probe_goes_with_its_space(database):
    database.execute(PROBE)
    database.execute("DELETE FROM spaces")

    assert database.execute("SELECT count(*) FROM probes").fetchone() == (0,)


def test_a_probe_is_on_or_off_and_of_a_space(database):
    with pytest.raises(sqlite3.IntegrityError):
        database.execute(PROBE.replace("1, 5", "2, 5"))
    with pytest.raises(sqlite3.IntegrityError):
        database.execute(PROBE.replace("'s'", "'nowhere'"))
