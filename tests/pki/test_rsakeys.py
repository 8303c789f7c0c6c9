"""RSA keys of other programs' agents."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from muster.pki import rsakeys
from muster.testing.rsakeys import open_challenge, public_pem, sign

EC_PEM = (
    ec.generate_private_key(ec.SECP256R1())
    .public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode()
)


def test_a_key_is_kept_in_one_form_however_it_was_written():
    pem = public_pem()
    known = rsakeys.check_key(pem)

    assert known.pem == pem
    assert rsakeys.check_key(pem.replace("\n", "\r\n")) == known
    assert rsakeys.check_key("\n" + pem.rstrip("\n")) == known


@pytest.mark.parametrize(
    "pem",
    [
        "",
        " \n",
        "x" * 5_000,
        "no key",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\n\u00e9\n-----END PUBLIC KEY-----\n",
        public_pem(7, 1024),
        public_pem(8, 3072),
        EC_PEM,
    ],
)
def test_what_is_no_rsa_key_of_2048_bits_is_refused(pem):
    with pytest.raises(rsakeys.BadKey):
        rsakeys.check_key(pem)


def test_a_challenge_is_read_by_the_keys_holder_alone_and_is_256_bytes():
    challenge = rsakeys.encrypt(public_pem(), b"n" * 32)

    assert len(challenge) == 256
    assert open_challenge(challenge) == b"n" * 32
    with pytest.raises(ValueError):
        open_challenge(challenge, 1)


@pytest.mark.parametrize("nonce", [b"", b"n" * 215])
def test_a_nonce_that_does_not_fit_is_a_bug_of_ours(nonce):
    with pytest.raises(ValueError, match="nonce"):
        rsakeys.encrypt(public_pem(), nonce)


def test_a_signature_is_of_this_message_by_this_key():
    proof = sign(b"hello")

    assert rsakeys.is_signed(public_pem(), b"hello", proof)
    assert not rsakeys.is_signed(public_pem(), b"hallo", proof)
    assert not rsakeys.is_signed(public_pem(1), b"hello", proof)
    for text in ("", "é", "no base64!", proof[:-4]):
        assert not rsakeys.is_signed(public_pem(), b"hello", text)
