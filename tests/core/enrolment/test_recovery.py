import msgspec
import pytest

from muster.core.enrolment.admission import CredentialRefused
from muster.core.enrolment.approvals import Approvals, ApprovalSettings
from muster.core.enrolment.clones import ForkDue
from muster.core.enrolment.gate import ClaimWaits
from muster.core.enrolment.holders import IdentityCopied
from muster.core.enrolment.recovery import NotDue, Recoveries, RecoveryDenied, RecoverySettings
from muster.errors import Conflict, InputError, LimitExceeded
from muster.model.approval import Kind
from muster.model.clone import CloneKind, Holder
from muster.model.identity import CredentialState, Identity
from muster.model.inventory import Facts
from muster.pki import keys
from muster.pki.authority import Authority, make_hierarchy
from muster.pki.possession import prove_possession
from muster.testing.copies import Desk
from muster.testing.house import OPERATOR
from muster.wire.recover import Recovery, SignedRecovery, format_recovery, message_of

DAY_S = 86_400


class Laptop:
    """A machine that goes to sleep: its key, its certificate, and what it asks for."""

    def __init__(self, house, **bounds):
        self.house = house
        self.key = house.key
        self.chain = ""
        self.holder = Holder()
        self.desk = Desk(house)
        self.approvals = Approvals(
            records=house.records, clock=house.clock, settings=ApprovalSettings()
        )
        self.recoveries = Recoveries(
            records=house.records,
            authority=house.authority,
            clock=house.clock,
            settings=RecoverySettings(**bounds),
            approvals=self.approvals,
            lifetime_s=lambda node: DAY_S,
            copies=self.desk.copies,
            changes=house.changes,
        )

    async def claim(self):
        answer = await self.house.claim(await self.house.token())
        self.node, self.chain = answer.node, answer.chain
        self.identity = Identity(self.house.authority.hub, answer.node.space, answer.node.id)
        await self.connect()

    async def connect(self):
        der = keys.to_der(keys.load_chain(self.chain)[0])
        await self.house.enrolment.activate(self.identity, der)

    async def renew(self):
        key = keys.make_key()
        renewed = await self.house.enrolment.renew(self.identity, keys.make_request(key))
        self.key, self.chain = key, renewed.chain
        await self.connect()

    def sign(self, key, **changes):
        asked = Recovery(
            csr=keys.make_request(key),
            hub=self.identity.hub,
            serial="1",
            facts=Facts(hostname="laptop"),
            holder=self.holder,
        )
        text = format_recovery(msgspec.structs.replace(asked, **changes))
        proof = prove_possession(self.key, message_of(text))
        return SignedRecovery(signed=text, proof=proof, chain=self.chain)

    async def recover(self, key=None):
        key = key or keys.make_key()
        renewed = await self.recoveries.recover(self.sign(key), "10.1.2.3")
        self.key, self.chain = key, renewed.chain

    def sleep(self, days):
        self.house.clock.advance(days * DAY_S)

    def states(self):
        return [each.state for each in self.house.records.nodes.credentials(self.node.id)]


@pytest.fixture
async def laptop(house):
    laptop = Laptop(house)
    await laptop.claim()
    return laptop


async def test_a_laptop_is_back_after_forty_days(laptop):
    laptop.sleep(40)
    await laptop.recover()
    await laptop.connect()

    assert laptop.states() == [CredentialState.ACTIVE, CredentialState.RETIRED]
    assert "credential.recover" in [
        each.event.action for each in laptop.house.audit.events(OPERATOR)
    ]


async def test_a_certificate_that_is_good_still_is_not_recovered(laptop):
    with pytest.raises(NotDue):
        await laptop.recover()


async def test_after_ninety_days_an_administrator_is_asked_and_can_agree(laptop):
    laptop.sleep(92)
    key = keys.make_key()
    with pytest.raises(ClaimWaits) as waits:
        await laptop.recover(key)
    with pytest.raises(ClaimWaits) as again:
        await laptop.recover(key)
    claim = waits.value.claim
    await laptop.approvals.approve(OPERATOR, claim.id)
    await laptop.recover(key)
    await laptop.connect()

    assert again.value.claim.id == claim.id
    assert (claim.kind, claim.looks_like) == (Kind.RECOVERY, laptop.node.id)
    assert "more than 90 days ago" in claim.why


