import json

import pytest

from muster.collectors.smartpoints import points
from muster.errors import InputError


def disk(name="/dev/sda", **more):
    return {"device": {"name": name, "type": "sat"}, "smartctl": {"exit_status": 0}} | more


def attribute(**more):
    return {
        "id": 9,
        "name": "Power_On_Hours",
        "value": 99,
        "worst": 98,
        "thresh": 0,
        "when_failed": "",
        "flags": {"string": "-O--CK "},
        "raw": {"value": 7, "string": "7"},
    } | more


def found(*disks):
    texts = {f"{number:02}": json.dumps(each).encode() for number, each in enumerate(disks)}
    return list(points(texts, 5))


def raw_of(**raw):
    table = {"table": [attribute(raw=raw)]}
    return found(disk(ata_smart_attributes=table))[1].fields["raw_value"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("31 (Min/Max 20/45)", 31),
        ("30219 (7 163 0)", 30_219),
        ("12h+34m", 45_240),
        ("12h+34m+56.789s", 45_296),
        ("5m+7s", 307),
        ("0x1f/3", 5),
        ("", 5),
    ],
)
def test_a_raw_value_is_read_as_people_read_it(text, value):
    assert raw_of(value=5, string=text) == value


def test_a_disk_that_is_asleep_says_only_that():
    asleep = disk(
        smartctl={"exit_status": 2, "messages": [{"string": "Device is in STANDBY mode"}]}
    )
    (only,) = found(asleep)

    assert only.tags == {"device": "sda", "power": "STANDBY"}
    assert only.fields == {"exit_status": 2}


def test_disks_behind_one_controller_are_told_apart():
    both = found(
        disk("/dev/bus/0"),
        disk("/dev/bus/0") | {"device": {"name": "/dev/bus/0", "type": "cciss,1"}},
    )

    assert [each.tags["device_type"] for each in both] == ["sat", "cciss,1"]


def test_a_document_without_a_disk_is_passed_over():
    assert found({"json_format_version": [1, 0]}) == []


def test_numbers_too_large_for_a_field_are_cut():
    assert raw_of(value=1 << 70, string="") == (1 << 63) - 1


@pytest.mark.parametrize(
    "wrong",
    [
        disk(temperature={"current": "hot"}),
        disk(temperature=5),
        disk(ata_smart_attributes={"table": [5]}),
        disk(ata_smart_attributes={"table": [{"id": 1}]}),
        disk(wwn={"naa": 5}),
        disk(nvme_smart_health_information_log={"media_errors": True}),
        [1],
    ],
)
def test_what_has_another_form_is_an_input_error(wrong):
    with pytest.raises(InputError):
        found(wrong)


def test_bytes_that_are_no_json_are_an_input_error():
    for text in (b"", b"{", b"[" * 10_000):
        with pytest.raises(InputError):
            list(points({"00": text}, 5))
