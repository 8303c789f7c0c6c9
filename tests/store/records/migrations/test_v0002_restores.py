"""The second step adds what a restored hub has to know."""

import sqlite3

from muster.store.records.migrations import MIGRATIONS, v0001_start, v0002_restores


def test_it_is_the_second_step_and_builds_on_the_first():
    connection = sqlite3.connect(":memory:")
    connection.executescript(v0001_start.SQL)
    connection.executescript(v0002_restores.SQL)
    found = connection.execute("SELECT count(*) FROM restores").fetchone()
    connection.close()

    assert found == (0,)
    assert MIGRATIONS[1] == v0002_restores.SQL
