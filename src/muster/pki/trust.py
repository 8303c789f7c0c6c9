"""What everybody may know of a CA: its roots, its issuing certificates, its hub.

No private key is here, so this is all that the hub's process has of its CA.
"""

from collections.abc import Sequence
from enum import StrEnum

import msgspec
from cryptography import x509

from muster.pki import keys
from muster.pki.keys import CertificateView


class Phase(StrEnum):
    """How far the move from one root to the next is."""

    STEADY = "steady"  # one root
    PREPARED = "prepared"  # the next root is there and trusted; the old one signs
    ACTIVATED = "activated"  # the new one signs; the old one is still trusted


class Trust(msgspec.Struct, frozen=True, kw_only=True):
    """The public side. Texts are PEM; of two, that which signs comes first."""

    hub: str  # UUID: the trust domain
    anchors: str
    agents: str  # issuing certificates for agents
    servers: str  # likewise for servers
    server_tail: str  # what stands behind the leaf in a server's chain
    services: str = ""  # the CA for things that are no part of Muster; empty: none yet
    phase: Phase = Phase.STEADY
    root_key: bool = True  # it lies in the CA's folder
    exported_ns: int = 0  # when a copy of it was written elsewhere and read back; 0: never

    @property
    def pins(self) -> tuple[str, ...]:
        return tuple(root.key_sha256 for root in self.roots())

    def roots(self) -> list[CertificateView]:
        """The trust anchors; the first signs."""
        return keys.views(self.anchors)

    def issuers(self) -> list[CertificateView]:
        """Those of now: for agents, then for servers."""
        return [keys.views(self.agents)[0], keys.views(self.servers)[0]]

    def issued_agent(self, der: bytes) -> bool:
        """Whether a certificate was signed by an issuer for agents that is trusted now."""
        return issued_by(der, keys.load_chain(self.agents))


def issued_by(der: bytes, issuers: Sequence[x509.Certificate]) -> bool:
    """Whether one of these certificates has signed another (DER)."""
    try:
        certificate = x509.load_der_x509_certificate(der)
    except keys.MALFORMED:
        return False
    return any(_is_issued_by(certificate, issuer) for issuer in issuers)


def _is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except keys.MALFORMED:
        return False
    return True
