"""A stopped hub's values moved to another engine; how they are copied: store/migration.py."""

import pytest

from muster.errors import Conflict, SettingsError
from muster.hub.lock import FolderInUse, FolderLock
from muster.hub.storemigration import migrate_data
from muster.store.dataplane import Settings

THERE = Settings(url="clickhouse://127.0.0.1:1/values?cluster=main&tls=off")


def test_a_hub_that_runs_is_left_alone(tmp_path):
    with FolderLock(tmp_path), pytest.raises(FolderInUse):
        migrate_data(tmp_path, Settings(), THERE, lambda _: None)


def test_values_that_no_engine_has_yet_are_not_left_behind(tmp_path):
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "00000000000000000007.segment").touch()

    with pytest.raises(Conflict, match=r"7\.segment.*start the hub"):
        migrate_data(tmp_path, Settings(), THERE, lambda _: None)


def test_values_are_not_copied_to_where_they_are(tmp_path):
    with pytest.raises(SettingsError, match="already"):
        migrate_data(tmp_path, THERE, THERE, lambda _: None)
