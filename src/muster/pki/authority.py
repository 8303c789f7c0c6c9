"""The hub's own certificate authority: a root, one issuer for agents and one for servers.

Pure: keys and time come in, certificates go out. The root's key is needed only to make
issuers, so it may be kept elsewhere (`Hierarchy.root_key` None). What certificates say is
decided by profile.py and by the caller's Identity or names, never by a request.

Steps of issuing: 1 check the request  2 fix the span  3 apply the profile  4 sign.
"""

import ipaddress
import re
import uuid
from collections.abc import Sequence

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from muster.clock import SECOND_NS
from muster.errors import InputError
from muster.log import Secret
from muster.model.identity import Identity, parse_identity
from muster.model.ids import is_uuid
from muster.pki import keys, profile
from muster.pki.keys import CertificateView
from muster.pki.profile import Profile

MAX_NAMES = 100  # names and addresses of one server certificate

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")


class Hierarchy(msgspec.Struct, frozen=True, kw_only=True):
    """All that has to be kept of a CA, as PEM.

    `root` may hold more roots than the first, which signs: they stay trusted while a fleet
    moves from one to the next.
    """

    root_key: Secret | None
    root: str
    agents_key: Secret
    agents: str
    servers_key: Secret
    servers: str


class Issued(msgspec.Struct, frozen=True, kw_only=True):
    """A new certificate: `chain` is it and its issuer, as PEM."""

    chain: str
    der: bytes
    view: CertificateView


class IssuedServer(msgspec.Struct, frozen=True, kw_only=True):
    """A new server certificate and its key."""

    key: Secret
    chain: str
    view: CertificateView


def make_hierarchy(now_ns: int, hub: str = "") -> Hierarchy:
    """A new CA under a new root. `hub` is its trust domain, a UUID; "" makes one."""
    hub = hub or str(uuid.uuid4())
    if not is_uuid(hub):
        raise InputError(f"not a hub id (UUID, lower case): {hub!r}")
    key = keys.load_key(keys.make_key())
    name = _authority_name(profile.ROOT, hub)
    root = _build(profile.ROOT, name, name, key.public_key(), key, now_ns, [_domain(hub)])
    root_key, root_pem = keys.format_key(key), keys.format_chain(root)
    agents_key, agents = _make_issuer(profile.AGENTS, hub, root, key, now_ns)
    servers_key, servers = _make_issuer(profile.SERVERS, hub, root, key, now_ns)
    return Hierarchy(
        root_key=root_key,
        root=root_pem,
        agents_key=agents_key,
        agents=agents,
        servers_key=servers_key,
        servers=servers,
    )


def refreshed(hierarchy: Hierarchy, now_ns: int) -> Hierarchy:
    """The same CA with new issuers in place of those that end within a year.

    Unchanged when none does, or when the root's key is away. What the old ones issued
    stays valid: both stand under the same root.
    """
    if hierarchy.root_key is None:
        return hierarchy
    root_key = keys.load_key(hierarchy.root_key)
    root = keys.load_chain(hierarchy.root)[0]
    hub = _hub_of(root)
    changes: dict[str, Secret | str] = {}
    for part, kind in (("agents", profile.AGENTS), ("servers", profile.SERVERS)):
        ends_ns = keys.views(getattr(hierarchy, part))[0].not_after_ns
        if ends_ns - now_ns < profile.RENEW_ISSUER_S * SECOND_NS:
            key, pem = _make_issuer(kind, hub, root, root_key, now_ns)
            changes |= {f"{part}_key": key, part: pem}
    return msgspec.structs.replace(hierarchy, **changes) if changes else hierarchy


