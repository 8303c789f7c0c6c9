import pytest

from muster.collectors.api import Sample
from muster.collectors.vm import CPU, IO, NUMBERS, SCOPES, collect, name_of
from muster.errors import InputError

LIBVIRT = "/sys/fs/cgroup/machine.slice/machine-qemu\\x2d3\\x2dweb\\x2d01.scope/"
PROXMOX = "/sys/fs/cgroup/qemu.slice/101.scope/"
TIMES = b"usage_usec 5000\nuser_usec 3000\nsystem_usec 2000\nnr_periods 0\n"


def groups(scope, folder, **texts):
    named = {"cpu": CPU, "io": IO} | NUMBERS
    return {scope + named[key]: {folder + named[key]: text} for key, text in texts.items()}


def points(groups):
    return list(collect(Sample(time_ns=5, groups=groups), None))


def test_a_guest_of_libvirt_is_told_by_its_name_and_not_by_its_run():
    (point,) = points(
        groups(
            SCOPES[0],
            LIBVIRT,
            cpu=TIMES,
            memory=b"2147483648\n",
            threads=b"9\n",
            io=b"8:0 rbytes=100 wbytes=20 rios=1 wios=2 dbytes=0\n8:16 rbytes=1 wbytes=2\n",
        )
    )

    assert (point.measurement, point.tags) == ("vm", {"name": "web-01"})
    assert point.fields == {
        "usage_usec": 5000,
        "user_usec": 3000,
        "system_usec": 2000,
        "memory": 2147483648,
        "threads": 9,
        "read_bytes": 101,
        "write_bytes": 22,
    }


def test_a_guest_of_proxmox_is_told_by_its_number():
    (point,) = points(groups(SCOPES[1], PROXMOX, cpu=TIMES, io=b""))

    assert point.tags == {"name": "101"}
    assert "memory" not in point.fields and "read_bytes" not in point.fields


@pytest.mark.parametrize(
    ("unit", "name"),
    [
        ("machine-qemu\\x2d12\\x2dgr\\xc3\\xbcn.scope", "grün"),
        ("machine-qemu\\x2d1\\x2dqemu\\x2d2\\x2da.scope", "qemu-2-a"),
        ("machine-qemu.scope", "qemu"),
        ("machine-qemu\\x2d1\\x2d.scope", "qemu\\x2d1\\x2d"),
    ],
)
def test_names_are_read_as_systemd_writes_them(unit, name):
    assert name_of(f"/sys/fs/cgroup/machine.slice/{unit}/") == name


def test_a_machine_without_guests_gives_nothing():
    assert points({}) == []


@pytest.mark.parametrize(
    "texts",
    [
        {"cpu": b"user_usec 3\n"},
        {"cpu": b"usage_usec much\n"},
        {"cpu": TIMES, "memory": b"max\n"},
        {"cpu": TIMES, "io": b"8:0 rbytes=x\n"},
    ],
)
def test_another_shape_is_an_input_error(texts):
    with pytest.raises(InputError, match="machine-qemu"):
        points(groups(SCOPES[0], LIBVIRT, **texts))
