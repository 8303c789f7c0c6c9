import pytest

from muster.errors import Conflict, NotFound
from muster.model.access import AuditEvent
from muster.model.ids import NodeId, ProbeId, RoomId, SpaceId
from muster.model.probe import DnsProbe, HttpProbe, PingProbe, StoredProbe
from muster.testing.house import House


def event(action="probe.add"):
    return AuditEvent(
        time_ns=5, actor="ada", action=action, object="x", address="", outcome="ok", space=""
    )


def stored(space, number=1, probe=None, **more):
    return StoredProbe(
        id=ProbeId(f"00000000-0000-4000-8000-{number:012}"),
        space=space,
        probe=probe or PingProbe(url="host.example"),
        created_ns=number,
        **more,
    )


@pytest.fixture
def house():
    with House() as house:
        yield house


def test_probes_of_all_kinds_are_kept_as_they_are(house):
    known = [
        stored(house.space.id, 1, nodes=(NodeId("n"),)),
        stored(house.space.id, 2, DnsProbe(server="9.9.9.9"), rooms=(RoomId("r"),), enabled=False),
        stored(house.space.id, 3, HttpProbe(url="https://example.org/", match="Ü[a-z]+")),
    ]
    for each in known:
        house.records.probes.add(each, event())

    assert house.records.probes.probes() == known


def test_a_probe_is_changed_and_removed_with_its_event(house):
    house.records.probes.add(stored(house.space.id), event())
    changed = stored(house.space.id, probe=PingProbe(url="other"), enabled=False)
    house.records.probes.update(changed, event("probe.edit"))

    assert house.records.probes.probes() == [changed]
    house.records.probes.remove(changed.id, event("probe.remove"))
    assert house.records.probes.probes() == []
    found = {each.event.action for each in house.records.audit.events(limit=10, spaces=None)}
    assert {"probe.add", "probe.edit", "probe.remove"} <= found


def test_what_is_gone_is_said_and_leaves_no_event(house):
    with pytest.raises(NotFound):
        house.records.probes.update(stored(house.space.id), event())
    with pytest.raises(NotFound):
        house.records.probes.remove(ProbeId("x"), event())
    with pytest.raises(Conflict):
        house.records.probes.add(stored(SpaceId("nowhere")), event())
