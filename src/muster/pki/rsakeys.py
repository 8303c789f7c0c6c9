"""RSA keys of agents that came by another wire: read, and made to prove themselves.

Such a key certifies nothing and is certified by nobody: what it can is to read a text that was
encrypted to it, and to sign.

Source: RFC 8017 (RSAES-OAEP with SHA-1 and MGF1-SHA-1, RSASSA-PKCS1-v1_5), RFC 7468 (PEM).
"""

import base64
import binascii
from functools import lru_cache

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from muster.errors import InputError
from muster.pki.keys import MALFORMED, key_sha256

BITS = 2048  # of their challenges, whose length is fixed
MAX_PEM = 4_096
MAX_NONCE = 214  # bytes that OAEP takes at this length

# SHA-1 is what these agents read, and safe here: OAEP asks no collision resistance of it.
_OAEP = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)  # noqa: S303


class BadKey(InputError):
    """A public key that cannot be taken."""

    code = "bad_key"


class RsaKey(msgspec.Struct, frozen=True):
    """A public key in its one form: `pem` as this hub writes it, and the SHA-256 of its DER."""

    pem: str
    sha256: str


def check_key(pem: str) -> RsaKey:
    """Read a public key (SubjectPublicKeyInfo, PEM). Errors: BadKey."""
    if not pem.strip():
        raise BadKey("the public key is empty")
    if len(pem) > MAX_PEM:
        raise BadKey(f"the public key is longer than {MAX_PEM} characters")
    key = _load(pem)
    text = key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return RsaKey(text.decode(), key_sha256(key))


def encrypt(pem: str, nonce: bytes) -> bytes:
    """256 bytes that only the holder of the private key can read. Errors: BadKey."""
    if not 0 < len(nonce) <= MAX_NONCE:
        raise ValueError(f"a nonce is 1 to {MAX_NONCE} bytes, not {len(nonce)}")
    return _load(pem).encrypt(nonce, _OAEP)


def is_signed(pem: str, message: bytes, signature: str) -> bool:
    """Whether the key's holder signed a message: PKCS #1 v1.5 with SHA-256, base64."""
    try:
        raw = base64.b64decode(signature.encode("ascii"), validate=True)
        _load(pem).verify(raw, message, padding.PKCS1v15(), hashes.SHA256())
    except (binascii.Error, UnicodeEncodeError, InvalidSignature):
        return False
    return True


@lru_cache(maxsize=64)
def _load(pem: str) -> rsa.RSAPublicKey:
    try:
        key = serialization.load_pem_public_key(pem.encode("ascii"))
    except MALFORMED as error:
        raise BadKey("not a public key that can be read (PEM, BEGIN PUBLIC KEY)") from error
    if not isinstance(key, rsa.RSAPublicKey):
        raise BadKey(f"the public key is no RSA key: {type(key).__name__}")
    if key.key_size != BITS:
        raise BadKey(f"the public key has {key.key_size} bits, not {BITS}")
    exponent = key.public_numbers().e
    if exponent < 3 or exponent.bit_length() > 32:  # a huge one makes every check slow
        raise BadKey("the public key has an unusual exponent")
    return key
