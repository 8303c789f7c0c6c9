"""What a certificate says it may be used for, and what is weak about one that was brought along.

Source: RFC 5280 section 4.2.1.12; CA/Browser Forum baseline requirements (lifetimes).
"""

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from muster.pki import keys

LONG_LEAF_DAYS = 825  # what Apple's systems take of a private CA at most
LONG_CA_DAYS = 25 * 365
SLOW_RSA_BITS = 4096


def usage_of(certificate: x509.Certificate) -> tuple[bool, bool] | None:
    """(client, server) by its extended usage; None when it does not say."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return None
    except keys.MALFORMED:
        return None
    return ExtendedKeyUsageOID.CLIENT_AUTH in usage, ExtendedKeyUsageOID.SERVER_AUTH in usage


def weaknesses(certificate: x509.Certificate, *, is_ca: bool, is_server: bool = False) -> list[str]:
    """What people should know of it, for people."""
    found = []
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey) and key.key_size > SLOW_RSA_BITS:
        found.append(
            f"RSA with {key.key_size} bits: each use of the key takes tens of milliseconds, which"
            " P-256 does in less than one, as safely"
        )
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    if life.days > (LONG_CA_DAYS if is_ca else LONG_LEAF_DAYS):
        found.append(
            f"valid for {life.days // 365} years: what is lost or stolen stays good for as long;"
            " a short life that is renewed does not"
        )
    algorithm = certificate.signature_hash_algorithm
    if algorithm is not None and not isinstance(algorithm, keys.HASHES):
        found.append(f"signed with {algorithm.name.upper()}, which many programs refuse")
    if certificate.version is x509.Version.v1:
        found.append("version 1, without extensions: many programs refuse it")
    elif is_ca and not _has(certificate, x509.KeyUsage):
        found.append("a CA without keyUsage: programs that check strictly refuse what it signed")
    if is_server and not keys.view(certificate).names:
        found.append("a server without subject alternative names: browsers refuse it")
    return found


def _has(certificate: x509.Certificate, kind: type[x509.ExtensionType]) -> bool:
    try:
        certificate.extensions.get_extension_for_class(kind)
    except x509.ExtensionNotFound:
        return False
    return True
