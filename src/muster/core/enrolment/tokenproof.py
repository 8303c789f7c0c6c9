"""Claim tokens, as who asks for entry shows them: is one proved, and is it good.

Everything blocks but `guess_at_hand` and `turn_away`.
Whoever asks is a stranger until the token is proved; a stranger is told nothing about tokens.
All wires by which machines claim share one TokenProofs, and so one count of wrong proofs.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import msgspec

from muster.clock import Clock
from muster.core.audit import make_event
from muster.core.enrolment.gate import Gate
from muster.core.names import is_id
from muster.core.throttle import Throttle
from muster.errors import Conflict, InputError, LimitExceeded, MusterError, Unauthenticated
from muster.log import Secret
from muster.model.access import Actor, AuditEvent
from muster.model.address import network_of
from muster.model.identity import ClaimToken
from muster.model.ids import TokenId
from muster.pki.proof import is_proved, proof_key
from muster.ports.records import Records
from muster.wire.claim import message_of

_HELD_S = 1.0  # at the least
_APART_S = 0.004
_HELD_MOST = 1_000  # more are refused without a wait
_DECOY = proof_key(Secret("A" * 43))  # checked against when a token id is not known

Sleep = Callable[[float], Awaitable[None]]


class TokenRefused(Unauthenticated):
    """A claim token that lets nobody in: `token_unknown`, `token_expired`, `token_used_up`."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class AlreadyClaimed(Conflict):
    """The key, the machine or the id belongs to a node that is in."""

    code = "already_claimed"


class SignedProof(msgspec.Struct, frozen=True):
    """Proof of our own wire: a text and the signature of the token's key over it."""

    text: str
    proof: str


class SecretProof(msgspec.Struct, frozen=True):
    """Proof of wires that carry the token's secret itself."""

    secret: Secret


class Knock(msgspec.Struct, frozen=True, kw_only=True):
    """Who stands at the door, as the audit log names it, and with which token."""

    token_id: str
    proof: SignedProof | SecretProof
    hostname: str = ""
    address: str = ""


