from muster.hub.netdata import NetdataSettings


def test_there_is_no_listener_for_netdata_agents_alone_unless_asked_for():
    assert NetdataSettings().port == 0


def test_a_silent_agent_has_one_and_a_half_keep_alives():
    assert NetdataSettings().link.silence.total_seconds() == 90
