import stat

import pytest

from muster.errors import Unavailable
from muster.store.files import make_private_folder, write_private


def test_a_file_is_replaced_whole_and_is_the_owners_alone(tmp_path):
    file = tmp_path / "key.pem"
    file.write_text("old")
    file.chmod(0o644)
    write_private(file, b"new")

    assert file.read_bytes() == b"new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["key.pem"]


def test_a_file_that_cannot_be_written_says_which(tmp_path):
    with pytest.raises(Unavailable, match=r"none/key\.pem"):
        write_private(tmp_path / "none" / "key.pem", b"new")


def test_a_folder_is_the_owners_alone(tmp_path):
    make_private_folder(tmp_path / "a" / "b")
    make_private_folder(tmp_path / "a" / "b")

    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_made_says_which(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(Unavailable, match="file/sub"):
        make_private_folder(tmp_path / "file" / "sub")


def test_what_another_left_in_the_place_of_the_new_file_gets_nothing(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("")
    (tmp_path / ".key.new").symlink_to(elsewhere)
    write_private(tmp_path / "key", b"secret")

    assert elsewhere.read_text() == ""
    assert (tmp_path / "key").read_bytes() == b"secret"
