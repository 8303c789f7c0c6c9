import pytest

from muster.collectors.api import Sample
from muster.collectors.systemd_units import MAX_UNITS, OUTPUT, SUB, collect
from muster.errors import InputError


def points(text):
    texts = {} if text is None else {OUTPUT: text.encode()}
    return list(collect(Sample(time_ns=5, texts=texts), None))


def test_states_become_codes():
    (point,) = points("cron.service loaded active running Regular background processing\n")

    assert point.tags == {
        "name": "cron.service",
        "load": "loaded",
        "active": "active",
        "sub": "running",
    }
    assert point.fields == {"load_code": 0, "active_code": 0, "sub_code": 0}


def test_a_mark_before_a_unit_in_trouble_is_skipped():
    (point,) = points("● kdump.service loaded failed failed Crash recovery\n")

    assert point.tags["name"] == "kdump.service"
    assert point.fields == {"load_code": 0, "active_code": 3, "sub_code": 12}


def test_a_state_of_a_later_systemd_has_no_code():
    (point,) = points("x.service loaded maintenance pondering\n")

    assert point.fields == {"load_code": 0}


def test_failed_units_come_first_when_there_are_too_many():
    lines = [f"u{n}.service loaded active running\n" for n in range(MAX_UNITS + 9)]
    found = points("".join(lines) + "bad.service loaded failed failed\n")

    assert len(found) == MAX_UNITS
    assert found[0].tags["name"] == "bad.service"


def test_where_systemd_does_not_run_there_is_nothing():
    assert points(None) == []
    assert points("") == []


def test_codes_of_sub_states_are_each_given_once():
    assert len(set(SUB.values())) == len(SUB)


@pytest.mark.parametrize("text", ["cron.service loaded active\n", "cron.service\n", "x\n"])
def test_another_shape_is_an_input_error(text):
    with pytest.raises(InputError, match="systemctl"):
        points(text)
