"""The hub's own certificate authority: a root, one issuer for agents and one for servers.

Pure: keys and time come in, certificates go out. The root's key is needed only to make
issuers, so it may be kept elsewhere (`Hierarchy.root_key` None). What certificates say is
decided by profile.py and by the caller's Identity or names, never by a request.

Steps of issuing: 1 check the request  2 fix the span  3 apply the profile  4 sign.
"""

import uuid
from collections.abc import Sequence

import msgspec
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from muster.clock import SECOND_NS
from muster.errors import InputError
from muster.log import Secret
from muster.model.identity import Identity, parse_identity
from muster.model.ids import is_uuid
from muster.pki import crl, keys, profile, services
from muster.pki.building import bridged, build
from muster.pki.crl import Revoked
from muster.pki.keys import CertificateView
from muster.pki.names import general_names
from muster.pki.possession import answer_message, sign_message
from muster.pki.profile import Profile
from muster.pki.services import ServiceIssuers, Wanted
from muster.pki.trust import Trust

_Issuer = tuple[x509.Certificate, keys.PrivateKey]


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
    services_key: Secret | None = None
    services: str = ""


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
    root = build(profile.ROOT, name, name, key.public_key(), key, now_ns, [_domain(hub)])
    root_key, root_pem = keys.format_key(key), keys.format_chain(root)
    agents_key, agents = make_issuer(profile.AGENTS, hub, root, key, now_ns)
    servers_key, servers = make_issuer(profile.SERVERS, hub, root, key, now_ns)
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

    Unchanged when none does, when the root's key is away, or when the root ends no later. What
    the old ones issued stays valid: both stand under the same root.
    """
    if hierarchy.root_key is None:
        return hierarchy
    root_key = keys.load_signing_key(hierarchy.root_key)
    root = keys.load_chain(hierarchy.root)[0]
    hub = hub_of(hierarchy.agents)
    changes: dict[str, Secret | str] = {}
    for part, kind in (("agents", profile.AGENTS), ("servers", profile.SERVERS)):
        ends_ns = keys.views(getattr(hierarchy, part))[0].not_after_ns
        worthwhile = ends_ns < keys.view(root).not_after_ns
        if worthwhile and ends_ns - now_ns < profile.RENEW_ISSUER_S * SECOND_NS:
            key, pem = make_issuer(kind, hub, root, root_key, now_ns)
            changes |= {f"{part}_key": key, part: pem}
    return msgspec.structs.replace(hierarchy, **changes) if changes else hierarchy


def with_services(hierarchy: Hierarchy, now_ns: int) -> Hierarchy:
    """The same CA with one for things that are no part of Muster (pki/services.py)."""
    if hierarchy.services_key is not None:
        return hierarchy
    key, pem = services.make_services(hub_of(hierarchy.agents), now_ns)
    return msgspec.structs.replace(hierarchy, services_key=key, services=pem)


class Authority:
    """Issues certificates for one hub.

    `other` is the CA that is trusted besides while a fleet moves from one root to the next;
    `cross` what its root says of this one's, or of the issuer for servers (PEM).
    Errors: InputError from the constructor when the parts do not fit together.
    """

    def __init__(
        self, hierarchy: Hierarchy, *, other: Hierarchy | None = None, cross: str = ""
    ) -> None:
        roots = keys.load_chain(hierarchy.root)
        self._agents = _load_issuer("agents", hierarchy.agents, hierarchy.agents_key, roots[0])
        self._servers = _load_issuer("servers", hierarchy.servers, hierarchy.servers_key, roots[0])
        self._services: ServiceIssuers | None = None
        if hierarchy.services_key is not None:
            self._services = ServiceIssuers(hierarchy.services_key, hierarchy.services)
        self._listing = [(self._agents, True), (self._servers, False)]  # issuer, is for agents
        if other is not None:
            roots += keys.load_chain(other.root)
            agents, servers = _issuers_of(other)
            self._listing += [(agents, True), (servers, False)]
        self._tail = bridged(self._servers[0], cross)
        self.trust = Trust(
            hub=hub_of(hierarchy.agents),
            anchors=keys.format_chain(*roots),
            agents=hierarchy.agents + (other.agents if other else ""),
            servers=hierarchy.servers + (other.servers if other else ""),
            server_tail=keys.format_chain(*self._tail),
            services=hierarchy.services,
            root_key=hierarchy.root_key is not None,
        )
        self.hub, self.anchors, self.pins = self.trust.hub, self.trust.anchors, self.trust.pins

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
        names = [x509.UniformResourceIdentifier(identity.uri)]
        certificate = _issue(
            profile.AGENT, identity.node, key, self._agents, now_ns, names, lifetime_s
        )
        return _issued(certificate, self._agents[0])

    def issue_server(
        self, names: Sequence[str], *, now_ns: int, lifetime_s: int = 0
    ) -> IssuedServer:
        """A server certificate with a new key, for host names and IP addresses.

        Errors: InputError for a name that is neither, for none and for too many.
        """
        key = keys.make_key()
        issued = self.certify_server(
            keys.make_request(key), names, now_ns=now_ns, lifetime_s=lifetime_s
        )
        return IssuedServer(key=key, chain=issued.chain, view=issued.view)

    def certify_server(
        self, request: str, names: Sequence[str], *, now_ns: int, lifetime_s: int = 0
    ) -> Issued:
        """The same for the key of a request. Errors: `bad_csr`; as `issue_server`."""
        # 1
        key = keys.check_request(request)
        known = general_names(names)
        # 2, 3, 4
        certificate = _issue(
            profile.SERVER, profile.SERVER.name, key, self._servers, now_ns, known, lifetime_s
        )
        return _issued(certificate, *self._tail)

    def issue_service(
        self,
        request: str,
        names: Sequence[str],
        *,
        client: bool,
        server: bool,
        now_ns: int,
        lifetime_s: int = 0,
    ) -> Issued:
        """Certify the key of a request for something that is no part of Muster.

        Errors: `bad_csr`; InputError for names as above, and for neither usage.
        """
        if self._services is None:
            raise InputError("this hub has no CA for other services yet")
        wanted = Wanted(names=tuple(names), client=client, server=server, lifetime_s=lifetime_s)
        certificate, issuer = self._services.issue(request, wanted, now_ns)
        return _issued(certificate, issuer)

    def sign_lists(
        self, entries: Sequence[Revoked], *, number: int, now_ns: int, services: bool = False
    ) -> str:
        """Revocation lists of all issuers that are trusted (PEM).

        Those for agents have these entries, those for servers none. `services`: of the CA for
        other services alone, with them. Errors: InputError for too many, or without that CA.
        """
        if services:
            if self._services is None:
                raise InputError("this hub has no CA for other services yet")
            return self._services.sign_lists(entries, number=number, now_ns=now_ns)
        listing = [(issuer, entries if for_agents else ()) for issuer, for_agents in self._listing]
        return "".join(
            crl.sign_list(certificate, key, listed, number=number, now_ns=now_ns)
            for (certificate, key), listed in listing
        )

    def sign_answer(self, text: str) -> str:
        """The issuer for agents vouches for an answer that goes by hand (wire/airgap.py)."""
        return sign_message(self._agents[1], answer_message(text))

    def issued_agent(self, der: bytes) -> bool:
        """Whether a certificate was signed by an issuer for agents that is trusted now."""
        return self.trust.issued_agent(der)

    def roots(self) -> list[CertificateView]:
        """The trust anchors; the first signs."""
        return self.trust.roots()

    def issuers(self) -> list[CertificateView]:
        """Those of now: for agents, then for servers."""
        return self.trust.issuers()


def identity_of(der: bytes) -> Identity:
    """The node that a certificate names.

    TLS has proved chain and span; this checks that it is an agent's: no authority, client
    usage alone, one name, and that a node's.
    Errors: InputError that says what it is instead.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        extensions = certificate.extensions
        constraints = extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        names = list(extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except x509.ExtensionNotFound as error:
        raise _no_node(f"it has no extension {error.oid.dotted_string}") from error
    except keys.MALFORMED as error:
        raise _no_node("it cannot be read") from error
    if constraints.ca:
        raise _no_node("it is an authority's")
    if list(usage) != [ExtendedKeyUsageOID.CLIENT_AUTH]:
        raise _no_node("its usage is another than client authentication alone")
    if len(names) != 1:
        raise _no_node(f"it has {len(names)} names, and one is due")
    if not isinstance(names[0], x509.UniformResourceIdentifier):
        raise _no_node("its name is no URI")
    try:
        return parse_identity(names[0].value)
    except InputError as error:
        raise _no_node(f"its name is {names[0].value[:100]!r}") from error


def _no_node(why: str) -> InputError:
    return InputError(f"not the certificate of a node: {why}")


def make_issuer(
    kind: Profile, hub: str, root: x509.Certificate, root_key: keys.SigningKey, now_ns: int
) -> tuple[Secret, str]:
    """Key and certificate of a new issuer under a root."""
    key = keys.load_key(keys.make_key())
    certificate = build(
        kind,
        _authority_name(kind, hub, key),
        root.subject,
        key.public_key(),
        root_key,
        now_ns,
        [_domain(hub)],
        issuer=root,
    )
    return keys.format_key(key), keys.format_chain(certificate)


def hub_of(issuer: str) -> str:
    """The hub whose issuer this is (PEM). Errors: InputError."""
    names = keys.views(issuer)[0].names
    hub = names[0].removeprefix("spiffe://") if len(names) == 1 else ""
    if not is_uuid(hub):
        raise InputError("CA: agents.pem names no hub")
    return hub


def _issue(
    kind: Profile,
    name: str,
    key: keys.PublicKey,
    issuer: _Issuer,
    now_ns: int,
    names: Sequence[x509.GeneralName],
    lifetime_s: int,
) -> x509.Certificate:
    return build(
        kind,
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]),
        issuer[0].subject,
        key,
        issuer[1],
        now_ns,
        names,
        issuer=issuer[0],
        lifetime_s=lifetime_s,
    )


