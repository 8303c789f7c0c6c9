"""The backups of a hub: its folder, and who makes what lies there."""

from muster.clock import Clock
from muster.hub.backups.backup import Backups
from muster.hub.backups.folder import BackupFolder
from muster.hub.backups.lane import BackupLane
from muster.hub.places import Places
from muster.hub.upkeep.backupplan import BackupSettings
from muster.ports.records import AuditRecords
from muster.store.dataplane import DataPlane


def backups_of(
    settings: BackupSettings,
    places: Places,
    audit: AuditRecords,
    plane: DataPlane,
    hub: str,
    clock: Clock,
) -> BackupLane:
    return BackupLane(
        backups=Backups(places=places, hub=hub, plane=plane, clock=clock),
        folder=BackupFolder(places.backups, settings.folder),
        audit=audit,
        clock=clock,
        settings=settings,
    )
