"""From one root to the next without losing anybody: prepare, activate, retire.

    steady -- prepare --> prepared -- activate --> activated -- retire --> steady
       ^------- abort -------'

Prepared, both roots are trusted and the old one signs, so that everybody can learn of the
new one. Activated, the new one signs, and what it signs leads to the old one too, by a
cross certificate. Retired, the old one is gone with its keys. Pure: rings in, rings out.

Source: RFC 4210 section 4.4 (a root that is replaced).
"""

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from muster.clock import SECOND_NS
from muster.errors import Conflict, InputError
from muster.log import Secret
from muster.pki import keys, profile
from muster.pki.authority import Authority, Hierarchy, hub_of, make_issuer
from muster.pki.building import build
from muster.pki.trust import Phase

_LEAST_S = 30 * 86_400  # an imported root that ends sooner is not worth the move


class Ring(msgspec.Struct, frozen=True, kw_only=True):
    """A CA, and the one it goes to or comes from. `cross` (PEM) leads from the new to the old."""

    current: Hierarchy  # signs
    other: Hierarchy | None = None
    cross: str = ""
    phase: Phase = Phase.STEADY


def authority_of(ring: Ring) -> Authority:
    """The authority that a ring stands for. Errors: InputError when its parts do not fit."""
    cross = ring.cross if ring.phase is Phase.ACTIVATED else ""
    authority = Authority(ring.current, other=ring.other, cross=cross)
    authority.trust = msgspec.structs.replace(authority.trust, phase=ring.phase)
    return authority


def prepare(ring: Ring, fresh: Hierarchy, root_key: Secret | None, now_ns: int) -> Ring:
    """Trust a new CA beside the one that signs. `root_key` is the old root's.

    Errors: Conflict when a move is under way, or without the key; InputError when the key is
            another's, or the new CA is another hub's or the same.
    """
    _check_steady(ring)
    if root_key is None:
        raise Conflict("the root's key is kept offline: give it with --root-key FILE")
    old_key = keys.load_signing_key(root_key)
    old = keys.load_chain(ring.current.root)[0]
    if keys.key_sha256(old_key.public_key()) != keys.key_sha256(old.public_key()):
        raise InputError("this is not the key of the root that signs now")
    return accept(ring, fresh, bridge(ring.current, old_key, fresh, now_ns))


def accept(ring: Ring, fresh: Hierarchy, cross: str) -> Ring:
    """The same with a cross certificate that was made elsewhere; all of it is checked.

    Errors: as `prepare`.
    """
    _check_steady(ring)
    if hub_of(fresh.agents) != hub_of(ring.current.agents):
        raise InputError("the new CA was made for another hub")
    if keys.views(fresh.root)[0].key_sha256 == keys.views(ring.current.root)[0].key_sha256:
        raise InputError("the new root has the key of the one that signs now")
    _check_bridge(ring.current, fresh, cross)
    fresh = msgspec.structs.replace(
        fresh, services_key=ring.current.services_key, services=ring.current.services
    )
    prepared = Ring(current=ring.current, other=fresh, cross=cross, phase=Phase.PREPARED)
    authority_of(prepared)
    authority_of(activate(prepared))
    return prepared


def _check_steady(ring: Ring) -> None:
    if ring.phase is Phase.PREPARED:
        raise Conflict("a new root is prepared already: activate it, or abort it first")
    if ring.phase is Phase.ACTIVATED:
        raise Conflict("a new root signs and the old one is trusted still: retire that first")


def activate(ring: Ring) -> Ring:
    """Let the new CA sign. Errors: Conflict unless one is prepared."""
    if ring.phase is not Phase.PREPARED or ring.other is None:
        raise Conflict(f"nothing is prepared that could be activated ({ring.phase})")
    return Ring(current=ring.other, other=ring.current, cross=ring.cross, phase=Phase.ACTIVATED)


def retire(ring: Ring) -> Ring:
    """Trust the old CA no more. Errors: Conflict unless a new one signs."""
    if ring.phase is not Phase.ACTIVATED:
        raise Conflict(f"no old root that could be retired ({ring.phase})")
    return Ring(current=ring.current)


def abort(ring: Ring) -> Ring:
    """Forget what was prepared. Errors: Conflict unless something is, and it does not sign yet."""
    if ring.phase is Phase.ACTIVATED:
        raise Conflict("the new root signs already: retire the old one; then prepare another")
    if ring.phase is not Phase.PREPARED:
        raise Conflict("no roll-over is under way")
    return Ring(current=ring.current)


