import os
import stat
from types import SimpleNamespace

import pytest

from muster import files


def test_a_new_file_and_its_folder_are_the_owners_alone(tmp_path):
    files.make_folder(tmp_path / "a" / "b")
    files.write_new(tmp_path / "a" / "b" / "key", b"text")
    files.sync(tmp_path / "a" / "b")

    assert (tmp_path / "a" / "b" / "key").read_bytes() == b"text"
    assert stat.S_IMODE((tmp_path / "a" / "b" / "key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700


def test_a_file_that_is_there_is_not_written_over(tmp_path):
    files.write_new(tmp_path / "key", b"first")

    with pytest.raises(FileExistsError):
        files.write_new(tmp_path / "key", b"second")
    assert (tmp_path / "key").read_bytes() == b"first"


def test_a_lock_is_held_once_and_names_its_holder(tmp_path):
    lock = files.hold(tmp_path / "lock")
    with pytest.raises(files.Held) as held:
        files.hold(tmp_path / "lock")

    assert held.value.holder == str(os.getpid())
    os.close(lock)
    os.close(files.hold(tmp_path / "lock"))


def test_a_folder_of_ones_own_can_be_used(tmp_path):
    assert files.why_unusable(tmp_path) is None


def test_a_read_only_file_system_is_not_taken_for_wrong_permissions(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=os.ST_RDONLY))
    monkeypatch.setattr(os, "access", lambda *_: False)
    cause, remedy = files.why_unusable(tmp_path)

    assert "read-only" in cause
    assert "mount" in remedy


def test_a_folder_of_another_user_says_whom_to_ask(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    cause, remedy = files.why_unusable(tmp_path)

    assert "may not be written by this user" in cause
    assert f"{tmp_path} belongs to" in remedy
