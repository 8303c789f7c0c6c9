import pytest

from muster.testing.netdata import describe
from muster.testing.netdata.machine import make_machine
from muster.testing.netdata.quirks import V2_10

NOW = 1_800_000_000


@pytest.fixture
def machine():
    return make_machine("guid", "web", now_s=NOW, children=[("guid-1", "one")])


def test_info_says_who_it_is_and_whether_it_is_claimed_and_online(machine):
    said = describe.info(machine, machine.own, V2_10, True, False)

    assert (said["uid"], said["version"]) == ("guid", "v2.10.4")
    assert (said["agent-claimed"], said["aclk-available"]) == (True, False)
    assert [each["hops"] for each in said["mirrored_hosts_status"]] == [0, 1]


def test_charts_and_contexts_cover_the_same(machine):
    charts = describe.charts(machine.own, NOW)
    contexts = describe.contexts(machine.own, NOW)["contexts"]

    assert charts["charts_count"] == len(charts["charts"])
    assert {each["context"] for each in charts["charts"].values()} == set(contexts)
    assert contexts["system.cpu"]["last_time_t"] == NOW


def test_only_raised_alerts_are_shown_unless_all_are_asked_for(machine):
    own = machine.own

    assert describe.alarms(own, NOW, every=False)["alarms"] == {}
    own.alerts[0].turn("WARNING", 90.0, NOW)
    (shown,) = describe.alarms(own, NOW, every=False)["alarms"].values()
    assert (shown["status"], shown["last_status_change"]) == ("WARNING", NOW)
    assert describe.alarm_log(own)[0]["old_status"] == "CLEAR"


def test_all_metrics_are_the_same_values_in_each_form(machine):
    value = machine.own.chart("system.load").value("load1", NOW)

    found = describe.metrics_json(machine.own, NOW)["system.load"]["dimensions"]["load1"]
    assert found["value"] == value
    line = f'family="load"}} {value:.7f} {NOW}000'
    assert line in describe.metrics_prometheus(machine.own, NOW)
    shell = describe.metrics_shell(machine.own, NOW)
    assert f'NETDATA_SYSTEM_LOAD_LOAD1="{round(value)}"' in shell


def test_a_function_is_a_table_of_its_columns():
    said = describe.processes(NOW)

    assert all(len(row) == len(said["columns"]) for row in said["data"])
