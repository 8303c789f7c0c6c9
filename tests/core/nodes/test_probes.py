"""Probes, as admins make them and nodes get them."""

import pytest

from muster.core.changes import NodeChange
from muster.core.nodes.probes import Probes
from muster.errors import Denied, InputError, LimitExceeded, NotFound, Unavailable
from muster.model.access import Actor, Role
from muster.model.ids import SpaceId
from muster.model.inventory import RoomRule
from muster.model.probe import MAX_PROBES, HttpProbe, PingProbe
from muster.pki import keys
from muster.testing.house import OPERATOR

PING = PingProbe(url="host.example")


class Links:
    """Nodes answer what a test says."""

    def __init__(self):
        self.answers = {}
        self.asked = []

    async def ask(self, node, method, arguments):
        self.asked.append((node, method, arguments))
        if node not in self.answers:
            raise Unavailable("the node is not connected")
        return self.answers[node]


@pytest.fixture
def links():
    return Links()


@pytest.fixture
def own():
    return [""]


@pytest.fixture
def probes(house, links, own):
    probes = Probes(
        records=house.records.probes,
        nodes=house.records.nodes,
        audit=house.records.audit,
        inventory=house.inventory,
        links=links,
        own_node=lambda: own[0],
        clock=house.clock,
    )
    house.changes.watch(probes.node_changed)
    return probes


async def node_of(house, host="web-1"):
    return (await house.claim(await house.token(), key=keys.make_key(), host=host)).node


def member(house, role):
    return Actor(name="ada", roles={house.space.id: role})


async def test_a_probe_without_nodes_is_the_hubs_own_agents(house, probes, own):
    node, other = await node_of(house), await node_of(house, "web-2")
    own[0] = node.id
    made = await probes.add(OPERATOR, house.space.id, PING)

    assert probes.given_to(node.id) == (PING,)
    assert probes.given_to(other.id) == ()
    assert [each.name for each in probes.runners(made)] == ["web-1"]
    assert house.audit.events(OPERATOR)[0].event.action == "probe.add"


async def test_a_hub_without_an_agent_wants_nodes_or_rooms(house, probes):
    with pytest.raises(InputError, match="name nodes or rooms"):
        await probes.add(OPERATOR, house.space.id, PING)


async def test_nodes_come_by_name_by_room_and_all_of_them(house, probes):
    web, db = await node_of(house), await node_of(house, "db-1")
    room = await house.rooms.create(OPERATOR, house.space.id, "web", rule=RoomRule(hosts=("web*",)))
    by_name, by_room, of_all = (PingProbe(url=url) for url in ("a", "b", "c"))
    await probes.add(OPERATOR, house.space.id, by_name, nodes=[db.id])
    await probes.add(OPERATOR, house.space.id, by_room, rooms=[room.id])
    await probes.add(OPERATOR, house.space.id, of_all, rooms=["All nodes"])

    assert set(probes.given_to(web.id)) == {by_room, of_all}
    assert set(probes.given_to(db.id)) == {by_name, of_all}


async def test_each_change_that_may_matter_to_a_node_counts(house, probes):
    node = await node_of(house)
    before = probes.version
    house.changes.tell(node.id, NodeChange.EDITED)
    assert probes.version == before  # there is no probe
    made = await probes.add(OPERATOR, house.space.id, PING, nodes=[node.id])
    house.changes.tell(node.id, NodeChange.EDITED)
    assert probes.version == before + 2
    await probes.edit(OPERATOR, house.space.id, made.id, enabled=False)
    assert probes.given_to(node.id) == ()
    await probes.edit(OPERATOR, house.space.id, made.id, enabled=False)
    assert probes.version == before + 3
    await probes.remove(OPERATOR, house.space.id, made.id)

    assert probes.version == before + 4
    assert probes.of_space(OPERATOR, house.space.id) == []


async def test_a_node_that_is_revoked_is_given_nothing(house, probes):
    node = await node_of(house)
    made = await probes.add(OPERATOR, house.space.id, PING, nodes=[node.id])
    await house.inventory.revoke(OPERATOR, node.id, "")

    assert probes.given_to(node.id) == ()
    assert probes.runners(made) == []


