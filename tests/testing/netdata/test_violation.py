import pytest

from muster.testing.netdata.violation import Violation, demand


def test_a_rule_that_is_kept_says_nothing():
    demand("1.2", "kept", "never said")


def test_a_violation_names_its_section():
    with pytest.raises(Violation, match=r"^section 1\.2: no status line$") as raised:
        demand("1.2", "", "no status line")

    assert raised.value.section == "1.2"
