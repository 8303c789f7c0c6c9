"""What was found of a certificate counts for a moment, and not beyond a change of its node."""

import pytest

from muster.clock import ManualClock
from muster.core.changes import Changes, NodeChange
from muster.core.enrolment.admission import CredentialRefused
from muster.core.enrolment.recentchecks import RecentChecks
from muster.model.identity import Identity
from muster.model.ids import NodeId, SpaceId

ONE, TWO = (Identity("hub", SpaceId("s"), NodeId(name)) for name in ("one", "two"))


class House:
    def __init__(self):
        self.clock, self.changes = ManualClock(), Changes()
        self.asked, self.refused, self.meanwhile = [], set(), None
        self.checks = RecentChecks(check=self._check, clock=self.clock, changes=self.changes)

    async def _check(self, identity, certificate):
        self.asked.append((identity.node, certificate))
        if self.meanwhile is not None:
            self.changes.tell(self.meanwhile, NodeChange.REVOKED)
        if identity.node in self.refused:
            raise CredentialRefused("node_revoked", "this node was revoked")

    async def ask(self, *certificates, identity=ONE):
        before = len(self.asked)
        for certificate in certificates:
            await self.checks.check(identity, certificate)
        return len(self.asked) - before


@pytest.fixture
def house():
    return House()


async def test_a_certificate_is_looked_at_once_in_a_second(house):
    assert await house.ask(b"a", b"a") == 1
    house.clock.advance(1.0)
    assert await house.ask(b"a") == 1


async def test_each_certificate_and_node_is_looked_at(house):
    assert await house.ask(b"a", b"b") == 2
    assert await house.ask(b"a", identity=TWO) == 1


@pytest.mark.parametrize("change", list(NodeChange))
async def test_a_change_of_the_node_counts_at_once(house, change):
    await house.ask(b"a")
    await house.ask(b"a", identity=TWO)
    house.changes.tell(ONE.node, change)
    house.refused.add(ONE.node)

    with pytest.raises(CredentialRefused):
        await house.ask(b"a")
    assert await house.ask(b"a", identity=TWO) == 0


async def test_a_refusal_is_not_remembered(house):
    house.refused.add(ONE.node)
    with pytest.raises(CredentialRefused):
        await house.ask(b"a")
    house.refused.clear()
    assert await house.ask(b"a") == 1


async def test_what_changed_while_it_was_looked_at_is_looked_at_again(house):
    house.meanwhile = ONE.node
    await house.ask(b"a")
    house.meanwhile = None
    assert await house.ask(b"a", b"a") == 1


async def test_so_many_are_remembered(house):
    for number in range(4_097):
        await house.ask(b"%d" % number)
    assert await house.ask(b"0") == 1
    assert await house.ask(b"4096") == 0


async def test_what_was_found_good_is_told_without_a_look(house):
    before = house.checks.is_good(ONE, b"a")
    await house.ask(b"a")
    within = house.checks.is_good(ONE, b"a"), house.checks.is_good(TWO, b"a")
    house.clock.advance(1.0)

    assert (before, within) == (False, (True, False))
    assert not house.checks.is_good(ONE, b"a")
    assert house.asked == [("one", b"a")]
