"""Both sides of a request by hand, without a network between them."""

import msgspec
import pytest

from muster.agent.joining.identity import is_claimed, load_identity
from muster.agent.joining.request import make_request, take_answer
from muster.core.enrolment.airgap import AirGap, AirGapSettings, AlreadyUsed, Wanted
from muster.core.enrolment.evidence import Evidences
from muster.core.enrolment.gaprequest import RequestExpired
from muster.errors import Conflict, Denied, InputError, LimitExceeded, NotFound
from muster.model.access import Actor, Role
from muster.model.approval import Answer, Kind
from muster.model.evidence import Evidence
from muster.model.identity import CredentialState, Identity
from muster.model.ids import NodeId
from muster.model.inventory import Facts
from muster.pki import keys
from muster.testing.house import ADDRESSES, OPERATOR
from muster.wire.armour import BadArmour, format_armour
from muster.wire.armour import Kind as Wrapped

DAY_NS = 86_400 * 10**9
EVIDENCE = Evidence(dmi="d" * 64)


class Gap:
    """A hub and a machine, and the way between them."""

    def __init__(self, house, folder, **options):
        self.house, self.folder = house, folder
        self.air_gap = AirGap(
            records=house.records,
            authority=house.authority,
            clock=house.clock,
            settings=AirGapSettings(),
            evidences=Evidences(),
            lifetime_s=house.enrolment.lifetime_s,
            addresses=lambda: ADDRESSES,
            changes=house.changes,
            **options,
        )
        self.wanted = Wanted(space=house.space.id)

    def ask(self, **options):
        asked = make_request(
            self.folder,
            clock=self.house.clock,
            facts=Facts(hostname="safe"),
            evidence=lambda hub, csr: EVIDENCE,
            life_s=7 * 86_400,
            **options,
        )
        return format_armour(Wrapped.REQUEST, asked.bytes())

    async def sign(self, text, actor=OPERATOR, **wanted):
        return await self.air_gap.sign(actor, text, msgspec.structs.replace(self.wanted, **wanted))

    def take(self, answer):
        trusted = self.house.authority.pins[0]
        return take_answer(self.folder, answer.text, clock=self.house.clock, trusted=trusted)

    async def connect(self):
        der = keys.to_der(keys.load_chain(load_identity(self.folder).chain.read_text())[0])
        node = load_identity(self.folder).node
        identity = Identity(node.hub, node.space, NodeId(node.node))
        return await self.house.enrolment.activate(identity, der)


@pytest.fixture
def gap(house, tmp_path):
    return Gap(house, tmp_path / "node")


def admin(house, space=None, role=Role.ADMIN):
    return Actor(name="ada", roles={space or house.space.id: role})


async def test_a_machine_is_in_after_a_request_and_an_answer(gap, house):
    room = await house.rooms.create(OPERATOR, house.space.id, "vault")
    answer = await gap.sign(gap.ask(), rooms=("vault",), name="safe-01", lifetime_s=86_400)
    node = gap.take(answer)

    assert (node.name, node.agents) == ("safe-01", "hub.example:8401")
    kept = house.records.nodes.node(NodeId(node.node))
    assert (kept.rooms, kept.facts.hostname) == ((room.id,), "safe")
    # the answer's way is added to the certificate's life
    assert node.not_after_ns == house.clock.now_ns() + 8 * DAY_NS
    assert (await gap.connect()).state is CredentialState.ACTIVE
    listed = house.records.approvals.find_kind(
        Kind.AIR_GAP, keys.views(load_identity(gap.folder).chain.read_text())[0].key_sha256
    )
    assert (listed.decision, listed.decided_by, listed.node) == (
        Answer.APPROVED,
        "operator",
        node.node,
    )
    events = house.records.audit.events(spaces=None, limit=100)
    assert "air_gap.sign" in [stored.event.action for stored in events]


async def test_a_request_is_looked_at_without_any_change(gap, house):
    text = gap.ask(pins=("a" * 64,))
    before = len(house.inventory.nodes(OPERATOR))
    seen = await gap.air_gap.inspect(OPERATOR, text)

    assert seen.read.request.facts.hostname == "safe"
    assert [reason.name for reason in seen.reasons] == ["dmi"]
    assert (seen.node, seen.signed_ns, seen.replaces) == (None, 0, "")
    assert len(house.inventory.nodes(OPERATOR)) == before
    await gap.sign(text)
    again = await gap.air_gap.inspect(OPERATOR, text)
    assert again.node.name == "safe" and again.signed_ns


