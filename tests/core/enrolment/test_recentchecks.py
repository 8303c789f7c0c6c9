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
        self.retired = set()
        self.checks = RecentChecks(check=self._check, clock=self.clock, changes=self.changes)

    async def _check(self, identity, certificate):
        self.asked.append((identity.node, certificate))
        if self.meanwhile is not None:
            self.changes.tell(self.meanwhile, NodeChange.REVOKED)
        if identity.node in self.refused:
            raise CredentialRefused("node_revoked", "this node was revoked")
        if certificate in self.retired:
            raise CredentialRefused("credential_retired", "it was replaced")

    def replace(self, certificate):
        self.retired.add(certificate)
        self.changes.tell(ONE.node, NodeChange.CREDENTIAL)

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


@pytest.mark.parametrize("told", [True, False])
async def test_one_in_use_goes_on_for_a_minute_after_its_successor_came(house, told):
    """Telegraf's last write before it reads the new one; also before the change is told."""
    await house.ask(b"a")
    house.clock.advance(30.0)
    if told:
        house.replace(b"a")
    else:
        house.retired.add(b"a")
    assert await house.ask(b"a", b"a") == 2
    assert not house.checks.is_good(ONE, b"a")
    house.clock.advance(59.0)
    assert await house.ask(b"a") == 1
    house.changes.tell(ONE.node, NodeChange.CREDENTIAL)
    house.clock.advance(1.0)
    with pytest.raises(CredentialRefused, match="replaced"):
        await house.ask(b"a")


async def test_facts_that_the_successor_brings_end_no_minute(house):
    await house.ask(b"a")
    house.changes.tell(ONE.node, NodeChange.EDITED)
    assert not house.checks.is_good(ONE, b"a")
    house.replace(b"a")
    house.changes.tell(ONE.node, NodeChange.EDITED)
    assert await house.ask(b"a") == 1


async def test_a_replaced_one_that_nobody_used_is_refused(house):
    await house.ask(b"b")
    house.replace(b"a")
    with pytest.raises(CredentialRefused, match="replaced"):
        await house.ask(b"a")


@pytest.mark.parametrize("change", [NodeChange.REVOKED, NodeChange.REMOVED, NodeChange.CLAIMED])
async def test_another_change_of_the_node_ends_the_minute(house, change):
    await house.ask(b"a")
    house.replace(b"a")
    house.changes.tell(ONE.node, change)
    with pytest.raises(CredentialRefused, match="replaced"):
        await house.ask(b"a")


async def test_a_revoked_node_has_no_minute(house):
    await house.ask(b"a")
    house.replace(b"a")
    house.refused.add(ONE.node)
    with pytest.raises(CredentialRefused, match="revoked"):
        await house.ask(b"a")


async def test_so_many_have_a_minute(house):
    for number in range(4_097):
        await house.ask(b"%d" % number)
        house.replace(b"%d" % number)
    with pytest.raises(CredentialRefused):
        await house.ask(b"4096")
    house.clock.advance(60.0)
    await house.ask(b"new")
    house.replace(b"new")
    assert await house.ask(b"new") == 1
