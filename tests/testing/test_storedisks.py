"""Disks that fail on purpose."""

import errno

import pytest

from muster.testing.storedisks import FailingDisk


def test_the_named_call_fails_and_leaves_a_torn_write(tmp_path):
    disk = FailingDisk()
    disk.fail_at, disk.torn = {5}, 3
    disk.create(tmp_path / "a", 8)
    fd = disk.open(tmp_path / "a")
    with pytest.raises(OSError, match="No space"):
        disk.write(fd, [b"abc", b"def"], 0)
    disk.close(fd)

    assert (tmp_path / "a").read_bytes() == b"abc\0\0\0\0\0"


def test_a_broken_disk_fails_until_it_is_mended(tmp_path):
    disk = FailingDisk()
    disk.broken = errno.EIO
    with pytest.raises(OSError, match="Input/output"):
        disk.create(tmp_path / "a", 8)
    disk.broken = 0

    disk.create(tmp_path / "a", 8)
