"""Simulated Netdata agents claim to a real hub and come online, in the words of each version."""

import pytest
from netdatasim import Fleet, eventually
from processes import Hub, free_port_base

from muster.log import Secret
from muster.testing.netdata.claiming import Wish
from muster.testing.netdata.quirks import V1_37, V1_45, V2_10

pytestmark = pytest.mark.scenario
DIALECTS = pytest.mark.parametrize("quirks", [V1_37, V1_45, V2_10], ids=["1.37", "1.45", "2.10"])


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    started = Hub(tmp_path_factory.mktemp("hub") / "data", free_port_base(), command="hub")
    yield started
    assert started.stop() == 0, started.said()


@DIALECTS
async def test_an_agent_of_each_version_claims_and_is_live_with_its_children(hub, quirks):
    async with Fleet(hub) as fleet:
        agent = await fleet.join(quirks=quirks, children=("child-a", "child-b"))
        own, *children = agent.disk.machine.hosts
        node = await fleet.until_node(own, "live")
        shown = [await fleet.until_node(child, "live") for child in children]

        assert node["name"] == own.hostname
        assert node["link"]["dialect"] == "netdata"
        assert {each["link"]["via"] for each in shown} == {own.node_id}
        assert all(each["rooms"] == node["rooms"] for each in shown)


@DIALECTS
async def test_what_it_is_is_known_to_the_hub(hub, quirks):
    async with Fleet(hub) as fleet:
        agent = await fleet.join(quirks=quirks)

        async def told():
            info = await fleet.netdata(agent.own, "info")
            return info if info["agent_version"] and info["collectors"] else None

        info = await eventually("its description is there", told)

    assert info["machine"] == agent.own.machine_guid
    assert info["agent_version"] == quirks.version
    assert info["labels"] == agent.own.labels
    assert info["cores"] == 2
    assert [each["module"] for each in info["collectors"]] == ["/proc/stat"]


@DIALECTS
@pytest.mark.parametrize(
    ("spoil", "code"),
    [("token", 12), ("last character", 12), ("room", 10)],
)
async def test_a_claim_that_may_not_be_ends_with_its_own_exit_code(hub, quirks, spoil, code):
    async with Fleet(hub) as fleet:
        text = await fleet.token()
        rooms = ("no-such-room",) if spoil == "room" else ()
        if spoil == "token":
            text = "nonsense"
        elif spoil == "last character":
            text = text[:-1] + ("A" if text[-1] != "A" else "B")
        claimed = await fleet.make(quirks=quirks).claim(
            Wish(url=fleet.url, token=Secret(text), rooms=rooms)
        )

    assert (claimed.exit_code, claimed.tries) == (code, 1)


async def test_rooms_are_those_of_the_claim_by_name_or_id(hub):
    async with Fleet(hub) as fleet:
        room = await fleet.muster("room", "create", "Databases", "--json")
        token = await fleet.token("--room", "Databases")
        nodes = []
        for text in ("Databases", room["id"]):
            wish = Wish(url=fleet.url, token=Secret(token), rooms=(text,))
            agent = await fleet.join(wish=wish)
            nodes.append(await fleet.node(agent.own))

    assert all("Databases" in str(node["rooms"]) for node in nodes), nodes


async def test_a_token_for_one_machine_lets_one_in(hub):
    async with Fleet(hub) as fleet:
        token = Secret(await fleet.token(uses=1))
        wish = Wish(url=fleet.url, token=token)
        first, second = fleet.make(), fleet.make()

        assert (await first.claim(wish)).is_good
        assert (await second.claim(wish)).exit_code == 12


async def test_a_machine_of_another_space_is_already_claimed(hub):
    async with Fleet(hub) as fleet:
        await fleet.muster("space", "create", "Elsewhere")
        agent = await fleet.join(quirks=V2_10)
        elsewhere = await fleet.wish("--space", "Elsewhere")
        claimed = await agent.claim(elsewhere)

        assert claimed.exit_code == 13
        assert agent.is_online


async def test_tries_of_one_claim_leave_one_node(hub):
    async with Fleet(hub) as fleet:
        agent, wish = fleet.make(name="tried-again"), await fleet.wish()
        ids = [(await agent.claim(wish)).claim_id for _ in range(5)]
        fleet.start(agent)
        await agent.until(lambda: agent.is_ready)
        listed = await fleet.muster("node", "list", "--json")

    assert len(set(ids)) == 5
    assert len([node for node in listed if node["name"] == "tried-again"]) == 1
