"""Passwords for one link each, given to who proves to hold the key of a claim.

Steps: 1 the claim may open a link  2 a nonce is encrypted to its key  3 who sends the nonce back
gets a password  4 the password opens one link. Nonces and passwords are bound to their claim,
work once, for a minute, and are kept in memory as hashes alone. Calls are quick and run on the
event loop's thread; who is shut out costs no cryptography.
"""

import hashlib
import os

import msgspec

from muster.clock import Clock
from muster.core.enrolment.keyclaimform import KeyClaimRefused
from muster.core.enrolment.keyclaims import KeyClaims
from muster.core.pending import Pending
from muster.core.throttle import Throttle
from muster.errors import LimitExceeded
from muster.log import Secret
from muster.model.keyclaim import KeyClaim
from muster.pki import rsakeys

NONCE_BYTES = 32
LIFETIME_S = 60.0
MAX_PENDING = 20_000
_PER_MINUTE = 60  # challenges of one claim: an agent asks for one per link


class LinkPassword(msgspec.Struct, frozen=True):
    """What opens one link."""

    client_id: str
    username: str
    password: Secret


class Passwords:
    """Challenges, and the passwords that answers to them earn."""

    def __init__(self, *, claims: KeyClaims, clock: Clock) -> None:
        self._claims = claims
        self._nonces: Pending[str] = _pending(clock)
        self._passwords: Pending[str] = _pending(clock)
        self._asked = Throttle(clock=clock, limit=_PER_MINUTE, window_s=60)

    def challenge(self, claim_id: str) -> bytes:
        """256 bytes that only the claim's key opens. Errors: KeyClaimRefused, LimitExceeded."""
        # 1
        claim = self._claims.key_of(claim_id)
        if wait_s := self._asked.take(claim.id):
            raise LimitExceeded("this agent connects again and again", retry_after_s=wait_s)
        # 2
        nonce = os.urandom(NONCE_BYTES)
        self._nonces.add(_hash(nonce), claim.id, claim.id)
        return rsakeys.encrypt(claim.key_pem, nonce)

    def answer(self, claim_id: str, nonce: bytes) -> LinkPassword:
        """3. Errors: KeyClaimRefused; its code is `challenge_failed` for a wrong or old nonce."""
        claim = self._claims.key_of(claim_id)
        if self._nonces.take(_hash(nonce), claim.id) is None:
            raise KeyClaimRefused("challenge_failed", "the challenge is not answered; ask anew")
        password = os.urandom(NONCE_BYTES).hex()
        self._passwords.add(_hash(password.encode()), claim.id, claim.id)
        return LinkPassword(client_id=claim.id, username=claim.id, password=Secret(password))

    def verify(self, client_id: str, username: str, password: Secret) -> KeyClaim:
        """4: the claim that a link is of; the password is used up.

        Errors: KeyClaimRefused; its code is `password_wrong` for one that opens nothing.
        """
        key = _hash(password.reveal().encode(errors="replace"))
        if username != client_id or self._passwords.take(key, client_id) is None:
            raise KeyClaimRefused("password_wrong", "this password opens no link")
        return self._claims.key_of(client_id)


def _pending(clock: Clock) -> Pending[str]:
    return Pending(clock=clock, lifetime_s=LIFETIME_S, most=MAX_PENDING)


def _hash(secret: bytes) -> str:
    return hashlib.sha256(secret).hexdigest()
