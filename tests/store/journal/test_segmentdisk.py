"""Real files: sizes, many parts, and a file system that really is full."""

import os
import subprocess

import pytest

from muster.store.journal.segmentdisk import Disk, reason_of


def test_a_created_file_is_written_to_its_end(tmp_path):
    Disk().create(tmp_path / "a", (1 << 20) + 5)

    assert (tmp_path / "a").stat().st_size == (1 << 20) + 5
    assert (tmp_path / "a").stat().st_blocks * 512 >= 1 << 20
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600


def test_more_parts_than_one_call_takes_are_written_in_order(tmp_path):
    disk = Disk()
    disk.create(tmp_path / "a", 4096)
    fd = disk.open(tmp_path / "a")
    parts = [bytes([at % 251]) for at in range(1300)]
    count = disk.write(fd, parts, 7)
    disk.sync(fd)
    disk.close(fd)

    assert count == 1300
    assert (tmp_path / "a").read_bytes()[7:1307] == b"".join(parts)


def test_a_rename_is_seen(tmp_path):
    (tmp_path / "a").write_bytes(b"x")
    Disk().rename(tmp_path / "a", tmp_path / "b")

    assert (tmp_path / "b").read_bytes() == b"x"


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 1 MB. Needs the right to mount."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "muster-test", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("mounting is not permitted")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_file_system_is_an_error(small_disk):
    disk = Disk()

    assert disk.free_bytes(small_disk) == 1 << 20
    with pytest.raises(OSError, match="No space"):
        disk.create(small_disk / "a", 2 << 20)
    assert disk.free_bytes(small_disk) < 4096


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (OSError(28, "No space left"), "the disk is full: the journal cannot be written: No space"),
        (OSError(5, "Input/output error"), "the journal cannot be written: Input/output error"),
    ],
)
def test_a_full_disk_is_named(error, text):
    assert reason_of(error).startswith(text)
