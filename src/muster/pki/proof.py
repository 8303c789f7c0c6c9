"""Proof that somebody holds a token: its secret is the seed of an Ed25519 key.

Who keeps the public key can check a proof and make none. Secrets are 43 characters of
base64url (32 bytes), proofs 86 (64 bytes), public keys 64 of lower-case hex.

Source: RFC 8032 (Ed25519), RFC 4648 section 5 (base64url, here without padding).
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from muster.errors import InputError
from muster.log import Secret
from muster.model.base64url import format_base64url, parse_base64url

SEED_BYTES = 32
PROOF_BYTES = 64
_MAX_CHARACTERS = 100


def proof_key(secret: Secret) -> str:
    """The public key of a token's secret, hex. Errors: InputError; nothing is quoted."""
    return _key(secret).public_key().public_bytes_raw().hex()


def prove(secret: Secret, message: bytes) -> str:
    """The proof for a message, base64url. Errors: InputError; nothing is quoted."""
    return format_base64url(_key(secret).sign(message))


def is_proved(key: str, message: bytes, proof: str) -> bool:
    """Whether the holder of the secret behind a public key (hex) made this proof."""
    try:
        signature = _bytes(proof, PROOF_BYTES)
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(signature, message)
    except (InputError, InvalidSignature, ValueError):
        return False
    return True


def _key(secret: Secret) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(_bytes(secret.reveal(), SEED_BYTES))


def _bytes(text: str, length: int) -> bytes:
    if len(text) > _MAX_CHARACTERS:
        raise InputError(f"not {length} bytes of base64url")
    raw = parse_base64url(text)
    if len(raw) != length:
        raise InputError(f"not {length} bytes of base64url")
    return raw
