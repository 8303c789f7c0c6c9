import pytest

from muster.faces.netdata.alerts import LOG_ENTRIES, MAX_CHUNKS, Alerts
from muster.wire.netdata.alarmconfig import AlarmConfiguration
from muster.wire.netdata.messages import AlarmLogEntry, AlarmSnapshot, AlarmStatus


@pytest.fixture
def alerts():
    return Alerts(most=3)


def entry(name="load", when=1, status=AlarmStatus.WARNING, **parts):
    return AlarmLogEntry(
        chart="system.load", name=name, when=when, status=status, alert_version=when, **parts
    )


def chunk(*alarms, at=1, of=1, name="s"):
    return AlarmSnapshot(snapshot_uuid=name, chunk=at, chunks=of, alarms=alarms)


def names(alerts, node="n"):
    return [each.name for each in alerts.of(node)]


def test_an_alert_is_as_it_changed_last(alerts):
    alerts.take_entry("n", entry(when=1))
    alerts.take_entry("n", entry(when=5, status=AlarmStatus.CLEAR))

    assert [each.status for each in alerts.of("n")] == [AlarmStatus.CLEAR]
    assert [each.when for each in alerts.log("n")] == [5, 1]


def test_what_comes_late_goes_into_the_log_alone(alerts):
    alerts.take_entry("n", entry(when=5))
    alerts.take_entry("n", entry(when=2, status=AlarmStatus.CRITICAL))

    assert [each.when for each in alerts.of("n")] == [5]
    assert [each.when for each in alerts.log("n")] == [2, 5]


def test_a_removed_alert_is_there_no_more(alerts):
    alerts.take_entry("n", entry(when=1))
    alerts.take_entry("n", entry(when=2, status=AlarmStatus.REMOVED))

    assert alerts.of("n") == []


def test_the_version_is_the_sum_of_when_each_changed_last(alerts):
    alerts.take_entry("n", entry("a", 10))
    alerts.take_entry("n", entry("a", 20))
    alerts.take_entry("n", entry("b", 3))

    assert alerts.version("n") == 23


def test_an_alert_without_a_name_is_passed_over(alerts):
    alerts.take_entry("n", entry(""))
    alerts.take_snapshot("n", chunk(entry("")))

    assert alerts.log("n") == alerts.of("n") == []


def test_the_log_keeps_the_latest(alerts):
    for when in range(LOG_ENTRIES + 5):
        alerts.take_entry("n", entry(when=when))

    assert len(alerts.log("n")) == LOG_ENTRIES
    assert alerts.log("n")[0].when == LOG_ENTRIES + 4


def test_a_snapshot_is_in_force_with_its_last_chunk(alerts):
    alerts.take_entry("n", entry("old"))
    alerts.take_snapshot("n", chunk(entry("a"), at=1, of=2))
    before = names(alerts)
    alerts.take_snapshot("n", chunk(entry("b"), at=2, of=2))

    assert before == ["old"]
    assert names(alerts) == ["a", "b"]


@pytest.mark.parametrize(
    "second",
    [
        chunk(entry("c"), at=3, of=3),
        chunk(entry("c"), at=2, of=3, name="another"),
        chunk(entry("c"), at=0, of=MAX_CHUNKS + 1),
    ],
)
def test_chunks_out_of_order_are_dropped_with_their_snapshot(alerts, second):
    alerts.take_snapshot("n", chunk(entry("a"), at=1, of=3))
    alerts.take_snapshot("n", second)
    alerts.take_snapshot("n", chunk(entry("b"), at=2, of=3))
    alerts.take_snapshot("n", chunk(entry("b"), at=3, of=3))

    assert names(alerts) == []


def test_an_empty_snapshot_says_that_there_are_none(alerts):
    alerts.take_entry("n", entry("old"))
    alerts.take_snapshot("n", chunk())

    assert names(alerts) == []


def test_removed_alerts_of_a_snapshot_are_left_out(alerts):
    alerts.take_snapshot("n", chunk(entry("a", status=AlarmStatus.REMOVED), entry("b")))

    assert names(alerts) == ["b"]


def test_of_too_many_the_first_are_kept_and_it_is_said(alerts):
    alerts.take_snapshot("n", chunk(*[entry(f"a{at}") for at in range(5)]))
    cut = alerts.is_cut("n")
    alerts.take_snapshot("n", chunk(entry("a")))
    fine = alerts.is_cut("n")
    for at in range(5):
        alerts.take_entry("n", entry(f"b{at}"))

    assert (cut, fine, alerts.is_cut("n"), len(alerts.of("n"))) == (True, False, True, 3)


def test_snapshots_under_way_are_so_many_and_no_more(alerts):
    for at in range(400):
        alerts.take_snapshot(f"n{at}", chunk(entry("a"), at=1, of=2))
    alerts.take_snapshot("n0", chunk(entry("b"), at=2, of=2))
    alerts.take_snapshot("n399", chunk(entry("b"), at=2, of=2))

    assert (names(alerts, "n0"), names(alerts, "n399")) == ([], ["a", "b"])


def test_texts_are_cut_and_paths_of_the_machine_left_out(alerts):
    alerts.take_entry("n", entry(rendered_info="i" * 9_000, exec_path="/usr/x", command="rm"))

    known = alerts.of("n")[0]
    assert (len(known.rendered_info), known.exec_path, known.command) == (500, "", "")


def test_configurations_are_of_one_space(alerts):
    alerts.keep_configuration("s", "h", AlarmConfiguration(alarm="load"))

    assert alerts.configuration("s", "h").alarm == "load"
    assert alerts.configuration("t", "h") is None


def test_of_configurations_the_oldest_go_first(alerts):
    for at in range(5_001):
        alerts.keep_configuration("s", str(at), AlarmConfiguration())

    assert alerts.configuration("s", "0") is None
    assert alerts.configuration("s", "5000") is not None


def test_a_node_that_is_gone_is_forgotten(alerts):
    alerts.take_snapshot("n", chunk(*[entry(f"a{at}") for at in range(5)]))
    alerts.forget("n")

    assert (alerts.of("n"), alerts.log("n"), alerts.is_cut("n")) == ([], [], False)
