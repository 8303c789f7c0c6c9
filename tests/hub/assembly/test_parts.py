import pytest

from muster.clock import ManualClock
from muster.core.changes import NodeChange
from muster.hub.assembly.foundation import Foundation
from muster.hub.assembly.parts import Parts
from muster.hub.places import Places
from muster.hub.settings import Settings
from muster.model.access import AuditEvent
from muster.model.ids import NodeId
from muster.model.inventory import Node
from muster.model.metric import Layout
from muster.store.records.nodes import add_node
from muster.testing.cohorts import series_of


@pytest.fixture
def parts(tmp_path):
    settings, places, clock = Settings(data=tmp_path), Places(tmp_path), ManualClock()
    foundation = Foundation(settings=settings, places=places, clock=clock)
    foundation.open()
    yield Parts(settings=settings, places=places, clock=clock, foundation=foundation)
    foundation.close()


def test_building_the_parts_touches_no_disk(tmp_path, parts):
    assert not (tmp_path / "series").exists()
    assert not (tmp_path / "journal").exists()
    assert not (tmp_path / "catalogue.sqlite").exists()


def test_the_pulse_is_that_of_these_parts(parts):
    parts.vitals.measure()
    pulse = parts.vitals.take()

    assert (pulse.links, pulse.series, pulse.state) == (0, 0, "read_only")
    assert pulse.disk_used_percent > 0


def test_a_token_names_this_hub(parts):
    assert parts.hub_name.id == parts.enrolment.authority.hub
    assert parts.addresses().enrol_port == parts.addresses().agents_port + 1


def test_a_removed_node_is_forgotten_by_all(parts):
    parts.plane.open()
    parts.changes.tell(NodeId("n"), NodeChange.REMOVED)

    assert parts.plane.catalogue.series_of(NodeId("n")) == 0


def test_series_of_a_node_that_the_inventory_lacks_are_dropped_at_a_start(parts):
    space = parts.inventory.ensure_space("home")
    known, gone = NodeId("known"), NodeId("gone")
    with parts._records.nodes._database.change() as writer:
        add_node(writer, Node(id=known, space=space.id, name="known"))
    parts.plane.open()
    for node in (known, gone):
        parts.plane.catalogue.cohort(node, Layout((series_of("cpu", "idle", node=node),)))
    parts.forgetting.look()

    assert parts.plane.catalogue.nodes() == {known}


def test_what_an_ephemeral_node_sent_is_kept_when_it_leaves(parts):
    space, left = parts.inventory.ensure_space("home"), NodeId("left")
    nodes = parts._records.nodes
    with nodes._database.change() as writer:
        add_node(writer, Node(id=left, space=space.id, name="left", ephemeral_s=60))
    parts.plane.open()
    parts.plane.catalogue.cohort(left, Layout((series_of("cpu", "idle", node=left),)))
    event = AuditEvent(time_ns=1, actor="hub", action="t", object=left, address="", outcome="ok")
    assert nodes.expire_node(left, 10**18, event)
    parts.changes.tell(left, NodeChange.EXPIRED)
    parts.forgetting.look()

    assert parts.plane.catalogue.nodes() == {left}
