"""Public links on disk."""

import msgspec
import pytest

from muster.errors import LimitExceeded, NotFound
from muster.model.access import AuditEvent
from muster.ports.dashboards import DashboardLink
from muster.testing.house import House

EVENT = AuditEvent(time_ns=1, actor="a", action="t", object="o", address="", outcome="ok")


@pytest.fixture
def house(tmp_path):
    with House(path=tmp_path / "records.sqlite") as house:
        yield house


def link_of(house, id="one", **other):
    given = {"dashboard": "disks", "name": "hall", "created_ns": 5, "expires_ns": 0, **other}
    return DashboardLink(
        id=id, space=house.space.id, sha256=f"hash of {id}", created_by="ada", **given
    )


def test_a_link_is_given_back_as_it_was_made(house):
    links, link = house.records.dashboard_links, link_of(house)
    links.create(link, EVENT, 10)

    assert links.find("hash of one") == link
    assert links.links(house.space.id) == links.links(house.space.id, "disks") == [link]
    assert links.links(house.space.id, "other") == links.links("elsewhere") == []
    assert links.find("another") is None


def test_a_space_has_no_more_than_so_many(house):
    links = house.records.dashboard_links
    links.create(link_of(house), EVENT, 1)

    with pytest.raises(LimitExceeded):
        links.create(link_of(house, "two"), EVENT, 1)
    assert [each.id for each in links.links(house.space.id)] == ["one"]


def test_revoking_counts_once_and_needs_a_link(house):
    links = house.records.dashboard_links
    links.create(link_of(house), EVENT, 1)
    links.revoke("one", 7, msgspec.structs.replace(EVENT, action="revoke"))
    links.revoke("one", 9, msgspec.structs.replace(EVENT, action="revoke"))

    assert links.find("hash of one").revoked_ns == 7
    actions = [each.event.action for each in house.records.audit.events(spaces=None, limit=9)]
    assert actions.count("revoke") == 1
    with pytest.raises(NotFound):
        links.revoke("none", 7, EVENT)


def test_all_links_of_a_dashboard_are_revoked_at_once_and_noted_once(house):
    links, event = house.records.dashboard_links, msgspec.structs.replace(EVENT, action="revoke")
    for link in (link_of(house), link_of(house, "two"), link_of(house, "of", dashboard="other")):
        links.create(link, EVENT, 9)
    for now_ns in (7, 9):
        links.revoke_all(house.space.id, "disks", now_ns, event)

    revoked = {each.id: each.revoked_ns for each in links.links(house.space.id)}
    assert revoked == {"one": 7, "two": 7, "of": 0}
    actions = [each.event.action for each in house.records.audit.events(spaces=None, limit=9)]
    assert actions.count("revoke") == 1


def test_the_last_use_never_goes_back(house):
    links = house.records.dashboard_links
    links.create(link_of(house), EVENT, 1)
    links.touch("one", 9)
    links.touch("one", 8)

    assert links.find("hash of one").used_ns == 9


def test_ended_links_are_forgotten_after_a_while(house):
    links = house.records.dashboard_links
    for id, ends in (("ever", 0), ("past", 10), ("late", 100)):
        links.create(link_of(house, id, expires_ns=ends), EVENT, 9)
    links.create(link_of(house, "revoked"), EVENT, 9)
    links.revoke("revoked", 10, EVENT)

    assert links.prune(house.space.id, 50) == 2
    assert {each.id for each in links.links(house.space.id)} == {"ever", "late"}
