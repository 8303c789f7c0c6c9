"""What the hub remembers of databases, users, shards and kinds of InfluxDB's wire.

Calls block, as all of ports/records.py; every change comes with its event, or not at all.
Shards and kinds come with written points and have no events.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from muster.model.access import AuditEvent
from muster.model.influx import Database, FieldKind, InfluxUser, Shard


class InfluxRecords(Protocol):
    """Databases with all that is in their definition, and users with their grants."""

    def databases(self) -> list[Database]:
        """Of all spaces, in the order of their making."""
        ...

    def create_database(self, database: Database, event: AuditEvent) -> Database:
        """It comes back with its number. Errors: Conflict for a taken name or no such space."""
        ...

    def update_database(self, before: Database, after: Database, event: AuditEvent) -> None:
        """Write policies and queries; shards of policies that are gone go too.

        Errors: Conflict when it is not `before` any more.
        """
        ...

    def drop_database(self, database: Database, event: AuditEvent) -> None:
        """With its shards and what users were granted on it. Changes nothing when it is gone."""
        ...

    def users(self) -> list[InfluxUser]:
        """Of all spaces, in the order of their making."""
        ...

    def create_user(self, user: InfluxUser, event: AuditEvent) -> InfluxUser:
        """It comes back with its number. Errors: Conflict for a taken name or no such space."""
        ...

    def update_user(self, before: InfluxUser, after: InfluxUser, event: AuditEvent) -> None:
        """Write password, admin and grants. Errors: Conflict when it is not `before` any more."""
        ...

    def drop_user(self, user: InfluxUser, event: AuditEvent) -> None:
        """Changes nothing when it is gone."""
        ...


class ShardRecords(Protocol):
    """Shards, and the kinds that fields have in each."""

    def shards(self) -> list[Shard]:
        """Of all databases, by start."""
        ...

    def kinds(self, shard: int) -> list[FieldKind]: ...

    def add(
        self, shards: Sequence[Shard], kinds: Mapping[tuple[int, str, int], Sequence[FieldKind]]
    ) -> list[Shard]:
        """Add shards, then kinds by (database, policy, start of the shard): all or nothing.

        What is there already stays as it is. The shards come back with their numbers.
        Errors: Conflict when the database is gone.
        """
        ...

    def forget_measurement(self, database: int, measurement: str) -> None:
        """Its fields have no kind any more, in any shard."""
        ...

    def forget_kinds(self, shards: Sequence[int], measurement: str) -> None:
        """Its fields have no kind any more, in some shards."""
        ...

    def drop_shard(self, number: int, event: AuditEvent) -> None:
        """Changes nothing when it is gone."""
        ...


class Points(Protocol):
    """Deletes points that were written by InfluxDB's wire; a removal that failed may be repeated.

    Errors: Unavailable when the store is away; nothing or a part is gone then.
    """

    async def remove_database(self, database: Database) -> None: ...
    async def remove_policy(self, database: Database, policy: str) -> None: ...
    async def remove_shard(self, database: Database, shard: Shard) -> None: ...
