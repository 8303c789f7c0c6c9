import pytest

from muster.collectors.api import Sample
from muster.collectors.mem import PATH, collect
from muster.errors import InputError


def fields(text):
    (point,) = collect(Sample(time_ns=5, texts={PATH: text.encode()}), None)
    return point.fields


def test_amounts_are_bytes_and_huge_pages_are_counts():
    found = fields("MemTotal: 100 kB\nMemFree: 40 kB\nHugePages_Total: 7\nHugepagesize: 2 kB\n")

    assert (found["total"], found["free"]) == (102_400, 40_960)
    assert (found["huge_pages_total"], found["huge_page_size"]) == (7, 2048)


def test_used_is_what_is_not_available():
    found = fields("MemTotal: 100 kB\nMemFree: 10 kB\nMemAvailable: 75 kB\n")

    assert found["used"] == 25 * 1024
    assert (found["used_percent"], found["available_percent"]) == (25.0, 75.0)


def test_without_memavailable_it_is_free_and_buffers_and_cache():
    found = fields(
        "MemTotal: 100 kB\nMemFree: 10 kB\nBuffers: 5 kB\nCached: 20 kB\nSReclaimable: 15 kB\n"
    )

    assert found["cached"] == 35 * 1024
    assert found["available"] == 50 * 1024


def test_a_container_with_more_available_than_total_uses_nothing():
    found = fields("MemTotal: 100 kB\nMemFree: 10 kB\nMemAvailable: 200 kB\n")

    assert (found["used"], found["used_percent"]) == (0, 0.0)


def test_lines_of_a_later_kernel_are_ignored():
    assert "x" not in fields("MemTotal: 1 kB\nMemFree: 1 kB\nWonder: of 9 kinds\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "MemTotal: 0 kB\nMemFree: 0 kB\n",
        "MemFree: 1 kB\n",
        "MemTotal: much kB\nMemFree: 1 kB\n",
        "MemTotal: 1 kB\nMemFree: 1 kB\nMemAvailable: " + "9" * 4000 + " kB\n",
    ],
)
def test_another_shape_is_an_input_error(text):
    with pytest.raises(InputError, match="/proc/meminfo"):
        fields(text)
