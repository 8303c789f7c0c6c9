"""What copied values are called."""

import pytest

from muster.faces.netdata.keepnames import name_of


def named(context, label):
    series, scale = name_of(context, label)
    return series.measurement, series.field, dict(series.tags), scale


@pytest.mark.parametrize(
    ("context", "label", "expected"),
    [
        (
            "system.cpu",
            "user,system.cpu",
            ("cpu", "usage_user", {"context": "system.cpu", "cpu": "cpu-total"}, 1),
        ),
        (
            "cpu.cpu",
            "iowait,cpu.cpu3",
            ("cpu", "usage_iowait", {"context": "cpu.cpu", "cpu": "cpu3"}, 1),
        ),
        ("system.load", "load1", ("system", "load1", {"context": "system.load"}, 1)),
        ("system.ram", "used", ("mem", "used", {"context": "system.ram"}, 1 << 20)),
        (
            "disk.space",
            "avail,disk_space./var",
            ("disk", "free", {"context": "disk.space", "path": "/var"}, 1 << 30),
        ),
        (
            "disk.space",
            "reserved for root,disk_space./",
            ("disk", "reserved", {"context": "disk.space", "path": "/"}, 1 << 30),
        ),
    ],
)
def test_what_says_the_same_as_our_own_agents_values_is_called_like_them(context, label, expected):
    assert named(context, label) == expected


@pytest.mark.parametrize(
    ("context", "label", "expected"),
    [
        (
            "disk.io",
            "reads,disk.sda",
            ("disk_io", "reads", {"context": "disk.io", "instance": "disk.sda"}, 1),
        ),
        ("net.net", "received", ("net_net", "received", {"context": "net.net"}, 1)),
        ("system.cpu", "a new one", ("system_cpu", "a_new_one", {"context": "system.cpu"}, 1)),
        ("a.b", "x,y,a.b", ("a_b", "x_y", {"context": "a.b"}, 1)),
        ("...", "*", ("unnamed", "unnamed", {"context": "..."}, 1)),
    ],
)
def test_everything_else_keeps_its_own_name(context, label, expected):
    assert named(context, label) == expected


def test_names_have_a_length():
    series, _ = name_of("c" * 999, f"{'d' * 999},{'i' * 999}")

    assert len(series.measurement) == len(series.field) == 200
    assert len(dict(series.tags)["instance"]) == 200