async def test_what_an_administrator_denied_stays_denied(laptop):
    laptop.sleep(92)
    key = keys.make_key()
    with pytest.raises(ClaimWaits) as waits:
        await laptop.recover(key)
    await laptop.approvals.deny(OPERATOR, waits.value.claim.id)
    with pytest.raises(RecoveryDenied):
        await laptop.recover(key)


async def test_an_approval_is_good_for_a_while_only(laptop):
    laptop.sleep(92)
    key = keys.make_key()
    with pytest.raises(ClaimWaits) as waits:
        await laptop.recover(key)
    await laptop.approvals.approve(OPERATOR, waits.value.claim.id)
    laptop.sleep(8)
    with pytest.raises(RecoveryDenied, match="expired"):
        await laptop.recover(key)


async def test_the_fourth_recovery_in_a_row_is_not_by_itself(laptop):
    for _ in range(3):
        laptop.sleep(2)
        await laptop.recover()
        await laptop.connect()
    laptop.sleep(2)
    with pytest.raises(ClaimWaits, match="3 recoveries in a row"):
        await laptop.recover()


async def test_a_usual_renewal_begins_the_count_anew(laptop):
    for _ in range(3):
        laptop.sleep(2)
        await laptop.recover()
        await laptop.connect()
    await laptop.renew()
    laptop.sleep(2)
    await laptop.recover()
    await laptop.connect()


async def test_an_answer_that_was_lost_is_given_again_and_counts_once(laptop):
    laptop.sleep(2)
    key = keys.make_key()
    for _ in range(5):
        renewed = await laptop.recoveries.recover(laptop.sign(key), "10.1.2.3")
        laptop.house.clock.advance(60)
    laptop.key, laptop.chain = key, renewed.chain
    await laptop.connect()

    assert len(laptop.house.records.recovery.recovered_keys(laptop.node.id)) == 1


async def test_a_stolen_key_of_a_replaced_certificate_opens_nothing(laptop):
    stolen = laptop.key, laptop.chain
    await laptop.renew()
    laptop.sleep(40)
    mine, (laptop.key, laptop.chain) = (laptop.key, laptop.chain), stolen
    with pytest.raises(ClaimWaits, match="stolen key"):
        await laptop.recover()
    laptop.key, laptop.chain = mine
    await laptop.recover()
    await laptop.connect()


async def test_a_copy_of_a_node_that_is_in_is_shown_and_does_not_even_wait(laptop):
    stolen = laptop.key, laptop.chain
    await laptop.renew()
    await laptop.desk.meet(laptop.node.id, laptop.desk.run("laptop", "a"))
    laptop.key, laptop.chain = stolen
    laptop.holder = laptop.desk.run("copy", "b").holder
    with pytest.raises(IdentityCopied, match="muster node clones"):
        await laptop.recover()
    clone = laptop.desk.book.open_of(laptop.node.id)

    assert clone.kind is CloneKind.RETIRED
    assert [each.hostname for each in clone.holders] == ["laptop", "laptop"]
    assert laptop.approvals.claims(OPERATOR) == []


async def test_a_copy_that_shall_fork_is_told_so_although_its_certificate_has_ended(laptop):
    await laptop.desk.meet(laptop.node.id, laptop.desk.run("laptop", "a"))
    laptop.holder = laptop.desk.run("copy", "b").holder
    laptop.sleep(2)
    with pytest.raises(IdentityCopied):
        await laptop.recover()
    clone = laptop.desk.book.open_of(laptop.node.id)
    await laptop.desk.clones.fork(OPERATOR, clone.id, "b")
    with pytest.raises(ForkDue) as due:
        await laptop.recover()

    assert due.value.token.reveal()


