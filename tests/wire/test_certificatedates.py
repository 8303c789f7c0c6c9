from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import InputError
from muster.wire.certificatedates import parse_certificate

BEGINS, ENDS = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), datetime(2055, 6, 7, tzinfo=UTC)


def certificate(subject="host.example", issuer="Käthes CA"):
    key = ec.generate_private_key(ec.SECP256R1())

    def name(text):
        parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Org")]
        parts += [x509.NameAttribute(NameOID.COMMON_NAME, text)] if text else []
        return x509.Name(parts)

    made = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(2**130)
        .not_valid_before(BEGINS)
        .not_valid_after(ENDS)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(Encoding.DER)


DER = certificate()


def test_names_and_dates_are_those_that_a_library_reads():
    read = parse_certificate(DER)

    assert read == ("host.example", "Käthes CA", BEGINS.timestamp(), ENDS.timestamp())


def test_a_certificate_may_have_no_common_name():
    assert parse_certificate(certificate("")).common_name == ""


def test_a_cut_certificate_is_refused():
    for length in range(len(DER)):
        with pytest.raises(InputError):
            parse_certificate(DER[:length])


@given(st.integers(0, len(DER) - 1), st.integers(0, 255))
def test_a_damaged_certificate_is_read_or_refused(place, byte):
    try:
        parse_certificate(DER[:place] + bytes((byte,)) + DER[place + 1 :])
    except InputError as error:
        assert str(error)
