"""What the hub remembers of certificates for other services, and of warnings it gave.

Calls block, as all of ports/records.py; every change comes with its event, or not at all.
"""

from collections.abc import Sequence
from typing import Protocol

from muster.model.access import AuditEvent
from muster.model.service import ServiceCertificate
from muster.ports.ca import ListRecords


class ServiceRecords(ListRecords, Protocol):
    """Certificates that the CA for other services issued, or that were brought along."""

    def certificates(self) -> list[ServiceCertificate]:
        """Newest first, without their chains."""
        ...

    def certificate(self, id: str) -> ServiceCertificate | None: ...
    def count(self) -> int: ...

    def add(self, certificate: ServiceCertificate, event: AuditEvent, replaces: str = "") -> None:
        """`replaces`: id of the one it is issued in place of.

        Errors: Conflict when that was replaced or revoked already, or it is known.
        """
        ...

    def adopt(self, certificates: Sequence[ServiceCertificate], event: AuditEvent) -> int:
        """Add those that are not known yet; how many."""
        ...

    def revoke(self, id: str, now_ns: int, reason: str, event: AuditEvent) -> None:
        """Changes nothing when it is so already. Errors: NotFound."""
        ...

    def forget(self, before_ns: int) -> int:
        """Forget certificates and warnings of what ended before a time; how many."""
        ...

    def warn(self, id: str, days: int, not_after_ns: int, event: AuditEvent) -> bool:
        """Note that something was warned of at a threshold; whether this is the first time."""
        ...