def below(root: str, root_key: Secret, hub: str, now_ns: int, *, keep_key: bool) -> Hierarchy:
    """A CA of this hub under a root, or an intermediate, that somebody brought along (PEM).

    Errors: InputError that says why it cannot carry one.
    """
    certificate, key = keys.load_chain(root)[0], keys.load_signing_key(root_key)
    check_fit(certificate, key, now_ns)
    agents_key, agents = make_issuer(profile.AGENTS, hub, certificate, key, now_ns)
    servers_key, servers = make_issuer(profile.SERVERS, hub, certificate, key, now_ns)
    return Hierarchy(
        root_key=keys.format_key(key) if keep_key else None,
        root=keys.format_chain(certificate),
        agents_key=agents_key,
        agents=agents,
        servers_key=servers_key,
        servers=servers,
    )


def check_fit(root: x509.Certificate, key: keys.SigningKey, now_ns: int) -> None:
    """Whether issuers can stand below a certificate, by the strict rules that TLS goes by.

    Errors: InputError naming the first thing that is amiss.
    """
    view = keys.view(root)
    if keys.key_sha256(key.public_key()) != view.key_sha256:
        raise InputError("the key is not that of the certificate")
    _check_strength(root)
    if view.not_after_ns <= now_ns:
        raise InputError("the certificate has expired")
    if view.not_before_ns > now_ns:
        raise InputError("the certificate is not yet valid")
    if view.not_after_ns < now_ns + _LEAST_S * SECOND_NS:
        raise InputError(f"the certificate ends within {_LEAST_S // 86_400} days")
    _check_extensions(root)


def _check_strength(root: x509.Certificate) -> None:
    key = root.public_key()
    strong = (isinstance(key, rsa.RSAPublicKey) and key.key_size >= keys.MIN_RSA_BITS) or (
        isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, keys.CURVES)
    )
    if not strong:
        raise InputError(f"weak key: P-256, P-384, or RSA from {keys.MIN_RSA_BITS} bits is needed")
    algorithm = root.signature_hash_algorithm
    if algorithm is not None and not isinstance(algorithm, keys.HASHES):
        raise InputError(f"signed with a weak hash: {algorithm.name}")
    if not root.subject.rdns:
        raise InputError("the certificate has no subject")


def _check_extensions(root: x509.Certificate) -> None:
    try:
        extensions = root.extensions
        constraints = extensions.get_extension_for_class(x509.BasicConstraints)
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
        extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except x509.ExtensionNotFound as error:
        raise InputError(f"not usable as a CA: it has no {error.oid._name}") from error
    except keys.MALFORMED as error:
        raise InputError("malformed certificate") from error
    if not constraints.value.ca:
        raise InputError("not the certificate of a CA (basicConstraints)")
    if not constraints.critical:
        raise InputError("its basicConstraints are not critical, which strict checks refuse")
    if constraints.value.path_length == 0:
        raise InputError("path length 0: no issuing CA may stand below it")
    if not usage.key_cert_sign:
        raise InputError("its key may not sign certificates (keyUsage)")
    for kind in (x509.ExtendedKeyUsage, x509.NameConstraints):
        if any(isinstance(each.value, kind) for each in extensions):
            raise InputError(f"it restricts what stands below it: {kind.__name__}")


def bridge(old: Hierarchy, old_key: keys.SigningKey, fresh: Hierarchy, now_ns: int) -> str:
    """What the old root says of the new CA (PEM): of its root, or of its issuer for servers.

    A root of another name makes the path one longer, which the old one may not allow.
    """
    signer = keys.load_chain(old.root)[0]
    root, issuer = keys.load_chain(fresh.root)[0], keys.load_chain(fresh.servers)[0]
    if root.subject == signer.subject or _allows_two(signer):
        kind, subject = profile.CROSS, root
    else:
        kind, subject = profile.SERVERS, issuer
    certificate = build(
        kind,
        subject.subject,
        signer.subject,
        subject.public_key(),  # type: ignore[arg-type]  # of a CA that was checked
        old_key,
        now_ns,
        [x509.UniformResourceIdentifier(f"spiffe://{hub_of(fresh.agents)}")],
        issuer=signer,
    )
    return keys.format_chain(certificate)


def _allows_two(root: x509.Certificate) -> bool:
    most = root.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length
    return most is None or most > 1


def _check_bridge(old: Hierarchy, fresh: Hierarchy, cross: str) -> None:
    certificate = keys.load_chain(cross)[0]
    try:
        certificate.verify_directly_issued_by(keys.load_chain(old.root)[0])
    except keys.MALFORMED as error:
        raise InputError("the cross certificate is not the old root's") from error
    known = {keys.views(each)[0].key_sha256 for each in (fresh.root, fresh.servers)}
    if keys.view(certificate).key_sha256 not in known:
        raise InputError("the cross certificate is not for the new CA")
