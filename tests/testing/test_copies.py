from muster.log import Secret
from muster.model.clone import differences
from muster.testing.copies import Desk, FakeLink
from muster.testing.house import House


async def test_a_desk_lets_holders_in_as_a_hub_does():
    with House() as house:
        desk = Desk(house)
        node = await desk.node()
        link = await desk.meet(node, desk.run("web", "a"))

        assert desk.links == {node: link}
        assert house.records.clones.holder(node).holder.instance == "a"


async def test_a_link_answers_as_it_is_told_and_keeps_what_it_heard():
    with House() as house:
        run = Desk(house).run("web", "a")
    link = FakeLink(run)
    await link.fork(Secret("token"), "a copy")

    assert await link.is_alive()
    assert [each.reveal() for each in link.forks] == ["token"]


def test_machines_by_other_names_differ_in_every_mark():
    with House() as house:
        desk = Desk(house)

    assert len(differences(desk.run("a", "x").holder, desk.run("b", "y").holder)) == 3
