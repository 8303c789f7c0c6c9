from muster.testing.netdata.machine import CHARTS, make_machine

NOW = 1_800_000_000


def machine():
    return make_machine("guid", "web", now_s=NOW, children=[("guid-1", "one"), ("guid-2", "two")])


def test_values_can_be_computed_again_and_change_every_second():
    chart = CHARTS[0]

    assert chart.value("user", NOW) == chart.value("user", NOW)
    assert chart.value("user", NOW) != chart.value("user", NOW + 1)
    assert chart.value("user", NOW) != chart.value("system", NOW)
    assert all(0 <= chart.value("user", NOW + each) <= 100 for each in range(500))


def test_children_are_a_hop_away_and_are_found_by_all_their_names():
    made = machine()
    made.hosts[2].node_id = "node-2"

    assert [host.hops for host in made.hosts] == [0, 1, 1]
    assert made.own.labels["_is_parent"] == "true"
    assert made.by_guid("guid-1") is made.by_name("one") is made.hosts[1]
    assert made.by_node("node-2") is made.hosts[2]
    assert made.by_node("other") is None


def test_two_charts_of_one_context_are_one_context():
    own = machine().own

    assert len(own.of_context("disk.space")) == 2
    assert list(own.contexts()).count("disk.space") == 1
    assert len(own.contexts()) == len(own.charts) - 1


def test_an_alert_that_turns_is_newer_and_changes_the_version():
    own = machine().own
    before = own.alert_version()
    own.alerts[0].turn("CRITICAL", 99.0, NOW - 1000)

    assert (own.alerts[0].old_status, own.alerts[0].status) == ("CLEAR", "CRITICAL")
    assert own.alert_version() == before + 1
