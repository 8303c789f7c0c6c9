"""The CA for other services: its own, or one that was brought along with all its oddities."""

import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from muster.clock import DAY_NS, ManualClock
from muster.errors import Conflict, InputError
from muster.log import Secret
from muster.pki import keys
from muster.pki.crl import Revoked
from muster.pki.services import (
    MAX_ISSUERS,
    ServiceIssuers,
    Wanted,
    check_issuer,
    make_services,
    put_first,
)

NOW = ManualClock().now_ns()
HUB = "6a0d6a52-0000-4000-8000-000000000001"
SERVER = Wanted(names=("NAS.lan", "10.0.0.7", "fd00::7"), client=False, server=True)


def make_ca(name="home CA", *, days=36_500, key=None, extensions=True, ca=True):
    """A CA as people make one with openssl: no key usage, and perhaps no key id."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)] if name else [])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(keys.to_datetime(NOW - DAY_NS))
        .not_valid_after(keys.to_datetime(NOW + days * DAY_NS))
    )
    if extensions:
        builder = builder.add_extension(x509.BasicConstraints(ca, None), critical=True)
    return keys.format_key(key), keys.format_chain(builder.sign(key, hashes.SHA256()))


def rsa_request(bits):
    key = rsa.generate_private_key(65537, bits)
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "evil")])
    )
    builder = builder.add_extension(x509.BasicConstraints(True, None), critical=True)
    signed = builder.sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def request():
    return keys.make_request(keys.make_key())


def test_a_certificate_says_what_was_asked_for_and_nothing_of_the_request():
    issuers = ServiceIssuers(*make_services(HUB, NOW))
    certificate, issuer = issuers.issue(rsa_request(2048), SERVER, NOW)

    view = keys.view(certificate)
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert (view.subject, view.names) == ("nas.lan", ("nas.lan", "10.0.0.7", "fd00::7"))
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert view.not_after_ns == NOW + 90 * DAY_NS
    certificate.verify_directly_issued_by(issuer)


def test_lifetimes_are_cut_to_two_years():
    issuers = ServiceIssuers(*make_services(HUB, NOW))
    long = Wanted(names=("a",), client=True, server=True, lifetime_s=100 * 365 * 86_400)
    certificate, _ = issuers.issue(request(), long, NOW)

    assert keys.view(certificate).not_after_ns == NOW + 730 * DAY_NS


@pytest.mark.parametrize(
    ("names", "server", "match"),
    [
        (("*.lan",), True, "neither a host name"),
        (("a\nb",), True, "neither a host name"),
        (("a\0",), True, "neither a host name"),
        ((), True, "1 to 100 names"),
        (tuple(f"h{number}" for number in range(101)), True, "1 to 100 names"),
        (("nas",), False, "for a client, a server"),
    ],
)
def test_what_no_certificate_should_say_is_refused(names, server, match):
    issuers = ServiceIssuers(*make_services(HUB, NOW))

    with pytest.raises(InputError, match=match):
        issuers.issue(request(), Wanted(names=names, client=False, server=server), NOW)


@pytest.mark.parametrize("extensions", [True, False])
def test_a_ca_that_was_brought_along_issues_from_now_on(tmp_path, extensions):
    mine = make_services(HUB, NOW)
    key = rsa.generate_private_key(65537, 2048)
    brought = (
        make_ca(key=key) if extensions else (keys.format_key(key), _first_version(tmp_path, key))
    )
    secret, pem = put_first(brought, mine, NOW)
    certificate, issuer = ServiceIssuers(secret, pem).issue(request(), SERVER, NOW)

    certificate.verify_directly_issued_by(issuer)
    assert keys.format_chain(issuer) == brought[1]
    assert pem == brought[1] + mine[1]
    (tmp_path / "ca.pem").write_text(brought[1])
    (tmp_path / "leaf.pem").write_text(keys.format_chain(certificate))
    command = ["openssl", "verify", "-no_check_time", "-CAfile", tmp_path / "ca.pem"]
    done = subprocess.run(
        [*command, "-purpose", "sslserver", "-verify_hostname", "nas.lan", tmp_path / "leaf.pem"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _first_version(folder, key):
    """A certificate of version 1, as `openssl x509 -req` made it without an extension file."""
    (folder / "k.pem").write_text(keys.format_key(key).reveal())
    command = "openssl req -new -key k.pem -subj /CN=old -out r.pem"
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    command = "openssl x509 -req -in r.pem -signkey k.pem -days 36500 -out c.pem"
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    return (folder / "c.pem").read_text()


def test_each_ca_lists_its_own_serials_alone():
    mine, brought = make_services(HUB, NOW), make_ca()
    issuers = ServiceIssuers(*put_first(brought, mine, NOW))
    pin = keys.views(brought[1])[0].key_sha256
    entries = [Revoked(serial="2", revoked_ns=NOW, issuer=pin)]
    first, second = _lists(issuers.sign_lists(entries, number=3, now_ns=NOW))

    assert first.get_revoked_certificate_by_serial_number(2) is not None
    assert first.is_signature_valid(keys.load_chain(brought[1])[0].public_key())
    assert len(second) == 0


def _lists(pem):
    end = "-----END X509 CRL-----\n"
    return [x509.load_pem_x509_crl((part + end).encode()) for part in pem.split(end) if part]


def test_a_ca_is_taken_once_and_not_without_bounds():
    known = make_services(HUB, NOW)
    with pytest.raises(Conflict, match="already"):
        put_first(known, known, NOW)
    for _ in range(MAX_ISSUERS - 1):
        known = put_first(make_services(HUB, NOW), known, NOW)
    with pytest.raises(Conflict, match="there are"):
        put_first(make_services(HUB, NOW), known, NOW)


def test_what_cannot_issue_is_not_taken():
    key, pem = make_ca()
    for secret, text, match in [
        (keys.make_key(), pem, "not that of its certificate"),
        (*make_ca(ca=False), "no CA"),
        (*make_ca(days=0.5), "ends on"),
        (*make_ca(""), "no name"),
        (key, pem + pem, "one certificate"),
        (Secret("nothing"), pem, "not a private key"),
    ]:
        with pytest.raises(InputError, match=match):
            check_issuer(secret, text, NOW)


def test_keys_and_certificates_go_together():
    key, pem = make_services(HUB, NOW)

    with pytest.raises(InputError, match="another number"):
        ServiceIssuers(key, pem + pem)
    with pytest.raises(InputError, match="not that of its certificate"):
        ServiceIssuers(make_services(HUB, NOW)[0], pem)


REQUEST = rsa_request(2048).encode()
ISSUERS = ServiceIssuers(*make_services(HUB, NOW))


@given(st.integers(0, len(REQUEST) - 1), st.integers(0, 255))
def test_a_request_that_was_tampered_with_gives_the_template_or_nothing(place, value):
    changed = bytearray(REQUEST)
    changed[place] = value
    try:
        certificate, issuer = ISSUERS.issue(changed.decode("latin-1"), SERVER, NOW)
    except InputError:
        return

    view = keys.view(certificate)
    assert (view.subject, view.names) == ("nas.lan", ("nas.lan", "10.0.0.7", "fd00::7"))
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    certificate.verify_directly_issued_by(issuer)
