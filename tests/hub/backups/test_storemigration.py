"""A stopped hub's values moved to another engine; how: store/engine/migration.py."""

import pytest

from muster.clock import ManualClock
from muster.errors import Conflict, SettingsError, Unavailable
from muster.hub.backups.storemigration import migrate_data
from muster.hub.places import Places
from muster.hub.process.lock import FolderInUse, FolderLock
from muster.store.dataplane import Settings
from muster.store.records.records import SqliteRecords

THERE = Settings(url="clickhouse://127.0.0.1:1/values?cluster=main&tls=off")


def test_a_hub_that_runs_is_left_alone(tmp_path):
    with FolderLock(tmp_path), pytest.raises(FolderInUse):
        migrate_data(tmp_path, Settings(), THERE, ManualClock(5), lambda _: None)


def test_values_that_no_engine_has_yet_are_not_left_behind(tmp_path):
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "00000000000000000007.segment").touch()

    with pytest.raises(Conflict, match=r"7\.segment.*start the hub"):
        migrate_data(tmp_path, Settings(), THERE, ManualClock(5), lambda _: None)
    with pytest.raises(Unavailable):  # ahead of the last copy they may be
        migrate_data(tmp_path, Settings(), THERE, ManualClock(5), lambda _: None, is_ahead=True)


def test_the_audit_log_has_that_it_began_and_how_it_ended(tmp_path):
    with SqliteRecords(path=Places(tmp_path).records):
        pass

    with pytest.raises(Unavailable):
        migrate_data(tmp_path, Settings(), THERE, ManualClock(5), lambda _: None)

    with SqliteRecords(path=Places(tmp_path).records) as records:
        events = [each.event for each in records.audit.events(spaces=None, limit=9)]
    assert [(each.action, each.outcome) for each in events] == [
        ("store.migrate", "unavailable"),
        ("store.migrate", "ok"),
    ]
    assert events[0].object == f"embedded to {THERE.url}"
    assert "can be reached" in events[0].detail


def test_values_are_not_copied_to_where_they_are(tmp_path):
    with pytest.raises(SettingsError, match="already"):
        migrate_data(tmp_path, THERE, THERE, ManualClock(5), lambda _: None)
