"""The numbers of the table of nodes."""

import msgspec
import pytest

from muster.clock import SECOND_NS, ManualClock
from muster.core.live.summaries import UNKNOWN_AFTER_S, Numbers, Summaries, is_physical
from muster.model.ids import NodeId, SpaceId
from muster.model.metric import Kind, Layout
from muster.testing.cohorts import MemoryCatalogue, block_of, series_of

S = SECOND_NS
N1 = NodeId("n1")
LAYOUT = Layout(
    (
        series_of("cpu", "usage_idle", cpu="cpu-total"),
        series_of("cpu", "usage_idle", cpu="cpu0"),
        series_of("mem", "used_percent"),
        series_of("disk", "used_percent", path="/"),
        series_of("disk", "used_percent", path="/var"),
        series_of("net", "bytes_recv", Kind.INTEGER, interface="eth0"),
        series_of("net", "bytes_recv", Kind.INTEGER, interface="eth1"),
        series_of("net", "bytes_recv", Kind.INTEGER, interface="lo"),
        series_of("net", "bytes_sent", Kind.INTEGER, interface="eth0"),
        series_of("net", "bytes_sent", Kind.INTEGER, interface="veth1a2"),
    )
)
ROW = [75.0, 10.0, 40.0, 20.0, 60.0, 100, 1_000, 5, 7, 9]


class Hub:
    def __init__(self):
        self.clock = ManualClock()
        self.catalogue = MemoryCatalogue()
        self.summaries = Summaries(clock=self.clock)

    def take(self, rows, layout=LAYOUT):
        self.summaries.take(self.catalogue.cohort(N1, layout), block_of(layout, rows))

    @property
    def numbers(self):
        return self.summaries.numbers(N1)


def test_a_row_gives_cpu_memory_and_the_fullest_disk():
    hub = Hub()

    hub.take({S: ROW})

    assert hub.numbers == Numbers(cpu=25.0, memory=40.0, disk=60.0, disk_path="/var")


def test_two_rows_give_rates_of_physical_interfaces():
    hub = Hub()
    hub.take({S: ROW})

    hub.take({3 * S: [*ROW[:5], 300, 1_400, 99, 17, 99]})

    assert (hub.numbers.rx, hub.numbers.tx) == (300.0, 5.0)


def test_a_counter_that_fell_began_again_at_zero():
    hub = Hub()
    hub.take({S: ROW, 2 * S: [*ROW[:5], 30, 1_000, 5, 7, 9]})

    assert hub.numbers.rx == 30.0


def test_an_interface_that_appears_has_no_rate_yet():
    hub = Hub()
    hub.take({S: [*ROW[:6], None, *ROW[7:]], 2 * S: ROW})

    assert hub.numbers.rx == 0.0


def test_a_disk_that_is_gone_is_not_the_fullest():
    hub = Hub()
    hub.take({S: ROW, 2 * S: [*ROW[:4], None, *ROW[5:]]})

    assert (hub.numbers.disk, hub.numbers.disk_path) == (20.0, "/")


def test_older_rows_that_come_late_change_nothing():
    hub = Hub()
    hub.take({5 * S: ROW})

    hub.take({4 * S: [0.0, *ROW[1:]]})

    assert hub.numbers.cpu == 25.0


def test_layouts_of_other_intervals_add_to_the_same_node():
    hub = Hub()
    hub.take({S: ROW})

    hub.take({S: [90.0]}, Layout((series_of("disk", "used_percent", path="/mnt"),)))

    assert (hub.numbers.cpu, hub.numbers.disk_path) == (25.0, "/mnt")


def test_numbers_that_nothing_renews_are_unknown_after_a_while():
    hub = Hub()
    hub.take({S: ROW})

    hub.clock.advance(UNKNOWN_AFTER_S + 1)

    assert hub.numbers == Numbers()


def test_a_layout_without_such_series_costs_nothing():
    hub = Hub()
    hub.take({S: [1.0]}, Layout((series_of("system", "load1"),)))

    assert hub.numbers == Numbers()


def test_nan_is_unknown():
    hub = Hub()
    hub.take({S: [float("nan"), *ROW[1:]]})

    assert hub.numbers.cpu is None


def test_a_forgotten_node_has_no_numbers():
    hub = Hub()
    hub.take({S: ROW})

    hub.summaries.forget(N1)

    assert hub.numbers == Numbers()


@pytest.mark.parametrize(
    ("interface", "expected"),
    [
        ("eth0", True),
        ("lo", False),
        ("docker0", False),
        ("br-12ab", False),
        ("br0", True),
        ("veth9", False),
        ("", False),
    ],
)
def test_loopback_and_containers_interfaces_do_not_count(interface, expected):
    assert is_physical(interface) is expected


def test_what_is_written_into_databases_is_of_no_node():
    summaries, catalogue = Summaries(clock=ManualClock()), MemoryCatalogue()
    layout = Layout((series_of("cpu", "usage_idle", node="s", cpu="cpu-total"),))
    cohort = msgspec.structs.replace(catalogue.cohort("s", layout), of_stock=True)
    summaries.take(cohort, block_of(layout, {1: (40.0,)}))

    assert list(summaries.all()) == []


def test_numbers_that_were_asked_for_are_shown_and_forgotten_as_others():
    hub = Hub()
    asked = Numbers(cpu=12.5, memory=25.0, disk=90.0, disk_path="/var", rx=1_000.0, tx=2_000.0)
    hub.summaries.put(N1, SpaceId("s1"), asked)
    hub.summaries.put(N1, SpaceId("s1"), Numbers())
    assert hub.numbers == asked
    assert [each[:2] for each in hub.summaries.all()] == [(N1, "s1")]
    hub.clock.advance(UNKNOWN_AFTER_S + 1)

    assert hub.numbers == Numbers()
