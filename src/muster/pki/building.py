"""One certificate out of a profile: the only place where certificates are put together.

What they say is the profile's and the caller's; nothing of a request gets here but its key.

Source: RFC 5280 section 4.
"""

from collections.abc import Sequence
from contextlib import suppress

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID

from muster.errors import InputError
from muster.pki import keys, profile
from muster.pki.profile import Profile


def build(
    kind: Profile,
    subject: x509.Name,
    issuer_name: x509.Name,
    key: keys.SigningPublicKey,
    signer: keys.SigningKey,
    now_ns: int,
    names: Sequence[x509.GeneralName],
    *,
    issuer: x509.Certificate | None = None,
    lifetime_s: int = 0,
) -> x509.Certificate:
    """Apply a profile and sign. `issuer` None: self-signed."""
    if lifetime_s and lifetime_s < profile.MIN_LIFETIME_S:
        raise InputError(f"lifetime under {profile.MIN_LIFETIME_S} s: {lifetime_s}")
    not_before_ns, not_after_ns = kind.span(now_ns, lifetime_s)
    not_after = keys.to_datetime(not_after_ns)
    if issuer is not None:
        not_after = min(not_after, issuer.not_valid_after_utc)
        if not_after <= keys.to_datetime(now_ns):
            raise InputError(f"issuer has run out: {keys.view(issuer).subject}")
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer_name)
        .public_key(key)
        .serial_number(x509.random_serial_number())  # 159 random bits
        .not_valid_before(keys.to_datetime(not_before_ns))
        .not_valid_after(not_after)
    )
    authority = authority_id(signer.public_key(), issuer)
    for extension, critical in _extensions(kind, key, authority, names):
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(signer, hashes.SHA256())


def authority_id(
    key: keys.SigningPublicKey, issuer: x509.Certificate | None
) -> x509.AuthorityKeyIdentifier:
    """By the issuer's own words: not every CA makes its key id of the key's SHA-1.

    One that was brought along may name none.
    """
    if issuer is not None:
        with suppress(x509.ExtensionNotFound):
            own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
            return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key)


def _extensions(
    kind: Profile,
    key: keys.SigningPublicKey,
    authority: x509.AuthorityKeyIdentifier,
    names: Sequence[x509.GeneralName],
) -> list[tuple[x509.ExtensionType, bool]]:
    """(extension, critical) in the order they are written."""
    usage = [
        oid
        for oid, wanted in (
            (ExtendedKeyUsageOID.CLIENT_AUTH, kind.client),
            (ExtendedKeyUsageOID.SERVER_AUTH, kind.server),
        )
        if wanted
    ]
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=kind.authority, path_length=kind.path_length), True),
        (_key_usage(kind), True),
        (x509.SubjectKeyIdentifier.from_public_key(key), False),
        (authority, False),
    ]
    if names:
        extensions.append((x509.SubjectAlternativeName(names), False))
    if usage:
        extensions.append((x509.ExtendedKeyUsage(usage), False))
    return extensions


def _key_usage(kind: Profile) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not kind.authority,
        key_cert_sign=kind.authority,
        crl_sign=kind.authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def bridged(issuer: x509.Certificate, cross: str) -> list[x509.Certificate]:
    """What follows a leaf so that those who hold only the old root find their way to it.

    A cross certificate of the root goes behind the issuer. One of the issuer itself goes before
    it, for OpenSSL follows the first that fits and comes back from none.
    """
    bridge = keys.load_chain(cross) if cross else []
    pin = keys.key_sha256(issuer.public_key())
    before = [each for each in bridge if keys.key_sha256(each.public_key()) == pin]
    return [*before, issuer, *(each for each in bridge if each not in before)]
