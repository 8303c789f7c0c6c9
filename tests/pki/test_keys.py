"""What is read of requests and certificates, and what is refused."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import InputError
from muster.log import Secret
from muster.pki import keys
from muster.pki.authority import make_hierarchy

NOW_NS = 1_800_000_000 * 1_000_000_000


def request_of(key, algorithm):
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return builder.sign(key, algorithm).public_bytes(serialization.Encoding.PEM).decode()


def test_a_request_of_our_own_carries_no_name():
    request = x509.load_pem_x509_csr(keys.make_request(keys.make_key()).encode())

    assert list(request.subject) == []
    assert list(request.extensions) == []


def test_the_key_of_a_request_is_the_key_that_made_it():
    key = keys.make_key()

    assert keys.key_sha256(keys.check_request(keys.make_request(key))) == keys.own_key_sha256(key)


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()),
        (ec.generate_private_key(ec.SECP256R1()), hashes.SHA512()),
        (ec.generate_private_key(ec.SECP384R1()), hashes.SHA384()),
        (ed25519.Ed25519PrivateKey.generate(), None),
    ],
    ids=["p256", "p256-sha512", "p384", "ed25519"],
)
def test_strong_keys_of_known_types_are_taken(key, algorithm):
    assert keys.key_sha256(keys.check_request(request_of(key, algorithm)))


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (rsa.generate_private_key(65537, 1024), hashes.SHA256()),
        (rsa.generate_private_key(65537, 2048), hashes.SHA256()),
        (ec.generate_private_key(ec.SECP192R1()), hashes.SHA256()),
        (ec.generate_private_key(ec.SECP224R1()), hashes.SHA256()),
        (ec.generate_private_key(ec.SECP256K1()), hashes.SHA256()),
        (ec.generate_private_key(ec.SECP521R1()), hashes.SHA256()),
        (ec.generate_private_key(ec.BrainpoolP256R1()), hashes.SHA256()),
        (dsa.generate_private_key(1024), hashes.SHA256()),
        (ed448.Ed448PrivateKey.generate(), None),
        (ec.generate_private_key(ec.SECP256R1()), hashes.SHA224()),
    ],
    ids=[
        "rsa1024",
        "rsa2048",
        "p192",
        "p224",
        "k256",
        "p521",
        "brainpool",
        "dsa",
        "ed448",
        "sha224",
    ],
)
def test_weak_and_unusual_keys_and_hashes_are_refused(key, algorithm):
    with pytest.raises(keys.BadRequest) as refusal:
        keys.check_request(request_of(key, algorithm))
    assert refusal.value.code == "bad_csr"


def test_a_request_signed_by_another_key_is_refused():
    one = x509.load_pem_x509_csr(keys.make_request(keys.make_key()).encode())
    other = x509.load_pem_x509_csr(keys.make_request(keys.make_key()).encode())
    der = one.public_bytes(serialization.Encoding.DER)
    spki = [
        each.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        for each in (one, other)
    ]
    forged = x509.load_der_x509_csr(der.replace(*spki))

    with pytest.raises(keys.BadRequest, match="not signed by its own key"):
        keys.check_request(forged.public_bytes(serialization.Encoding.PEM).decode())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----\n",
        "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n",
        "\x00" * 100,
        "é" * 100,
        "A" * 9000,
        keys.make_key().reveal(),
    ],
    ids=["nothing", "words", "empty", "short", "nul", "accents", "long", "private-key"],
)
def test_what_is_no_request_is_refused(text):
    with pytest.raises(keys.BadRequest):
        keys.check_request(text)


GOOD = keys.make_request(keys.make_key())
GOOD_DER = x509.load_pem_x509_csr(GOOD.encode()).public_bytes(serialization.Encoding.DER)
# How many bits of the signature's last byte are not used: whatever it says, the key is the same.
UNUSED_BITS = len(GOOD_DER) - len(x509.load_pem_x509_csr(GOOD.encode()).signature) - 1


@given(st.integers(0, len(GOOD_DER) - 1).filter(lambda at: at != UNUSED_BITS), st.integers(1, 255))
def test_a_request_with_any_byte_changed_is_refused(at, change):
    from base64 import encodebytes

    der = bytearray(GOOD_DER)
    der[at] ^= change
    body = encodebytes(bytes(der)).decode()
    pem = f"-----BEGIN CERTIFICATE REQUEST-----\n{body}-----END CERTIFICATE REQUEST-----\n"

    with pytest.raises(keys.BadRequest):
        keys.check_request(pem)


def test_an_unreadable_private_key_is_refused_without_quoting_it():
    with pytest.raises(InputError) as refusal:
        keys.load_key(Secret("-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----"))
    assert "secret" not in str(refusal.value)


def test_only_pinned_certificates_become_anchors():
    ours, theirs = make_hierarchy(NOW_NS).root, make_hierarchy(NOW_NS).root
    pin = keys.views(ours)[0].key_sha256

    assert keys.pinned(theirs + ours, (pin, "0" * 64)) == ours
    assert keys.pinned(theirs, (pin,)) == ""


def test_too_many_certificates_in_one_text_are_refused():
    root = make_hierarchy(NOW_NS).root

    assert len(keys.load_chain(root * keys.MAX_CHAIN)) == keys.MAX_CHAIN
    with pytest.raises(InputError):
        keys.load_chain(root * (keys.MAX_CHAIN + 1))


@pytest.mark.parametrize("text", ["", "no certificate", "x" * (keys.MAX_CHAIN_BYTES + 1), "é"])
def test_what_is_no_certificate_is_refused(text):
    with pytest.raises(InputError):
        keys.load_chain(text)


def test_a_view_says_what_the_certificate_says():
    root = keys.views(make_hierarchy(NOW_NS).root)[0]

    assert root.subject == root.issuer
    assert root.not_before_ns < NOW_NS < root.not_after_ns
    assert len(root.sha256) == len(root.key_sha256) == 64
    assert root.names[0].startswith("spiffe://")


def test_a_long_key_that_was_read_before_is_not_looked_at_in_depth_again():
    text = keys.format_key(rsa.generate_private_key(65537, 2048))

    again = keys.load_signing_key(text, proved=True)
    assert keys.format_key(again).reveal() == text.reveal()
    with pytest.raises(InputError):
        keys.load_signing_key(Secret("nothing"), proved=True)
