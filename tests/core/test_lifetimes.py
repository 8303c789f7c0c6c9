"""Certificates of a minute for half an hour: always one that counts, never two.

Hundreds of agents live on a clock that a test moves. Each renews when agent/joining/renewal.py
says, with a jitter of its own, uses the new certificate a moment later, and knocks every second.
"""

import random
from datetime import timedelta

import pytest

from muster.agent.joining.identity import NodeFile
from muster.agent.joining.renewal import Renewal
from muster.clock import SECOND_NS
from muster.core.enrolment.admission import Admission
from muster.core.enrolment.enrol import EnrolSettings
from muster.errors import InputError
from muster.model.identity import CredentialState, Identity
from muster.model.inventory import SpaceSettings
from muster.pki import keys
from muster.pki.profile import AGENT, MIN_LIFETIME_S
from muster.testing.house import OPERATOR, House

LIFE_S = 60


class Sleeper:
    """An agent as far as its certificates go."""

    def __init__(self, house, node, draw, data):
        self.house = house
        self.identity = Identity(house.authority.hub, node.space, node.id)
        self.renewal = Renewal(data=data, clock=house.clock, random=draw)
        self.renewals = 0

    def hold(self, chain):
        leaf = keys.load_chain(chain)[0]
        self.der, view = keys.to_der(leaf), keys.view(leaf)
        self.file = NodeFile(
            node=self.identity.node,
            space=self.identity.space,
            name="n",
            hub=self.identity.hub,
            agents="hub:1",
            serial=view.serial,
            sha256=view.sha256,
            not_before_ns=view.not_before_ns,
            not_after_ns=view.not_after_ns,
        )

    def live_a_second(self, admission, request):
        """Be connected, as the hub checks it, and renew when that is due."""
        admission.admit(self.identity, self.der, "10.1.2.3")
        if self.renewal.due_in_s(self.file) <= 0:
            self.hold(admission.renew(self.identity, request, self.der).chain)
            self.renewals += 1

    def active(self):
        known = self.house.records.nodes.credentials(self.identity.node)
        return [each for each in known if each.state is CredentialState.ACTIVE]


async def settled(house, count, data):
    """So many agents, claimed and connected."""
    rng = random.Random(7)
    token = await house.token(uses=count)
    agents = []
    for _ in range(count):
        answer = await house.claim(token, key=keys.make_key())
        agent = Sleeper(house, answer.node, rng.random, data)
        agent.hold(answer.chain)
        agents.append(agent)
    return agents


# Five hundred for half an hour take half a minute, so they run among the scenarios.
@pytest.mark.parametrize(
    ("agents_total", "span_s"),
    [(150, 180), (25, 1_800), pytest.param(500, 1_800, marks=pytest.mark.scenario)],
)
async def test_minute_certificates_of_many_agents_leave_no_gap_and_are_never_two(
    tmp_path, agents_total, span_s
):
    settings = EnrolSettings(agent_lifetime=timedelta(seconds=LIFE_S))
    with House(enrol=settings) as house:
        agents = await settled(house, agents_total, tmp_path)
        admission = Admission(
            records=house.records.nodes,
            audit=house.records.audit,
            authority=house.authority,
            clock=house.clock,
            lifetime_s=lambda node: LIFE_S,
            renewals_per_minute=12,
        )
        request = keys.make_request(keys.make_key())
        due = dict.fromkeys(agents, 0)
        for second in range(span_s):
            for agent in (each for each in agents if due[each] <= second):
                agent.live_a_second(admission, request)
                wait_s = agent.renewal.due_in_s(agent.file)
                due[agent] = second + max(1, int(wait_s))
                assert len(agent.active()) == 1
                assert agent.file.not_after_ns > house.clock.now_ns() + 20 * SECOND_NS
            house.clock.advance(1)

    least = span_s // LIFE_S
    assert all(least <= agent.renewals <= 3 * least for agent in agents)


@pytest.mark.parametrize(
    ("space_s", "room_s", "lifetime_s"),
    [
        (0, 0, 86_400),
        (7_200, 0, 7_200),
        (90 * 86_400, 0, 90 * 86_400),
        (7_200, 3_600, 3_600),
        (3_600, 7_200, 3_600),
        (0, 30 * 86_400, 30 * 86_400),
    ],
)
async def test_the_strictest_of_space_and_rooms_decides_how_long_a_certificate_lives(
    space_s, room_s, lifetime_s
):
    with House() as house:
        room = await house.rooms.create(OPERATOR, house.space.id, "lab", agent_lifetime_s=room_s)
        await house.spaces.edit(
            OPERATOR, house.space.id, settings=SpaceSettings(agent_lifetime_s=space_s)
        )
        answer = await house.claim(await house.token(rooms=(room.id,)))
        claimed = keys.view(keys.load_chain(answer.chain)[0])
        identity = Identity(house.authority.hub, answer.node.space, answer.node.id)
        renewed = await house.enrolment.renew(identity, keys.make_request(keys.make_key()))
        view = keys.view(keys.load_chain(renewed.chain)[0])

    for each in (claimed, view):
        assert each.not_after_ns - house.clock.now_ns() <= lifetime_s * SECOND_NS
        assert each.not_after_ns - house.clock.now_ns() > (lifetime_s - 2) * SECOND_NS


@pytest.mark.parametrize("seconds", [3_599, 90 * 86_400 + 1, -1])
async def test_a_space_asks_for_an_hour_to_ninety_days(seconds):
    with House() as house, pytest.raises(InputError, match="1 h to 90 days"):
        await house.spaces.edit(
            OPERATOR, house.space.id, settings=SpaceSettings(agent_lifetime_s=seconds)
        )


def test_no_certificate_of_an_agent_outlives_ninety_days():
    begin_ns, end_ns = AGENT.span(0, 400 * 86_400)

    assert end_ns == 90 * 86_400 * SECOND_NS
    assert begin_ns < 0
    assert MIN_LIFETIME_S == 10
