"""What passes by hand between a machine and a hub: a request, and the answer to it.

    request   {"signed": "<JSON>", "proof": "<signature of the new key>",
               "old_proof": "<of the old key>", "chain": "<PEM>"}   the last two to renew
    response  {"signed": "<JSON>", "proof": "<signature of the issuer for agents>"}

Signatures are ECDSA over SHA-256 of a domain and the text. The answer names the request by
its SHA-256. Pure: who signs and checks is muster.pki.possession; how it becomes text is
armour.py. Format page: docs/formats/air-gap.md.
"""

import hashlib
from typing import TypeVar

import msgspec

from muster.errors import InputError
from muster.model.evidence import Evidence
from muster.model.inventory import Facts

T = TypeVar("T")
DOMAIN = b"muster-request-1\0"
MAX_TEXT = 49_152  # characters of a signed text
MAX_PINS = 4


class GapRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What the machine signs. Fields that are not known are left alone. Times in ns UTC."""

    csr: str  # PKCS #10, PEM
    created_ns: int
    expires_ns: int
    facts: Facts = Facts()
    evidence: Evidence = Evidence()
    pins: tuple[str, ...] = ()  # roots the machine will take the answer of; none: it asks
    hub: str = ""  # to renew: UUID of the hub
    node: str = ""  # and of the node
    serial: str = ""  # and which certificate is replaced


class SignedGapRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is in the armour."""

    signed: str
    proof: str
    old_proof: str = ""
    chain: str = ""


class GapAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the hub signs."""

    request_sha256: str
    node: str
    space: str
    name: str
    chain: str
    anchors: str
    agents: str  # host:port of the agents' listener
    issued_ns: int
    expires_ns: int  # then it is not taken in any more
    renamed_from: str = ""


class SignedGapAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What is in the armour."""

    signed: str
    proof: str


def message_of(text: str) -> bytes:
    """The bytes of a request that are signed. Errors: InputError for what is no Unicode."""
    try:
        return DOMAIN + text.encode()
    except UnicodeEncodeError as error:
        raise InputError("request is no text") from error


def digest_of(text: str) -> str:
    """By this an answer names its request: SHA-256 of what was signed, lower-case hex."""
    return hashlib.sha256(message_of(text)).hexdigest()


def format_text(value: GapRequest | GapAnswer) -> str:
    """The text to sign. Errors: InputError when it is too long."""
    text = msgspec.json.encode(value).decode()
    if len(text) > MAX_TEXT:
        raise InputError(f"text to sign would be longer than {MAX_TEXT} characters")
    return text


def read_json(text: str | bytes, kind: type[T], what: str) -> T:
    """A document or a signed text. Errors: InputError that names the place."""
    if len(text) > 2 * MAX_TEXT:
        raise InputError(f"{what} is too long")
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise InputError(f"{what}: {error}") from error