async def test_a_node_whose_old_link_hangs_recovers_all_the_same(laptop):
    link = await laptop.desk.meet(laptop.node.id, laptop.desk.run("laptop", "a"))
    link.alive = False
    laptop.holder = laptop.desk.run("laptop", "b").holder
    laptop.sleep(2)
    await laptop.recover()


async def test_a_revoked_or_removed_node_recovers_nothing(laptop):
    laptop.sleep(2)
    await laptop.house.inventory.revoke(OPERATOR, laptop.node.id, "sold")
    with pytest.raises(CredentialRefused, match="revoked: sold") as refused:
        await laptop.recover()
    await laptop.house.inventory.remove(OPERATOR, laptop.node.id)
    with pytest.raises(CredentialRefused) as gone:
        await laptop.recover()

    assert (refused.value.code, gone.value.code) == ("node_revoked", "node_unknown")


async def test_nothing_of_what_is_signed_can_be_changed(laptop):
    laptop.sleep(2)
    signed = laptop.sign(keys.make_key())
    other = laptop.sign(keys.make_key())
    for forged in (
        msgspec.structs.replace(signed, signed=other.signed),
        msgspec.structs.replace(signed, proof=other.proof),
        msgspec.structs.replace(signed, proof="nonsense!"),
        msgspec.structs.replace(signed, signed=signed.signed + " "),
    ):
        with pytest.raises(CredentialRefused, match="not signed"):
            await laptop.recoveries.recover(forged, "10.1.2.3")


async def test_certificates_of_others_recover_nothing(laptop):
    laptop.sleep(2)
    clock, key = laptop.house.clock, keys.make_key()
    other = Authority(make_hierarchy(clock.now_ns()))
    stranger = Identity(other.hub, laptop.node.space, laptop.node.id)
    issued = other.issue_agent(keys.make_request(key), stranger, now_ns=clock.now_ns())
    laptop.key, laptop.chain = key, issued.chain
    with pytest.raises(CredentialRefused, match="not a certificate of this hub"):
        await laptop.recover()


async def test_a_recovery_meant_for_another_hub_is_refused(laptop):
    laptop.sleep(2)
    signed = laptop.sign(keys.make_key(), hub="0a0a0a0a-0000-4000-8000-000000000000")
    with pytest.raises(CredentialRefused, match="another hub"):
        await laptop.recoveries.recover(signed, "10.1.2.3")


async def test_a_key_that_was_certified_before_is_refused(laptop):
    laptop.sleep(2)
    with pytest.raises(Conflict, match="certified before"):
        await laptop.recover(laptop.key)


@pytest.mark.parametrize("chain", ["", "nonsense"])
async def test_what_is_no_certificate_is_refused(laptop, chain):
    laptop.sleep(2)
    signed = msgspec.structs.replace(laptop.sign(keys.make_key()), chain=chain)
    with pytest.raises(InputError):
        await laptop.recoveries.recover(signed, "10.1.2.3")


async def test_one_node_asks_only_so_often(laptop):
    laptop.sleep(92)
    for _ in range(6):
        with pytest.raises(ClaimWaits):
            await laptop.recover()
    with pytest.raises(LimitExceeded):
        await laptop.recover()


async def test_guesses_from_one_network_are_slowed_down(laptop):
    laptop.sleep(2)
    forged = msgspec.structs.replace(laptop.sign(keys.make_key()), proof="AAAA")
    for _ in range(60):
        with pytest.raises(CredentialRefused):
            await laptop.recoveries.recover(forged, "10.1.2.3")
    with pytest.raises(LimitExceeded):
        await laptop.recoveries.recover(forged, "10.1.2.99")
    with pytest.raises(CredentialRefused):
        await laptop.recoveries.recover(forged, "10.9.9.9")


async def test_refusals_leave_a_line_a_minute(laptop):
    for _ in range(3):
        with pytest.raises(NotDue):
            await laptop.recover()
    told = [each.event for each in laptop.house.audit.events(OPERATOR)]

    assert [each.outcome for each in told if each.action == "credential.recover"] == ["not_due"]