class TokenProofs:
    """Finds the token that is proved."""

    def __init__(
        self,
        *,
        records: Records,
        clock: Clock,
        gate: Gate,
        nodes_max: int,
        bad_proofs_per_minute: int,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._records = records
        self._clock = clock
        self._gate = gate
        self._nodes_max = nodes_max
        self._guesses = Throttle(clock=clock, limit=bad_proofs_per_minute, window_s=60)
        self._noted = Throttle(clock=clock, limit=1, window_s=60)
        self._sleep, self._held, self._last = sleep, 0, 0.0  # how many, and when the last is told

    def prove(self, knock: Knock) -> ClaimToken:
        """The token that is proved.

        An unknown id is checked against a decoy, whether its sender is slowed down or not, so that
        it costs what a wrong proof does: of an id that exists the proof is checked always, as an
        honest claim never waits for others' guesses.
        Errors: TokenRefused (`token_unknown`), LimitExceeded.
        """
        tokens = self._records.tokens
        id = _id_of(knock)
        if _is_proved(knock, tokens.proof_keys()) and (token := tokens.token(id)) is not None:
            return token
        network = network_of(knock.address)
        refusal = self._guess(id, network)
        # one event a minute, however many guesses
        if isinstance(refusal, LimitExceeded) and not self._noted.take(network):
            self._records.audit.add(self.event(knock, "claim.throttled", network))
        raise refusal

    def guess_at_hand(self, knock: Knock) -> TokenRefused | LimitExceeded | None:
        """What `prove` would raise, known without waiting for anything; it counts as a guess.

        So a flood of guesses, once it is noted, reads and writes nothing and takes no thread.
        None: it may be no guess, or the flood is still to be noted; `prove` has to look.
        """
        keys, network = self._records.tokens.keys_at_hand(), network_of(knock.address)
        if keys is None or not self._noted.is_spent(network) or _is_proved(knock, keys):
            return None
        return self._guess(_id_of(knock), network)

    async def turn_away(self, knock: Knock) -> None:
        """Refuse a guess of a noted flood, after a while, in which its connection brings no other.

        Those who are told are told one by one, so that they do not come back all at once. A good
        proof never waits. Errors: those of `guess_at_hand`.
        """
        refusal = self.guess_at_hand(knock)
        if refusal is None:
            return
        if self._held < _HELD_MOST:
            self._held += 1
            try:
                now = self._clock.monotonic()
                self._last = max(now + _HELD_S, self._last + _APART_S)
                await self._sleep(self._last - now)
            finally:
                self._held -= 1
        raise refusal

    def _guess(self, id: TokenId, network: str) -> TokenRefused | LimitExceeded:
        """Count a wrong proof; what it is told."""
        of_token, of_network = f"token {id}", f"network {network}"
        if wait_s := max(self._guesses.take(of_token), self._guesses.take(of_network)):
            return LimitExceeded("too many wrong claim tokens from here", retry_after_s=wait_s)
        return TokenRefused("token_unknown", "this hub knows no such claim token; make a new one")

    def require_good(self, token: ClaimToken, key_sha256: str, now_ns: int) -> None:
        """Who asked while the token was good may wait beyond its end. Errors: TokenRefused."""
        is_late = token.expires_ns <= now_ns and not self._gate.waits(token, key_sha256)
        if token.revoked_ns or token.used >= token.uses or is_late:
            raise self.refusal_of(token.id, now_ns)

    def require_room(self) -> None:
        """Errors: LimitExceeded when the hub has as many nodes as it takes."""
        if self._records.nodes.count_nodes() >= self._nodes_max:
            raise LimitExceeded(f"this hub takes {self._nodes_max} nodes (enrol.nodes_max)")

    def refusal_of(self, id: TokenId, now_ns: int) -> TokenRefused:
        """Why a token lets nobody in; only for those who hold its secret."""
        token = self._records.tokens.token(id)
        if token is None:
            return TokenRefused("token_unknown", "this claim token is gone; make a new one")
        if token.revoked_ns:
            return TokenRefused("token_expired", "this claim token was revoked; make a new one")
        if token.expires_ns <= now_ns:
            return TokenRefused("token_expired", "this claim token has expired; make a new one")
        claims = self._records.tokens.claims(id)
        by = f" by {claims[-1].name}" if claims else ""
        return TokenRefused("token_used_up", f"this claim token was used up{by}; make a new one")

    def note_refusal(self, token: ClaimToken, knock: Knock, error: MusterError) -> None:
        """Holders of a secret who are refused are worth knowing of, a few times a minute."""
        if not self._guesses.take(f"refusal {token.id}"):
            event = self.event(knock, "node.claim", knock.hostname, token)
            self._records.audit.add(msgspec.structs.replace(event, outcome=error.code))

    def event(
        self, knock: Knock, action: str, object: str, token: ClaimToken | None = None
    ) -> AuditEvent:
        """Who has proved no token is a stranger."""
        who = f"token {token.id}" if token else "stranger"
        return make_event(
            self._clock,
            Actor(name=who, address=knock.address),
            action,
            object,
            detail=knock.hostname,
            space=token.space if token else "",
        )


def _id_of(knock: Knock) -> TokenId:
    return TokenId(knock.token_id if is_id(knock.token_id) else "")


def _is_proved(knock: Knock, keys: Mapping[TokenId, str]) -> bool:
    """One check of a proof, whether the id is known or not."""
    key = keys.get(_id_of(knock))  # empty: kept from before there were proofs
    return _is_proof(knock.proof, key or _DECOY) and bool(key)


def _is_proof(proof: SignedProof | SecretProof, key: str) -> bool:
    match proof:
        case SignedProof(text=text, proof=signature):
            return is_proved(key, message_of(text), signature)
        case SecretProof(secret=secret):
            try:
                return proof_key(secret) == key
            except InputError:  # no secret of ours can look so
                return False
