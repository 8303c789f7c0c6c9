"""The hub's parts for machines that keep a key of their own."""

from muster.hub.assembly.keyclaims import KeyClaimParts
from muster.testing.house import House
from muster.testing.rsakeys import open_challenge


class Nobody:
    def session_of(self, node):
        return None


async def test_a_claim_of_the_hub_is_proved_by_its_passwords():
    with House() as house:
        parts = KeyClaimParts(
            records=house.records,
            authority=house.authority,
            clock=house.clock,
            gate=house.gate,
            enrolment=house.enrolment,
            links=Nobody,
            changes=house.changes,
        )
        claim = await house.claim_by_key()
        nonce = open_challenge(parts.passwords.challenge(claim.id))
        given = parts.passwords.answer(claim.id, nonce)

        assert parts.passwords.verify(given.client_id, given.username, given.password) == claim
        assert parts.claims.key_of(claim.id) == claim
