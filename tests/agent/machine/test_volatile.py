from pathlib import Path

import pytest

from muster.agent.machine.volatile import lies_on, volatile_kind

CONTAINER = """\
1 0 0:50 / / rw,relatime master:1 - overlay overlay rw,lowerdir=/a
2 1 0:51 / /proc rw - proc proc rw
3 1 0:52 / /dev/shm rw - tmpfs shm rw
4 1 8:1 /volumes/muster/_data /var/lib/muster rw,relatime - ext4 /dev/sda1 rw
5 1 8:1 /x /srv/with\\040space rw shared:9 - xfs /dev/sda1 rw
"""
NAMELESS = f"9 1 8:1 /lib/docker/volumes/{'5e' * 32}/_data /var/lib/muster rw - ext4 /dev/sda rw\n"
OF_A_POD = (
    "9 1 8:1 /k/pods/1-2/volumes/kubernetes.io~empty-dir/state /var/lib/muster rw - ext4 d rw\n"
)


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/var/lib/muster/agent", ""),
        ("/var/lib/musterd", "overlay"),
        ("/opt/agent", "overlay"),
        ("/dev/shm/agent", "tmpfs"),
        ("/srv/with space/agent", ""),
    ],
)
def test_the_nearest_mount_says_whether_a_folder_stays(folder, kind):
    assert volatile_kind(Path(folder), CONTAINER) == kind


def test_the_later_of_two_mounts_on_one_place_counts():
    again = CONTAINER + "9 1 0:60 / /var/lib/muster rw - tmpfs tmpfs rw\n"

    assert volatile_kind(Path("/var/lib/muster/agent"), again) == "tmpfs"


@pytest.mark.parametrize(
    ("mount", "kind"), [(NAMELESS, "anonymous volume"), (OF_A_POD, "emptyDir")]
)
def test_a_volume_that_goes_with_its_container_or_pod_does_not_stay(mount, kind):
    assert volatile_kind(Path("/var/lib/muster/agent"), CONTAINER + mount) == kind


@pytest.mark.parametrize("text", ["", "nonsense", "1 2 3 - \n - tmpfs\n"])
def test_what_cannot_be_read_is_no_reason_to_warn(text):
    assert volatile_kind(Path("/x"), text) == ""


def test_the_mounts_of_now_are_read_from_a_file(tmp_path):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(CONTAINER)

    assert lies_on(Path("/opt"), mounts) == "overlay"
    assert lies_on(Path("/opt"), tmp_path / "missing") == ""
