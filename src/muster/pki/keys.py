"""Keys, certificate requests and what can be read from certificates.

A request proves only that its sender holds the key: its subject, names and extensions are
never read, so nothing in it can reach a certificate. Texts are PEM, digests lower-case hex.
Elsewhere: what certificates look like (profile.py), who signs them (authority.py).

Source: RFC 2986 (requests), RFC 5280 section 4 (certificates), RFC 7469 section 2.4 (pins).
"""

import hashlib
from datetime import UTC, datetime, timedelta

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from muster.clock import SECOND_NS
from muster.errors import InputError
from muster.log import Secret

PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey
PrivateKey = ec.EllipticCurvePrivateKey
SigningKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey  # of an authority
SigningPublicKey = PublicKey | rsa.RSAPublicKey

MAX_REQUEST_BYTES = 8 << 10  # an honest P-256 request is about 400 bytes
MAX_CHAIN_BYTES = 64 << 10
MAX_CHAIN = 16  # certificates in one PEM text
MIN_RSA_BITS = 2048  # of an authority that is brought along, and of other programs
MAX_RSA_BITS = 8192  # of other programs: a longer one is slow to check

# Whatever the library raises for something it cannot read; they have no common kind.
MALFORMED = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    InvalidSignature,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)

CURVES = (ec.SECP256R1, ec.SECP384R1)
HASHES = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BadRequest(InputError):
    """A certificate request that is not signed for."""

    code = "bad_csr"


class CertificateView(msgspec.Struct, frozen=True, kw_only=True):
    """What a certificate says, for people and records."""

    subject: str  # common name
    issuer: str  # common name
    serial: str  # lower-case hex
    sha256: str  # of the DER
    key_sha256: str  # of the SubjectPublicKeyInfo: its pin
    not_before_ns: int
    not_after_ns: int
    names: tuple[str, ...]  # every subject alternative name


def make_key() -> Secret:
    """A new P-256 private key (PKCS #8, PEM)."""
    return format_key(ec.generate_private_key(ec.SECP256R1()))


def make_request(key: Secret) -> str:
    """A certificate request for a key. It carries no name: the hub decides that."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    request = builder.sign(load_key(key), hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode()


def check_request(pem: str) -> PublicKey:
    """The key that signed a request, when it may be certified.

    Errors: BadRequest (`bad_csr`) when the request is too long, not a request, signed by
            another key or with a weak hash, or its key is not P-256, P-384 or Ed25519.
    """
    return _checked_key(_signed_key(pem))


def check_service_request(pem: str) -> SigningPublicKey:
    """The same for other programs' keys: RSA from 2048 to 8192 bits is one of theirs."""
    key = _signed_key(pem)
    if isinstance(key, rsa.RSAPublicKey):
        if MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
            return key
        raise BadRequest(f"RSA keys have {MIN_RSA_BITS} to {MAX_RSA_BITS} bits: {key.key_size}")
    return _checked_key(key)


def _signed_key(pem: str) -> object:
    if len(pem) > MAX_REQUEST_BYTES:
        raise BadRequest(f"certificate request longer than {MAX_REQUEST_BYTES} bytes")
    try:
        request = x509.load_pem_x509_csr(pem.encode("ascii"))
        key = request.public_key()
        algorithm = request.signature_hash_algorithm
        signed = request.is_signature_valid
    except MALFORMED as error:
        raise BadRequest("not a certificate request that can be read") from error
    if algorithm is not None and not isinstance(algorithm, HASHES):
        raise BadRequest(f"certificate request signed with a weak hash: {algorithm.name}")
    if not signed:
        raise BadRequest("certificate request not signed by its own key")
    return key


def _checked_key(key: object) -> PublicKey:
    if isinstance(key, ed25519.Ed25519PublicKey):
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, CURVES):
        return key
    raise BadRequest(f"key type not allowed (P-256, P-384, Ed25519): {type(key).__name__}")


def load_key(key: Secret) -> PrivateKey:
    """Read a private key of our own making. Errors: InputError; the text is not quoted."""
    try:
        loaded = serialization.load_pem_private_key(key.reveal().encode("ascii"), None)
    except MALFORMED as error:
        raise InputError("not a private key that can be read") from error
    if not isinstance(loaded, ec.EllipticCurvePrivateKey):
        raise InputError(f"private key of another type than P-256: {type(loaded).__name__}")
    return loaded


