import pytest

from muster.collectors.api import Mount, Sample
from muster.collectors.disk import MOUNTS, choose, collect
from muster.errors import InputError

ROOT = "30 1 253:0 / / rw,relatime shared:1 - ext4 /dev/sda1 rw"


def points(*lines, **usage):
    texts = {MOUNTS: "\n".join(lines).encode()}
    groups = {"usage": {path.replace("_", "/"): text for path, text in usage.items()}}
    return list(collect(Sample(time_ns=5, texts=texts, groups=groups), None))


def chosen(*lines):
    return [mount.path for mount in choose("\n".join(lines).encode())]


def test_used_and_free_leave_what_is_reserved_for_root():
    (point,) = points(ROOT, _=b"1024 100 40 30 200 50")

    assert point.tags == {"device": "sda1", "fstype": "ext4", "mode": "rw", "path": "/"}
    assert point.fields == {
        "total": 102_400,
        "free": 30_720,
        "used": 61_440,
        "used_percent": 100 * 60 / 90,
        "inodes_total": 200,
        "inodes_free": 50,
        "inodes_used": 150,
        "inodes_used_percent": 75.0,
    }


def test_a_file_system_without_blocks_or_answer_is_left_out():
    nfs = "31 30 0:50 / /mnt rw - nfs4 nas:/x rw"

    assert points(ROOT, nfs, _=b"1024 0 0 0 0 0") == []


def test_a_device_is_shown_once_at_its_own_root():
    bind = "31 30 253:0 /srv /chroot/srv rw - ext4 /dev/sda1 rw"

    assert chosen(bind, ROOT) == ["/"]
    assert chosen(bind, bind.replace("/chroot", "/other")) == ["/chroot/srv"]


def test_subvolumes_of_btrfs_are_each_shown():
    home = "31 30 0:27 /@home /home rw - btrfs /dev/sda1 rw"

    assert chosen("30 1 0:27 /@ / rw - btrfs /dev/sda1 rw", home) == ["/", "/home"]


def test_the_last_mount_on_a_path_is_the_one_that_shows():
    (point,) = points(ROOT, ROOT.replace("253:0", "8:1").replace("sda1", "sdb1"), _=b"1 1 1 1 1 1")

    assert point.tags["device"] == "sdb1"


def test_file_systems_without_data_are_not_even_asked():
    lines = [
        f"4{n} 30 0:4{n} / /m{n} rw - {fstype} none rw"
        for n, fstype in enumerate(["tmpfs", "overlay", "squashfs", "autofs", "proc", "nsfs"])
    ]

    assert chosen(*lines) == []


@pytest.mark.parametrize("fstype", ["nfs", "nfs4", "cifs", "fuse.sshfs", "ceph", "9p"])
def test_file_systems_that_may_never_answer_are_marked(fstype):
    line = f"31 30 0:50 / /mnt rw - {fstype} nas:/x rw"

    assert choose(line.encode()) == (Mount("/mnt", remote=True),)


def test_escapes_in_names_are_undone():
    assert chosen(ROOT.replace(" / rw", " /a\\040b\\134c rw")) == ["/a b\\c"]


def test_a_mount_or_a_device_that_went_read_only_says_so():
    for line in (ROOT.replace(" rw,", " ro,"), ROOT.removesuffix("rw") + "ro,errors=remount-ro"):
        (point,) = points(line, _=b"1 1 1 1 1 1")
        assert point.tags["mode"] == "ro"


@pytest.mark.parametrize(
    ("line", "usage"),
    [
        ("", b""),
        ("1 2 3", b"1 1 1 1 1 1"),
        (ROOT.replace(" - ", " "), b"1 1 1 1 1 1"),
        (ROOT.replace(" / rw", " /\\999 rw"), b"1 1 1 1 1 1"),
        (ROOT, b"1 1 1"),
        (ROOT, b"1 x 1 1 1 1"),
        (ROOT, b"1 " + b"9" * 4000 + b" 1 1 1 1"),
    ],
)
def test_another_shape_is_an_input_error(line, usage):
    with pytest.raises(InputError):
        points(line or "x", _=usage)
