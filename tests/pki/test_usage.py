"""What is weak about a certificate that was brought along is named."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from muster.clock import DAY_NS, ManualClock
from muster.pki import keys
from muster.pki.usage import usage_of, weaknesses
from muster.testing.rsakeys import rsa_key

NOW = ManualClock().now_ns()


def make(*extensions, days=90, key=None):
    key = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(keys.to_datetime(NOW))
        .not_valid_after(keys.to_datetime(NOW + days * DAY_NS))
    )
    for each in extensions:
        builder = builder.add_extension(each, critical=False)
    return builder.sign(key, hashes.SHA256())


SAN = x509.SubjectAlternativeName([x509.DNSName("x")])


def test_usage_is_what_the_extension_says():
    client = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    both = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH])

    assert usage_of(make(client)) == (True, False)
    assert usage_of(make(both)) == (True, True)
    assert usage_of(make()) is None


@pytest.mark.parametrize(
    ("certificate", "is_ca", "is_server", "words"),
    [
        (make(SAN), False, True, []),
        (make(), False, False, []),
        (make(), False, True, ["subject alternative names"]),
        (make(SAN, days=36_500), False, True, ["valid for 100 years"]),
        (make(days=36_500), True, False, ["valid for 100 years", "without keyUsage"]),
        (make(days=20 * 365), True, False, ["without keyUsage"]),
    ],
)
def test_weaknesses_are_named(certificate, is_ca, is_server, words):
    found = weaknesses(certificate, is_ca=is_ca, is_server=is_server)

    assert len(found) == len(words)
    assert all(word in text for word, text in zip(words, found, strict=True))


def test_an_rsa_key_that_is_longer_than_usual_is_named():
    (found,) = weaknesses(make(key=rsa_key(bits=4352)), is_ca=False)

    assert "RSA with 4352 bits" in found
