"""Certificates for things that are no part of Muster, and what ends soon of all that is known."""

from enum import StrEnum

import msgspec


class ServiceState(StrEnum):
    """Where a certificate is in its life."""

    VALID = "valid"
    REPLACED = "replaced"  # another was issued in its place; it is good until its end
    ENDED = "ended"
    REVOKED = "revoked"


class ServiceCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """One that was issued here, or brought along. Its key was never here."""

    id: str  # 16 hex digits of its SHA-256
    name: str
    names: tuple[str, ...]  # host names and addresses it is for
    client: bool
    server: bool
    serial: str  # lower-case hex
    issuer: str  # pin of the CA that signed it
    key_sha256: str
    not_before_ns: int
    not_after_ns: int
    created_ns: int
    created_by: str
    imported: bool = False
    replaced_by: str = ""  # id of the one issued in its place
    revoked_ns: int = 0
    reason: str = ""
    chain: str = ""  # PEM, with its issuer

    def state(self, now_ns: int) -> ServiceState:
        """What it is at a moment."""
        if self.revoked_ns:
            return ServiceState.REVOKED
        if self.not_after_ns <= now_ns:
            return ServiceState.ENDED
        return ServiceState.REPLACED if self.replaced_by else ServiceState.VALID


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """Something with an end: what it is, and what to do about it."""

    kind: str  # service, imported, services_ca, web, server, issuer, root
    id: str  # SHA-256 of the certificate, or its beginning
    name: str
    not_before_ns: int
    not_after_ns: int
    remedy: str
