"""The folder of backups on a real disk."""

import os

import pytest

from muster.clock import SECOND_NS
from muster.errors import InputError, NotFound
from muster.hub.backups.folder import BackupFolder, name_at
from muster.model.backup import BackupView

NAME = "muster-2027-03-01T040000Z.tar.zst"


@pytest.fixture
def folder(tmp_path):
    made = BackupFolder(tmp_path / "backups", None)
    made.prepare()
    return made


def view(name=NAME, **given):
    return BackupView(**{"name": name, "bytes": 3, "time_ns": 5, "by": "ada", **given})


def lay(folder, name=NAME, data=b"abc"):
    (folder.path / name).write_bytes(data)


def test_names_sort_as_their_times():
    assert name_at(1_803_873_600 * SECOND_NS) == NAME
    assert name_at(9 * SECOND_NS) < name_at(86_400 * SECOND_NS)


def test_the_folder_and_what_is_noted_are_private(folder):
    lay(folder)
    folder.note(view())

    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert (folder.path / f"{NAME}.json").stat().st_mode & 0o777 == 0o600
    assert folder.find(NAME) == view()


def test_a_file_that_somebody_laid_there_is_a_backup_of_which_little_is_known(folder):
    lay(folder)
    os.utime(folder.path / NAME, ns=(7, 7))

    assert folder.backups() == [BackupView(name=NAME, bytes=3, time_ns=7)]


@pytest.mark.parametrize("notes", [b"", b"{", b'{"name":1}', b"x" * 100_000])
def test_notes_that_cannot_be_read_are_none(folder, notes):
    lay(folder)
    (folder.path / f"{NAME}.json").write_bytes(notes)

    assert folder.find(NAME).by == ""


def test_what_was_noted_of_another_file_does_not_count(folder):
    lay(folder)
    folder.note(view())
    lay(folder, data=b"abcd")

    assert (folder.find(NAME).bytes, folder.find(NAME).by) == (4, "")


def test_the_newest_is_first(folder):
    for name, time_ns in (("a.tar.zst", 1), ("b.tar.zst", 9), ("c.tar.zst", 5)):
        lay(folder, name)
        folder.note(view(name, time_ns=time_ns))

    assert [each.name for each in folder.backups()] == ["b.tar.zst", "c.tar.zst", "a.tar.zst"]


def test_nothing_else_is_a_backup(folder, tmp_path):
    (folder.path / "sub.tar.zst").mkdir()
    (folder.path / "notes.txt").write_text("")
    (folder.path / "-rf.tar.zst").write_text("")
    (tmp_path / "elsewhere").write_text("")
    (folder.path / "link.tar.zst").symlink_to(tmp_path / "elsewhere")

    assert folder.backups() == []


@pytest.mark.parametrize("name", ["../records.sqlite", "none.tar.zst", "", f"{NAME}.json"])
def test_only_what_is_listed_can_be_named(folder, name, tmp_path):
    (tmp_path / "records.sqlite").write_text("precious")
    lay(folder)
    folder.note(view())
    for deed in (folder.find, folder.delete):
        with pytest.raises(NotFound):
            deed(name)
    assert (tmp_path / "records.sqlite").read_text() == "precious"


def test_what_is_known_of_a_backup_goes_with_it(folder):
    lay(folder)
    folder.note(view())
    folder.delete(NAME)

    assert list(folder.path.iterdir()) == []


def test_what_a_killed_hub_left_goes_before_the_next(folder):
    lay(folder)
    left = folder.path / f".{NAME}.part"
    left.write_bytes(b"half")
    folder.prepare()

    assert not left.exists()
    assert (folder.path / NAME).exists()


def test_a_folder_of_ones_own_is_not_made(tmp_path):
    folder = BackupFolder(tmp_path / "backups", tmp_path / "disk")
    with pytest.raises(InputError, match=r"disk.*backup\.folder"):
        folder.prepare()

    assert folder.backups() == []
    assert folder.free_bytes() > 0
    (tmp_path / "disk").mkdir()
    folder.prepare()
