"""A request that came by hand, read and proved: nothing in it counts before that. Pure.

Steps: 1 take it out of its armour  2 the key that is to be certified has signed it
3 it has not ended  4 to renew: the old certificate is ours, and its key has signed it too.
"""

import hashlib

import msgspec

from muster.clock import SECOND_NS
from muster.errors import InputError
from muster.model.identity import Identity
from muster.pki import keys
from muster.pki.authority import identity_of
from muster.pki.possession import holds_key, is_signed
from muster.ports.signer import Authority
from muster.wire import armour
from muster.wire.airgap import GapRequest, SignedGapRequest, digest_of, message_of, read_json

MAX_LIFE_S = 90 * 86_400  # of a request
_AHEAD_S = 86_400  # a machine that is alone may have a clock that is wrong


class BadGapRequest(InputError):
    """Whole, and not signed as it should be."""

    code = "bad_request"


class RequestExpired(InputError):
    """The machine set an end to it, which has passed."""

    code = "request_expired"


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """A request that is proved. `identity` is that of the node to renew."""

    request: GapRequest
    sha256: str
    key_sha256: str
    identity: Identity | None = None
    old_sha256: str = ""  # of the certificate to replace


def is_renewal(read: Read) -> bool:
    """Whether a node that is in asks for a new certificate."""
    return read.identity is not None


def read_request(text: str, authority: Authority, now_ns: int) -> Read:
    """Errors: BadArmour, OtherArmour; `bad_csr`; BadGapRequest, RequestExpired; InputError."""
    # 1
    document = armour.parse_armour(armour.Kind.REQUEST, text)
    signed = read_json(document, SignedGapRequest, "request")
    request = read_json(signed.signed, GapRequest, "request")
    # 2
    key = keys.check_request(request.csr)
    if not is_signed(key, message_of(signed.signed), signed.proof):
        raise BadGapRequest("the request is not signed by the key in it: it was altered")
    # 3
    _require_in_time(request, now_ns)
    read = Read(request=request, sha256=digest_of(signed.signed), key_sha256=keys.key_sha256(key))
    # 4
    return _with_old(read, signed, authority) if request.node else read


def _require_in_time(request: GapRequest, now_ns: int) -> None:
    if request.expires_ns <= now_ns:
        days = (now_ns - request.expires_ns) // (86_400 * SECOND_NS)
        raise RequestExpired(f"the request ended {days} days ago; make a new one on the machine")
    if request.expires_ns - request.created_ns > MAX_LIFE_S * SECOND_NS:
        raise BadGapRequest(f"the request asks for more than {MAX_LIFE_S // 86_400} days")
    if request.created_ns - now_ns > _AHEAD_S * SECOND_NS:
        raise BadGapRequest(
            "the request is of tomorrow or later: the machine's clock is wrong, or this hub's"
        )


def _with_old(read: Read, signed: SignedGapRequest, authority: Authority) -> Read:
    request, chain = read.request, keys.load_chain(signed.chain)
    if not chain:
        raise BadGapRequest("a request to renew has to show the old certificate")
    der = keys.to_der(chain[0])
    if request.hub != authority.hub or not authority.issued_agent(der):
        raise BadGapRequest("the request is to renew a certificate of another hub")
    if not holds_key(chain[0], message_of(signed.signed), signed.old_proof):
        raise BadGapRequest("the request is not signed with the old certificate's key")
    identity = identity_of(der)
    if identity.node != request.node:
        raise BadGapRequest("the request is for another node than its old certificate")
    sha256 = hashlib.sha256(der).hexdigest()
    return msgspec.structs.replace(read, identity=identity, old_sha256=sha256)
