import pytest

from muster.collectors.api import Sample
from muster.collectors.cpu import PATH, collect
from muster.errors import InputError


def sample(*lines):
    text = "\n".join([*lines, "intr 0", "ctxt 1", ""]).encode()
    return Sample(time_ns=5, texts={PATH: text})


def usage(before, now):
    return {p.tags["cpu"]: p.fields for p in collect(sample(*now), sample(*before))}


def test_the_first_sample_gives_no_usage():
    assert list(collect(sample("cpu 1 2 3 4"), None)) == []


def test_guest_time_is_taken_out_of_user_time():
    before = ["cpu 0 0 0 0 0 0 0 0 0 0"]
    found = usage(before, ["cpu 60 20 0 20 0 0 0 0 50 5"])["cpu-total"]

    assert (found["usage_user"], found["usage_guest"]) == (10.0, 50.0)
    assert (found["usage_nice"], found["usage_guest_nice"]) == (15.0, 5.0)
    assert found["usage_idle"] + found["usage_active"] == 100.0


def test_an_old_kernel_with_four_columns_has_zeros_for_the_rest():
    found = usage(["cpu 0 0 0 0"], ["cpu 1 1 1 1"])["cpu-total"]

    assert found["usage_system"] == 25.0
    assert found["usage_steal"] == 0.0


def test_counters_that_step_back_count_as_no_time():
    found = usage(["cpu 0 0 0 50 9"], ["cpu 10 0 0 140 8"])["cpu-total"]

    assert found["usage_iowait"] == 0.0
    assert found["usage_idle"] == 90.0


def test_a_core_that_came_online_or_stood_still_is_left_out():
    found = usage(["cpu 0 0 0 0", "cpu0 5 5 5 5"], ["cpu 1 1 1 1", "cpu0 5 5 5 5", "cpu1 1 0 0 0"])

    assert list(found) == ["cpu-total"]


def test_columns_of_a_later_kernel_are_ignored():
    zeros = "cpu " + "0 " * 12
    assert usage([zeros], ["cpu 1 0 0 1 0 0 0 0 0 0 99 99"])["cpu-total"]["usage_user"] == 50.0


@pytest.mark.parametrize("line", ["cpu 1 x 3", "intr 5", "", "cpu " + "9" * 5000])
def test_another_shape_is_an_input_error(line):
    with pytest.raises(InputError, match="/proc/stat"):
        list(collect(sample(line), sample("cpu 1 2 3 4")))


def test_numbers_beyond_all_measure_are_an_input_error():
    with pytest.raises(InputError, match="/proc/stat"):
        list(collect(sample("cpu " + "9" * 4000), sample("cpu 1")))
