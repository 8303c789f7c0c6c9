import pytest

from muster.collectors.api import Sample
from muster.collectors.pressure import PATHS, collect
from muster.errors import InputError

LINE = b"avg10=1.50 avg60=0.25 avg300=0.00 total=123\n"


def points(**texts):
    sample = Sample(time_ns=5, texts={PATHS[name]: text for name, text in texts.items()})
    return [(p.tags["resource"], p.tags["type"], p.fields) for p in collect(sample, None)]


def test_averages_and_total_are_two_points():
    assert points(memory=b"some " + LINE) == [
        ("memory", "some", {"avg10": 1.5, "avg60": 0.25, "avg300": 0.0}),
        ("memory", "some", {"total": 123}),
    ]


def test_full_of_the_processor_is_left_out():
    found = points(cpu=b"some " + LINE + b"full " + LINE, io=b"some " + LINE + b"full " + LINE)

    assert {(resource, kind) for resource, kind, _ in found} == {
        ("cpu", "some"),
        ("io", "some"),
        ("io", "full"),
    }


def test_a_kernel_without_pressure_gives_nothing():
    assert points() == []


@pytest.mark.parametrize(
    "text",
    [
        b"half " + LINE,
        b"some avg10=1.0\n",
        b"some avg10 avg60\n",
        b"\n",
        b"some " + LINE.replace(b"1.50", b"inf"),
    ],
)
def test_another_shape_is_an_input_error(text):
    with pytest.raises(InputError, match="/proc/pressure/io"):
        points(io=text)
