import pytest

from muster.collectors.api import Sample
from muster.collectors.kernel import ENTROPY, STAT, VMSTAT, collect, first_number
from muster.errors import InputError

TEXT = b"cpu 1\nintr 123 4 5 6\nctxt 7\nbtime 1700000000\nprocesses 8\n"


def fields(**texts):
    (point,) = collect(Sample(time_ns=5, texts={STAT: TEXT, **texts}), None)
    return point.fields


def test_counters_of_the_kernel_are_read():
    assert fields() == {
        "boot_time": 1_700_000_000,
        "context_switches": 7,
        "interrupts": 123,
        "processes_forked": 8,
    }


def test_pages_and_entropy_are_added_where_they_are():
    found = fields(**{VMSTAT: b"a 1\npgpgin 5\npgpgout 6\n", ENTROPY: b"256\n"})

    assert (found["disk_pages_in"], found["disk_pages_out"]) == (5, 6)
    assert found["entropy_avail"] == 256


def test_only_the_first_number_of_a_long_line_is_read():
    text = b"\nintr 42" + b" 0" * 100_000 + b"\n"

    assert first_number(text, b"intr") == 42


@pytest.mark.parametrize("text", [b"", b"cpu 1\nintr\n", b"cpu 1\nintr x\n"])
def test_another_shape_is_an_input_error(text):
    with pytest.raises(InputError, match="/proc/stat"):
        fields(**{STAT: text})


def test_entropy_that_is_no_number_is_an_input_error():
    with pytest.raises(InputError, match="entropy_avail"):
        fields(**{ENTROPY: b"plenty"})
