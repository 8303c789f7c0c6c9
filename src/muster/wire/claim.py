"""The claim: the text a machine signs with its token's key, and what is sent.

    POST /v1/claim  {"signed": "<JSON text>", "proof": "<base64url of an Ed25519 signature>"}

The signature is over DOMAIN and the text's bytes, so nothing in a claim can be changed and
none can be used for another key. Pure: who signs and checks is muster.pki.proof.
Format page: docs/formats/claim.md.
"""

import msgspec

from muster.model.evidence import Evidence
from muster.model.inventory import Facts
from muster.wire.signedtext import SignedText

DOMAIN = b"muster-claim-1\0"
MAX_TEXT = 49_152  # characters of the signed text
HUB_HEADER = "muster-hub"  # of the answer that shows a hub's roots: its id
_TEXT = SignedText("claim", domain=DOMAIN, most=MAX_TEXT)


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What is signed. Fields that are not known are left alone: newer agents may send more."""

    token_id: str
    csr: str  # PKCS #10, PEM
    facts: Facts = Facts()
    evidence: Evidence = Evidence()
    proposed_id: str = ""
    rooms: tuple[str, ...] = ()  # of those the token allows; none: all of them
    time_ns: int = 0  # the machine's clock when it signed


class SignedClaim(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent."""

    signed: str
    proof: str


def format_claim(claim: Claim) -> str:
    """The text to sign. Errors: InputError when it is longer than a hub takes."""
    return _TEXT.format(claim)


def parse_claim(text: str) -> Claim:
    """Read a signed text, proved or not. Errors: InputError that names the place."""
    return _TEXT.parse(text, Claim)


def message_of(text: str) -> bytes:
    """The bytes that the proof is made over. Errors: InputError for what is no Unicode."""
    return _TEXT.message(text)
