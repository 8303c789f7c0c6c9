"""The key pair of a claim in Netdata's words: RSA 2048, `private.pem` made once, never changed.

Imports cryptography, so the running agent never imports this file: programs that end at once do.

Source: netdata-claim.sh (openssl genrsa 2048; openssl rsa -pubout)
"""

import base64

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from muster.agent.netdata.cloudfolder import CloudFolder, read
from muster.agent.netdata.outcome import ClaimExit, ClaimFailed

BITS = 2048
ADOPTION = b"muster-adopt-v1"


def public_key(cloud: CloudFolder) -> str:
    """The public half, PEM; both files are made when they are not there.

    Errors: ClaimFailed (2) when `private.pem` is no RSA key, or cannot be written.
    """
    if not cloud.private.exists():
        fresh = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
        text = fresh.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        cloud.write_secret(cloud.private, text.decode())
    pem = (
        _private(cloud)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )
    if read(cloud.public) != pem:  # a half that belongs to another key would lock us out
        cloud.write(cloud.public, pem)
    return pem


def prove_adoption(cloud: CloudFolder, claim_id: str, request: str) -> str:
    """The claimed key's signature over a certificate request (PEM), base64.

    Errors: ClaimFailed (2).
    """
    der = x509.load_pem_x509_csr(request.encode()).public_bytes(serialization.Encoding.DER)
    message = b"\0".join((ADOPTION, claim_id.encode(), der))
    signature = _private(cloud).sign(message, padding.PKCS1v15(), hashes.SHA256())
    return base64.b64encode(signature).decode()


def _private(cloud: CloudFolder) -> rsa.RSAPrivateKey:
    try:
        key = serialization.load_pem_private_key(read(cloud.private).encode(), None)
    except (ValueError, TypeError) as error:
        raise ClaimFailed(
            ClaimExit.FOLDER, f"{cloud.private} holds no private key that can be read"
        ) from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ClaimFailed(ClaimExit.FOLDER, f"{cloud.private} holds a key that is not RSA")
    return key
