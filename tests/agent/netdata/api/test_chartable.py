"""The table of charts: names of theirs, fields of ours, no name twice."""

from collections import Counter

import pytest

from muster.agent.netdata.api.chartable import RULES, instance_id
from muster.collectors import COLLECTORS


def test_no_two_rules_make_a_chart_of_the_same_name():
    names = Counter(rule.chart for rule in RULES)

    assert [name for name, count in names.items() if count > 1] == []


def test_the_charts_that_tools_look_for_are_there():
    wanted = "system.cpu system.load system.ram system.io system.net system.uptime disk.{} net.{}"

    assert set(wanted.split()) <= {rule.chart for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.chart)
def test_every_field_is_one_that_a_collector_of_ours_tells_of(rule):
    told = {
        field.name
        for collector in COLLECTORS
        for measurement in collector.measurements
        if measurement.name == rule.measurement
        for field in measurement.fields
    }
    used = {field for dim in rule.dims for field, _ in dim.terms}

    assert used <= told, f"{rule.chart}: {used - told}"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.chart)
def test_a_rule_is_drawn_as_netdata_draws(rule):
    assert rule.kind in ("line", "area", "stacked")
    assert ("{}" in rule.chart) is bool(rule.tag and not rule.adds_up)
    assert len({dim.id for dim in rule.dims}) == len(rule.dims)


@pytest.mark.parametrize(
    ("value", "id"), [("/", "_"), ("/dev/shm", "_dev_shm"), ("eth0.1", "eth0.1"), ("a b", "a_b")]
)
def test_an_instance_is_named_as_netdata_names_it(value, id):
    assert instance_id(value) == id