def _issued(certificate: x509.Certificate, *tail: x509.Certificate) -> Issued:
    return Issued(
        chain=keys.format_chain(certificate, *tail),
        der=keys.to_der(certificate),
        view=keys.view(certificate),
    )


def _load_issuer(part: str, pem: str, secret: Secret, root: x509.Certificate) -> _Issuer:
    certificate, key = keys.load_chain(pem)[0], keys.load_key(secret)
    if keys.key_sha256(key.public_key()) != keys.key_sha256(certificate.public_key()):
        raise InputError(f"CA: {part}.key is not the key of {part}.pem")
    try:
        certificate.verify_directly_issued_by(root)
    except keys.MALFORMED as error:
        raise InputError(f"CA: {part}.pem was not issued by root.pem") from error
    return certificate, key


def _issuers_of(hierarchy: Hierarchy) -> list[_Issuer]:
    root = keys.load_chain(hierarchy.root)[0]
    return [
        _load_issuer("agents", hierarchy.agents, hierarchy.agents_key, root),
        _load_issuer("servers", hierarchy.servers, hierarchy.servers_key, root),
    ]


def _authority_name(kind: Profile, hub: str, key: keys.SigningKey | None = None) -> x509.Name:
    """Roots of a hub have one name, so that one may sign the other without lengthening a path.

    Issuers have their key's in theirs: records and lists tell them apart.
    """
    mark = f" {keys.key_sha256(key.public_key())[:8]}" if key else ""
    name = f"{kind.name} {hub[:8]}{mark}"
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _domain(hub: str) -> x509.UniformResourceIdentifier:
    return x509.UniformResourceIdentifier(f"spiffe://{hub}")
