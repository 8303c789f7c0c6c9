import pytest

from muster.collectors.api import Sample
from muster.collectors.sensors import collect
from muster.errors import InputError


def points(text):
    return list(collect(Sample(time_ns=5, texts={"sensors": text}), None))


def test_features_of_a_chip_are_points_and_numbers_go():
    found = points(
        b"chip-isa-0\nCPU Temp:\n  temp1_input: 1.5\n  temp1_max: 2\nfan 2:\n  fan2_input: 9\n"
    )

    assert [(each.tags["feature"], each.fields) for each in found] == [
        ("cpu_temp", {"temp_input": 1.5, "temp_max": 2.0}),
        ("fan_2", {"fan_input": 9.0}),
    ]


def test_a_chip_that_shows_nothing_is_left_out():
    assert points(b"chip-isa-0\n\nother-pci-1\ntemp1:\n") == []
    assert points(b"") == []
    assert list(collect(Sample(time_ns=5), None)) == []


@pytest.mark.parametrize("line", [b"  temp1_input: N/A", b"  temp1_input", b"  temp1_input: nan"])
def test_a_value_of_another_form_is_an_input_error(line):
    with pytest.raises(InputError):
        points(b"chip\ntemp1:\n" + line)
