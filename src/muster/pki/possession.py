"""Proof that somebody holds the key of a certificate: an ECDSA signature over a message.

Source: FIPS 186-5 (ECDSA), RFC 3279 section 2.2.3 (its DER), RFC 4648 section 5 (base64url,
here without padding).
"""

import base64
import binascii

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from muster.log import Secret
from muster.pki import keys

_MAX_CHARACTERS = 200  # a P-384 signature has 139


def prove_possession(key: Secret, message: bytes) -> str:
    """The proof, base64url. Errors: InputError; nothing of the key is quoted."""
    signature = keys.load_key(key).sign(message, ec.ECDSA(hashes.SHA256()))
    return base64.urlsafe_b64encode(signature).decode().rstrip("=")


def holds_key(certificate: x509.Certificate, message: bytes, proof: str) -> bool:
    """Whether who made the proof holds the certificate's key."""
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or len(proof) > _MAX_CHARACTERS:
        return False
    try:
        padded = proof + "=" * (-len(proof) % 4)
        signature = base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True)
        key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, binascii.Error, UnicodeEncodeError, ValueError):
        return False
    return True
