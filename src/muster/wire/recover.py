"""The recovery of a certificate that ended: what a node signs with its old key.

    POST /v1/recover  {"signed": "<JSON text>", "proof": "<base64url of a signature>",
                       "chain": "<PEM: the old certificate>"}

The signature is ECDSA over SHA-256 of DOMAIN and the text's bytes, DER. Pure: who signs and
checks is muster.pki.possession. Format page: docs/formats/claim.md.
"""

import msgspec

from muster.model.clone import Holder
from muster.model.inventory import Facts
from muster.wire.signedtext import SignedText

DOMAIN = b"muster-recover-1\0"
MAX_TEXT = 32_768  # characters of the signed text
_TEXT = SignedText("recovery", domain=DOMAIN, most=MAX_TEXT)


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """What is signed. Fields that are not known are left alone."""

    csr: str  # PKCS #10, PEM, of a new key
    hub: str  # UUID of the hub it is meant for
    serial: str  # of the certificate that ended
    facts: Facts = Facts()
    holder: Holder = Holder()
    time_ns: int = 0


class SignedRecovery(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent."""

    signed: str
    proof: str
    chain: str


def format_recovery(recovery: Recovery) -> str:
    """The text to sign. Errors: InputError when it is longer than a hub takes."""
    return _TEXT.format(recovery)


def parse_recovery(text: str) -> Recovery:
    """Read a signed text, proved or not. Errors: InputError that names the place."""
    return _TEXT.parse(text, Recovery)


def message_of(text: str) -> bytes:
    """The bytes that the proof is made over. Errors: InputError for what is no Unicode."""
    return _TEXT.message(text)
