import pytest

from muster.errors import InputError
from muster.log import Secret
from muster.model.identity import Identity
from muster.model.ids import NodeId, SpaceId
from muster.pki import keys
from muster.pki.authority import Authority, make_hierarchy
from muster.pki.possession import answer_message, holds_key, prove_possession

NOW_NS = 1_800_000_000 * 10**9
ID = "6f1c1a52-0000-4000-8000-000000000001"


@pytest.fixture(scope="module")
def key():
    return keys.make_key()


@pytest.fixture(scope="module")
def certificate(key):
    authority = Authority(make_hierarchy(NOW_NS))
    identity = Identity(authority.hub, SpaceId(ID), NodeId(ID))
    issued = authority.issue_agent(keys.make_request(key), identity, now_ns=NOW_NS)
    return keys.load_chain(issued.chain)[0]


def test_who_has_the_key_of_a_certificate_can_show_it(key, certificate):
    assert holds_key(certificate, b"message", prove_possession(key, b"message"))


@pytest.mark.parametrize("proof", ["", "AAAA", "not base64!", "é", "A" * 201])
def test_what_is_no_signature_proves_nothing(certificate, proof):
    assert not holds_key(certificate, b"message", proof)


def test_a_signature_over_something_else_or_by_another_proves_nothing(key, certificate):
    assert not holds_key(certificate, b"message", prove_possession(key, b"other"))
    assert not holds_key(certificate, b"message", prove_possession(keys.make_key(), b"message"))


def test_a_key_that_cannot_be_read_is_not_quoted():
    with pytest.raises(InputError) as error:
        prove_possession(Secret("SECRET"), b"message")

    assert "SECRET" not in str(error.value)


def test_an_issuer_vouches_for_answers_and_for_nothing_that_looks_like_a_certificate():
    authority = Authority(make_hierarchy(NOW_NS))
    (issuer,) = keys.load_chain(authority.trust.agents)
    proof = authority.sign_answer("an answer")

    assert holds_key(issuer, answer_message("an answer"), proof)
    assert not holds_key(issuer, b"an answer", proof)
    assert not holds_key(issuer, answer_message("another"), proof)
    assert answer_message("")[0] != 0x30  # with which every certificate begins
    with pytest.raises(InputError, match="no text"):
        authority.sign_answer("\ud800")
