"""The records as one thing: open, close, back up."""

from muster.model.access import AuditEvent
from muster.model.inventory import Space
from muster.ports.records import Records
from muster.store.records import SqliteRecords

EVENT = AuditEvent(time_ns=1, actor="a", action="t", object="o", address="", outcome="ok")


def test_making_them_touches_no_disk(tmp_path):
    SqliteRecords(path=tmp_path / "records.sqlite")

    assert list(tmp_path.iterdir()) == []


def test_a_backup_opens_as_records(tmp_path):
    with SqliteRecords(path=tmp_path / "records.sqlite") as records:
        records.nodes.create_space(Space("s", "Home"), EVENT)
        records.backup(tmp_path / "copy.sqlite")
    with SqliteRecords(path=tmp_path / "copy.sqlite") as copy:
        assert copy.nodes.spaces() == [Space("s", "Home")]


def test_they_are_what_core_asks_for(tmp_path):
    records: Records = SqliteRecords(path=tmp_path / "records.sqlite")

    assert {"nodes", "tokens", "people", "audit"} <= vars(records).keys()
