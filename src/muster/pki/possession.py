"""Proof that somebody holds the key of a certificate: an ECDSA signature over a message.

Source: FIPS 186-5 (ECDSA), RFC 3279 section 2.2.3 (its DER), RFC 4648 section 5 (base64url,
here without padding).
"""

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from muster.errors import InputError
from muster.log import Secret
from muster.model.base64url import format_base64url, parse_base64url
from muster.pki import keys

ANSWER_DOMAIN = b"muster-answer-1\0"
_MAX_CHARACTERS = 200  # a P-384 signature has 139


def prove_possession(key: Secret, message: bytes) -> str:
    """The proof, base64url. Errors: InputError; nothing of the key is quoted."""
    return sign_message(keys.load_key(key), message)


def sign_message(key: keys.PrivateKey, message: bytes) -> str:
    """The same with a key that is loaded."""
    signature = key.sign(message, ec.ECDSA(hashes.SHA256()))
    return format_base64url(signature)


def answer_message(text: str) -> bytes:
    """What an issuer signs of an answer that goes by hand; no certificate begins like this."""
    try:
        return ANSWER_DOMAIN + text.encode()
    except UnicodeEncodeError as error:
        raise InputError("answer is no text") from error


def holds_key(certificate: x509.Certificate, message: bytes, proof: str) -> bool:
    """Whether who made the proof holds the certificate's key."""
    return is_signed(certificate.public_key(), message, proof)


def is_signed(key: object, message: bytes, proof: str) -> bool:
    """Whether the proof was made with the private half of a public key."""
    if not isinstance(key, ec.EllipticCurvePublicKey) or len(proof) > _MAX_CHARACTERS:
        return False
    try:
        key.verify(parse_base64url(proof), message, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, InputError, ValueError):
        return False
    return True
