"""What judges holders is put together over one hub's records."""

from muster.core.nodes.links import Links, LinkSettings
from muster.hub.assembly.copies import CopyParts
from muster.testing.copies import Desk
from muster.testing.house import OPERATOR, House


async def test_a_run_after_another_is_let_in_and_noted():
    with House() as house:
        parts = CopyParts(
            records=house.records,
            clock=house.clock,
            changes=house.changes,
            links=Links(house.clock, LinkSettings(), lambda _: None),
            inventory=house.inventory,
            tokens=house.tokens,
        )
        desk = Desk(house)
        node = await desk.node()
        await parts.copies.meet(node, desk.run("web", "a", 1), can_fork=True)
        await parts.copies.meet(node, desk.run("web", "b", 2), can_fork=True)

        assert [each.text for each in parts.marks.of(OPERATOR, node)] == ["agent restarted"]
        assert parts.book.open_of(node) is None