def load_signing_key(
    key: Secret, passphrase: Secret | None = None, *, proved: bool = False
) -> SigningKey:
    """Read the key of an authority, ours or brought along: P-256, P-384, or RSA from 2048 bits.

    `proved`: it was read before and is not looked at in depth again, which takes seconds for
    RSA with 8192 bits.
    Errors: InputError; the text is not quoted.
    """
    given = passphrase.reveal().encode() if passphrase else None
    try:
        text = key.reveal().encode("ascii")
        loaded = serialization.load_pem_private_key(
            text, given, unsafe_skip_rsa_key_validation=proved
        )
    except TypeError as error:  # the library's word for both
        fault = "is not encrypted" if given else "is encrypted: give its passphrase"
        raise InputError(f"this private key {fault}") from error
    except MALFORMED as error:
        fault = "not a private key that can be read"
        raise InputError(f"{fault}, or another passphrase" if given else fault) from error
    if isinstance(loaded, ec.EllipticCurvePrivateKey) and isinstance(loaded.curve, CURVES):
        return loaded
    if isinstance(loaded, rsa.RSAPrivateKey) and loaded.key_size >= MIN_RSA_BITS:
        return loaded
    kind = type(loaded).__name__
    raise InputError(f"weak or unknown key (P-256, P-384, RSA from {MIN_RSA_BITS} bits): {kind}")


def format_key(key: SigningKey, passphrase: Secret | None = None) -> Secret:
    """As PKCS #8, PEM; encrypted when there is a passphrase."""
    closing: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        closing = serialization.BestAvailableEncryption(passphrase.reveal().encode())
    return Secret(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            closing,
        ).decode()
    )


def load_chain(pem: str) -> list[x509.Certificate]:
    """Read one or more certificates. Errors: InputError."""
    if len(pem) > MAX_CHAIN_BYTES:
        raise InputError(f"certificates longer than {MAX_CHAIN_BYTES} bytes")
    try:
        chain = x509.load_pem_x509_certificates(pem.encode("ascii"))
    except MALFORMED as error:
        raise InputError("not certificates that can be read (PEM)") from error
    if len(chain) > MAX_CHAIN:
        raise InputError(f"more than {MAX_CHAIN} certificates in one text")
    return chain


def format_chain(*certificates: x509.Certificate) -> str:
    return "".join(
        certificate.public_bytes(serialization.Encoding.PEM).decode()
        for certificate in certificates
    )


def to_der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def key_sha256(key: object) -> str:
    """SHA-256 of a public key's SubjectPublicKeyInfo: the pin of its certificates."""
    spki = key.public_bytes(  # type: ignore[attr-defined]  # every public key type has it
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha256(spki).hexdigest()


def own_key_sha256(key: Secret) -> str:
    """The pin of a private key's certificates."""
    return key_sha256(load_key(key).public_key())


def view(certificate: x509.Certificate) -> CertificateView:
    """What a certificate says. Errors: InputError when its extensions are malformed."""
    try:
        return CertificateView(
            subject=_common_name(certificate.subject),
            issuer=_common_name(certificate.issuer),
            serial=f"{certificate.serial_number:x}",
            sha256=certificate.fingerprint(hashes.SHA256()).hex(),
            key_sha256=key_sha256(certificate.public_key()),
            not_before_ns=_to_ns(certificate.not_valid_before_utc),
            not_after_ns=_to_ns(certificate.not_valid_after_utc),
            names=_names(certificate),
        )
    except MALFORMED as error:
        raise InputError("malformed certificate") from error


def views(pem: str) -> list[CertificateView]:
    """What each certificate of a PEM text says, in order."""
    return [view(certificate) for certificate in load_chain(pem)]


def view_der(der: bytes) -> CertificateView:
    """What a certificate says, from its DER. Errors: InputError."""
    try:
        certificate = x509.load_der_x509_certificate(der)
    except MALFORMED as error:
        raise InputError("malformed certificate") from error
    return view(certificate)


def pinned(pem: str, pins: tuple[str, ...]) -> str:
    """Of the certificates offered as trust anchors, those whose key is pinned ("" for none).

    Errors: InputError when the text is no certificates.
    """
    chain = [each for each in load_chain(pem) if key_sha256(each.public_key()) in pins]
    return format_chain(*chain)


def to_datetime(time_ns: int) -> datetime:
    """Certificates hold whole seconds; the rest is cut off."""
    return _EPOCH + timedelta(seconds=time_ns // SECOND_NS)


def _to_ns(moment: datetime) -> int:
    return round((moment - _EPOCH).total_seconds()) * SECOND_NS


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    return tuple(str(name.value) for name in names.value)
