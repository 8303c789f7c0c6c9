from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA1

from muster.testing.netdata.keypairs import key_pairs


def test_as_many_different_keys_as_asked_for():
    keys = list(key_pairs(10))

    assert len({key.public_key().public_numbers().n for key in keys}) == 10
    assert {key.key_size for key in keys} == {2048}


def test_each_opens_what_is_encrypted_to_it():
    oaep = padding.OAEP(padding.MGF1(SHA1()), SHA1(), None)
    for key in key_pairs(3):
        assert key.decrypt(key.public_key().encrypt(b"nonce", oaep), oaep) == b"nonce"
