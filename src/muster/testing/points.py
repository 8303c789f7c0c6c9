"""Points of InfluxDB's wire in tests of what needs none: what is removed is written down."""

from muster.errors import Unavailable
from muster.model.influx import Database, Shard


class RemovedPoints:
    """See muster.ports.influx.Points. `removed` is what was asked for; `away` refuses all."""

    def __init__(self) -> None:
        self.removed: list[str] = []
        self.away = False

    async def remove_database(self, database: Database) -> None:
        self._note(database.name)

    async def remove_policy(self, database: Database, policy: str) -> None:
        self._note(f"{database.name}.{policy}")

    async def remove_shard(self, database: Database, shard: Shard) -> None:
        self._note(f"{database.name}.{shard.policy}#{shard.number}")

    def _note(self, what: str) -> None:
        if self.away:
            raise Unavailable("the store is away")
        self.removed.append(what)
