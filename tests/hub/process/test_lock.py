import errno
import os

import pytest

from muster.errors import SettingsError, Unavailable
from muster.hub.process import lock
from muster.hub.process.lock import FolderInUse, FolderLock


def test_a_second_hub_on_the_same_folder_is_told_who_is_there(tmp_path):
    with FolderLock(tmp_path), pytest.raises(FolderInUse) as error, FolderLock(tmp_path):
        pass

    assert f"process {os.getpid()}" in str(error.value)
    assert str(tmp_path) in str(error.value)


def test_a_folder_is_free_again_when_its_hub_ends(tmp_path):
    for _ in range(2):
        with FolderLock(tmp_path):
            assert (tmp_path / "hub.lock").read_text() == f"{os.getpid()}\n"


def test_a_folder_that_everybody_may_write_to_is_refused_with_the_remedy(tmp_path):
    tmp_path.chmod(0o777)
    with pytest.raises(SettingsError, match=f"chmod o-w {tmp_path}"), FolderLock(tmp_path):
        pass
    tmp_path.chmod(0o755)

    with FolderLock(tmp_path):
        pass


def test_a_folder_that_is_not_there_names_itself(tmp_path):
    with pytest.raises(SettingsError, match="none"), FolderLock(tmp_path / "none"):
        pass


@pytest.mark.parametrize("code", [errno.EROFS, errno.ENOSPC])
def test_a_disk_that_takes_nothing_is_no_wrong_setting(tmp_path, monkeypatch, code):
    def refuse(path):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(lock, "hold", refuse)

    with pytest.raises(Unavailable, match=os.strerror(code)), FolderLock(tmp_path):
        pass
