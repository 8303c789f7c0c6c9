"""The thirteenth step gives faces a place for what they remember of nodes."""

from muster.store.records.migrations import MIGRATIONS, v0013_node_notes
from muster.store.records.records import SqliteRecords


def test_it_is_the_thirteenth_step():
    assert MIGRATIONS[12] == v0013_node_notes.SQL


def test_a_new_file_has_no_notes(tmp_path):
    with SqliteRecords(path=tmp_path / "records.sqlite") as records:
        assert records.node_notes.note("n", "info") == b""