class Authority:
    """Issues certificates for one hub.

    Errors: InputError from the constructor when the parts do not fit together.
    """

    def __init__(self, hierarchy: Hierarchy) -> None:
        roots = keys.load_chain(hierarchy.root)
        self._root = roots[0]
        self._agents, self._agents_key = _load_issuer(
            "agents", hierarchy.agents, hierarchy.agents_key, self._root
        )
        self._servers, self._servers_key = _load_issuer(
            "servers", hierarchy.servers, hierarchy.servers_key, self._root
        )
        self.hub = _hub_of(self._root)
        self.anchors = keys.format_chain(*roots)
        self.pins = tuple(keys.key_sha256(root.public_key()) for root in roots)

    def issue_agent(
        self, request: str, identity: Identity, *, now_ns: int, lifetime_s: int = 0
    ) -> Issued:
        """Certify the key of a request for an Identity.

        Errors: InputError (`bad_csr`) for the request; InputError for another hub's Identity
                or when the issuer has run out.
        """
        # 1
        key = keys.check_request(request)
        if identity.hub != self.hub:
            raise InputError(f"identity of another hub: {identity.uri}")
        # 2, 3, 4
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, identity.node)])
        names = [x509.UniformResourceIdentifier(identity.uri)]
        certificate = _build(
            profile.AGENT,
            name,
            self._agents.subject,
            key,
            self._agents_key,
            now_ns,
            names,
            issuer=self._agents,
            lifetime_s=lifetime_s,
        )
        return Issued(
            chain=keys.format_chain(certificate, self._agents),
            der=keys.to_der(certificate),
            view=keys.view(certificate),
        )

    def issue_server(
        self, names: Sequence[str], *, now_ns: int, lifetime_s: int = 0
    ) -> IssuedServer:
        """A server certificate with a new key, for host names and IP addresses.

        Errors: InputError for a name that is neither, for none and for too many.
        """
        # 1
        known = _general_names(names)
        # 2, 3, 4
        key = keys.load_key(keys.make_key())
        certificate = _build(
            profile.SERVER,
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, profile.SERVER.name)]),
            self._servers.subject,
            key.public_key(),
            self._servers_key,
            now_ns,
            known,
            issuer=self._servers,
            lifetime_s=lifetime_s,
        )
        return IssuedServer(
            key=keys.format_key(key),
            chain=keys.format_chain(certificate, self._servers),
            view=keys.view(certificate),
        )

    def issued_agent(self, der: bytes) -> bool:
        """Whether a certificate was signed by the issuer for agents of now."""
        try:
            x509.load_der_x509_certificate(der).verify_directly_issued_by(self._agents)
        except keys.MALFORMED:
            return False
        return True

    def roots(self) -> list[CertificateView]:
        """The trust anchors; the first signs."""
        return keys.views(self.anchors)

    def issuers(self) -> list[CertificateView]:
        return [keys.view(self._agents), keys.view(self._servers)]


def identity_of(der: bytes) -> Identity:
    """The node that a certificate names.

    TLS has proved chain and span; this checks that it is an agent's: no authority, client
    usage alone, one name, and that a node's.
    Errors: InputError when it is not.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        extensions = certificate.extensions
        constraints = extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        names = list(extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except (*keys.MALFORMED, x509.ExtensionNotFound) as error:
        raise InputError("not the certificate of a node: an extension is missing") from error
    if constraints.ca or list(usage) != [ExtendedKeyUsageOID.CLIENT_AUTH]:
        raise InputError("not the certificate of a node: another usage")
    if len(names) != 1 or not isinstance(names[0], x509.UniformResourceIdentifier):
        raise InputError("not the certificate of a node: one URI name expected")
    return parse_identity(names[0].value)


def _build(
    kind: Profile,
    subject: x509.Name,
    issuer_name: x509.Name,
    key: keys.PublicKey,
    signer: keys.PrivateKey,
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
    authority_key = signer.public_key() if issuer is None else issuer.public_key()
    for extension, critical in _extensions(kind, key, authority_key, names):
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(signer, hashes.SHA256())


def _extensions(
    kind: Profile, key: keys.PublicKey, authority_key: object, names: Sequence[x509.GeneralName]
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
        (
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key),  # type: ignore[arg-type]  # ours are all P-256
            False,
        ),
        (x509.SubjectAlternativeName(names), False),
    ]
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


def _make_issuer(
    kind: Profile, hub: str, root: x509.Certificate, root_key: keys.PrivateKey, now_ns: int
) -> tuple[Secret, str]:
    key = keys.load_key(keys.make_key())
    certificate = _build(
        kind,
        _authority_name(kind, hub),
        root.subject,
        key.public_key(),
        root_key,
        now_ns,
        [_domain(hub)],
        issuer=root,
    )
    return keys.format_key(key), keys.format_chain(certificate)


def _load_issuer(
    part: str, pem: str, secret: Secret, root: x509.Certificate
) -> tuple[x509.Certificate, keys.PrivateKey]:
    certificate, key = keys.load_chain(pem)[0], keys.load_key(secret)
    if keys.key_sha256(key.public_key()) != keys.key_sha256(certificate.public_key()):
        raise InputError(f"CA: {part}.key is not the key of {part}.pem")
    try:
        certificate.verify_directly_issued_by(root)
    except keys.MALFORMED as error:
        raise InputError(f"CA: {part}.pem was not issued by root.pem") from error
    return certificate, key


def _authority_name(kind: Profile, hub: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{kind.name} {hub[:8]}")])


def _domain(hub: str) -> x509.UniformResourceIdentifier:
    return x509.UniformResourceIdentifier(f"spiffe://{hub}")


def _hub_of(root: x509.Certificate) -> str:
    names = keys.view(root).names
    hub = names[0].removeprefix("spiffe://") if len(names) == 1 else ""
    if not is_uuid(hub):
        raise InputError("CA: root.pem names no hub")
    return hub


def _general_names(names: Sequence[str]) -> list[x509.GeneralName]:
    if not 0 < len(names) <= MAX_NAMES:
        raise InputError(f"a server certificate takes 1 to {MAX_NAMES} names, not {len(names)}")
    return [_general_name(name) for name in dict.fromkeys(map(str.lower, names))]


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    if not _HOST_NAME.fullmatch(name):
        raise InputError(f"neither a host name nor an IP address: {name!r}")
    return x509.DNSName(name)
