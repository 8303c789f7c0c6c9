"""What counts as a request: table of what is refused, each with its reason."""

import msgspec
import pytest

from muster.core.enrolment.gaprequest import BadGapRequest, RequestExpired, is_renewal, read_request
from muster.errors import InputError
from muster.model.identity import Identity
from muster.model.ids import NodeId, SpaceId
from muster.pki import keys
from muster.pki.authority import Authority, make_hierarchy
from muster.pki.keys import BadRequest
from muster.pki.possession import prove_possession
from muster.wire.airgap import GapRequest, SignedGapRequest, format_text, message_of
from muster.wire.armour import Kind, format_armour

NOW_NS = 1_800_000_000 * 10**9
DAY_NS = 86_400 * 10**9
ID, OTHER = "6f1c1a52-0000-4000-8000-000000000001", "6f1c1a52-0000-4000-8000-000000000002"
AUTHORITY, FOREIGN = (Authority(make_hierarchy(NOW_NS)) for _ in range(2))
KEY, OLD = keys.make_key(), keys.make_key()
PLAIN = GapRequest(csr=keys.make_request(KEY), created_ns=NOW_NS, expires_ns=NOW_NS + DAY_NS)


def chain_of(authority, node=ID):
    identity = Identity(authority.hub, SpaceId(ID), NodeId(node))
    return authority.issue_agent(keys.make_request(OLD), identity, now_ns=NOW_NS).chain


def wrapped(request, key=KEY, old=None, chain="", **changes):
    text = format_text(request)
    message = message_of(text)
    signed = SignedGapRequest(
        signed=text,
        proof=prove_possession(key, message),
        old_proof=prove_possession(old, message) if old else "",
        chain=chain,
    )
    document = msgspec.json.encode(msgspec.structs.replace(signed, **changes))
    return format_armour(Kind.REQUEST, document)


def changed(**changes):
    return msgspec.structs.replace(PLAIN, **changes)


RENEWAL = changed(hub=AUTHORITY.hub, node=ID, serial="1")


def test_a_signed_request_is_read():
    read = read_request(wrapped(PLAIN), AUTHORITY, NOW_NS)

    assert read.request == PLAIN
    assert read.key_sha256 == keys.own_key_sha256(KEY)
    assert not is_renewal(read)


def test_a_renewal_is_proved_by_the_old_key_too():
    read = read_request(wrapped(RENEWAL, old=OLD, chain=chain_of(AUTHORITY)), AUTHORITY, NOW_NS)

    assert is_renewal(read) and read.identity.node == ID
    assert len(read.old_sha256) == 64


@pytest.mark.parametrize(
    ("text", "error", "word"),
    [
        (wrapped(PLAIN, key=OLD), BadGapRequest, "altered"),
        (wrapped(PLAIN, signed=format_text(changed(pins=("x",)))), BadGapRequest, "altered"),
        (wrapped(PLAIN, proof="AAAA"), BadGapRequest, "altered"),
        (wrapped(changed(csr="no request")), BadRequest, "certificate request"),
        (wrapped(changed(expires_ns=NOW_NS)), RequestExpired, "ended"),
        (wrapped(changed(expires_ns=NOW_NS + 91 * DAY_NS)), BadGapRequest, "90 days"),
        (
            wrapped(changed(created_ns=NOW_NS + 2 * DAY_NS, expires_ns=NOW_NS + 3 * DAY_NS)),
            BadGapRequest,
            "clock",
        ),
        (wrapped(RENEWAL), InputError, "certificate"),
        (wrapped(RENEWAL, old=OLD, chain=chain_of(FOREIGN)), BadGapRequest, "another hub"),
        (wrapped(RENEWAL, old=KEY, chain=chain_of(AUTHORITY)), BadGapRequest, "old certificate's"),
        (
            wrapped(RENEWAL, old=OLD, chain=chain_of(AUTHORITY, OTHER)),
            BadGapRequest,
            "another node",
        ),
        (format_armour(Kind.REQUEST, b"[]"), InputError, "request"),
        (format_armour(Kind.REQUEST, b'{"signed":"{}","proof":""}'), InputError, "request"),
    ],
)
def test_what_is_not_signed_as_it_should_be_is_refused(text, error, word):
    with pytest.raises(error, match=word):
        read_request(text, AUTHORITY, NOW_NS)
