import pytest

from muster.collectors.api import Sample
from muster.collectors.temp import INPUT, LABEL, NAME, ROOT, collect
from muster.errors import InputError

CLASS = "/sys/class/hwmon/"


def sensors(inputs, names=None, labels=None, **limits):
    groups = {
        INPUT: {f"{CLASS}{path}_input": text for path, text in inputs.items()},
        NAME: {f"{CLASS}{path}/name": text for path, text in (names or {}).items()},
        LABEL: {f"{CLASS}{path}_label": text for path, text in (labels or {}).items()},
    }
    for ending, values in limits.items():
        groups[f"{ROOT}temp*_{ending}"] = {
            f"{CLASS}{path}_{ending}": text for path, text in values.items()
        }
    found = collect(Sample(time_ns=5, groups=groups), None)
    return {p.tags["sensor"]: p.fields["temp"] for p in found}


def test_a_sensor_is_named_by_chip_and_label():
    found = sensors(
        {"hwmon1/temp1": b"42500\n"}, {"hwmon1": b"coretemp\n"}, {"hwmon1/temp1": b"Package id 0\n"}
    )

    assert found == {"coretemp_package_id_0_input": 42.5}


def test_without_a_label_its_place_names_it():
    assert sensors({"hwmon0/temp3": b"-5000"}, {"hwmon0": b"acpitz"}) == {
        "acpitz_temp3_input": -5.0
    }


def test_without_a_name_its_folder_does():
    assert sensors({"hwmon0/temp1": b"1000"}) == {"hwmon0_temp1_input": 1.0}


def test_limits_and_alarms_are_sensors_of_their_own():
    at = "hwmon0/temp1"
    found = sensors(
        {at: b"1000"},
        {"hwmon0": b"x"},
        crit={at: b"90000"},
        max={at: b"80000"},
        crit_alarm={at: b"1"},
    )

    assert found == {
        "x_temp1_input": 1.0,
        "x_temp1_crit": 90.0,
        "x_temp1_max": 80.0,
        "x_temp1_critalarm": 1.0,
    }


def test_chips_of_one_name_are_told_apart_by_number():
    inputs = {f"hwmon{n}/temp1": b"1000" for n in (10, 2, 3)}
    names = {f"hwmon{n}": b"nvme" for n in (10, 2, 3)}

    assert list(sensors(inputs, names)) == [
        "nvme_temp1_input",
        "nvme_1_temp1_input",
        "nvme_2_temp1_input",
    ]


def test_a_sensor_that_says_nothing_is_left_out():
    assert sensors({"hwmon0/temp1": b"\n"}) == {}


@pytest.mark.parametrize("text", [b"hot", b"1.5", b"9" * 400])
def test_another_shape_is_an_input_error(text):
    with pytest.raises(InputError, match="temp1_input"):
        sensors({"hwmon0/temp1": text})