async def test_an_answer_that_was_lost_is_given_again_for_the_same_node_until_it_is_used(gap):
    text = gap.ask()
    first = await gap.sign(text)
    second = await gap.sign(text, name="other")
    assert (second.node.id, second.again, first.again) == (first.node.id, True, False)
    gap.take(second)
    await gap.connect()

    with pytest.raises(AlreadyUsed, match="has used its"):
        await gap.sign(text)


async def test_a_request_ends(gap, house):
    text = gap.ask()
    house.clock.advance(7 * 86_400)

    with pytest.raises(RequestExpired, match="the request ended"):
        await gap.sign(text)
    assert house.inventory.nodes(OPERATOR) == []


async def test_a_node_renews_by_hand_with_its_old_key(gap, house):
    node = gap.take(await gap.sign(gap.ask()))
    await gap.connect()
    house.clock.advance(30 * 86_400)  # it slept beyond the end of its certificate
    text = gap.ask(renew=True)
    seen = await gap.air_gap.inspect(OPERATOR, text)
    assert (seen.node.id, seen.replaces) == (node.node, "active")

    renewed = gap.take(await gap.sign(text))

    assert (renewed.node, renewed.claimed_ns) == (node.node, node.claimed_ns)
    assert renewed.serial != node.serial
    await gap.connect()
    assert len(house.inventory.nodes(OPERATOR)) == 1


async def test_a_node_that_is_revoked_or_removed_does_not_renew(gap, house):
    node = gap.take(await gap.sign(gap.ask()))
    text = gap.ask(renew=True)
    await house.inventory.revoke(OPERATOR, NodeId(node.node), "lost")
    with pytest.raises(Conflict, match="revoked"):
        await gap.sign(text)
    await house.inventory.remove(OPERATOR, NodeId(node.node))
    with pytest.raises(NotFound, match="removed"):
        await gap.sign(text)


async def test_a_request_of_a_node_that_was_removed_makes_no_second_one(gap, house):
    text = gap.ask()
    answer = await gap.sign(text)
    await house.inventory.remove(OPERATOR, answer.node.id)

    with pytest.raises(Conflict, match="removed"):
        await gap.sign(text)


async def test_only_admins_of_the_space_sign(gap, house):
    text, away = gap.ask(), (await house.spaces.create(OPERATOR, "away")).id
    with pytest.raises(Denied):
        await gap.sign(text, admin(house, role=Role.EDITOR))
    with pytest.raises(NotFound, match="no such space"):
        await gap.sign(text, admin(house, away))
    gap.take(await gap.sign(text, admin(house)))

    for asked in (text, gap.ask(renew=True)):
        for work in (gap.sign, lambda text, actor: gap.air_gap.inspect(actor, text)):
            with pytest.raises(NotFound):
                await work(asked, admin(house, away))


@pytest.mark.parametrize(
    ("wanted", "error", "word"),
    [
        ({"lifetime_s": 60}, InputError, "3600 s at least"),
        ({"lifetime_s": 84 * 86_400}, InputError, "90 days together"),
        ({"answer_s": 1}, InputError, "60 s at least"),
        ({"rooms": ("attic",)}, NotFound, "no such room"),
        ({"rooms": ("r",) * 101}, InputError, "up to 100 rooms"),
        ({"name": "bad\nname"}, InputError, "do not print"),
        ({"agents": "nonsense"}, InputError, "nonsense"),
    ],
)
async def test_what_cannot_be_wanted_is_refused_and_changes_nothing(
    gap, house, wanted, error, word
):
    with pytest.raises(error, match=word):
        await gap.sign(gap.ask(), **wanted)

    assert house.inventory.nodes(OPERATOR) == []


async def test_a_full_hub_takes_none(house, tmp_path):
    gap = Gap(house, tmp_path / "node", nodes_max=0)

    with pytest.raises(LimitExceeded, match="0 nodes"):
        await gap.sign(gap.ask())


async def test_an_address_can_be_given_for_the_machine(gap):
    node = gap.take(await gap.sign(gap.ask(), agents="10.9.9.9:9001"))

    assert node.agents == "10.9.9.9:9001"


async def test_damaged_text_reaches_nobody(gap):
    with pytest.raises(BadArmour):
        await gap.sign(gap.ask()[:300])

    assert not is_claimed(gap.folder)
    assert gap.air_gap.fingerprint == gap.house.authority.pins[0]
