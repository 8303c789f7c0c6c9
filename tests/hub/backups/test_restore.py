"""What a restore refuses. Whole restores: test_backup.py."""

import pytest

from muster.clock import ManualClock
from muster.errors import Conflict
from muster.hub.backups.restore import restore
from muster.store.archive import ArchiveWriter, BackupDamaged, Manifest
from muster.store.records.records import SqliteRecords


@pytest.fixture
def without_keys(tmp_path):
    """A sound archive whose CA is missing."""
    folder = tmp_path / "made"
    folder.mkdir()
    for name in ("records.sqlite", "catalogue.sqlite"):
        records = SqliteRecords(path=folder / name)
        records.open()
        records.close()
    with ArchiveWriter(tmp_path / "b.tar.zst") as archive:
        for name in ("records.sqlite", "catalogue.sqlite"):
            archive.add(name, folder / name)
        (folder / "root.pem").write_text("none")
        archive.add("ca/root.pem", folder / "root.pem")
        archive.finish(Manifest(format=1, hub="h", version="1", time_ns=0, rows={}))
    return tmp_path / "b.tar.zst"


def test_a_folder_with_something_in_it_is_not_touched(tmp_path, without_keys):
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "precious").touch()

    with pytest.raises(Conflict, match="not empty"):
        restore(without_keys, tmp_path / "hub", ManualClock())
    assert [each.name for each in (tmp_path / "hub").iterdir()] == ["precious"]


def test_a_backup_without_a_whole_ca_is_refused_and_leaves_nothing(tmp_path, without_keys):
    with pytest.raises(BackupDamaged, match="CA"):
        restore(without_keys, tmp_path / "hub", ManualClock())

    assert not (tmp_path / "hub").exists()
    assert not (tmp_path / ".hub.restoring").exists()


def test_a_restore_that_was_killed_is_begun_anew(tmp_path, without_keys):
    (tmp_path / ".hub.restoring").mkdir()
    (tmp_path / ".hub.restoring" / "records.sqlite").write_text("half")

    with pytest.raises(BackupDamaged, match="CA"):
        restore(without_keys, tmp_path / "hub", ManualClock())
