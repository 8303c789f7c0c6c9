"""Probes in the hub's records. Calls block, as all of ports/records.py; errors are as there."""

from typing import Protocol

from muster.model.access import AuditEvent
from muster.model.ids import ProbeId
from muster.model.probe import StoredProbe


class ProbeRecords(Protocol):
    """Probes go with their space. Nodes and rooms that are gone stay named and match nothing."""

    def probes(self) -> list[StoredProbe]:
        """Of all spaces, as they were made."""
        ...

    def add(self, probe: StoredProbe, event: AuditEvent) -> None:
        """Errors: Conflict when its space is gone."""
        ...

    def update(self, probe: StoredProbe, event: AuditEvent) -> None:
        """Errors: NotFound when it is gone."""
        ...

    def remove(self, id: ProbeId, event: AuditEvent) -> None:
        """Errors: NotFound when it is gone."""
        ...
