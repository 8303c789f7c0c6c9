"""The ring of rows: rates of counters, gaps, bounds."""

from math import isnan

import pytest
from feeding import T0, Feed, cpu, disk, load

from muster.agent.netdata.api import ring as rings
from muster.agent.netdata.api.ring import Ring


@pytest.fixture
def ring():
    return Ring(60)


def chart(ring, id):
    return next(each for each in ring.charts.values() if each.id == id)


def values(ring, id):
    return [(time - T0, list(row)) for time, row in chart(ring, id).rows(0, 1 << 40)]


def test_values_come_as_they_are_under_their_dimensions(ring):
    feed = Feed(ring)
    feed(1, load(4.0))
    feed(2, load(8.0))

    assert values(ring, "system.load") == [(1, [4.0, 2.0, 1.0]), (2, [8.0, 4.0, 2.0])]
    assert chart(ring, "system.load").first_s == T0 + 1
    assert ring.now_s() == T0 + 2


def test_counters_become_rates_and_what_flows_out_is_negative(ring):
    feed = Feed(ring)
    feed(1, disk("vda", 0, 0))
    feed(2, disk("vda", 2048, 1024))
    feed(4, disk("vda", 2048 + 4096, 1024))

    assert values(ring, "disk.vda") == [(2, [2.0, -1.0]), (4, [2.0, 0.0])]


def test_a_counter_that_went_back_gives_no_value(ring):
    feed = Feed(ring)
    for second, count in enumerate((1000, 2024, 0, 1024)):
        feed(second, disk("vda", count, count))
    found = values(ring, "disk.vda")

    assert [time for time, _ in found] == [1, 3]


def test_one_chart_adds_up_all_instances_and_each_has_its_own(ring):
    feed = Feed(ring)
    feed(1, disk("vda", 0, 0), disk("vdb", 0, 0))
    feed(2, disk("vda", 1024, 0), disk("vdb", 2048, 1024))

    assert values(ring, "system.io") == [(2, [3.0, -1.0])]
    assert values(ring, "disk.vdb") == [(2, [2.0, -1.0])]


def test_a_field_that_this_machine_lacks_is_never_a_value(ring):
    Feed(ring)(1, ("disk", {"path": "/"}, {"total": 4, "free": 1, "used": 2}))
    row = chart(ring, "disk_space._").latest()

    assert not any(isnan(value) for value in row)
    assert "disk_inodes._" not in [each.id for each in ring.charts.values()]


def test_old_rows_are_overwritten_and_the_ring_does_not_grow(ring):
    feed = Feed(ring)
    before = None
    for second in range(500):
        feed(second, load(float(second)))
        before = before or ring.memory_bytes
    times = [time for time, _ in values(ring, "system.load")]

    assert times == list(range(500 - 62, 500))
    assert ring.memory_bytes == before


def test_a_second_that_was_missed_is_a_gap(ring):
    feed = Feed(ring)
    for second in (1, 2, 5):
        feed(second, load(1.0))

    assert [time for time, _ in values(ring, "system.load")] == [1, 2, 5]


def test_the_number_of_charts_has_a_bound_and_what_went_makes_room(ring, monkeypatch):
    monkeypatch.setattr(rings, "MAX_CHARTS", 3)
    cores = [("cpu", {"cpu": f"cpu{n}"}, cpu(1.0)[2]) for n in range(4)]
    Feed(ring)(1, cpu(1.0))
    feed = Feed(ring)
    feed(2, *cores)
    assert (len(ring.charts), ring.refused) == (3, 2)
    for second in range(3, 200):
        feed(second, *cores)

    assert sorted(chart.id for chart in ring.charts.values()) == [
        "cpu.cpu0",
        "cpu.cpu1",
        "cpu.cpu2",
    ]


def test_a_collector_of_a_longer_interval_has_fewer_rows():
    ring = Ring(60, {"netstat": 30})
    feed = Feed(ring)
    feed(0, ("netstat", {}, {"tcp_established": 5}))

    assert chart(ring, "ipv4.tcpsock").every_s == 30
    assert ring.memory_bytes == 8 * 4 * 2


def test_memory_is_shared_out_as_netdata_does_it(ring):
    mib = 1 << 20
    amounts = {"total": 100, "free": 40, "cached": 30, "buffered": 5, "shared": 10}
    Feed(ring)(1, ("mem", {}, {name: value * mib for name, value in amounts.items()}))

    # cached with slabs and without what is shared: that is in use
    assert values(ring, "system.ram") == [(1, [40.0, 35.0, 20.0, 5.0])]
