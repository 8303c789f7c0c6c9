import pytest

from muster.collectors.api import Sample
from muster.collectors.diskio import PATH, collect
from muster.errors import InputError


def sample(text, clock_s=0.0):
    return Sample(time_ns=5, clock_s=clock_s, texts={PATH: text.encode()})


def points(now, before=None, seconds=1.0):
    previous = sample(before) if before is not None else None
    return {p.tags["name"]: p.fields for p in collect(sample(now, seconds), previous)}


def test_counters_are_raw_and_sectors_have_512_bytes():
    found = points("8 0 sda 1 2 3 4 5 6 7 8 9 10 11\n")["sda"]

    assert found == {
        "reads": 1,
        "merged_reads": 2,
        "read_bytes": 1536,
        "read_time": 4,
        "writes": 5,
        "merged_writes": 6,
        "write_bytes": 3584,
        "write_time": 8,
        "iops_in_progress": 9,
        "io_time": 10,
        "weighted_io_time": 11,
    }


def test_shares_are_of_the_interval_between_two_samples():
    found = points(
        "8 0 sda 12 0 0 40 8 0 0 60 0 1000 0\n", "8 0 sda 2 0 0 10 3 0 0 15 0 500 0\n", 2.0
    )["sda"]

    assert found["io_util"] == 25.0
    assert found["io_await"] == 5.0
    assert found["io_svctm"] == 500 / 15


def test_an_idle_disk_has_no_waits():
    line = "8 0 sda 2 0 0 10 3 0 0 15 0 500 0\n"
    found = points(line, line)["sda"]

    assert found["io_util"] == 0.0
    assert "io_await" not in found


def test_counters_that_were_reset_give_no_shares():
    found = points("8 0 sda 1 0 0 1 1 0 0 1 0 1 0\n", "8 0 sda 9 0 0 9 9 0 0 9 0 9 0\n")["sda"]

    assert not {"io_util", "io_await", "io_svctm"} & set(found)


def test_a_long_request_booked_at_its_end_is_no_more_than_everything():
    found = points("8 0 sda 2 0 0 1 1 0 0 1 0 9000 0\n", "8 0 sda 1 0 0 1 1 0 0 1 0 0 0\n")["sda"]

    assert found["io_util"] == 100.0


def test_devices_that_never_worked_are_left_out():
    assert points("7 0 loop0 0 0 0 0 0 0 0 0 0 0 0\n") == {}


def test_later_columns_are_ignored_and_old_partitions_left_out():
    found = points("8 0 sda 1 0 0 0 0 0 0 0 0 0 0 5 5 5 5 6 6\n8 1 sda1 5 6 7 8\n")

    assert list(found) == ["sda"]


@pytest.mark.parametrize("text", ["8 0\n", "8 0 sda 1 2 3\n", "8 0 sda a b c d e f g h i j k\n"])
def test_another_shape_is_an_input_error(text):
    with pytest.raises(InputError, match="/proc/diskstats"):
        points(text)
