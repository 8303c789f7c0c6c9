import json

import msgspec
import pytest

from muster.core.enrolment.approvals import Approvals, ApprovalSettings
from muster.core.enrolment.clones import ForkDue
from muster.core.enrolment.recovery import Recoveries, RecoverySettings
from muster.errors import InputError
from muster.faces.native.recovery import RecoveryFace
from muster.log import Secret
from muster.model.identity import Identity
from muster.net.http import Public, Request
from muster.pki import keys
from muster.pki.possession import prove_possession
from muster.testing.copies import Desk
from muster.wire.recover import Recovery, SignedRecovery, format_recovery, message_of


@pytest.fixture
def route(house):
    recoveries = Recoveries(
        records=house.records,
        authority=house.authority,
        clock=house.clock,
        settings=RecoverySettings(),
        approvals=Approvals(records=house.records, clock=house.clock, settings=ApprovalSettings()),
        lifetime_s=lambda node: 3600,
        copies=Desk(house).copies,
    )
    return RecoveryFace(recoveries=recoveries).routes()[0]


async def asleep(house, days):
    """The body a node sends whose certificate ended so long ago."""
    answer = await house.claim(await house.token())
    identity = Identity(house.authority.hub, answer.node.space, answer.node.id)
    der = keys.to_der(keys.load_chain(answer.chain)[0])
    await house.enrolment.activate(identity, der)
    house.clock.advance((days + 1) * 86_400)
    csr = keys.make_request(keys.make_key())
    text = format_recovery(Recovery(csr=csr, hub=identity.hub, serial="1"))
    proof = prove_possession(house.key, message_of(text))
    return msgspec.json.encode(SignedRecovery(signed=text, proof=proof, chain=answer.chain))


def ask(route, body):
    request = Request(method="POST", path=route.path, body=body, address="10.1.2.3")
    return route.handler(request)


async def test_a_recovered_node_gets_chain_and_anchors(house, route):
    answer = await ask(route, await asleep(house, 40))
    body = json.loads(answer.body)

    assert answer.status == 200
    assert body["anchors"] == house.authority.anchors
    assert keys.views(body["chain"])


async def test_one_that_has_to_wait_is_told_for_what_and_how_long(house, route):
    answer = await ask(route, await asleep(house, 91))
    body = json.loads(answer.body)

    assert answer.status == 202
    assert body["state"] == "waiting"
    assert "more than 90 days" in body["reason"]


async def test_the_route_asks_for_no_action_since_its_body_proves_itself(route):
    assert route.allow is Public.PROOF
    with pytest.raises(InputError):
        await ask(route, b"{}")


async def test_a_copy_that_shall_fork_gets_its_token_here(house, route):
    class Told:
        async def meet_retired(self, node, visitor, *, can_fork):
            raise ForkDue(Secret("token"), "a copy")

    route = RecoveryFace(
        recoveries=Recoveries(
            records=house.records,
            authority=house.authority,
            clock=house.clock,
            settings=RecoverySettings(),
            approvals=Approvals(
                records=house.records, clock=house.clock, settings=ApprovalSettings()
            ),
            lifetime_s=lambda node: 3600,
            copies=Told(),
        )
    ).routes()[0]
    answer = await ask(route, await asleep(house, 1))

    assert json.loads(answer.body) == {"state": "fork", "token": "token", "text": "a copy"}
