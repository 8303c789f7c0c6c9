"""The sixth step adds holders, copies and the mark of recovered certificates."""

import sqlite3

from muster.store.records.database import APPLICATION_ID
from muster.store.records.migrations import MIGRATIONS, v0006_holders
from muster.store.records.records import SqliteRecords


def test_it_is_the_sixth_step():
    assert MIGRATIONS[5] == v0006_holders.SQL


def test_certificates_of_before_count_as_usual_ones(tmp_path):
    connection = sqlite3.connect(tmp_path / "records.sqlite")
    for sql in MIGRATIONS[:1]:
        connection.executescript(sql)
    connection.execute("INSERT INTO spaces VALUES ('s', 'Home')")
    connection.execute("INSERT INTO nodes VALUES ('n', 's', 'web', 1, 0, 0, '', '', '{}')")
    connection.execute("INSERT INTO credentials VALUES ('a', '1', 'n', 'k', 'i', 1, 2, 'active')")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute("PRAGMA user_version = 1")
    connection.commit()
    connection.close()
    with SqliteRecords(path=tmp_path / "records.sqlite") as records:
        assert records.recovery.recovered_keys("n") == ()
        assert records.nodes.credentials("n")[0].serial == "1"
        assert records.clones.holder("n") is None
        assert records.clones.clones() == []