async def test_an_agent_of_another_kind_is_said_to_run_none(house, probes):
    claim = await house.claim_by_key()  # of Netdata
    made = await probes.add(OPERATOR, house.space.id, PING, nodes=[claim.node])

    assert "runs no probes" in probes.runners(made)[0].fault


async def test_what_a_node_says_of_its_probes_is_shown(house, probes):
    node = await node_of(house)
    made = await probes.add(OPERATOR, house.space.id, PING, nodes=[node.id])
    assert probes.runners(made)[0].fault == "not told yet"
    probes.note(node.id, (PING,), "")
    assert probes.runners(made)[0].fault == ""
    other = await probes.add(OPERATOR, house.space.id, PingProbe(url="b"), nodes=[node.id])
    assert probes.runners(other)[0].fault == "not told yet"
    probes.note(node.id, (), "too old")
    assert probes.runners(made)[0].fault == "too old"
    off = await probes.edit(OPERATOR, house.space.id, made.id, enabled=False)

    assert probes.runners(off) == []


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
async def test_only_an_admin_says_where_agents_knock(house, probes, role):
    node = await node_of(house)
    actor, space = member(house, role), house.space.id
    made = await probes.add(OPERATOR, space, PING, nodes=[node.id])
    for call in (
        lambda: probes.add(actor, space, PING, nodes=[node.id]),
        lambda: probes.edit(actor, space, made.id, enabled=False),
        lambda: probes.remove(actor, space, made.id),
        lambda: probes.test(actor, space, PING, node.id),
    ):
        with pytest.raises(Denied):
            await call()

    assert probes.of_space(actor, space) == [made]
    await probes.add(member(house, Role.ADMIN), space, PingProbe(url="b"), nodes=[node.id])


async def test_what_is_of_another_space_does_not_exist(house, probes):
    space = await house.spaces.create(OPERATOR, "Other")
    node = await node_of(house)
    made = await probes.add(OPERATOR, house.space.id, PING, nodes=[node.id])
    room = await house.rooms.create(OPERATOR, space.id, "r")
    with pytest.raises(NotFound):
        await probes.add(OPERATOR, space.id, PING, nodes=[node.id])
    with pytest.raises(NotFound):
        await probes.add(OPERATOR, house.space.id, PING, rooms=[room.id])
    with pytest.raises(NotFound):
        await probes.edit(OPERATOR, space.id, made.id, enabled=False)
    with pytest.raises(NotFound):
        probes.of_space(OPERATOR, SpaceId("nowhere"))
    stranger = Actor(name="eve", roles={space.id: Role.ADMIN})
    with pytest.raises(NotFound):
        probes.of_space(stranger, house.space.id)


async def test_probes_of_a_space_have_a_bound_and_so_have_their_bytes(house, probes):
    node = await node_of(house)
    for number in range(MAX_PROBES):
        probe = PingProbe(url=f"h{number}")
        await probes.add(OPERATOR, house.space.id, probe, nodes=[node.id])
    with pytest.raises(LimitExceeded, match="up to 200"):
        await probes.add(OPERATOR, house.space.id, PING, nodes=[node.id])
    long = HttpProbe(url="https://example.org/" + "x" * 1_000)
    known = probes.of_space(OPERATOR, house.space.id)
    with pytest.raises(LimitExceeded, match="bytes"):
        for each in known:
            probe = HttpProbe(url=long.url + each.id[:3])
            await probes.edit(OPERATOR, house.space.id, each.id, probe=probe)


async def test_a_trial_is_done_by_the_node_and_noted(house, probes, links, own):
    node = await node_of(house)
    own[0] = node.id
    links.answers[node.id] = {"points": [], "fault": ""}
    runner, told = await probes.test(OPERATOR, house.space.id, PING)

    assert (runner.name, told) == ("web-1", {"points": [], "fault": ""})
    assert links.asked[0][1:] == (
        "probe",
        {
            "probe": {
                "kind": "ping",
                "url": "host.example",
                "interval_s": 15,
                "count": 1,
                "gap_s": 1.0,
                "timeout_s": 1.0,
                "ip": "",
            }
        },
    )
    event = house.audit.events(OPERATOR)[0].event
    assert (event.action, event.object, event.detail) == ("probe.test", node.id, "host.example")
