"""Drops what retention policies say is over: whole shards, with an event each.

A shard is over when its end lies further back than its policy's duration. One that fails is
tried again with the next sweep, and keeps no other from going.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta

from muster.clock import Clock
from muster.core.databases.databases import Databases
from muster.core.databases.fieldkinds import FieldKinds
from muster.errors import MusterError
from muster.model.access import Actor
from muster.model.influx import Database, Login, Shard
from muster.ports.records import NodeRecords

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=30)


class RetentionSweep:
    """`may_forget` tells whether the wall clock can be believed: by it points go for good."""

    def __init__(
        self,
        *,
        databases: Databases,
        kinds: FieldKinds,
        nodes: NodeRecords,
        clock: Clock,
        may_forget: Callable[[], bool],
    ) -> None:
        self._databases = databases
        self._kinds = kinds
        self._nodes = nodes
        self._clock = clock
        self._may_forget = may_forget

    async def run(self) -> None:
        """Sweep until cancelled."""
        while True:
            await asyncio.sleep(EVERY.total_seconds())
            try:
                await self.sweep()
            except MusterError as error:
                log.warning("retention put off", extra={"error": str(error)})

    async def sweep(self) -> int:
        """Drop what is over now; how many shards went. Errors: Unavailable."""
        if not await asyncio.to_thread(self._may_forget):
            return 0
        actor = Actor(name="hub", operator=True)
        dropped = 0
        for space in await asyncio.to_thread(self._nodes.spaces):
            login = Login(space=space.id, actor=actor, name="hub", admin=True)
            for database in self._databases.listed(space.id):
                for shard in self._over(database):
                    dropped += await self._drop(login, database, shard)
        return dropped

    def _over(self, database: Database) -> list[Shard]:
        now_ns = self._clock.now_ns()
        return [
            shard
            for policy in database.policies
            if policy.duration_ns
            for shard in self._kinds.shards(database, policy.name)
            if shard.end_ns + policy.duration_ns < now_ns
        ]

    async def _drop(self, login: Login, database: Database, shard: Shard) -> bool:
        try:
            await self._databases.drop_shard(login, shard.number)
        except MusterError as error:
            log.warning(
                "a shard that is over was not dropped",
                extra={"database": database.name, "shard": shard.number, "error": str(error)},
            )
            return False
        return True
