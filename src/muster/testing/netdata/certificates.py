"""A server certificate that signed itself, as somebody makes it who has no CA."""

from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from muster.pki.keys import to_datetime

_LIFETIME = timedelta(days=30)


def self_signed(name: str, now_ns: int) -> str:
    """PEM of key and certificate, for a server of this DNS name."""
    key, now = ec.generate_private_key(ec.SECP256R1()), to_datetime(now_ns)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    leaf = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return (key.private_bytes(*form) + leaf.public_bytes(Encoding.PEM)).decode()
