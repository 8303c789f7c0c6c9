import pytest

from muster.collectors.api import Sample
from muster.collectors.swap import MEMORY, TRAFFIC, collect, counter
from muster.errors import InputError


def points(memory, traffic=None):
    texts = {MEMORY: memory.encode()}
    if traffic is not None:
        texts[TRAFFIC] = traffic.encode()
    return [point.fields for point in collect(Sample(time_ns=5, texts=texts), None)]


def test_sizes_and_traffic_are_two_points():
    sizes, traffic = points(
        "SwapTotal: 8 kB\nSwapFree: 6 kB\n", "nr_free_pages 1\npswpin 2\npswpout 3\n"
    )

    assert sizes == {"total": 8192, "used": 2048, "free": 6144, "used_percent": 25.0}
    assert traffic == {"in": 8192, "out": 12_288}


def test_a_machine_without_swap_uses_nothing_of_nothing():
    (sizes,) = points("SwapTotal: 0 kB\nSwapFree: 0 kB\n")

    assert sizes["used_percent"] == 0.0


def test_a_kernel_without_swap_counters_has_no_traffic():
    assert len(points("SwapTotal: 0 kB\nSwapFree: 0 kB\n", "nr_free_pages 1\n")) == 1


def test_a_counter_is_found_by_its_whole_name():
    text = b"nr_x 1\npswpin_ra 9\nxpswpin 8\npswpin 7\n"

    assert counter(text, b"pswpin") == 7
    assert counter(text, b"pswpout") is None


def test_another_shape_is_an_input_error():
    with pytest.raises(InputError, match="/proc/meminfo"):
        points("MemTotal: 1 kB\n")
    with pytest.raises(InputError, match="/proc/vmstat"):
        points("SwapTotal: 0 kB\nSwapFree: 0 kB\n", "a 1\npswpin many\n")
