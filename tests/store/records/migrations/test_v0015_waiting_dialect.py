"""Who waited before there were dialects came by Muster's own wire."""

import sqlite3

from muster.store.records.migrations import MIGRATIONS, v0015_waiting_dialect


def test_who_waited_before_came_by_our_own_wire():
    database = sqlite3.connect(":memory:")
    for step in MIGRATIONS[: MIGRATIONS.index(v0015_waiting_dialect.SQL)]:
        database.executescript(step)
    database.execute("INSERT INTO spaces (id, name) VALUES ('s', 'Home')")
    columns = [row[1] for row in database.execute("PRAGMA table_info(claims_waiting)")]
    values = {"id": "w", "space": "s", "kind": "claim"}
    numbers = ("created_ns", "expires_ns", "decided_ns")
    row = [values.get(name, 0 if name in numbers else "") for name in columns]
    marks = ", ".join("?" * len(columns))
    database.execute(f"INSERT INTO claims_waiting VALUES ({marks})", row)
    database.executescript(v0015_waiting_dialect.SQL)

    assert database.execute("SELECT id, dialect FROM claims_waiting").fetchall() == [
        ("w", "muster")
    ]
