"""RSA keys of tests: made once, and each its own."""

from muster.pki import rsakeys
from muster.testing.rsakeys import open_challenge, public_pem, rsa_key, sign


def test_a_number_stands_for_one_key():
    assert rsa_key() is rsa_key(0, 2048)
    assert public_pem(0) != public_pem(1)
    assert rsa_key(9, 1024).key_size == 1024


def test_a_key_reads_its_challenge_and_signs():
    assert open_challenge(rsakeys.encrypt(public_pem(1), b"nonce"), 1) == b"nonce"
    assert rsakeys.is_signed(public_pem(1), b"text", sign(b"text", 1))
