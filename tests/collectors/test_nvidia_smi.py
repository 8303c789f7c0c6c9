import pytest

from muster.collectors.api import Sample
from muster.collectors.nvidia_smi import MAX_GPUS, collect
from muster.errors import InputError


def points(text):
    return list(collect(Sample(time_ns=5, texts={"nvidia_smi": text}), None))


def log(inner):
    return b"<?xml version='1.0'?><nvidia_smi_log>" + inner + b"</nvidia_smi_log>"


def test_each_gpu_is_a_point_without_what_it_does_not_have():
    found = points(
        log(
            b"<driver_version>1</driver_version><gpu><fan_speed>N/A</fan_speed><utilization>"
            b"<gpu_util>5 %</gpu_util></utilization></gpu><gpu><uuid>u</uuid></gpu>"
        )
    )

    assert [(each.tags, each.fields) for each in found] == [
        ({"index": "0"}, {"utilization_gpu": 5, "driver_version": "1"}),
        ({"index": "1", "uuid": "u"}, {"driver_version": "1"}),
    ]


@pytest.mark.parametrize("place", ["power_readings/power_draw", "gpu_power_readings/power_draw"])
def test_power_is_where_a_version_has_it(place):
    part, name = place.split("/")
    text = f"<gpu><{part}><{name}>12.5 W</{name}></{part}></gpu>".encode()

    assert points(log(text))[0].fields["power_draw"] == 12.5


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"No devices were found",
        log(b"<gpu>"),
        log(b"<gpu><fan_speed>fast</fan_speed></gpu>"),
        log(b"<gpu/>" * (MAX_GPUS + 1)),
        log(b"<a>" * 100 + b"</a>" * 100),
        log(b"<a/>" * 200_000),
    ],
)
def test_what_has_another_form_is_an_input_error(text):
    with pytest.raises(InputError):
        points(text)


@pytest.mark.parametrize(
    "definition",
    [
        b'<!ENTITY a "aaaaaaaaaa">',
        b'<!ENTITY a SYSTEM "file:///etc/passwd">',
        b'<!ENTITY % a SYSTEM "http://example.org/x">',
    ],
)
def test_a_document_defines_nothing_for_itself(definition):
    text = b"<!DOCTYPE x [" + definition + b"]><x><gpu><uuid>y</uuid></gpu></x>"
    with pytest.raises(InputError, match="entities"):
        points(text)


def test_a_machine_without_the_program_has_none():
    assert list(collect(Sample(time_ns=5), None)) == []
