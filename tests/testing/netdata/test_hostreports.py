import msgspec
import pytest

from muster.clock import SECOND_NS
from muster.testing.netdata.hostreports import HostReports, contexts_of, hash_of
from muster.testing.netdata.machine import make_machine
from muster.testing.netdata.quirks import V2_10
from muster.wire.netdata.messages import UpdateSource
from muster.wire.netdata.protobuf import decode, encode

NOW = 1_800_000_000
REPORTS = HostReports(V2_10, "claim", NOW * 1_000_000)


@pytest.fixture
def machine():
    made = make_machine("guid", "web", now_s=NOW, children=[("guid-1", "one")])
    made.own.node_id, made.hosts[1].node_id = "node-0", "node-1"
    return made


def test_a_hello_tells_capabilities_and_a_will_does_not():
    hello = REPORTS.connection(True, NOW * SECOND_NS)
    will = REPORTS.connection(False, NOW * SECOND_NS, UpdateSource.LWT)

    assert hello.session_id == will.session_id == NOW * 1_000_000
    assert {each.name for each in hello.capabilities} >= {"proto", "ctx"}
    assert (will.reachable, will.update_source) == (False, UpdateSource.LWT)


def test_a_child_is_said_to_be_one(machine):
    own, child = machine.hosts

    assert [REPORTS.create(each).hops for each in (own, child)] == [0, 1]
    assert [REPORTS.info(each, 0).child for each in (own, child)] == [False, True]


def test_every_message_survives_the_wire(machine):
    own = machine.own
    for message in (
        REPORTS.connection(True, 1),
        REPORTS.create(own),
        REPORTS.state(own, True, 1),
        REPORTS.info(own, 1),
        REPORTS.collectors(own),
        REPORTS.snapshot(own),
        REPORTS.contexts(own, ["system.cpu", "gone"], 1),
    ):
        assert decode(type(message), encode(message)) == message


def test_the_version_of_a_snapshot_is_the_sum_over_its_contexts(machine):
    snapshot = REPORTS.snapshot(machine.own)
    total = sum(each.version + each.last_entry - each.first_entry for each in snapshot.contexts)

    assert snapshot.version == hash_of(machine.own) == total
    assert len(snapshot.contexts) == len(contexts_of(machine.own)) == len(machine.own.contexts())


def test_a_context_that_is_gone_is_deleted_in_an_update(machine):
    own = machine.own
    before = hash_of(own)
    own.charts = [chart for chart in own.charts if chart.context != "system.load"]
    update = REPORTS.contexts(own, ["system.load"], NOW * SECOND_NS)

    (gone,) = update.context_updates
    assert (gone.id, gone.deleted) == ("system.load", True)
    assert update.version_hash == hash_of(own) != before
    assert msgspec.structs.asdict(update)["created_at"] == NOW
