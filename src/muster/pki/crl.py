"""Lists of certificates that were revoked before their end, one per issuing CA.

For those who cannot ask the hub: the hub itself goes by its records. A list says when the
next one is due; it is made anew well before.

Source: RFC 5280 section 5.
"""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from muster.clock import SECOND_NS
from muster.errors import InputError
from muster.pki import keys, profile
from muster.pki.building import authority_id

MAX_ENTRIES = 50_000


class Revoked(msgspec.Struct, frozen=True, kw_only=True):
    """One certificate. `reason` is a name of RFC 5280 or empty.

    `issuer`: pin of the CA whose list it is on; empty: it is on all.
    """

    serial: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{1,40}$")]
    revoked_ns: int
    reason: Annotated[str, msgspec.Meta(max_length=32)] = ""
    issuer: Annotated[str, msgspec.Meta(max_length=64)] = ""


def sign_list(
    issuer: x509.Certificate,
    key: keys.SigningKey,
    entries: Sequence[Revoked],
    *,
    number: int,
    now_ns: int,
) -> str:
    """A list of one issuer (PEM). Errors: InputError for too many, or an unknown reason."""
    if len(entries) > MAX_ENTRIES:
        raise InputError(f"a list holds up to {MAX_ENTRIES} certificates, not {len(entries)}")
    # All entries at once: adding one copies those before it.
    revoked = [_entry(entry, now_ns) for entry in entries]
    builder = (
        x509.CertificateRevocationListBuilder(revoked_certificates=revoked)
        .issuer_name(issuer.subject)
        .last_update(keys.to_datetime(now_ns))
        .next_update(keys.to_datetime(now_ns + profile.CRL_LIFETIME_S * SECOND_NS))
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(authority_id(key.public_key(), issuer), critical=False)
    )
    signed = builder.sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def _entry(entry: Revoked, now_ns: int) -> x509.RevokedCertificate:
    """A clock that was set back makes none revoked in the future."""
    moment = keys.to_datetime(max(0, min(entry.revoked_ns, now_ns)))
    builder = (
        x509.RevokedCertificateBuilder()
        .serial_number(int(entry.serial, 16))
        .revocation_date(moment)
    )
    if entry.reason:
        try:
            reason = x509.ReasonFlags[entry.reason]
        except KeyError as error:
            raise InputError(f"no reason to revoke: {entry.reason!r}") from error
        builder = builder.add_extension(x509.CRLReason(reason), critical=False)
    return builder.build()
