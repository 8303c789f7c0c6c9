"""RSA keys as other programs' agents make them; each is made once, because that takes long."""

import base64
from functools import cache

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa


def rsa_key(number: int = 0, bits: int = 2048) -> rsa.RSAPrivateKey:
    """The same key for the same number, as long as the process lives."""
    return _made(number, bits)


@cache
def _made(number: int, bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def public_pem(number: int = 0, bits: int = 2048) -> str:
    """Its public half, as agents send it."""
    public = rsa_key(number, bits).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return public.public_bytes(serialization.Encoding.PEM, form).decode()


def open_challenge(challenge: bytes, number: int = 0) -> bytes:
    """The nonce in a challenge."""
    oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)  # noqa: S303 - theirs
    return rsa_key(number).decrypt(challenge, oaep)


def sign(message: bytes, number: int = 0) -> str:
    """PKCS #1 v1.5 with SHA-256, base64."""
    raw = rsa_key(number).sign(message, padding.PKCS1v15(), hashes.SHA256())
    return base64.b64encode(raw).decode()
