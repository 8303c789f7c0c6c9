"""Proofs by a token's secret: checked with the public key, made with nothing else."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import InputError
from muster.log import Secret
from muster.pki.proof import is_proved, proof_key, prove
from muster.wire.claimtoken import new_secret

SECRET = new_secret(bytes(range(32)))
KEY = proof_key(SECRET)


def test_the_key_is_that_of_rfc_8032():
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")

    assert proof_key(new_secret(seed)) == (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    )


@given(st.binary(max_size=200))
def test_a_proof_holds_for_its_message_and_no_other(message):
    proof = prove(SECRET, message)

    assert is_proved(KEY, message, proof)
    assert not is_proved(KEY, message + b"x", proof)


def test_a_proof_by_another_secret_does_not_hold():
    assert not is_proved(KEY, b"m", prove(new_secret(bytes(32)), b"m"))


@pytest.mark.parametrize("proof", ["", "A", "A" * 86, "?" * 86, "é" * 86, "A" * 10_000, "A" * 88])
def test_what_is_no_proof_does_not_hold(proof):
    assert not is_proved(KEY, b"m", proof)


@pytest.mark.parametrize("key", ["", "zz", "00" * 31, "ff" * 32])
def test_without_a_sound_key_nothing_is_proved(key):
    assert not is_proved(key, b"m", prove(SECRET, b"m"))


@pytest.mark.parametrize("secret", ["", "short", "A" * 44, "ü" * 43, "A" * 1000])
def test_what_is_no_secret_is_refused_without_quoting_it(secret):
    with pytest.raises(InputError) as refusal:
        proof_key(Secret(secret))

    assert not secret or secret not in str(refusal.value)


def test_the_public_key_is_no_secret():
    assert not is_proved(KEY, b"m", prove(new_secret(bytes.fromhex(KEY)), b"m"))
    assert Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex() != KEY
