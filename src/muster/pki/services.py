"""The CA for things that are no part of Muster: other servers, and who connects to them.

It stands under no root that an agent trusts, so what it issues is never taken for the hub or a
node. There may be several: the first issues; those before it stay trusted, and their lists are
signed. One may have been brought along, with whatever key and extensions its maker gave it.

Steps of issuing: 1 check the request  2 fix the span  3 apply the profile  4 sign.
"""

import re
from collections.abc import Sequence

import msgspec
from cryptography import x509
from cryptography.x509.oid import NameOID

from muster.clock import SECOND_NS
from muster.errors import Conflict, InputError
from muster.log import Secret
from muster.pki import crl, keys, profile
from muster.pki.building import build
from muster.pki.crl import Revoked
from muster.pki.names import general_names

MAX_ISSUERS = 6
_MAX_COMMON_NAME = 64  # RFC 5280, ub-common-name
_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]+-----END [A-Z ]*PRIVATE KEY-----\n?")
_Issuer = tuple[x509.Certificate, keys.SigningKey]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a certificate is to be for. `lifetime_s` 0: the usual one."""

    names: tuple[str, ...]
    client: bool
    server: bool
    lifetime_s: int = 0


class ServiceIssuers:
    """All of them, with their keys. Errors: InputError when the parts do not fit together."""

    def __init__(self, secrets: Secret, certificates: str) -> None:
        chain, found = keys.load_chain(certificates), _split(secrets)
        if len(chain) != len(found):
            raise InputError("CA: services.key and services.pem hold another number of each")
        self._issuers = [_load(each, key) for each, key in zip(chain, found, strict=True)]

    def issue(
        self, request: str, wanted: Wanted, now_ns: int
    ) -> tuple[x509.Certificate, x509.Certificate]:
        """A certificate for the key of a request, and its issuer.

        Errors: `bad_csr`; InputError for names, for neither usage, and an issuer that ended.
        """
        # 1
        if not (wanted.client or wanted.server):
            raise InputError("a certificate is for a client, a server, or both")
        key = keys.check_service_request(request)
        names = general_names(wanted.names)
        # 2, 3, 4
        kind = msgspec.structs.replace(profile.SERVICE, client=wanted.client, server=wanted.server)
        subject = wanted.names[0].lower()[:_MAX_COMMON_NAME]
        issuer, signer = self._issuers[0]
        certificate = build(
            kind,
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]),
            issuer.subject,
            key,
            signer,
            now_ns,
            names,
            issuer=issuer,
            lifetime_s=wanted.lifetime_s,
        )
        return certificate, issuer

    def sign_lists(self, entries: Sequence[Revoked], *, number: int, now_ns: int) -> str:
        """A revocation list of each (PEM), with the entries that name it or none."""
        found = []
        for issuer, key in self._issuers:
            pin = keys.key_sha256(issuer.public_key())
            own = [each for each in entries if each.issuer in ("", pin)]
            found.append(crl.sign_list(issuer, key, own, number=number, now_ns=now_ns))
        return "".join(found)


def make_services(hub: str, now_ns: int) -> tuple[Secret, str]:
    """Key and certificate of a new one."""
    key = keys.load_key(keys.make_key())
    mark = keys.key_sha256(key.public_key())[:8]
    name = x509.Name(
        [
            x509.NameAttribute(
                NameOID.COMMON_NAME, f"{profile.SERVICES.name} {hub.partition('-')[0]} {mark}"
            )
        ]
    )
    domain = x509.UniformResourceIdentifier(f"spiffe://{hub}")
    root = build(profile.SERVICES, name, name, key.public_key(), key, now_ns, [domain])
    return keys.format_key(key), keys.format_chain(root)


def put_first(
    fresh: tuple[Secret, str], known: tuple[Secret | None, str], now_ns: int
) -> tuple[Secret, str]:
    """The keys and certificates with another before them, which issues from now on.

    Errors: Conflict when it is there already, or there are too many; InputError when it cannot
            issue.
    """
    secret, pem = fresh
    check_issuer(secret, pem, now_ns)
    before = keys.load_chain(known[1]) if known[0] is not None else []
    pin = keys.views(pem)[0].key_sha256
    if pin in (keys.key_sha256(each.public_key()) for each in before):
        raise Conflict("this CA is one for other services already")
    if len(before) >= MAX_ISSUERS:
        raise Conflict(f"there are {MAX_ISSUERS} CAs for other services already")
    after = known[0].reveal() if known[0] is not None else ""
    plain = keys.format_key(keys.load_signing_key(secret, proved=True))
    return Secret(plain.reveal() + after), pem + known[1]


def check_issuer(secret: Secret, pem: str, now_ns: int) -> None:
    """Whether a CA that was brought along can issue. Errors: InputError with what is amiss."""
    chain = keys.load_chain(pem)
    if len(chain) != 1:
        raise InputError(f"one certificate of a CA is due, not {len(chain)}")
    certificate, _ = _load(chain[0], secret)
    if not is_authority(certificate):
        raise InputError("this is no CA: its basicConstraints say so")
    if not certificate.subject.rdns:
        raise InputError("this CA has no name")
    if certificate.not_valid_after_utc <= keys.to_datetime(now_ns + 86_400 * SECOND_NS):
        raise InputError(f"this CA ends on {certificate.not_valid_after_utc:%Y-%m-%d}")


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether a certificate may sign others; a self-signed one of version 1 says nothing of it."""
    if certificate.version is x509.Version.v1:
        return certificate.subject == certificate.issuer
    try:
        found = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except x509.ExtensionNotFound:
        return False
    except keys.MALFORMED as error:
        raise InputError("malformed certificate") from error
    return found.value.ca


def _load(certificate: x509.Certificate, secret: Secret) -> _Issuer:
    """What was brought along was looked at in depth by who brought it (hub/keys/handmadeca.py)."""
    key = keys.load_signing_key(secret, proved=True)
    if keys.key_sha256(key.public_key()) != keys.key_sha256(certificate.public_key()):
        raise InputError("the key of a CA for other services is not that of its certificate")
    return certificate, key


def _split(secrets: Secret) -> list[Secret]:
    return [Secret(found) for found in _KEY.findall(secrets.reveal())]
