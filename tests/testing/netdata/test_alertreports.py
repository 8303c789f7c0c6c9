import msgspec
import pytest

from muster.testing.netdata import alertreports
from muster.testing.netdata.alertreports import AlertReports, configuration
from muster.testing.netdata.machine import make_machine
from muster.wire.netdata.messages import AlarmStatus
from muster.wire.netdata.protobuf import decode, encode

NOW = 1_800_000_000


@pytest.fixture
def host():
    own = make_machine("guid", "web", now_s=NOW).own
    own.node_id = "node"
    own.alerts[0].turn("WARNING", 80.5, NOW)
    return own


def test_a_transition_tells_both_sides_of_it(host):
    entry = AlertReports("claim", old=False).entry(host, host.alerts[0])

    assert (entry.old_status, entry.status) == (AlarmStatus.CLEAR, AlarmStatus.WARNING)
    assert (entry.value, entry.value_string) == (80.5, "80.5%")
    assert (entry.alert_version, entry.when) == (NOW, NOW)
    assert decode(type(entry), encode(entry)) == entry


def test_each_transition_has_an_id_of_its_own(host):
    reports, alert = AlertReports("claim", old=False), host.alerts[0]
    first = reports.entry(host, alert)
    alert.turn("CLEAR", 1.0, NOW + 1)

    assert first.transition_id == reports.entry(host, msgspec.structs.replace(
        alert, event=first.event_id)).transition_id  # fmt: skip
    assert first.transition_id != reports.entry(host, alert).transition_id


def test_the_old_dialect_counts_by_batch_and_sequence(host):
    old = AlertReports("claim", old=True)
    entry = old.entry(host, host.alerts[0], batch=7)

    assert (entry.batch_id, entry.sequence_id, entry.family) == (7, 2, "cpu")
    assert (entry.alert_version, entry.summary) == (0, "")
    assert (old.log_topic, old.snapshot_topic) == ("alarm-log", "alarm-snapshot")


@pytest.mark.parametrize(("count", "sizes"), [(0, [0]), (3, [2, 1]), (4, [2, 2])])
def test_a_snapshot_comes_in_chunks_counted_from_one(host, monkeypatch, count, sizes):
    monkeypatch.setattr(alertreports, "CHUNK", 2)
    host.alerts = [
        msgspec.structs.replace(host.alerts[0], name=f"alert-{each}") for each in range(count)
    ]
    snapshots = AlertReports("claim", old=False).snapshots(host, "uuid")

    assert [len(each.alarms) for each in snapshots] == sizes
    assert [(each.chunk, each.chunks) for each in snapshots] == [
        (number, len(sizes)) for number in range(1, len(sizes) + 1)
    ]
    assert {each.snapshot_uuid for each in snapshots} == {"uuid"}


def test_a_configuration_goes_by_the_hash_of_its_alert(host):
    alert = host.alerts[0]

    assert configuration(alert).config_hash == alert.config_hash
    assert configuration(alert).config.alarm == alert.name
